"""Build the view of one series from all inputs of the cycle.

Gives: one frozen SeriesView, and when it may change by time alone. Law: each episode of the input
appears exactly once, and every tally adds up.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.ids import EpisodeKey, SonarrEpisodeId
from episodarr.model.library import Episode, SeasonStatistics
from episodarr.model.packed import Packed, Packing
from episodarr.model.stage import UNDER_WAY_STAGES
from episodarr.model.steps import Steps
from episodarr.model.view import EpisodeView, SeasonView, SeriesView
from episodarr.stages.classify import (
    Classification,
    classify,
)
from episodarr.stages.downloads.episode import (
    EpisodeDownload,
    Failing,
    Skipped,
    download_for_episode,
)
from episodarr.stages.entered import entered_at
from episodarr.stages.facts import facts_of
from episodarr.stages.inputs import NO_CLOCKS, NOTHING, SeriesDetail, SeriesInputs, StageClock
from episodarr.stages.tally import sum_of, tally_of, telling_stage

EPISODES_PER_STEP = 50
"""A millisecond or two."""
RECENT = timedelta(hours=24)
"""A season that changed, or airs, within this time is active."""

_AT_REST = Packing(EpisodeView, kept=32)

type Alarms = dict[SonarrEpisodeId, datetime]
"""When an episode may change by time alone; those that cannot are left out."""


class JoinedSeries(Struct, frozen=True, kw_only=True, gc=False):
    """The view of a series, and when to join it again without any new answer."""

    view: SeriesView
    changes_at: datetime | None
    inputs: SeriesInputs
    """What it was made of, without the clocks: those are in the view."""
    alarms: Mapping[SonarrEpisodeId, datetime]


def join_steps(inputs: SeriesInputs, now: datetime) -> Steps[JoinedSeries]:
    """The view of one series at one moment, in steps of a few milliseconds.

    Some series have a thousand episodes.
    """
    if inputs.detail is None:
        statistics = sorted(inputs.series.seasons, key=lambda s: s.season)
        unread = tuple(_unread_season(inputs, s) for s in statistics)
        return joined(inputs, series_view(inputs, unread), {})
    seasons, alarms = yield from _season_steps(inputs, inputs.detail, now)
    return joined(inputs, series_view(inputs, seasons), alarms)


def joined(inputs: SeriesInputs, view: SeriesView, alarms: Alarms) -> JoinedSeries:
    """A result with what the next join needs of this one."""
    return JoinedSeries(
        view=view,
        changes_at=min(alarms.values(), default=None),
        inputs=replace(inputs, clocks=NO_CLOCKS),
        alarms=alarms or NOTHING,
    )


def in_order(episodes: Iterable[Episode]) -> list[Episode]:
    """Episodes in the order in which views list them."""
    return sorted(episodes, key=lambda e: (e.season, e.episode, e.sonarr_id))


def _season_steps(
    inputs: SeriesInputs, detail: SeriesDetail, now: datetime
) -> Steps[tuple[tuple[SeasonView, ...], Alarms]]:
    statistics = {s.season: s for s in inputs.series.seasons}
    episode_downloads = yield from episode_download_steps(inputs, detail, now)
    by_season: dict[int, list[EpisodeView]] = {}
    alarms: Alarms = {}
    for done, episode in enumerate(in_order(detail.episodes), start=1):
        if done % EPISODES_PER_STEP == 0:
            yield
        clock = inputs.clocks.get((episode.season, episode.episode))
        there = episode_downloads.get(episode.sonarr_id, ())
        view = joined_episode(inputs, detail, episode, there, clock, alarms, now)
        by_season.setdefault(episode.season, []).append(view)
    seasons = tuple(
        season_view(inputs, number, tuple(by_season.get(number, ())), statistics.get(number), now)
        for number in sorted(by_season.keys() | statistics.keys())
    )
    return seasons, alarms


def joined_episode(
    inputs: SeriesInputs,
    detail: SeriesDetail,
    episode: Episode,
    episode_downloads: Sequence[EpisodeDownload | Failing | Skipped],
    clock: StageClock | None,
    alarms: Alarms,
    now: datetime,
) -> EpisodeView:
    """The view of one episode; when it may change by itself is put into `alarms`."""
    classification = classify(facts_of(inputs, detail, episode, episode_downloads, clock), now)
    view = _episode_view(inputs, episode, classification, clock, now)
    changes_at = min(_alarms(view, classification, now), default=None)
    if changes_at is not None:
        alarms[episode.sonarr_id] = changes_at
    return view


def clocks_of(seasons: Iterable[SeasonView]) -> Mapping[tuple[int, int], StageClock]:
    """The stage of each episode of some seasons' views, and since when."""
    return {
        (e.key.season, e.key.episode): clock_of(e)
        for season in seasons
        for e in season.episodes or ()
    }


def clock_of(episode: EpisodeView) -> StageClock:
    """The stage of an episode that this process showed, and since when."""
    return StageClock(
        stage=episode.stage,
        entered_at=episode.stage_entered_at,
        hold=episode.hold,
        is_watched=True,
    )


def series_view(inputs: SeriesInputs, seasons: tuple[SeasonView, ...]) -> SeriesView:
    """The view of a series that has these seasons."""
    series = inputs.series
    counted = [s for s in seasons if s.season != 0 or inputs.counts_specials]
    tallies = [s.tally for s in counted if s.tally is not None]
    tally = sum_of(tallies) if inputs.detail is not None else None
    return SeriesView(
        key=series.key,
        title=series.title,
        title_slug=series.title_slug,
        series_type=series.series_type,
        year=series.year,
        stage=telling_stage(tally) if tally is not None else None,
        tally=tally,
        seasons=seasons,
        links=inputs.links,
    )


def _unread_season(inputs: SeriesInputs, statistics: SeasonStatistics) -> SeasonView:
    return SeasonView(
        season=statistics.season,
        is_active=statistics.season in inputs.unfinished_seasons,
        stage=None,
        tally=None,
        available_from_statistics=statistics.episode_file_count,
        episodes=None,
    )


def season_view(
    inputs: SeriesInputs,
    number: int,
    episodes: tuple[EpisodeView, ...],
    statistics: SeasonStatistics | None,
    now: datetime,
) -> SeasonView:
    """The view of a season that has these episodes."""
    tally = tally_of(episodes)
    is_active = number in inputs.unfinished_seasons or any(_is_active(e, now) for e in episodes)
    return SeasonView(
        season=number,
        is_active=is_active,
        stage=telling_stage(tally),
        tally=tally,
        available_from_statistics=statistics.episode_file_count if statistics is not None else 0,
        # What is under way changes from cycle to cycle.
        episodes=episodes if tally.is_under_way else Packed(episodes, _AT_REST),
    )


def _is_active(episode: EpisodeView, now: datetime) -> bool:
    return (
        episode.stage in UNDER_WAY_STAGES
        or _is_near(episode.air_at, now)
        or _is_near(episode.stage_entered_at, now)
    )


def _is_near(at: datetime | None, now: datetime) -> bool:
    return at is not None and abs(at - now) <= RECENT


def _alarms(view: EpisodeView, classification: Classification, now: datetime) -> list[datetime]:
    """When this episode, or its effect on its season, may change by time alone."""
    moments = [classification.changes_at]
    if view.air_at is not None:
        moments += [view.air_at, view.air_at - RECENT, view.air_at + RECENT]
    if view.stage_entered_at is not None:
        moments.append(view.stage_entered_at + RECENT)
    return [at for at in moments if at is not None and at > now]


def episode_download_steps(
    inputs: SeriesInputs, detail: SeriesDetail, now: datetime
) -> Steps[dict[SonarrEpisodeId, list[EpisodeDownload | Failing | Skipped]]]:
    """The state of each download for each of its episodes."""
    if not inputs.downloads:
        return {}
    number_by_id = {e.sonarr_id: (e.season, e.episode) for e in detail.episodes}
    id_by_number = {number: sonarr_id for sonarr_id, number in number_by_id.items()}
    episode_downloads: dict[SonarrEpisodeId, list[EpisodeDownload | Failing | Skipped]] = {}
    for download in inputs.downloads:
        further = [(download.rows[0], id_by_number.get(number)) for number in download.further]
        carried = [*((row, row.episode_id) for row in download.rows), *further]
        for done, (row, episode_id) in enumerate(carried, start=1):
            if done % EPISODES_PER_STEP == 0:
                yield
            if episode_id is None or (number := number_by_id.get(episode_id)) is None:
                continue
            classification = download_for_episode(download, row, number, now)
            # A further episode whose file is deselected is not wanted from this torrent.
            if isinstance(classification, EpisodeDownload) or (
                classification and row.episode_id == episode_id
            ):
                episode_downloads.setdefault(episode_id, []).append(classification)
    return episode_downloads


def _episode_view(
    inputs: SeriesInputs,
    episode: Episode,
    classification: Classification,
    clock: StageClock | None,
    now: datetime,
) -> EpisodeView:
    key = inputs.series.key
    return EpisodeView(
        key=EpisodeKey(key.sonarr, key.tvdb_id, episode.season, episode.episode),
        title=episode.title,
        stage=classification.stage,
        progress_ratio=classification.progress_ratio,
        hold=classification.hold,
        release=classification.release,
        eta_seconds=classification.eta_seconds,
        air_at=episode.air_at,
        last_search_at=episode.last_search_at,
        stage_entered_at=entered_at(classification, clock, now),
        messages=classification.messages,
    )
