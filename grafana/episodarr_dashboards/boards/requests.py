"""Requests on the overview: each once, from the exporter that knows most of it."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.panels import About, number
from episodarr_dashboards.queries import by, fraction, metric, or_unknown
from episodarr_dashboards.tables import (
    MOST_ROWS,
    PAGE_OF_SERIES,
    SERIES_LINK,
    Column,
    Key,
    Link,
    Nothing,
    rows,
)
from episodarr_dashboards.vocabulary import REQUEST_STATUSES

_OPEN = metric("request_status", 'request_status=~"unknown|pending|approved|failed"')
_TARGET = ("job", "instance")
_OWN = ", ".join((*_TARGET, "request_id"))
_NAMES = "group_left (sonarr, tvdb_id, series)"
_REQUEST = ("request_id", "sonarr", "tvdb_id", "series")
_ANSWERS = f"min({metric('upstream_up', 'system="jellyseerr"')}) == 1"


def _of_one_exporter() -> str:
    """One sample a request, of one exporter, where several share a Jellyseerr.

    The one whose Sonarr has the series knows how far it is; of a request that is in no Sonarr yet
    all know the same, and the freshest answer of Jellyseerr counts. Its number alone is no key: two
    Jellyseerrs use the same ones.
    """
    thing = "request_id, tvdb_id"
    placed = metric("request_info", 'sonarr!=""')
    unplaced = f"{metric('request_info', 'sonarr=""')} unless on ({thing}) {placed}"
    freshness = by(
        _TARGET, metric("upstream_last_success_timestamp_seconds", 'system="jellyseerr"')
    )
    return (
        f"topk by ({thing}) (1, ({placed} or {unplaced}) "
        f"* on ({', '.join(_TARGET)}) group_left () {freshness})"
    )


def open_requests_count() -> Panel:
    """How many are open."""
    counted = f"count({_of_one_exporter()} and on ({_OWN}) {_OPEN})"
    return number(
        About(
            title="Open requests",
            description="Requests that are not completed or declined.",
            empty="unknown",
        ),
        or_unknown(f"({counted} or 0 * ({_ANSWERS})) and on () ({_ANSWERS})"),
    )


def _newest() -> str:
    """When each open request was made, of that exporter; no more than are shown."""
    created = by((*_TARGET, "request_id"), metric("request_created_timestamp_seconds"))
    named = f"{created} * on ({_OWN}) {_NAMES} ({_of_one_exporter()} > bool 0)"
    return f"topk({MOST_ROWS}, {named} and on ({_OWN}) {_OPEN})"


def _of_request(expression: str, *more: str) -> str:
    """What that exporter has of each request that is shown."""
    own = by((*_TARGET, "request_id", *more), expression)
    return by((*_REQUEST, *more), f"{own} * on ({_OWN}) {_NAMES} ({_newest()} > bool 0)")


def requests() -> Panel:
    """What was asked for and is not all here."""
    available = metric("request_episodes", 'episode_stage="available"')
    counted = fraction((*_TARGET, "request_id"), available, metric("request_tracked_episodes"))
    return rows(
        About(
            title="Requests",
            description="What was asked for and is not all here. Episodes are playable of asked for; "
            "what is asked for and not monitored counts too. A hundred at most, the newest first.",
            empty="No request is open",
        ),
        (
            Key(label="request_id"),
            Key(label="sonarr"),
            Key(label="tvdb_id"),
            Key(label="series", title="Series", width=150),
        ),
        (
            Column(
                title="Status",
                expr=_of_request(_OPEN, "request_status"),
                label="request_status",
                vocabulary=REQUEST_STATUSES,
                width=133,
            ),
            Column(
                title="Episodes",
                expr=_of_request(counted, "episodes"),
                label="episodes",
                width=75,
            ),
            Column(
                title="Progress",
                expr=_of_request(metric("request_progress_ratio")),
                is_bar=True,
                width=100,
            ),
            Column(
                title="Asked",
                expr=f"{by(_REQUEST, _newest())} * 1000",
                unit="dateTimeFromNow",
                width=135,
            ),
        ),
        sort="Asked",
        descending=True,
        nothing=Nothing(if_known=f"0 * ({_ANSWERS})", text="✓ None is open"),
        links=(
            Link("Series", "Show ${__data.fields.series}", SERIES_LINK),
            Link("Series", "Its page, with links to Sonarr", PAGE_OF_SERIES),
        ),
    )
