"""Alerts over episodes on their way: what stands still, failed, or never came."""

from episodarr_rules.rule import DOWNLOAD_KEY, EPISODE_KEY, Alert, Group, dedented
from episodarr_rules.sentences import CODE_ORDER, CODES, age
from episodarr_rules.thresholds import Thresholds, arithmetic, duration

_SERIES = '{{ or $labels.series "an unknown series" }}'
_EPISODE = "{{ $labels.episode_code }} of {{ $labels.series }}"
_CODE = "{{ $labels.episode_code }}"
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
            _not_in_jellyfin(t),
            _unlisted_by_jellyfin(t),
            _not_matched_by_shoko(t),
            _not_found(t),
            _season_ready(t),
        ),
    )


def _in_stage(stage: str, seconds: int) -> str:
    return dedented(f"""
          (time() - episodarr_episode_stage_entered_timestamp_seconds > {arithmetic(seconds)})
        and on ({EPISODE_KEY})
          (episodarr_episode_stage{{episode_stage="{stage}"}} == 1)
    """)


def _hold(pattern: str) -> str:
    return f'on ({EPISODE_KEY})\n  (episodarr_episode_hold{{hold=~"{pattern}"}} == 1)'


def _download_stalled(t: Thresholds) -> Alert:
    # The age is that at the client's last good look, not that of now: during an outage nothing
    # becomes stalled, and what was stalled before stays so. Without a qBittorrent it is the cycle's.
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
                unless on ({DOWNLOAD_KEY})
                  (episodarr_download_state{{download_state=~"paused|queued|checking"}} == 1)
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
    return Alert(
        name="EpisodarrDownloadFailed",
        expr='episodarr_episode_stage{episode_stage="failed"} == 1',
        for_seconds=t.download_failed_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="sonarr",
        summary=f"The download of {_EPISODE} failed",
        plural="episodes of {{ $labels.series }} failed to download",
        description=(
            "{{ $labels.episode_code }} failed and nothing else was taken within "
            f"{duration(t.download_failed_seconds)}."
        ),
        subject=_CODE,
        order=CODE_ORDER,
    )


def _stuck_found(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrEpisodeStuckFound",
        expr=f"""
{_in_stage("found", t.found_stuck_seconds)}
unless {_hold("delay_profile|paused|client_unavailable")}
        """,
        for_seconds=t.settle_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="sonarr",
        summary=f"{_EPISODE} was grabbed but does not start",
        plural="episodes of {{ $labels.series }} were grabbed but do not start",
        description=f"{{{{ $labels.episode_code }}}} has been waiting for its first byte for {_AGE}.",
        subject=_CODE,
        order=CODE_ORDER,
        line=f"{_CODE}, for {_AGE}",
    )


def _stuck_importing(t: Thresholds) -> Alert:
    elsewhere = "import_blocked|import_warning|jellyfin_scan|jellyfin_unknown|shoko_match"
    return Alert(
        name="EpisodarrEpisodeStuckImporting",
        expr=f"""
{_in_stage("importing", t.import_stuck_seconds)}
unless {_hold(elsewhere)}
        """,
        for_seconds=t.settle_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="sonarr",
        summary=f"The import of {_EPISODE} hangs",
        plural="imports of {{ $labels.series }} hang",
        description=f"{{{{ $labels.episode_code }}}} is complete and has been importing for {_AGE}.",
        subject=_CODE,
        order=CODE_ORDER,
        line=f"{_CODE}, for {_AGE}",
    )


def _import_blocked(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrImportBlocked",
        expr="""
            max without (hold) (
              episodarr_episode_hold{hold=~"import_blocked|import_warning"} == 1
            )
        """,
        for_seconds=t.import_blocked_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="sonarr",
        summary=f"Sonarr will not import {_EPISODE} by itself",
        plural="episodes of {{ $labels.series }} wait for a decision about their import",
        description="{{ $labels.episode_code }}: open Sonarr's queue, the reason is shown there.",
        subject=_CODE,
        order=CODE_ORDER,
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


def _not_in_jellyfin(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrEpisodeNotInJellyfin",
        expr=f"""
{_in_stage("importing", t.jellyfin_scan_seconds)}
and {_hold("jellyfin_scan")}
        """,
        for_seconds=t.settle_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="jellyfin",
        summary=f"Jellyfin has not scanned for {_EPISODE}",
        plural="imported episodes of {{ $labels.series }} wait for a scan of Jellyfin",
        description=(
            f"{_CODE} was imported {_AGE} ago, and no library scan of Jellyfin has ended since. "
            "Start one there."
        ),
        line=f"{_CODE}, imported {_AGE} ago",
        subject=_CODE,
        order=CODE_ORDER,
    )


def _unlisted_by_jellyfin(t: Thresholds) -> Alert:
    # The hold also stands where Jellyfin has no library over the file. Only where it lists another
    # episode of the series is it the file that it cannot read.
    listed = f"""
          episodarr_episode_stage{{episode_stage="available"}}
        unless on ({EPISODE_KEY})
          episodarr_episode_hold
    """
    return Alert(
        name="EpisodarrEpisodeUnlistedByJellyfin",
        expr=f"""
              (episodarr_episode_hold{{hold="jellyfin_unmatched"}} == 1)
            and on (job, instance, sonarr, tvdb_id)
              ({" ".join(listed.split())})
        """,
        for_seconds=t.jellyfin_unlisted_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="info",
        depends_on="jellyfin",
        summary=f"Jellyfin was scanned and does not list {_EPISODE}",
        plural="episodes are not listed by Jellyfin after its scan",
        description=f"{_CODE} has a file, and Jellyfin lists others of the series. See how it is named.",
        subject=f"{{{{ $labels.series }}}} {_CODE}",
        order=f"{{{{ $labels.series }}}} {CODE_ORDER}",
    )


def _not_matched_by_shoko(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrEpisodeNotMatchedByShoko",
        expr=f"""
{_in_stage("importing", t.shoko_match_seconds)}
and {_hold("shoko_match")}
        """,
        for_seconds=t.settle_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on="shoko",
        summary=f"Shoko does not recognize {_EPISODE}",
        plural="imported episodes of {{ $labels.series }} are not recognized by Shoko",
        description=f"{{{{ $labels.episode_code }}}} is imported; Shoko has not matched it for {_AGE}.",
        subject=_CODE,
        order=CODE_ORDER,
        line=f"{_CODE}, imported {_AGE} ago",
    )


def _not_found(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrEpisodeNotFound",
        expr=f"""
              (
                  time() - episodarr_episode_air_timestamp_seconds
                > {arithmetic(t.not_found_seconds)}
                < {arithmetic(t.not_found_until_seconds)}
              )
            and on ({EPISODE_KEY})
              (episodarr_episode_stage{{episode_stage="queued"}} == 1)
            and on ({EPISODE_KEY})
              (
                  episodarr_episode_last_search_timestamp_seconds
                > on ({EPISODE_KEY})
                  episodarr_episode_air_timestamp_seconds
              )
        """,
        for_seconds=t.settle_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="info",
        depends_on="sonarr",
        summary=f"{_EPISODE} aired, was searched for and is still not found",
        plural="episodes aired, were searched for and are still not found",
        description=f"{{{{ $labels.episode_code }}}} of {{{{ $labels.series }}}} aired {_AGE} ago.",
        subject=f"{{{{ $labels.series }}}} {_CODE}",
        line=f"{{{{ $labels.series }}}} {_CODE}, aired {_AGE} ago",
        order=f"{{{{ $labels.series }}}} {CODE_ORDER}",
    )


def _season_ready(t: Thresholds) -> Alert:
    key = "job, instance, sonarr, tvdb_id, season"
    available = 'episodarr_season_episodes{episode_stage="available",season!="0"}'
    return Alert(
        name="EpisodarrSeasonReady",
        expr=f"""
              (episodarr_season_available_ratio{{season!="0"}} == 1)
            and on ({key})
              (
                  {available}
                >
                  min_over_time({available}[{duration(t.season_ready_seconds)}])
              )
        """,
        severity="info",
        depends_on="sonarr",
        labels={"news": "good"},
        summary="Season {{ $labels.season }} of {{ $labels.series }} is ready to watch",
        plural="seasons of {{ $labels.series }} are ready to watch",
        description=(
            "All {{ with printf `episodarr_season_tracked_episodes"
            '{sonarr="%s",tvdb_id="%s",season="%s"}` '
            "$labels.sonarr $labels.tvdb_id $labels.season | query }}{{ . | first | value }}{{ end }} "
            "episodes are available."
        ),
        subject="Season {{ $labels.season }} of {{ $labels.series }}",
    )
