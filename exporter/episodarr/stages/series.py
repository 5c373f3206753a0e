"""Build the view of one series from all inputs of the cycle.

Gives: one frozen SeriesView, and when it may change by time alone. Law: each episode of the input
appears exactly once, and every tally adds up.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from episodarr.model.download import HistoryEvent, SearchCommand
from episodarr.model.ids import EpisodeFileId, EpisodeKey, SonarrEpisodeId
from episodarr.model.library import Episode, EpisodeFile, SeasonStatistics, Series
from episodarr.model.stage import UNDER_WAY_STAGES, Hold, Stage
from episodarr.model.steps import Steps
from episodarr.model.view import NO_LINKS, EpisodeView, SeasonView, SeriesView
from episodarr.stages.classify import (
    Availability,
    Classification,
    EpisodeFacts,
    EpisodeHistory,
    classify,
)
from episodarr.stages.episode_download import (
    Download,
    EpisodeDownload,
    Failing,
    Skipped,
    download_for_episode,
)
from episodarr.stages.tally import sum_of, tally_of, telling_stage

EPISODES_PER_STEP = 50
"""A millisecond or two."""
RECENT = timedelta(hours=24)
"""A season that changed, or airs, within this time is active."""
_ONE_SECOND = timedelta(seconds=1)
"""Sonarr's and qBittorrent's times are cut to whole seconds."""
_QUEUE_LAG = timedelta(seconds=90)
"""Sonarr's queue follows its client once a minute: bytes may have come this long unnoticed."""
_NOT_BEGUN = {
    (Stage.FOUND, Stage.DOWNLOADING): frozenset(
        {Hold.CLIENT_ERROR, Hold.METADATA, Hold.CHECKING, Hold.PAUSED, Hold.STALLED, Hold.NO_SEEDS}
    ),
    (Stage.IMPORTING, Stage.AVAILABLE): frozenset(
        {Hold.SHOKO_MATCH, Hold.JELLYFIN_SCAN, Hold.JELLYFIN_UNKNOWN}
    ),
}
"""Holds that prove, while they last, that the next stage has not begun, whatever the times are."""


class SeriesDetail(Struct, frozen=True, kw_only=True, gc=False):
    """The episodes of a series and, where read, their files."""

    episodes: tuple[Episode, ...]
    file_by_id: Mapping[EpisodeFileId, EpisodeFile]
    read_at: datetime
    searched_at: Mapping[SonarrEpisodeId, datetime] = field(default_factory=dict)
    """When episodes were searched for by our clock, where Sonarr's own cannot be right."""
    is_whole: bool = True
    """False: a record of either could not be read; its last good one is used, if there is one."""


class StageClock(Struct, frozen=True, kw_only=True, gc=False):
    """The stage an episode was last seen in, and since when."""

    stage: Stage
    entered_at: datetime | None
    """None: it was in this stage at the first reading, and no upstream has a time for it."""
    hold: Hold | None = None
    is_watched: bool = False
    """True if this process saw it so a cycle ago; else it was stored, maybe long ago."""


class SeriesInputs(Struct, frozen=True, kw_only=True, gc=False):
    """All inputs of a series' view."""

    series: Series
    detail: SeriesDetail | None
    downloads: Sequence[Download] = ()
    commands: Sequence[SearchCommand] = ()
    """Searches that may cover it."""
    episode_histories: Mapping[SonarrEpisodeId, EpisodeHistory] = field(default_factory=dict)
    grab_counts_until: Mapping[SonarrEpisodeId, datetime] = field(default_factory=dict)
    lost_grabs: frozenset[SonarrEpisodeId] = frozenset()
    """Grabs that the queue does not show because their client cannot be reached."""
    jellyfin: Mapping[tuple[int, int], Availability] = field(default_factory=dict)
    shoko: Mapping[tuple[int, int], Availability] = field(default_factory=dict)
    requested_seasons: frozenset[int] = frozenset()
    unfinished_seasons: frozenset[int] = frozenset()
    """Seasons in an unfinished request."""
    clocks: Mapping[tuple[int, int], StageClock] = field(default_factory=dict)
    asks_jellyfin: bool = False
    asks_shoko: bool = False
    """True if Shoko is configured, and for series of this kind."""
    counts_specials: bool = False
    links: Mapping[str, str] = NO_LINKS


_NO_CLOCKS: Mapping[tuple[int, int], StageClock] = MappingProxyType({})

type Alarms = dict[SonarrEpisodeId, datetime]
"""When an episode may change by time alone; those that cannot are left out."""


class JoinedSeries(Struct, frozen=True, kw_only=True, gc=False):
    """The view of a series, and when to join it again without any new answer."""

    view: SeriesView
    changes_at: datetime | None
    inputs: SeriesInputs
    """What it was made of, without the clocks: those are in the view."""
    alarms: Alarms


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
        inputs=replace(inputs, clocks=_NO_CLOCKS),
        alarms=alarms,
    )


def in_order(episodes: Iterable[Episode]) -> list[Episode]:
    """Episodes in the order in which views list them."""
    return sorted(episodes, key=lambda e: (e.season, e.episode, e.sonarr_id))


def _season_steps(
    inputs: SeriesInputs, detail: SeriesDetail, now: datetime
) -> Steps[tuple[tuple[SeasonView, ...], Alarms]]:
    statistics = {s.season: s for s in inputs.series.seasons}
    episode_downloads = yield from standing_steps(inputs, detail, now)
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
    classification = classify(_facts(inputs, detail, episode, episode_downloads, clock), now)
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
    return SeasonView(
        season=number,
        is_active=number in inputs.unfinished_seasons or any(_is_lively(e, now) for e in episodes),
        stage=telling_stage(tally),
        tally=tally,
        available_from_statistics=statistics.episode_file_count if statistics is not None else 0,
        episodes=episodes,
    )


def _is_lively(episode: EpisodeView, now: datetime) -> bool:
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


def standing_steps(
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


def _facts(
    inputs: SeriesInputs,
    detail: SeriesDetail,
    episode: Episode,
    episode_downloads: Sequence[EpisodeDownload | Failing | Skipped],
    clock: StageClock | None,
) -> EpisodeFacts:
    number = (episode.season, episode.episode)
    episode_history = inputs.episode_histories.get(episode.sonarr_id)
    file = detail.file_by_id.get(episode.file_id) if episode.file_id is not None else None
    return EpisodeFacts(
        episode=episode,
        is_series_monitored=inputs.series.is_monitored,
        episode_downloads=episode_downloads,
        episode_history=episode_history,
        grab_counts_until=_grab_counts_until(inputs, episode, episode_history),
        lost_as=_lost_as(clock) if episode.sonarr_id in inputs.lost_grabs else None,
        is_import_unread=_is_import_unread(detail, episode_history),
        searched_at=detail.searched_at.get(episode.sonarr_id),
        searched_since=_searched_since(inputs, episode),
        jellyfin=_word(inputs.jellyfin.get(number), clock, is_asked=inputs.asks_jellyfin),
        shoko=_word(inputs.shoko.get(number), clock, is_asked=inputs.asks_shoko),
        was_available=clock is not None and clock.stage is Stage.AVAILABLE,
        is_requested=episode.season in inputs.requested_seasons,
        file_added_at=file.added_at if file is not None else None,
    )


def _word(said: Availability | None, clock: StageClock | None, *, is_asked: bool) -> Availability:
    """The state that counts; without an answer, what was not available stays so."""
    if said is not None:
        return said
    was_unavailable = clock is not None and clock.stage is not Stage.AVAILABLE
    return (
        Availability.UNKNOWN_SINCE_IMPORT
        if is_asked and was_unavailable
        else Availability.NOT_ASKED
    )


def _lost_as(clock: StageClock | None) -> Stage:
    """The stage of a grab that is not in the queue: its former one, else found."""
    under_way = {Stage.DOWNLOADING, Stage.IMPORTING}
    return clock.stage if clock is not None and clock.stage in under_way else Stage.FOUND


def _grab_counts_until(
    inputs: SeriesInputs, episode: Episode, episode_history: EpisodeHistory | None
) -> datetime | None:
    if episode_history is None or episode_history.last.event is not HistoryEvent.GRABBED:
        return None
    return inputs.grab_counts_until.get(episode.sonarr_id)


def _is_import_unread(detail: SeriesDetail, episode_history: EpisodeHistory | None) -> bool:
    """Whether the last event is an import newer than the episodes that were read."""
    return (
        episode_history is not None
        and episode_history.last.event is HistoryEvent.IMPORTED
        and (episode_history.noticed_at or episode_history.last.at) > detail.read_at
    )


def _searched_since(inputs: SeriesInputs, episode: Episode) -> datetime | None:
    """Since when a search command covers the episode.

    Commands that name no episode only search what Sonarr misses: monitored and already aired.
    """
    read_at = inputs.detail.read_at if inputs.detail is not None else None
    since: list[datetime] = []
    for command in inputs.commands:
        started_at = command.queued_at or read_at
        if started_at is not None and _covers(command, inputs.series, episode, started_at):
            since.append(started_at)
    return min(since, default=None)


def _covers(command: SearchCommand, series: Series, episode: Episode, started_at: datetime) -> bool:
    if command.episode_ids:
        return episode.sonarr_id in command.episode_ids
    if not (series.is_monitored and episode.is_monitored):
        return False
    if episode.air_at is None or episode.air_at > started_at:
        return False
    if command.series_id is not None:
        return command.series_id == series.sonarr_id and command.season in {None, episode.season}
    return command.covers_library


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


def entered_at(
    classification: Classification, clock: StageClock | None, now: datetime
) -> datetime | None:
    """Since when an episode is in its stage.

    A stage that goes on keeps its time. A stage seen to begin has the upstreams' own time, unless
    that lies before the stage it came from (a deleted file leaves an episode that aired long ago).
    On a first reading only the upstreams' times are known; without one it stays unknown.
    """
    stated = min(classification.entered_at, now) if classification.entered_at is not None else None
    if clock is None:
        return stated
    if clock.stage is classification.stage:
        return clock.entered_at or stated
    if stated is None or _is_refuted(stated, classification.stage, clock, now):
        return now
    return stated if clock.entered_at is None else max(stated, clock.entered_at)


def _is_refuted(stated: datetime, stage: Stage, clock: StageClock, now: datetime) -> bool:
    """Whether the episode was seen in its former stage after the upstreams' time for this one."""
    if clock.entered_at is None:
        # Unaired ends when it airs; for every other stage without a time nothing is known.
        return clock.stage is not Stage.UNAIRED
    if stated < clock.entered_at - _ONE_SECOND:
        return True
    step = (clock.stage, stage)
    if not clock.is_watched or step not in _NOT_BEGUN:
        return False
    is_late = stage is Stage.DOWNLOADING and now - stated > _QUEUE_LAG
    return is_late or clock.hold in _NOT_BEGUN[step]
