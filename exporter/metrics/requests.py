"""Rows about requests.

A request counts every episode that it covers: one that Sonarr is not asked for is queued or unaired
here, for someone asked for it.
"""

from collections.abc import Sequence

from exporter.metrics.family import Sample, ViewFamily, at, state
from exporter.metrics.labels import (
    IS_4K,
    REQUEST_KEY,
    REQUEST_STATUS,
    REQUESTED_BY,
    SEASON,
    SERIES,
    SONARR,
    TRACKED_STAGE,
    TVDB_ID,
)
from exporter.metrics.tallies import available_ratio, by_stage, progress_ratio, tracked
from exporter.model.view import RequestView

_SEERR = "Jellyseerr's requests"
_JOIN = "the join of Jellyseerr's requests with Sonarr's episodes"
_EACH = "1 per request"


def _ids(view: RequestView) -> tuple[str, str]:
    return (view.sonarr or "", "" if view.tvdb_id is None else str(view.tvdb_id))


def _info(view: RequestView) -> Sequence[Sample]:
    is_4k = "true" if view.is_4k else "false"
    return (((*_ids(view), view.series, is_4k, view.requested_by or ""), 1),)


def _episodes(view: RequestView) -> Sequence[Sample]:
    if view.tally is None:
        return ()
    return by_stage(view.tally.by_stage, with_zeros=not view.is_finished)


REQUEST_ROWS: tuple[ViewFamily[RequestView], ...] = (
    ViewFamily(
        name="episodarr_request_info",
        meaning="Always 1: a request; sonarr is empty while the series is in no Sonarr.",
        source=_SEERR,
        key=REQUEST_KEY,
        own=(SONARR, TVDB_ID, SERIES, IS_4K, REQUESTED_BY),
        bound=_EACH,
        samples=_info,
    ),
    ViewFamily(
        name="episodarr_request_season_info",
        meaning="Always 1: a season that a request asks for.",
        source=_SEERR,
        key=REQUEST_KEY,
        own=(SONARR, TVDB_ID, SEASON),
        bound="1 per request and season",
        samples=lambda v: [((*_ids(v), str(season)), 1) for season in v.seasons],
    ),
    ViewFamily(
        name="episodarr_request_status",
        meaning=(
            "Status of a request. One sample of 1 for the status that holds; an absent sample "
            "means: not in this status."
        ),
        source=_SEERR,
        key=REQUEST_KEY,
        own=(REQUEST_STATUS,),
        bound=_EACH,
        samples=lambda v: state(v.status.value),
    ),
    ViewFamily(
        name="episodarr_request_episodes",
        meaning=(
            "Episodes that a request covers, by stage; the buckets add up to the tracked episodes. "
            "An episode that Sonarr is not asked for is queued or unaired here. Finished requests "
            "show available and what is not 0."
        ),
        source=_JOIN,
        key=REQUEST_KEY,
        own=(TRACKED_STAGE,),
        bound="8 per unfinished request, 1 to 8 for the rest",
        samples=_episodes,
    ),
    ViewFamily(
        name="episodarr_request_tracked_episodes",
        meaning="Episodes that a request covers; absent where they cannot be known.",
        source=_JOIN,
        key=REQUEST_KEY,
        bound=_EACH,
        samples=lambda v: tracked(v.tally),
    ),
    ViewFamily(
        name="episodarr_request_available_ratio",
        meaning="Available among the episodes of a request, 0 to 1; absent where there is none.",
        source=_JOIN,
        key=REQUEST_KEY,
        bound=_EACH,
        samples=lambda v: available_ratio(v.tally),
    ),
    ViewFamily(
        name="episodarr_request_progress_ratio",
        meaning="Mean progress of the episodes of a request, 0 to 1; absent where there is none.",
        source=_JOIN,
        key=REQUEST_KEY,
        bound=_EACH,
        samples=lambda v: progress_ratio(v.tally),
    ),
    ViewFamily(
        name="episodarr_request_created_timestamp_seconds",
        meaning="When a request was made, in Unix seconds.",
        source=_SEERR,
        key=REQUEST_KEY,
        bound=_EACH,
        samples=lambda v: at(v.created_at),
    ),
)
