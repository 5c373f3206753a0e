"""Rows about requests.

A request counts every episode that it covers: one that Sonarr is not asked for is queued or unaired
here, for they were requested.
"""

from collections.abc import Sequence

from episodarr.metrics.family import Sample, Subject, ViewFamily, at, rows, state
from episodarr.metrics.labels import (
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
from episodarr.metrics.tallies import available_ratio, by_stage, progress_ratio, tracked
from episodarr.model.view import RequestView

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


_REQUEST = Subject[RequestView](key=REQUEST_KEY, source=_SEERR, bound=_EACH)

REQUEST_ROWS: tuple[ViewFamily[RequestView], ...] = rows(
    {
        "episodarr_request_info": _REQUEST.by(SONARR, TVDB_ID, SERIES, IS_4K, REQUESTED_BY).row(
            "Always 1: a request; sonarr is empty while the series is in no Sonarr.", _info
        ),
        "episodarr_request_season_info": _REQUEST.by(
            SONARR, TVDB_ID, SEASON, bound="1 per request and season"
        ).row(
            "Always 1: a season that a request asks for.",
            lambda v: [((*_ids(v), str(season)), 1) for season in v.seasons],
        ),
        "episodarr_request_status": _REQUEST.by(REQUEST_STATUS).row(
            "Status of a request. One sample of 1 for the status that holds; an absent sample "
            "means: not in this status.",
            lambda v: state(v.status.value),
        ),
        "episodarr_request_episodes": _REQUEST.by(
            TRACKED_STAGE, source=_JOIN, bound="8 per unfinished request, 1 to 8 for the rest"
        ).row(
            "Episodes that a request covers, by stage; the buckets add up to the tracked episodes. "
            "An episode that Sonarr is not asked for is queued or unaired here. Finished requests "
            "show available and what is not 0.",
            _episodes,
        ),
        "episodarr_request_tracked_episodes": _REQUEST.by(source=_JOIN).row(
            "Episodes that a request covers; absent where they cannot be known.",
            lambda v: tracked(v.tally),
        ),
        "episodarr_request_available_ratio": _REQUEST.by(source=_JOIN).row(
            "Available among the episodes of a request, 0 to 1; absent where there is none.",
            lambda v: available_ratio(v.tally),
        ),
        "episodarr_request_progress_ratio": _REQUEST.by(source=_JOIN).row(
            "Mean progress of the episodes of a request, 0 to 1; absent where there is none.",
            lambda v: progress_ratio(v.tally),
        ),
        "episodarr_request_created_timestamp_seconds": _REQUEST.row(
            "When a request was made, in Unix seconds.", lambda v: at(v.created_at)
        ),
    }
)
