"""Rows about requests.

Under a request an unmonitored episode that it covers counts: someone asked for it. So here the
buckets have a ninth, and tracked is the sum of all nine.
"""

from collections.abc import Sequence

from exporter.metrics.family import Sample, ViewFamily, at, one, state
from exporter.metrics.labels import (
    EPISODE_STAGE,
    IS_4K,
    REQUEST_KEY,
    REQUEST_STATUS,
    REQUESTED_BY,
    SEASON,
    SERIES,
    SONARR,
    TVDB_ID,
)
from exporter.model.stage import Stage
from exporter.model.view import RequestView

_SEERR = "Jellyseerr's requests"
_JOIN = "the join of Jellyseerr's requests with Sonarr's episodes"
_EACH = "1 per request"


def _ids(view: RequestView) -> tuple[str, str]:
    return (view.sonarr or "", "" if view.tvdb_id is None else str(view.tvdb_id))


def _info(view: RequestView) -> Sequence[Sample]:
    is_4k = "true" if view.is_4k else "false"
    return (((*_ids(view), view.series, is_4k, view.requested_by or ""), 1),)


def _covered(view: RequestView) -> int | None:
    return None if view.tally is None else sum(view.tally.by_stage.values())


def _episodes(view: RequestView) -> Sequence[Sample]:
    if view.tally is None:
        return ()
    counts = view.tally.by_stage
    return [
        ((stage.label,), counts.get(stage, 0))
        for stage in Stage
        if not view.is_finished or stage is Stage.AVAILABLE or counts.get(stage)
    ]


def _available_ratio(view: RequestView) -> Sequence[Sample]:
    covered = _covered(view)
    if view.tally is None or not covered:
        return ()
    return one(view.tally.available / covered)


def _progress_ratio(view: RequestView) -> Sequence[Sample]:
    covered = _covered(view)
    if view.tally is None or not covered:
        return ()
    return one(min(1.0, view.tally.progress_sum / covered))


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
            "Episodes that a request covers, by stage, the unmonitored ones among them; the "
            "buckets add up to the tracked episodes. Finished requests show available and what is "
            "not 0."
        ),
        source=_JOIN,
        key=REQUEST_KEY,
        own=(EPISODE_STAGE,),
        bound="9 per unfinished request, 1 to 9 for the rest",
        samples=_episodes,
    ),
    ViewFamily(
        name="episodarr_request_tracked_episodes",
        meaning="Episodes that a request covers; absent where they cannot be known.",
        source=_JOIN,
        key=REQUEST_KEY,
        bound=_EACH,
        samples=lambda v: one(_covered(v)),
    ),
    ViewFamily(
        name="episodarr_request_available_ratio",
        meaning="Available among the episodes of a request, 0 to 1; absent where there is none.",
        source=_JOIN,
        key=REQUEST_KEY,
        bound=_EACH,
        samples=_available_ratio,
    ),
    ViewFamily(
        name="episodarr_request_progress_ratio",
        meaning="Mean progress of the episodes of a request, 0 to 1; absent where there is none.",
        source=_JOIN,
        key=REQUEST_KEY,
        bound=_EACH,
        samples=_progress_ratio,
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
