"""Searches and other commands of Sonarr, and releases that wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from episodarr.simulator.events.imports import ImportEvents
from episodarr.simulator.events.intake import Codes
from episodarr.simulator.names import (
    GIB,
    INDEXERS,
    dotted,
    episode_code,
)
from episodarr.simulator.state.library import Episode, Series
from episodarr.simulator.state.sonarr import Command, Pending, SonarrDatabase


class SearchEvents(ImportEvents):
    """What happens to an episode until a release of it is grabbed."""

    def search(
        self,
        sonarr: str,
        tvdb_id: int,
        episodes: Codes,
        *,
        seconds: float | None = None,
        command: str = "EpisodeSearch",
    ) -> int:
        """Sonarr searches for the episodes; nothing is found unless a grab follows.

        Args:
            sonarr: The instance's name.
            tvdb_id: The series.
            episodes: What is searched for.
            seconds: How long the command runs.
            command: ``EpisodeSearch``, ``SeasonSearch`` or ``SeriesSearch``.

        Returns:
            The command's id.
        """
        state, series = self.find_series(sonarr, tvdb_id)
        wanted = series.pick(episodes)
        body: dict[str, object] = {"seriesId": series.id}
        if command == "EpisodeSearch":
            body = {"episodeIds": [episode.id for episode in wanted]}
        elif command == "SeasonSearch":
            body["seasonNumber"] = wanted[0].season
        return self.start_search(state, command, body, wanted, seconds=seconds).id

    def start_search(
        self,
        state: SonarrDatabase,
        name: str,
        body: dict[str, object],
        episodes: Sequence[Episode],
        *,
        seconds: float | None = None,
    ) -> Command:
        """Sonarr runs a search; when it ends, the episodes have the time of their last search."""

        def ended() -> None:
            for episode in episodes:
                episode.last_search_at = self.now

        return self.start_command(state, name, body, seconds=seconds, done=ended)

    def start_command(
        self,
        state: SonarrDatabase,
        name: str,
        body: dict[str, object],
        *,
        seconds: float | None = None,
        trigger: str = "manual",
        done: Callable[[], object] | None = None,
    ) -> Command:
        """Sonarr runs a command; one that is under way already is returned instead."""
        for command in state.commands.values():
            if command.ended_at is None and (command.name, command.body) == (name, body):
                return command
        command = Command(
            id=state.next_id("command"),
            name=name,
            body=body,
            queued_at=self.now,
            started_at=self.now,
            status="started",
            trigger=trigger,
        )
        state.commands[command.id] = command

        def end() -> None:
            command.status = "completed"
            command.result = "successful"
            command.ended_at = self.now
            if done is not None:
                done()

        self.after(self.lags.search if seconds is None else seconds, end)
        return command

    def delay_release(
        self,
        sonarr: str,
        tvdb_id: int,
        episodes: Codes,
        *,
        title: str | None = None,
        size_bytes: int = int(1.4 * GIB),
        minutes: float = 120.0,
        status: str = "delay",
    ) -> None:
        """A release was found and waits: for a delay profile, or for the download client."""
        state, series = self.find_series(sonarr, tvdb_id)
        wanted = series.pick(episodes)
        state.pending.append(
            Pending(
                series_id=series.id,
                episode_ids=tuple(episode.id for episode in wanted),
                title=title or release_name(series, episodes),
                indexer=INDEXERS[0],
                added_at=self.now,
                quality="WEBDL-1080p",
                size_bytes=size_bytes,
                status=status,
                until=self.now + timedelta(minutes=minutes),
            )
        )
        state.queue_revision += 1


def release_name(series: Series, episodes: Codes, group: str = "NTb") -> str:
    """A plausible name for a release of the episodes."""
    season, number = episodes[0]
    code = f"S{season:02d}" if len(episodes) > 1 else episode_code(season, number)
    return f"{dotted(series.title)}.{code}.1080p.WEB-DL.DDP5.1.H.264-{group}"
