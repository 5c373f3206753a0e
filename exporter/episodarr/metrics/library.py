"""Rows about series and seasons."""

from collections.abc import Sequence

from episodarr.metrics.family import Sample, Subject, ViewFamily, rows, state
from episodarr.metrics.labels import (
    EPISODE_STAGE,
    SEASON_KEY,
    SERIES_KEY,
    SERIES_TYPE,
    TITLE_SLUG,
    TRACKED_STAGE,
    YEAR,
)
from episodarr.metrics.tallies import available_ratio, by_stage, progress_ratio, tracked
from episodarr.model.stage import Stage
from episodarr.model.view import SeasonView, SeriesView

JOIN = "the join of Sonarr with its download clients, Jellyfin and Shoko"
SPARSE = "One sample of 1 for the stage that holds; an absent sample means: not in this stage."
_BUCKETS = (
    "Episodes by stage; the buckets add up to the tracked episodes, and unmonitored ones are in "
    "none of them. An active season shows every stage, others show available and what is not 0; "
    "until its episodes were read once, only available, from Sonarr's statistics."
)


def _is_active(series: SeriesView) -> bool:
    return any(season.is_active for season in series.seasons)


def _series_episodes(series: SeriesView) -> Sequence[Sample]:
    if series.tally is None:
        return [((Stage.AVAILABLE.label,), sum(map(_available, series.seasons)))]
    return by_stage(series.tally.by_stage, with_zeros=_is_active(series))


def _available(season: SeasonView) -> int:
    # Specials stay out of series totals; whether they are configured in is only known once read.
    if season.season == 0:
        return 0
    if season.tally is None:
        return season.available_from_statistics
    return season.tally.available


def _season_episodes(season: SeasonView) -> Sequence[Sample]:
    if season.tally is None:
        return [((Stage.AVAILABLE.label,), season.available_from_statistics)]
    return by_stage(season.tally.by_stage, with_zeros=season.is_active)


def _stage(stage: Stage | None) -> Sequence[Sample]:
    return state(None if stage is None else stage.label)


_SERIES = Subject[SeriesView](key=SERIES_KEY, source=JOIN, bound="1 per series")

SERIES_ROWS: tuple[ViewFamily[SeriesView], ...] = rows(
    {
        "episodarr_series_info": _SERIES.by(
            TITLE_SLUG, SERIES_TYPE, YEAR, source="Sonarr's list of series"
        ).row(
            "Always 1: a series of the library.",
            lambda v: (((v.title_slug, v.series_type, str(v.year)), 1),),
        ),
        "episodarr_series_stage": _SERIES.by(EPISODE_STAGE).row(
            f"Stage of a series, the most telling among its tracked episodes. {SPARSE}",
            lambda v: _stage(v.stage),
        ),
        "episodarr_series_episodes": _SERIES.by(TRACKED_STAGE, bound="1 to 8 per series").row(
            f"{_BUCKETS} Specials are left out unless configured in.", _series_episodes
        ),
        "episodarr_series_tracked_episodes": _SERIES.row(
            "Episodes of a series that are not unmonitored: the 25 of 12/25.",
            lambda v: tracked(v.tally),
        ),
        "episodarr_series_available_ratio": _SERIES.row(
            "Available among tracked episodes of a series, 0 to 1; absent where none is.",
            lambda v: available_ratio(v.tally),
        ),
        "episodarr_series_progress_ratio": _SERIES.row(
            "Mean progress of a series' tracked episodes, 0 to 1; absent where there is none.",
            lambda v: progress_ratio(v.tally),
        ),
    }
)

_SEASON = Subject[SeasonView](key=SEASON_KEY, source=JOIN, bound="1 per season")

SEASON_ROWS: tuple[ViewFamily[SeasonView], ...] = rows(
    {
        "episodarr_season_stage": _SEASON.by(EPISODE_STAGE).row(
            f"Stage of a season, the most telling among its tracked episodes. {SPARSE}",
            lambda v: _stage(v.stage),
        ),
        "episodarr_season_episodes": _SEASON.by(
            TRACKED_STAGE, bound="8 per active season, 1 to 8 for the rest"
        ).row(_BUCKETS, _season_episodes),
        "episodarr_season_tracked_episodes": _SEASON.row(
            "Episodes of a season that are not unmonitored.", lambda v: tracked(v.tally)
        ),
        "episodarr_season_available_ratio": _SEASON.row(
            "Available among tracked episodes of a season, 0 to 1; absent where none is.",
            lambda v: available_ratio(v.tally),
        ),
        "episodarr_season_progress_ratio": _SEASON.row(
            "Mean progress of a season's tracked episodes, 0 to 1; absent where there is none.",
            lambda v: progress_ratio(v.tally),
        ),
    }
)
