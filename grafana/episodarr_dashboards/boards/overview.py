"""Overview: what is under way, what is stuck and why, what was deleted badly."""

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.boards.bad_deletions import bad_deletions, bad_deletions_count
from episodarr_dashboards.boards.library import firing, library_bands
from episodarr_dashboards.boards.requests import open_requests_count, requests
from episodarr_dashboards.boards.stuck import stuck, stuck_count
from episodarr_dashboards.boards.under_way import under_way, under_way_count
from episodarr_dashboards.layout import Band, Board, alarms
from episodarr_dashboards.panels import NOTICE, TEXT, TROUBLE, About, number, steps, strip
from episodarr_dashboards.queries import (
    UPSTREAM,
    as_of,
    metric,
    one_of,
    or_unknown,
    with_names,
    worst,
)
from episodarr_dashboards.vocabulary import DOWN_FOR, NOT_KNOWN, SEVERAL_SYSTEMS, SINGLE_SYSTEMS


def overview() -> Board:
    """The first dashboard people open."""
    return Board(
        uid="episodarr-overview",
        title="Episodarr: overview",
        description="What is under way, what is stuck and why, and what was deleted badly.",
        bands=(
            Band(
                4,
                (
                    (3, _age()),
                    (4, under_way_count()),
                    (3, _speed()),
                    (3, stuck_count()),
                    (4, bad_deletions_count()),
                    (4, open_requests_count()),
                    (3, _library()),
                ),
            ),
            # Two, so that each field is wide enough for its words on a phone.
            Band(
                4,
                (
                    (12, _systems("Sonarr and downloads", SEVERAL_SYSTEMS)),
                    (12, _systems("Library and requests", SINGLE_SYSTEMS)),
                ),
            ),
            Band(10, ((24, under_way()),)),
            Band(8, ((12, stuck()), (12, bad_deletions()))),
            Band(8, ((12, requests()), (12, firing()))),
            *library_bands(),
        ),
        # A verdict fires for days, and would color everything.
        annotations=(alarms(',alertname!~"EpisodarrDelet.+"'),),
    )


def _age() -> Panel:
    return number(
        About(
            title="As of",
            description="How long ago everything on this page was read; the exporter reads every "
            "quarter of a minute.",
            empty="unknown",
            unit="s",
            decimals=0,
        ),
        as_of(),
        steps((None, TEXT), (120, NOTICE), (300, TROUBLE)),
    )


def _speed() -> Panel:
    received = metric("download_received_bytes_total")
    answers = f"max({metric('upstream_up', 'system="qbittorrent"')})"
    return number(
        About(
            title="Speed",
            description="What the download clients receive for all downloads that Sonarr knows.",
            empty="unknown",
            unit="Bps",
            decimals=1,
        ),
        or_unknown(
            f"(sum(rate({received}[$__rate_interval])) or {answers} * 0) and on () ({answers} == 1)"
        ),
    )


def _library() -> Panel:
    available = metric("series_episodes", 'episode_stage="available"')
    tracked = metric("series_tracked_episodes")
    return number(
        About(
            title="Library",
            description="Playable episodes of all that are wanted, specials left out. "
            "Series whose episodes were not read yet are in neither number.",
            empty="unknown",
            unit="percentunit",
            decimals=0,
        ),
        or_unknown(
            f"sum({available} and on (job, instance, sonarr, tvdb_id) {tracked})"
            f" / (sum({tracked}) > 0)"
        ),
    )


def _systems(title: str, systems: Sequence[str]) -> Panel:
    these = f'system=~"{one_of(systems)}"'
    up = worst(UPSTREAM, metric("upstream_up", these))
    last = worst(UPSTREAM, metric("upstream_last_success_timestamp_seconds", these))
    key = ", ".join(UPSTREAM)
    failures = metric("upstream_request_failures_total", these)
    lately = f"increase({failures}[$__rate_interval])"
    why = f"topk by ({key}) (1, sum by ({key}, reason) ({lately}) > 0)"
    down = f"({up} == 0)"
    silent = f"((time() - {last} and on ({key}) {down}) or on ({key}) {down} + {NOT_KNOWN})"
    explained = f"{silent} * on ({key}) group_left (reason) ({why} > bool 0)"
    words = f'label_replace({with_names(explained)}, "reason", "$1 $2", "reason", "(.+)_(.+)")'
    return strip(
        About(
            title=title,
            description="Whether each system answered everything it was asked in the last cycle, "
            "since when it does not, and why. Its last answers are kept for 15 minutes, then left out.",
            empty="? Nothing was read lately",
            unit="s",
            decimals=0,
        ),
        f"({with_names(f'({up} == 1) * 0')}) or on ({key}) "
        f'label_join({words}, "name", " down: ", "name", "reason") or on ({key}) '
        f'label_replace({with_names(silent)}, "name", "$1 down", "name", "(.+)")',
        "{{name}}",
        DOWN_FOR,
    )
