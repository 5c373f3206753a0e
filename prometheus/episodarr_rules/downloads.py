"""Alerts over episodes on their way: what stands still, failed, or never came."""

from episodarr_rules.rule import DOWNLOAD_KEY, EPISODE_KEY, Alert, Group, dedented
from episodarr_rules.thresholds import Thresholds, arithmetic, duration

_SERIES = '{{ or $labels.series "an unknown series" }}'
_EPISODE = "{{ $labels.episode_code }} of {{ $labels.series }}"
_AGE = "{{ $value | humanizeDuration }}"
_SEASONS = "{{ with $labels.seasons }}season {{ . }}, {{ end }}"


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
        summary=f"A download of {_SERIES} is stalled",
        plural=f"downloads of {_SERIES} are stalled",
        description=f"No byte for {_AGE}: {_SEASONS}{{{{ $labels.release }}}}.",
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
        summary=f"The download client reports an error on a download of {_SERIES}",
        plural=f"downloads of {_SERIES} are in error in the download client",
        description=f"It does not go on by itself: {_SEASONS}{{{{ $labels.release }}}}.",
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
        description=f"Sonarr will not import it by itself: {_SEASONS}{{{{ $labels.release }}}}.",
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
        summary=f"Jellyfin does not show {_EPISODE}",
        plural="imported episodes of {{ $labels.series }} are not shown by Jellyfin",
        description=f"{{{{ $labels.episode_code }}}} is imported; Jellyfin has not listed it for {_AGE}.",
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
    )
