"""Everything known of one Sonarr, and how it is read.

A read takes commands, queue and history, in the order of an episode's life: what moves on between
two requests is then seen twice, never missed. Series and episodes are read only when something
shows that they changed.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from episodarr.errors import TimedOut, Unauthorized, Unreachable, UpstreamError
from episodarr.model.download import HistoryRecord, SearchCommand
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import SonarrEpisodeId, SonarrName, SonarrSeriesId
from episodarr.stages.inputs import SeriesDetail
from episodarr.systems.cache import LastGood
from episodarr.systems.health import Health
from episodarr.systems.sonarr.detail_reading import SeriesDetails
from episodarr.systems.sonarr.histories import EpisodeHistories
from episodarr.systems.sonarr.library import SonarrLibrary
from episodarr.systems.sonarr.queue import AreUnavailable, SonarrQueue
from episodarr.systems.sonarr.source import SonarrSource

_SHARED_FATE = (Unreachable, TimedOut, Unauthorized)
"""After one of these the other endpoints would answer no better."""


class SonarrState:
    """What is known of one Sonarr: queue, history and commands, library and details."""

    def __init__(
        self,
        name: SonarrName,
        source: SonarrSource,
        *,
        clock: Callable[[], datetime],
        health: Health | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.health = health or Health()
        self.commands: LastGood[tuple[SearchCommand, ...]] = LastGood()
        self.history: LastGood[tuple[HistoryRecord, ...]] = LastGood()
        self.episode_histories = EpisodeHistories()
        self.touched: set[SonarrSeriesId] = set()
        """Series to join again; the joiner empties it."""
        self.new_records: list[HistoryRecord] = []
        """Records that happened while we watched, each once; the cycle empties it."""
        self.old_records: list[HistoryRecord] = []
        """Records from before the first read: not counted, but they name the indexers."""
        self.library = SonarrLibrary(source, self.health, clock=clock)
        self.queue = SonarrQueue(
            source,
            self.health,
            self.library,
            self.episode_histories,
            self.history,
            touch=self.touch,
            clock=clock,
        )
        self.details = SeriesDetails(
            source,
            self.health,
            self.library,
            touch=self.touch,
            under_way=self.queue.series_ids,
            may_differ=self._may_differ,
            clock=clock,
        )
        self._clock = clock

    def touch(self, series_ids: Iterable[SonarrSeriesId]) -> None:
        """Have these series joined again."""
        self.touched |= set(series_ids)

    async def read(self, are_unavailable: AreUnavailable) -> None:
        """Read commands, queue and history once; failures are noted, never raised."""
        started_at = self._clock()
        try:
            for read in (
                self._read_status,
                self._read_commands,
                self.queue.read,
                self._read_history,
            ):
                try:
                    await read()
                except _SHARED_FATE:
                    raise
                except UpstreamError:
                    continue
            await self.queue.take(are_unavailable)
        except _SHARED_FATE as error:
            for last_good in (self.commands, self.queue.answer, self.history):
                last_good.fail_unless_since(started_at, error.reason)

    async def _read_status(self) -> None:
        await self.queue.starts.read(had_rows=bool(self.queue.rows))

    async def _read_commands(self) -> None:
        before = {c.command_id: c for c in self.commands.last or ()}
        commands = await self.health.attempt(
            "command", self._fetch_commands, self._clock, self.commands
        )
        there = {c.command_id: c for c in commands}
        # A search that ended leaves its time on the episodes it covered, and nowhere else.
        for command in [c for i, c in before.items() if i not in there]:
            self.details.wanted.add(self._covered(command))
        for command in [c for i, c in there.items() if before.get(i) != c]:
            self.touch(self._covered(command))

    async def _fetch_commands(self) -> tuple[SearchCommand, ...]:
        commands = await self.source.fetch_commands()
        if self.commands.last and not commands:
            await self.library.fetch()
        return commands

    def _covered(self, command: SearchCommand) -> set[SonarrSeriesId]:
        if command.series_id is not None:
            return {command.series_id}
        if command.episode_ids:
            return {
                series_id
                for series_id, detail in self.details.items()
                if any(i in command.episode_ids for i in detail.episodes.ids())
            }
        return {i for i, detail in self.details.items() if detail.episodes.lacks_wanted}

    async def _read_history(self) -> None:
        since = self.episode_histories.asks_since(self._clock())
        records = await self.health.attempt(
            "history", lambda: self.source.fetch_history_since(since), self._clock, self.history
        )
        if self.episode_histories.is_unread:
            await self.queue.read_client_report()
        now = self._clock()
        new = self.episode_histories.take(
            records, asked_since=since, good_queue_seconds=self.queue.good_seconds, now=now
        )
        self.library.meet(new.series)
        self.touch(new.series)
        (self.old_records if new.is_first else self.new_records).extend(new.records)
        self.details.wanted.add(new.with_other_files)
        self.details.moved.add(new.with_other_paths)
        queued = (row.episode_id for rows in self.queue.rows.values() for row in rows)
        self.episode_histories.forget_old(queued, now)

    def grab_counts_until(self, episode_id: SonarrEpisodeId, now: datetime) -> datetime | None:
        """Until when a grab that no queue row shows still counts; None if it does not."""
        return self.episode_histories.grab_counts_until(
            episode_id, good_queue_seconds=self.queue.good_seconds, now=now
        )

    async def read_library(self, *, every: timedelta) -> None:
        """Read the series list if it is due, then the episodes of what changed."""
        change = await self.library.read(every=every)
        if change is not None:
            for series_id in change.replaced & self.details.keys():
                self.episode_histories.forget(self.details[series_id].episodes.ids())
            self.touch(change.series_ids)
            self.details.follow(change)
        await self.details.read_due()

    def _may_differ(self, detail: SeriesDetail) -> bool:
        """Whether a search is under way, or an episode's history went on after this was read."""
        histories = map(self.episode_histories.by_episode.get, detail.episodes.ids())
        return bool(self.commands.last) or any(
            history is not None and history.last.at > detail.read_at for history in histories
        )

    def upstream_health(self) -> UpstreamHealth:
        """How this Sonarr answers."""
        status = self.queue.starts.status
        return self.health.view(
            self.name, System.SONARR, status.version if status is not None else None
        )
