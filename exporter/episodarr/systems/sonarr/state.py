"""Everything known of one Sonarr, and how it is read.

A read takes commands, queue and history, in the order of an episode's life: what moves on between
two requests is then seen twice, never missed. Series and episodes are read only when something
shows that they changed.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from episodarr.errors import TimedOut, Unauthorized, Unreachable, UpstreamError
from episodarr.model.download import HistoryRecord, QueueRow, SearchCommand, Torrent
from episodarr.model.health import SonarrStatus, System, UpstreamHealth
from episodarr.model.ids import (
    DownloadId,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
)
from episodarr.model.library import DoubleSeries, Series
from episodarr.model.records import carried_over, has_nameless, unread_in, unread_keys
from episodarr.stages.downloads import group_rows
from episodarr.stages.holding import (
    SETTLE_FOR,
    HeldRows,
    RowsByDownload,
    hold_rows,
    rows_of_grabs,
    vanished,
)
from episodarr.stages.series import SeriesDetail
from episodarr.systems.cache import LastGood
from episodarr.systems.doubt import Doubt
from episodarr.systems.health import VERSION_EVERY, Health
from episodarr.systems.sonarr.detail_reading import DetailReading
from episodarr.systems.sonarr.doubles import Doubles
from episodarr.systems.sonarr.histories import EpisodeHistories, News
from episodarr.systems.sonarr.pending_releases import PendingEpisodes
from episodarr.systems.sonarr.source import ClientReport, SonarrSource
from episodarr.systems.sonarr.wanted import Wanted

log = logging.getLogger(__name__)

CLIENT_HEALTH_EVERY = timedelta(minutes=1)
DETAILS_PER_CYCLE = 40
"""Series whose episodes are read in one cycle because something changed."""

_SHARED_FATE = (Unreachable, TimedOut, Unauthorized)
"""After one of these the other endpoints would answer no better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _QueueAnswer:
    """What the queue showed, and whether it is its first good answer after none."""

    rows: tuple[QueueRow, ...]
    is_first: bool


class ClientTorrents(Protocol):
    """What all download clients together have."""

    @property
    def has_answered(self) -> bool:
        """Whether every client gave a good answer in its last read."""
        ...

    def torrent(self, download_id: DownloadId) -> Torrent | None:
        """The torrent behind a download id."""
        ...


class SonarrState:
    """What is known of one Sonarr."""

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
        self.status: SonarrStatus | None = None
        self.commands: LastGood[tuple[SearchCommand, ...]] = LastGood()
        self.queue: LastGood[tuple[QueueRow, ...]] = LastGood()
        self.series: LastGood[dict[SonarrSeriesId, Series]] = LastGood()
        self.history: LastGood[tuple[HistoryRecord, ...]] = LastGood()
        self.rows: RowsByDownload = {}
        self.held: dict[DownloadId, HeldRows] = {}
        self.episode_histories = EpisodeHistories()
        self.touched: set[SonarrSeriesId] = set()
        """Series to join again; the joiner empties it."""
        self.new_records: list[HistoryRecord] = []
        """Records that happened while we watched, each once; the poller empties it."""
        self.old_records: list[HistoryRecord] = []
        """Records from before the first read: not counted, but they name the indexers."""
        self.wanted = Wanted()
        self.lively: set[SonarrSeriesId] = set()
        """Series with an active season; the joiner fills it."""
        self.followed: frozenset[SonarrSeriesId] = frozenset()
        """Series with an open deletion of some files: a file's return shows nowhere else."""
        self.is_in_doubt = False
        """Whether a grab is missing in the queue; the joiner sets it."""
        self.is_series_due = True
        self.library_asked_at: datetime | None = None
        """When the request for the last good and complete list of series began."""
        self.unread_series: frozenset[int | str] = frozenset()
        """Numbers of series that the last list has, and that could not be read."""
        self.is_library_whole = True
        """False: a record of the last list did not even show its number."""
        self._strangers: set[SonarrSeriesId] = set()
        """Series that something named and the list does not: it is read for each of them once."""
        self._clock = clock
        self._doubt = Doubt(
            "series",
            "it lists no series any more; is this still the same Sonarr? If so, it is believed"
            " in a quarter of an hour",
            clock=clock,
        )
        self._good_queue_seconds = 0.0
        self._queue_good_at: datetime | None = None
        self._pending = PendingEpisodes(source.fetch_queue_of, clock=clock)
        self._unfilled_until: datetime | None = None
        """Until when its first, empty queue may be that of a Sonarr that just started."""
        self._queue_answer: _QueueAnswer | None = None
        """Of this read, where it was good."""
        self._status_at: datetime | None = None
        self._is_started_anew = False
        """It started since the last good answer to the queue."""
        self.client_report: ClientReport | None = None
        """Its last report on clients that it cannot reach."""
        self._client_health_at: datetime | None = None
        self._grouped_rows: tuple[QueueRow, ...] | None = None
        self._series_at: datetime | None = None
        self._doubles = Doubles()
        self._reading = DetailReading(
            source,
            self.health,
            self.series,
            self.wanted,
            listed_at=lambda: self._series_at,
            on_doubt=self._want_series,
            clock=clock,
        )
        self.details = self._reading.details

    @property
    def details_version(self) -> object:
        """Another object after each change of the episodes in the details."""
        return self._reading.version

    @property
    def doubles(self) -> tuple[DoubleSeries, ...]:
        """Series that are left out, for another one has the same TVDB number."""
        return self._doubles.found

    def _want_series(self) -> None:
        self.is_series_due = True

    async def read(self, is_client_down: Callable[[tuple[QueueRow, ...]], bool]) -> None:
        """Read commands, queue and history once; failures are noted, never raised."""
        started_at = self._clock()
        try:
            await self._read_status()
            await self._read_commands()
            await self._read_queue()
            await self._read_history()
            if self._queue_answer is not None:
                # Only now: history shows why a row is gone, and what it does not show is unknown.
                await self._take_queue(self._queue_answer, is_client_down)
        except _SHARED_FATE as error:
            for kept in (self.commands, self.queue, self.history):
                kept.fail_unless_since(started_at, error.reason)
            if self.queue.is_failing:
                self._queue_good_at = None  # It may not even have been requested.

    async def _read_status(self) -> None:
        now = self._clock()
        if self._status_at is not None and now - self._status_at < VERSION_EVERY:
            return
        with _only_shared_fate():
            self._take_status(
                await self.health.attempt("system/status", self.source.fetch_status, self._clock)
            )
            self._status_at = now

    def _take_status(self, status: SonarrStatus) -> None:
        if self.status is None:
            # Whether what the queue had then is from before its start cannot be known.
            self._is_started_anew = bool(self.rows)
        elif status.started_at != self.status.started_at:
            self._is_started_anew = True
        self.status = status

    async def _find_start(self) -> None:
        # Requested only in doubt, so a failure here must not stay on record as the upstream's.
        try:
            self._take_status(await self.source.fetch_status())
        except UpstreamError:
            self._is_started_anew = True  # As far as can be known.

    async def _read_commands(self) -> None:
        before = {c.command_id: c for c in self.commands.last or ()}
        with _only_shared_fate():
            commands = await self.health.attempt(
                "command", self._fetch_commands, self._clock, self.commands
            )
            there = {c.command_id: c for c in commands}
            # A search that ended leaves its time on the episodes it covered, and nowhere else.
            for command in [c for i, c in before.items() if i not in there]:
                self.wanted.add(self._covered(command))
            for command in [c for i, c in there.items() if before.get(i) != c]:
                self.touched |= self._covered(command)

    async def _fetch_commands(self) -> tuple[SearchCommand, ...]:
        commands = await self.source.fetch_commands()
        if self.commands.last and not commands:
            await self._fetch_series()
        return commands

    async def _fetch_queue(self) -> tuple[QueueRow, ...]:
        rows = await self.source.fetch_queue()
        if self.queue.last and not rows:
            await self._fetch_series()
        if self._pending.is_missing(rows):
            with suppress(UpstreamError):
                await self.health.attempt(
                    "queue/episodes", lambda: self._pending.ask(rows), self._clock
                )
        else:
            self.health.failures.pop("queue/episodes", None)
        named = self._pending.named(rows)
        if has_nameless(rows):  # It may be any of those that were there.
            before = ((row.row_id, row) for row in self.queue.last or ())
            named = (*named, *carried_over(before, rows, [row.row_id for row in named]))
        return named

    async def _fetch_series(self) -> tuple[Series, ...]:
        """The series; also what shows whether nothing is left of a list because all of it ended.

        Raises:
            UpstreamError: no good answer, or one that shows none of the series that there were.
        """
        series = await self.source.fetch_series()
        has = len(series) + len(unread_in(series))
        self._doubt.check(had=len(self.series.last or {}), has=has)
        return series

    def _covered(self, command: SearchCommand) -> set[SonarrSeriesId]:
        if command.series_id is not None:
            return {command.series_id}
        if command.episode_ids:
            return {
                series_id
                for series_id, detail in self.details.items()
                if any(e.sonarr_id in command.episode_ids for e in detail.episodes)
            }
        return {
            series_id
            for series_id, detail in self.details.items()
            if any(e.file_id is None and e.is_monitored for e in detail.episodes)
        }

    async def _read_queue(self) -> None:
        good_until, self._queue_good_at = self._queue_good_at, None
        self._queue_answer = None
        with _only_shared_fate():
            rows = await self.health.attempt("queue", self._fetch_queue, self._clock, self.queue)
            now = self._clock()
            if good_until is not None:
                self._good_queue_seconds += (now - good_until).total_seconds()
            self._queue_good_at = now
            self._queue_answer = _QueueAnswer(rows=rows, is_first=good_until is None)

    async def _take_queue(
        self, answer: "_QueueAnswer", is_client_down: Callable[[tuple[QueueRow, ...]], bool]
    ) -> None:
        now, rows = self._clock(), answer.rows
        if rows is not self._grouped_rows:
            self._meet(row.series_id for row in rows if row.series_id is not None)
        grouped = self.rows if rows is self._grouped_rows else group_rows(rows)
        before, lost = self.rows, vanished(self.rows, grouped)
        if lost:
            self._client_health_at = None  # An older report is no answer to this.
            await self._find_start()
        if self.held or self.is_in_doubt or lost:
            await self._read_client_health(now)
        # Sonarr that has just started fills its queue with its first task, up to a minute later.
        is_just_back = answer.is_first or self._is_started_anew
        self._is_started_anew = False
        self.held = hold_rows(
            self.held,
            before,
            grouped,
            ended=self.episode_histories.ended_downloads() if self.held or lost else (),
            is_client_unavailable=lambda r: (
                is_just_back
                or self.history.is_failing
                or is_client_down(r)
                or self._is_out_of_sonarrs_reach(r)
            ),
            now=now,
        )
        for download_id in before.keys() | grouped.keys() if grouped is not before else ():
            old, new = before.get(download_id), grouped.get(download_id)
            if old != new:
                self._touch_rows((*(old or ()), *(new or ())))
        self.rows, self._grouped_rows = grouped, rows
        self.episode_histories.note_rows(grouped)
        if grouped or self._unfilled_until is None:
            self._unfilled_until = now if grouped else now + SETTLE_FOR

    def _meet(self, series_ids: Iterable[SonarrSeriesId]) -> None:
        """A series that was added since the list was read makes the list due, once."""
        listed = self.series.last
        if listed is None:
            return
        strangers = set(series_ids) - listed.keys() - self._strangers
        if strangers:
            self._strangers |= strangers
            self.is_series_due = True

    def _touch_rows(self, rows: Iterable[QueueRow]) -> None:
        self.touched |= {row.series_id for row in rows if row.series_id is not None}

    async def _read_client_health(self, now: datetime) -> None:
        at = self._client_health_at
        if at is not None and now - at < CLIENT_HEALTH_EVERY:
            return
        # Requested only in doubt, so a failure here must not stay on record as the upstream's.
        with suppress(UpstreamError):
            self.client_report = await self.source.fetch_unreachable_clients()
            self._client_health_at = now

    def _is_out_of_sonarrs_reach(self, rows: Sequence[QueueRow]) -> bool:
        report = self.client_report
        return report is not None and any(report.covers(row.client) for row in rows)

    def hold_grabs(self, clients: ClientTorrents) -> None:
        """Holds grabs of history that a client has, where the first queue was empty.

        A Sonarr that started with us, as after the start of the machine, fills it a minute later.
        """
        now = self._clock()
        if self._unfilled_until is None or now >= self._unfilled_until:
            return
        if self.history.is_failing or not clients.has_answered:
            return
        for download_id, rows in rows_of_grabs(
            self.episode_histories.open_grabs(), clients.torrent
        ).items():
            if download_id not in self.held:
                self.held[download_id] = HeldRows(rows=rows, since=now, unavailable_at=now)
                self._touch_rows(rows)

    def let_go(self, is_removed: Callable[[Sequence[QueueRow]], bool]) -> None:
        """Stop holding what was removed from its client meanwhile."""
        gone = [i for i, entry in self.held.items() if is_removed(entry.rows)]
        if gone:
            for download_id in gone:
                self._touch_rows(self.held[download_id].rows)
            self.held = {i: entry for i, entry in self.held.items() if i not in gone}

    def is_lost_by_client(self, rows: Sequence[QueueRow]) -> bool:
        """Whether this Sonarr lost these rows because it cannot reach the client that has them."""
        is_held = any(row.download_id in self.held for row in rows[:1])
        return is_held and self._is_out_of_sonarrs_reach(rows)

    def is_client_out_of_reach(self, client: str) -> bool:
        """Whether this Sonarr reports that it cannot reach the client of this name."""
        return self.client_report is not None and self.client_report.covers(client)

    async def _read_history(self) -> None:
        since = self.episode_histories.asks_since(self._clock())
        with _only_shared_fate():
            records = await self.health.attempt(
                "history",
                lambda: self.source.fetch_history_since(since),
                self._clock,
                self.history,
            )
            if self.episode_histories.is_unread:
                await self._read_client_health(self._clock())
            now = self._clock()
            news = self.episode_histories.take(
                records,
                asked_since=since,
                good_queue_seconds=self._good_queue_seconds,
                now=now,
            )
            self._take_news(news)
            queued = (r.episode_id for rows in self.rows.values() for r in rows)
            self.episode_histories.forget_old(queued, now)

    def _take_news(self, news: News) -> None:
        self._meet(news.series)
        self.touched |= news.series
        (self.old_records if news.is_first else self.new_records).extend(news.records)
        self.wanted.add(news.with_other_files)
        self._reading.moved.update(news.with_other_paths)

    def grab_counts_until(self, episode_id: SonarrEpisodeId, now: datetime) -> datetime | None:
        """Until when a grab that no queue row shows still counts; None if it does not."""
        return self.episode_histories.grab_counts_until(
            episode_id, good_queue_seconds=self._good_queue_seconds, now=now
        )

    def want(self, series_id: SonarrSeriesId) -> None:
        """Read the episodes of a series again in the next cycle."""
        self.wanted.add((series_id,))

    async def read_library(self, *, every: timedelta) -> None:
        """Read the series list if it is due, then the episodes of what changed."""
        now = self._clock()
        if self._series_at is None or now - self._series_at >= every:
            self.is_series_due = True
        if self.is_series_due:
            with suppress(UpstreamError):
                series = await self.health.attempt("series", self._fetch_series, self._clock)
                self._take_series(series, self._clock())
                self.library_asked_at = now
        if self.wanted.is_turn_due(self._clock()):
            self._want_one_by_turn()
        pressing = self.wanted.pressing(self.series.last)
        if not pressing and not self.unread():
            for endpoint in ("episode", "episodefile"):
                self.health.failures.pop(endpoint, None)
        await self.read_details(pressing[:DETAILS_PER_CYCLE])
        self._reading.note_incomplete()

    def _take_series(self, series: tuple[Series, ...], at: datetime) -> None:
        before = self.series.last or {}
        there = {s.sonarr_id: s for s in self._doubles.one_of_each(series, before)}
        # What a record is about that cannot be read is as it was: it is there.
        there |= {s.sonarr_id: s for s in carried_over(before.items(), series, there)}
        self.unread_series = unread_keys(series)
        self.is_library_whole = not has_nameless(series)
        self.series.succeed(there, at)
        self._series_at = at
        self.is_series_due = False
        self._strangers -= there.keys()
        for series_id in before.keys() - there.keys():
            self.touched.add(series_id)
            self._reading.drop(series_id)
            self.wanted.drop(series_id)
            self.lively.discard(series_id)
        for series_id, record in there.items():
            old = before.get(series_id)
            if old is record:
                continue
            self.touched.add(series_id)
            if old is None or series_id not in self.details:
                continue
            if old.path != record.path:
                self._reading.moved.add(series_id)
            if old.path != record.path or old.seasons != record.seasons:
                self.want(series_id)

    def _want_one_by_turn(self) -> None:
        under_way = {
            row.series_id
            for rows in (*self.rows.values(), *(h.rows for h in self.held.values()))
            for row in rows
            if row.series_id is not None
        } | self.followed
        self.wanted.take_turn(
            self.details, under_way=under_way, lively=self.lively, now=self._clock()
        )

    async def read_details(self, series_ids: Iterable[SonarrSeriesId]) -> None:
        """Read the episodes, and files where those changed, of these series; failures are noted."""
        await asyncio.gather(*(self._read_detail(series_id) for series_id in series_ids))

    async def _read_detail(self, series_id: SonarrSeriesId) -> None:
        with suppress(UpstreamError):
            renewal = await self._reading.read(series_id)
            if renewal is None:
                return
            before, detail = renewal
            is_by_turn = self.wanted.is_by_turn(series_id)
            if before is None or not is_by_turn or not self._says_the_same(before, detail):
                self.touched.add(series_id)
            self.wanted.drop(series_id)

    def _says_the_same(self, before: SeriesDetail, detail: SeriesDetail) -> bool:
        """Whether the new read differs in nothing, not even by what happened since."""
        if detail.episodes is not before.episodes or detail.file_by_id is not before.file_by_id:
            return False
        episode_histories = (
            self.episode_histories.by_episode.get(episode.sonarr_id) for episode in detail.episodes
        )
        return not self.commands.last and all(
            episode_history is None or episode_history.last.at <= before.read_at
            for episode_history in episode_histories
        )

    def former_paths(self, series_id: SonarrSeriesId) -> frozenset[str]:
        """Paths of files that were replaced, renamed or deleted while we watched."""
        return self._reading.former_paths.of(series_id)

    def unread(self) -> list[SonarrSeriesId]:
        """Series whose episodes were never read, those with something under way first.

        Those that could not be read go last: they must not keep the others waiting.
        """
        missing = (self.series.last or {}).keys() - self.details.keys()
        if not missing:
            return []
        active = {row.series_id for rows in self.rows.values() for row in rows}
        return sorted(missing, key=lambda i: (i in self._reading.failed, i not in active, i))

    def upstream_health(self) -> UpstreamHealth:
        """How this Sonarr answers."""
        version = self.status.version if self.status is not None else None
        return self.health.view(self.name, System.SONARR, version)


@contextmanager
def _only_shared_fate() -> Iterator[None]:
    """Swallow a failed read, which is noted, unless no other endpoint would answer either."""
    try:
        yield
    except _SHARED_FATE:
        raise
    except UpstreamError:
        pass
