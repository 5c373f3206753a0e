"""Rows about series and seasons."""

from collections.abc import Sequence

from exporter.metrics.family import (
    Sample,
    ViewFamily,
    state,
)
from exporter.metrics.labels import (
    EPISODE_STAGE,
    SEASON_KEY,
    SERIES_KEY,
    SERIES_TYPE,
    TITLE_SLUG,
    TRACKED_STAGE,
    YEAR,
)
from exporter.metrics.tallies import available_ratio, by_stage, progress_ratio, tracked
from exporter.model.stage import Stage
from exporter.model.view import SeasonView, SeriesView

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


SERIES_ROWS: tuple[ViewFamily[SeriesView], ...] = (
    ViewFamily(
        name="episodarr_series_info",
        meaning="Always 1: a series of the library.",
        source="Sonarr's list of series",
        key=SERIES_KEY,
        own=(TITLE_SLUG, SERIES_TYPE, YEAR),
        bound="1 per series",
        samples=lambda v: (((v.title_slug, v.series_type, str(v.year)), 1),),
    ),
    ViewFamily(
        name="episodarr_series_stage",
        meaning=f"Stage of a series, the most telling among its tracked episodes. {SPARSE}",
        source=JOIN,
        key=SERIES_KEY,
        own=(EPISODE_STAGE,),
        bound="1 per series",
        samples=lambda v: _stage(v.stage),
    ),
    ViewFamily(
        name="episodarr_series_episodes",
        meaning=f"{_BUCKETS} Specials are left out unless configured in.",
        source=JOIN,
        key=SERIES_KEY,
        own=(TRACKED_STAGE,),
        bound="1 to 8 per series",
        samples=_series_episodes,
    ),
    ViewFamily(
        name="episodarr_series_tracked_episodes",
        meaning="Episodes of a series that are not unmonitored: the 25 of 12/25.",
        source=JOIN,
        key=SERIES_KEY,
        bound="1 per series",
        samples=lambda v: tracked(v.tally),
    ),
    ViewFamily(
        name="episodarr_series_available_ratio",
        meaning="Available among tracked episodes of a series, 0 to 1; absent where none is.",
        source=JOIN,
        key=SERIES_KEY,
        bound="1 per series",
        samples=lambda v: available_ratio(v.tally),
    ),
    ViewFamily(
        name="episodarr_series_progress_ratio",
        meaning="Mean progress of a series' tracked episodes, 0 to 1; absent where there is none.",
        source=JOIN,
        key=SERIES_KEY,
        bound="1 per series",
        samples=lambda v: progress_ratio(v.tally),
    ),
)

SEASON_ROWS: tuple[ViewFamily[SeasonView], ...] = (
    ViewFamily(
        name="episodarr_season_stage",
        meaning=f"Stage of a season, the most telling among its tracked episodes. {SPARSE}",
        source=JOIN,
        key=SEASON_KEY,
        own=(EPISODE_STAGE,),
        bound="1 per season",
        samples=lambda v: _stage(v.stage),
    ),
    ViewFamily(
        name="episodarr_season_episodes",
        meaning=_BUCKETS,
        source=JOIN,
        key=SEASON_KEY,
        own=(TRACKED_STAGE,),
        bound="8 per active season, 1 to 8 for the rest",
        samples=_season_episodes,
    ),
    ViewFamily(
        name="episodarr_season_tracked_episodes",
        meaning="Episodes of a season that are not unmonitored.",
        source=JOIN,
        key=SEASON_KEY,
        bound="1 per season",
        samples=lambda v: tracked(v.tally),
    ),
    ViewFamily(
        name="episodarr_season_available_ratio",
        meaning="Available among tracked episodes of a season, 0 to 1; absent where none is.",
        source=JOIN,
        key=SEASON_KEY,
        bound="1 per season",
        samples=lambda v: available_ratio(v.tally),
    ),
    ViewFamily(
        name="episodarr_season_progress_ratio",
        meaning="Mean progress of a season's tracked episodes, 0 to 1; absent where there is none.",
        source=JOIN,
        key=SEASON_KEY,
        bound="1 per season",
        samples=lambda v: progress_ratio(v.tally),
    ),
)
