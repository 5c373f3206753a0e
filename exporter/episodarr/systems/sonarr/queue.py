"""The queue of one Sonarr: its rows by download, and those that are held though it lost them.

A Sonarr that has just started, or that cannot reach a client, does not list what goes on.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from episodarr.errors import UpstreamError
from episodarr.model.download import HistoryRecord, QueueRow, Torrent
from episodarr.model.health import SonarrStatus
from episodarr.model.ids import DownloadId, SonarrSeriesId
from episodarr.model.records import carried_over, has_nameless
from episodarr.stages.downloads.joining import group_rows
from episodarr.stages.holding import (
    SETTLE_FOR,
    HeldRows,
    RowsByDownload,
    hold_rows,
    rows_of_grabs,
    vanished,
)
from episodarr.systems.cache import LastGood
from episodarr.systems.health import VERSION_EVERY, Health
from episodarr.systems.sonarr.histories import EpisodeHistories
from episodarr.systems.sonarr.library import SonarrLibrary
from episodarr.systems.sonarr.pending_releases import PendingEpisodes
from episodarr.systems.sonarr.source import SonarrSource
from episodarr.systems.sonarr.wire import UnreachableClients

CLIENT_HEALTH_EVERY = timedelta(minutes=1)

type AreUnavailable = Callable[[tuple[QueueRow, ...]], bool]
"""Whether the client that has the download of these rows failed its last read."""


class ClientTorrents(Protocol):
    """What all download clients together have."""

    @property
    def has_answered(self) -> bool:
        """Whether every client gave a good answer in its last read."""
        ...

    def torrent(self, download_id: DownloadId) -> Torrent | None:
        """The torrent behind a download id."""
        ...


class Starts:
    """Sonarr's status, and whether it started since the last good answer to the queue."""

    def __init__(
        self, source: SonarrSource, health: Health, *, clock: Callable[[], datetime]
    ) -> None:
        self.status: SonarrStatus | None = None
        self.has_started = False
        self._source = source
        self._health = health
        self._clock = clock
        self._read_at: datetime | None = None

    async def read(self, *, had_rows: bool) -> None:
        """Read the status now and then; `had_rows`: its queue showed something.

        Raises:
            UpstreamError: no good answer; it is noted.
        """
        now = self._clock()
        if self._read_at is None or now - self._read_at >= VERSION_EVERY:
            status = await self._health.attempt(
                "system/status", self._source.fetch_status, self._clock
            )
            self._take(status, had_rows=had_rows)
            self._read_at = now

    async def find(self, *, had_rows: bool) -> None:
        """Read it at once; where it cannot be read, Sonarr may have started."""
        # Requested only in doubt, so a failure here must not stay on record as the upstream's.
        try:
            self._take(await self._source.fetch_status(), had_rows=had_rows)
        except UpstreamError:
            self.has_started = True

    def _take(self, status: SonarrStatus, *, had_rows: bool) -> None:
        if self.status is None:
            # Whether what the queue had then is from before its start cannot be known.
            self.has_started = had_rows
        elif status.started_at != self.status.started_at:
            self.has_started = True
        self.status = status


class SonarrQueue:
    """What the queue shows, and what it showed and may still go on."""

    def __init__(
        self,
        source: SonarrSource,
        health: Health,
        library: SonarrLibrary,
        histories: EpisodeHistories,
        history: LastGood[tuple[HistoryRecord, ...]],
        *,
        touch: Callable[[Iterable[SonarrSeriesId]], None],
        clock: Callable[[], datetime],
    ) -> None:
        """`touch` has the series joined again."""
        self.answer: LastGood[tuple[QueueRow, ...]] = LastGood()
        self.rows: RowsByDownload = {}
        self.held: dict[DownloadId, HeldRows] = {}
        self.starts = Starts(source, health, clock=clock)
        self.is_in_doubt = False
        """Whether a grab is missing in the queue; the joiner sets it."""
        self.client_report: UnreachableClients | None = None
        """Its last report on clients that it cannot reach."""
        self.good_seconds = 0.0
        """For how long, in all, it has been answered well."""
        self._source = source
        self._health = health
        self._library = library
        self._histories = histories
        self._history = history
        self._touch = touch
        self._clock = clock
        self._pending = PendingEpisodes(source.fetch_queue_of, clock=clock)
        self._good_at: datetime | None = None
        """When its last answer came, if that was good."""
        self._is_first = False
        """This read's answer is the first good one after none."""
        self._unfilled_until: datetime | None = None
        """Until when its first, empty answer may be that of a Sonarr that just started."""
        self._grouped_rows: tuple[QueueRow, ...] | None = None
        self._client_health_at: datetime | None = None

    def series_ids(self) -> set[SonarrSeriesId]:
        """The series with a row that is shown or held."""
        return _series_of(
            row
            for rows in (*self.rows.values(), *(h.rows for h in self.held.values()))
            for row in rows
        )

    async def read(self) -> None:
        """Read the rows; `take` follows once history was read.

        Raises:
            UpstreamError: no good answer; it is noted.
        """
        good_until = None if self.answer.is_failing else self._good_at
        self._good_at = None
        await self._health.attempt("queue", self._fetch, self._clock, self.answer)
        self._good_at = self._clock()
        self._is_first = good_until is None
        if good_until is not None:
            self.good_seconds += (self._good_at - good_until).total_seconds()

    async def _fetch(self) -> tuple[QueueRow, ...]:
        rows = await self._source.fetch_queue()
        if self.answer.last and not rows:
            await self._library.fetch()
        if self._pending.is_missing(rows):
            with suppress(UpstreamError):
                await self._health.attempt(
                    "queue/episodes", lambda: self._pending.ask(rows), self._clock
                )
        else:
            self._health.failures.pop("queue/episodes", None)
        named = self._pending.named(rows)
        if has_nameless(rows):  # It may be any of those that were there.
            before = ((row.row_id, row) for row in self.answer.last or ())
            named = (*named, *carried_over(before, rows, [row.row_id for row in named]))
        return named

    async def take(self, are_unavailable: AreUnavailable) -> None:
        """Follow the rows of this read's answer, if it is good.

        History shows why a row is gone, and has to be read before.
        """
        rows = self.answer.last
        if self._good_at is None or rows is None:
            return
        now, before, grouped = self._clock(), self.rows, self.rows
        if rows is not self._grouped_rows:
            self._library.meet(_series_of(rows))
            grouped = group_rows(rows)
        lost = vanished(before, grouped)
        if lost:
            self._client_health_at = None  # An older report is no answer to this.
            await self.starts.find(had_rows=bool(before))
        if self.held or self.is_in_doubt or lost:
            await self.read_client_report()
        self.held = self._hold(before, grouped, are_unavailable, has_lost=bool(lost), now=now)
        for download_id in before.keys() | grouped.keys() if grouped is not before else ():
            old, new = before.get(download_id), grouped.get(download_id)
            if old != new:
                self._touch(_series_of((*(old or ()), *(new or ()))))
        self.rows, self._grouped_rows = grouped, rows
        self._histories.note_rows(grouped)
        if grouped or self._unfilled_until is None:
            self._unfilled_until = now if grouped else now + SETTLE_FOR

    def _hold(
        self,
        before: RowsByDownload,
        grouped: RowsByDownload,
        are_unavailable: AreUnavailable,
        *,
        has_lost: bool,
        now: datetime,
    ) -> dict[DownloadId, HeldRows]:
        # Sonarr that has just started fills its queue with its first task, up to a minute later.
        is_just_back = self._is_first or self.starts.has_started
        self.starts.has_started = False
        return hold_rows(
            self.held,
            before,
            grouped,
            ended=self._histories.ended_downloads() if self.held or has_lost else (),
            is_client_unavailable=lambda rows: (
                is_just_back
                or self._history.is_failing
                or are_unavailable(rows)
                or self._is_out_of_reach(rows)
            ),
            now=now,
        )

    async def read_client_report(self) -> None:
        """Read, at most once a minute, which clients Sonarr cannot reach."""
        at, now = self._client_health_at, self._clock()
        if at is not None and now - at < CLIENT_HEALTH_EVERY:
            return
        # Requested only in doubt, so a failure here must not stay on record as the upstream's.
        with suppress(UpstreamError):
            self.client_report = await self._source.fetch_unreachable_clients()
            self._client_health_at = now

    def _is_out_of_reach(self, rows: Sequence[QueueRow]) -> bool:
        report = self.client_report
        return report is not None and any(report.covers(row.client) for row in rows)

    def is_lost_by_client(self, rows: Sequence[QueueRow]) -> bool:
        """Whether this Sonarr lost these rows because it cannot reach the client that has them."""
        is_held = any(row.download_id in self.held for row in rows[:1])
        return is_held and self._is_out_of_reach(rows)

    def is_client_out_of_reach(self, client: str) -> bool:
        """Whether this Sonarr reports that it cannot reach the client of this name."""
        return self.client_report is not None and self.client_report.covers(client)

    def hold_grabs(self, clients: ClientTorrents) -> None:
        """Hold grabs of history that a client has, where the first queue was empty.

        A Sonarr that started with us, as after the start of the machine, fills it a minute later.
        """
        now = self._clock()
        if self._unfilled_until is None or now >= self._unfilled_until:
            return
        if self._history.is_failing or not clients.has_answered:
            return
        grabs = rows_of_grabs(self._histories.open_grabs(), clients.torrent)
        for download_id, rows in grabs.items():
            if download_id not in self.held:
                self.held[download_id] = HeldRows(rows=rows, since=now, unavailable_at=now)
                self._touch(_series_of(rows))

    def let_go(self, is_removed: Callable[[Sequence[QueueRow]], bool]) -> None:
        """Stop holding what was removed from its client meanwhile."""
        gone = [i for i, entry in self.held.items() if is_removed(entry.rows)]
        if gone:
            for download_id in gone:
                self._touch(_series_of(self.held[download_id].rows))
            self.held = {i: entry for i, entry in self.held.items() if i not in gone}


def _series_of(rows: Iterable[QueueRow]) -> set[SonarrSeriesId]:
    return {row.series_id for row in rows if row.series_id is not None}
