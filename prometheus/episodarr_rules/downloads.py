"""Alerts over episodes on their way: what stands still, failed, or never came."""

from episodarr_rules.episodes import (
    CODE,
    EPISODE,
    episode_warning,
    had_time,
    held,
    in_stage,
    known_for,
    not_found,
    not_in_jellyfin,
    not_matched_by_shoko,
    season_ready,
    unlisted_by_jellyfin,
)
from episodarr_rules.rule import DOWNLOAD_KEY, EPISODE_KEY, Alert, Group
from episodarr_rules.sentences import CODES, age
from episodarr_rules.thresholds import Thresholds, arithmetic, duration

_SERIES = '{{ or $labels.series "an unknown series" }}'
_AGE = age()
_DOWNLOAD = (
    f"{CODES}{{{{ if $codes }}}}the download of {{{{ $codes }}}} of {_SERIES}"
    f"{{{{ else }}}}a download of {_SERIES}{{{{ end }}}}"
)
_DOWNLOAD_AT_FIRST = _DOWNLOAD.replace("}}the download", "}}The download").replace(
    "}}a download", "}}A download"
)
_RELEASE = "{{ $labels.release }}"
_DOWNLOAD_LINE = f"{CODES}{{{{ with $codes }}}}{{{{ . }}}}: {{{{ end }}}}{_RELEASE}"


_OF_DOWNLOAD = '{sonarr="%s",download_id="%s"}'


def _of_download(query: str) -> str:
    """A query about the alert's download as a template's range; $ stands for its selector."""
    count = query.count("$")
    arguments = " ".join(["$labels.sonarr $labels.download_id"] * count)
    return f"{{{{ range printf `{query.replace('$', _OF_DOWNLOAD)}` {arguments} | query }}}}"


_PROGRESS = (
    _of_download(
        "max(floor(100 - 100 * episodarr_download_remaining_bytes$ / on (sonarr, download_id) "
        "(episodarr_download_size_bytes$ > 0)))"
    )
    + " at {{ . | value }} %{{ end }}"
)
_SEEDS = (
    _of_download("max(episodarr_download_connected_seeds$)")
    + ", {{ if . | value }}{{ . | value }} seeds{{ else }}no seeds{{ end }}{{ end }}"
)


def downloads(t: Thresholds) -> Group:
    """Everything between a grab and a playable file."""
    return Group(
        name="episodarr-downloads",
        rules=(
            _download_stalled(t),
            _download_error(t),
            _download_failed(t),
            _stuck_found(t),
            _stuck_importing(t),
            _import_blocked(t),
            _download_blocked(t),
            not_in_jellyfin(t),
            unlisted_by_jellyfin(t),
            not_matched_by_shoko(t),
            not_found(t),
            season_ready(t),
        ),
    )


def _lately(family: str, states: str, t: Thresholds) -> str:
    """What was in one of the states within the time after which a download counts as stalled."""
    return f"max_over_time({family}{{{states}}}[{duration(t.download_stalled_seconds)}])"


def _download_stalled(t: Thresholds) -> Alert:
    # The age is that at the client's last good read, not that of now: during an outage nothing
    # becomes stalled, and what was stalled before stays so. Without a qBittorrent it is the cycle's.
    # Time in which it was paused or queued is no stall, and is in that age, too.
    return Alert(
        name="EpisodarrDownloadStalled",
        expr=f"""
              (
                  (
                      (
                          min by (job, instance) (
                            episodarr_upstream_last_success_timestamp_seconds{{system="qbittorrent"}}
                          )
                        or on (job, instance)
                          episodarr_snapshot_timestamp_seconds
                      )
                    - on (job, instance) group_right ()
                      episodarr_download_last_progress_timestamp_seconds
                    >
                      {arithmetic(t.download_stalled_seconds)}
                  )
                and on ({DOWNLOAD_KEY})
                  (episodarr_download_remaining_bytes > 0)
                and on ({DOWNLOAD_KEY})
                  {known_for("episodarr_download_last_progress_timestamp_seconds", t)}
                unless on ({DOWNLOAD_KEY})
                  (episodarr_download_state{{download_state=~"checking|error"}} == 1)
                unless on ({DOWNLOAD_KEY})
                  {_lately("episodarr_download_state", 'download_state=~"paused|queued"', t)}
              )
            * on ({DOWNLOAD_KEY}) group_left (tvdb_id, series, seasons, release)
              episodarr_download_info
        """,
        for_seconds=t.settle_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="qbittorrent",
        summary=f"{_DOWNLOAD_AT_FIRST} is stalled{_PROGRESS}: no byte for {_AGE}{_SEEDS}",
        plural=f"downloads of {_SERIES} are stalled",
        description=f"Its release: {_RELEASE}.",
        subject=_DOWNLOAD_LINE,
        line=(
            f"{CODES}{{{{ or $codes $labels.release }}}}{_PROGRESS}, no byte for {_AGE}{_SEEDS}"
            "{{ if $codes }}: {{ $labels.release }}{{ end }}"
        ),
        order=_RELEASE,
    )


def _download_error(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrDownloadError",
        expr=f"""
              (episodarr_download_state{{download_state="error"}} == 1)
            * on ({DOWNLOAD_KEY}) group_left (tvdb_id, series, seasons, release)
              episodarr_download_info
        """,
        for_seconds=t.download_error_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="qbittorrent",
        summary=f"The download client reports an error on {_DOWNLOAD}",
        plural=f"downloads of {_SERIES} are in error in the download client",
        description=f"It does not go on by itself. Its release: {_RELEASE}.",
        subject=_DOWNLOAD_LINE,
        order=_RELEASE,
    )


def _download_failed(t: Thresholds) -> Alert:
    return episode_warning(
        t,
        name="EpisodarrDownloadFailed",
        expr='episodarr_episode_stage{episode_stage="failed"} == 1',
        for_seconds=t.download_failed_seconds,
        summary=f"The download of {EPISODE} failed",
        plural="episodes of {{ $labels.series }} failed to download",
        description=(
            "{{ $labels.episode_code }} failed and nothing else was taken within "
            f"{duration(t.download_failed_seconds)}."
        ),
    )


def _stuck_found(t: Thresholds) -> Alert:
    return episode_warning(
        t,
        name="EpisodarrEpisodeStuckFound",
        expr=f"""
{in_stage("found", t.found_stuck_seconds)}
unless {held("client_unavailable")}
unless on ({EPISODE_KEY})
  {_lately("episodarr_episode_hold", 'hold=~"delay_profile|paused"', t)}
unless on ({EPISODE_KEY})
  (
      episodarr_episode_release_info
    and on ({DOWNLOAD_KEY})
      {_lately("episodarr_download_state", 'download_state="queued"', t)}
  )
and {had_time(t)}
        """,
        summary=f"{EPISODE} was grabbed but does not start",
        plural="episodes of {{ $labels.series }} were grabbed but do not start",
        description=f"{{{{ $labels.episode_code }}}} has been waiting for its first byte for {_AGE}.",
        line=f"{CODE}, for {_AGE}",
    )


def _stuck_importing(t: Thresholds) -> Alert:
    elsewhere = "import_blocked|import_warning|jellyfin_scan|jellyfin_unknown|shoko_match"
    return episode_warning(
        t,
        name="EpisodarrEpisodeStuckImporting",
        expr=f"""
{in_stage("importing", t.import_stuck_seconds)}
unless {held(elsewhere)}
and {had_time(t)}
        """,
        summary=f"The import of {EPISODE} hangs",
        plural="imports of {{ $labels.series }} hang",
        description=f"{{{{ $labels.episode_code }}}} is complete and has been importing for {_AGE}.",
        line=f"{CODE}, for {_AGE}",
    )


def _import_blocked(t: Thresholds) -> Alert:
    return episode_warning(
        t,
        name="EpisodarrImportBlocked",
        # A warning may pass: Sonarr warns of an archive, too, until something has unpacked it.
        expr=f"""
            max without (hold) (
                (episodarr_episode_hold{{hold="import_blocked"}} == 1)
              or
                (
                    (episodarr_episode_hold{{hold="import_warning"}} == 1)
                  unless on ({EPISODE_KEY})
                    (
                        time() - episodarr_episode_stage_entered_timestamp_seconds
                      < {arithmetic(t.import_stuck_seconds)}
                    )
                )
            )
        """,
        for_seconds=t.import_blocked_seconds,
        summary=f"Sonarr does not import {EPISODE}",
        plural="episodes of {{ $labels.series }} wait for a decision about their import",
        description="{{ $labels.episode_code }}: open Sonarr's queue, the reason is shown there.",
    )


def _download_blocked(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrDownloadBlocked",
        expr=f"""
              (
                  max without (hold) (
                    episodarr_download_hold{{hold=~"import_blocked|import_warning"}} == 1
                  )
                unless on ({DOWNLOAD_KEY})
                  episodarr_episode_release_info
              )
            * on ({DOWNLOAD_KEY}) group_left (tvdb_id, series, seasons, release)
              episodarr_download_info
        """,
        for_seconds=t.download_blocked_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="sonarr",
        summary=f"A download of {_SERIES} lies in Sonarr's queue and no episode waits for it",
        plural=f"downloads of {_SERIES} lie in Sonarr's queue and no episode waits for them",
        description=f"Sonarr will not import it by itself. Its release: {_RELEASE}.",
        subject=_RELEASE,
        order=_RELEASE,
    )
