"""Alerts over episodes that Sonarr has, or never found: where they are not seen, and good news."""

from episodarr_rules.rule import EPISODE_KEY, Alert, dedented
from episodarr_rules.sentences import CODE_ORDER, age
from episodarr_rules.thresholds import Thresholds, arithmetic, duration

EPISODE = "{{ $labels.episode_code }} of {{ $labels.series }}"
CODE = "{{ $labels.episode_code }}"
_AGE = age()


def known_for(family: str, t: Thresholds) -> str:
    """What was there before already, so that it had time to go on after a night in which all was off."""
    ago = duration(t.catch_up_seconds)
    return f"last_over_time({family}[{duration(t.off_seconds)}] offset {ago})"


def in_stage(stage: str, seconds: int) -> str:
    """Episodes that have been in a stage for longer."""
    return dedented(f"""
          (time() - episodarr_episode_stage_entered_timestamp_seconds > {arithmetic(seconds)})
        and on ({EPISODE_KEY})
          (episodarr_episode_stage{{episode_stage="{stage}"}} == 1)
    """)


def had_time(t: Thresholds) -> str:
    """The right side of a match with episodes that were known before, too."""
    return f"""on ({EPISODE_KEY})
  {known_for("episodarr_episode_stage_entered_timestamp_seconds", t)}"""


def held(pattern: str) -> str:
    """The right side of a match with episodes that wait for one of these."""
    return f'on ({EPISODE_KEY})\n  (episodarr_episode_hold{{hold=~"{pattern}"}} == 1)'


def episode_warning(
    t: Thresholds,
    *,
    name: str,
    expr: str,
    summary: str,
    plural: str,
    description: str,
    line: str = "",
    depends_on: str = "sonarr",
    for_seconds: int | None = None,
) -> Alert:
    """A warning about single episodes, each named by its code among those of its series."""
    return Alert(
        name=name,
        expr=expr,
        for_seconds=t.settle_seconds if for_seconds is None else for_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        depends_on=depends_on,
        summary=summary,
        plural=plural,
        description=description,
        subject=CODE,
        line=line,
        order=CODE_ORDER,
    )


def not_in_jellyfin(t: Thresholds) -> Alert:
    """Imported, and no scan has ended since."""
    return episode_warning(
        t,
        name="EpisodarrEpisodeNotInJellyfin",
        expr=f"""
{in_stage("importing", t.jellyfin_scan_seconds)}
and {held("jellyfin_scan")}
and {had_time(t)}
        """,
        depends_on="jellyfin",
        summary=f"Jellyfin has not scanned for {EPISODE}",
        plural="imported episodes of {{ $labels.series }} wait for a scan of Jellyfin",
        description=(
            f"{CODE} was imported {_AGE} ago, and no library scan of Jellyfin has ended since. "
            "Start one there."
        ),
        line=f"{CODE}, imported {_AGE} ago",
    )


def unlisted_by_jellyfin(t: Thresholds) -> Alert:
    """Scanned, and not listed, though others of the series are."""
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
        summary=f"Jellyfin was scanned and does not list {EPISODE}",
        plural="episodes are not listed by Jellyfin after its scan",
        description=f"{CODE} has a file, and Jellyfin lists others of the series. See how it is named.",
        subject=f"{{{{ $labels.series }}}} {CODE}",
        order=f"{{{{ $labels.series }}}} {CODE_ORDER}",
    )


def not_matched_by_shoko(t: Thresholds) -> Alert:
    """Imported, and not matched."""
    return episode_warning(
        t,
        name="EpisodarrEpisodeNotMatchedByShoko",
        expr=f"""
{in_stage("importing", t.shoko_match_seconds)}
and {held("shoko_match")}
and {had_time(t)}
        """,
        depends_on="shoko",
        summary=f"Shoko does not recognize {EPISODE}",
        plural="imported episodes of {{ $labels.series }} are not recognized by Shoko",
        description=f"{{{{ $labels.episode_code }}}} is imported; Shoko has not matched it for {_AGE}.",
        line=f"{CODE}, imported {_AGE} ago",
    )


def not_found(t: Thresholds) -> Alert:
    """Aired, searched for, and not found."""
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
        summary=f"{EPISODE} aired, was searched for and is still not found",
        plural="episodes aired, were searched for and are still not found",
        description=f"{{{{ $labels.episode_code }}}} of {{{{ $labels.series }}}} aired {_AGE} ago.",
        subject=f"{{{{ $labels.series }}}} {CODE}",
        line=f"{{{{ $labels.series }}}} {CODE}, aired {_AGE} ago",
        order=f"{{{{ $labels.series }}}} {CODE_ORDER}",
    )


def season_ready(t: Thresholds) -> Alert:
    """Good news: the last missing episode of a season is playable."""
    key = "job, instance, sonarr, tvdb_id, season"
    available = 'episodarr_season_episodes{episode_stage="available",season!="0"}'
    # What was whole yesterday is whole again: a disk was away, or a file was replaced.
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
            unless on ({key})
              (episodarr_season_available_ratio{{season!="0"}} offset {duration(t.season_whole_seconds)} == 1)
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
