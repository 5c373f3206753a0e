"""The facts that decide one episode's stage, from the inputs of its series."""

from collections.abc import Sequence
from datetime import datetime

from episodarr.model.download import HistoryEvent, SearchCommand
from episodarr.model.library import Episode, Series
from episodarr.model.stage import Stage
from episodarr.stages.classify import (
    Availability,
    EpisodeFacts,
    EpisodeHistory,
)
from episodarr.stages.downloads.episode import EpisodeDownload, Failing, Skipped
from episodarr.stages.inputs import SeriesDetail, SeriesInputs, StageClock


def facts_of(
    inputs: SeriesInputs,
    detail: SeriesDetail,
    episode: Episode,
    episode_downloads: Sequence[EpisodeDownload | Failing | Skipped],
    clock: StageClock | None,
) -> EpisodeFacts:
    """The facts of one episode; `clock` is the stage that it was last seen in."""
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
        jellyfin=_availability(inputs.jellyfin.get(number), clock, is_asked=inputs.asks_jellyfin),
        shoko=_availability(inputs.shoko.get(number), clock, is_asked=inputs.asks_shoko),
        was_available=clock is not None and clock.stage is Stage.AVAILABLE,
        is_requested=episode.season in inputs.requested_seasons,
        file_added_at=file.added_at if file is not None else None,
    )


def _availability(
    shown: Availability | None, clock: StageClock | None, *, is_asked: bool
) -> Availability:
    """The availability that counts; without an answer, what was not available stays so."""
    if shown is not None:
        return shown
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
