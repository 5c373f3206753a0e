"""The loop: one cycle reads, joins and publishes one snapshot.

Each upstream is read by a task of its own. A cycle waits for it a limited time: the facts of a
slow upstream become stale, no others, and it gets no new request while one is unanswered.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from episodarr.cycle.contract import (
    CycleObserver,
    DeletionWatch,
    Publisher,
    SonarrRecord,
)
from episodarr.cycle.join.client_view import ClientView, TorrentIndex, is_client_down
from episodarr.cycle.join.downloads import Step
from episodarr.cycle.join.joiner import SonarrJoiner
from episodarr.cycle.join.transitions import Transition
from episodarr.cycle.known_torrents import KnownTorrents
from episodarr.cycle.library_servers import LibraryServers
from episodarr.cycle.publish.snapshot import make_snapshot
from episodarr.cycle.reads import Read, Reads
from episodarr.cycle.wakeups import Wakeups
from episodarr.model.download import QueueRow
from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId
from episodarr.model.memo import Memo
from episodarr.model.view import SeriesView
from episodarr.runtime.workers import Worker
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.sonarr.state import SonarrState

log = logging.getLogger(__name__)

SLICE_SECONDS = 0.002
"""Longest time the join holds the event loop at a stretch."""
LEAST_PAUSE_SECONDS = 0.05
"""Between two cycles, however many events start one."""
FILL_AT_ONCE = 3
"""Series read at once in the background; one connection stays free for the cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerOptions:
    """How often to read, how long to wait for answers, and how long to keep old ones."""

    cycle: timedelta
    series_every: timedelta
    keep: timedelta
    longest_wait: timedelta = timedelta(seconds=5)
    """How long a cycle waits for one round of reads."""


class Poller:
    """Runs the cycles of one process."""

    def __init__(
        self,
        sonarrs: Sequence[SonarrJoiner],
        clients: Sequence[ClientState],
        *,
        options: PollerOptions,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        publisher: Publisher,
        observer: CycleObserver,
        yield_to_responses: Callable[[], Awaitable[None]],
        library_servers: LibraryServers,
        deletions: DeletionWatch,
    ) -> None:
        self._sonarrs = tuple(sonarrs)
        self._clients = tuple(clients)
        self._options = options
        self._clock = clock
        self._monotonic = monotonic
        self.publisher = publisher
        self._observer = observer
        self._yield_to_responses = yield_to_responses
        self._matching = Worker("matching")
        self._torrents: TorrentIndex = Memo()
        self._known = KnownTorrents(s.state for s in self._sonarrs)
        self._merged: Memo[Mapping[SeriesKey, SeriesView]] = Memo()
        self._woken = asyncio.Event()
        self._has_filled = False
        self.wakeups = Wakeups(self._woken.set)
        self._library_servers = library_servers
        self._library_servers.introduce(self._sonarrs)
        self._deletions = deletions
        self._reads = Reads(
            {
                **{f"sonarr {s.state.name}": s.state.health for s in self._sonarrs},
                **{f"fill {s.state.name}": s.state.health for s in self._sonarrs},
                **{f"client {c.name}": c.health for c in self._clients},
                **self._library_servers.health_by_name(),
            },
            options.longest_wait.total_seconds(),
        )
        self._has_bug = False
        """Whether an unforeseen error outside the reads occurred in this cycle."""
        self._bugs = 0
        """Those that following deletions had met as of the last cycle."""

    async def run(self) -> None:
        """Cycle until cancelled."""
        try:
            while True:
                ends = self._monotonic() + self._options.cycle.total_seconds()
                self._woken.clear()
                self._has_filled = False
                self._take_wakeups()
                await self.cycle()
                await asyncio.sleep(LEAST_PAUSE_SECONDS)
                await self._pause(ends)
        finally:
            await self.stop()

    async def _pause(self, ends: float) -> None:
        """Wait until `ends`, in seconds of the monotonic clock, or until the next read is due.

        It ends early too once the last unread series was read.
        """
        while (now := self._monotonic()) < ends and not self._has_filled:
            due_in = self.wakeups.seconds_until_due(now)
            if due_in is not None and due_in <= 0:
                return
            rest = ends - now if due_in is None else min(ends - now, due_in)
            try:
                async with asyncio.timeout(rest):
                    await self._woken.wait()
            except TimeoutError:
                continue
            self._woken.clear()

    def _take_wakeups(self) -> None:
        by_name = {s.state.name: s.state for s in self._sonarrs}
        for name, series_id in self.wakeups.take_due(self._monotonic()):
            if series_id is None or series_id not in (by_name[name].library.series.last or {}):
                by_name[name].library.is_due = True
            else:
                by_name[name].details.wanted.add((series_id,))

    def notice(self, sonarr: SonarrName, series_id: SonarrSeriesId | None) -> None:
        """Read this series, or the whole list, sooner: a webhook named it."""
        self.wakeups.notice((sonarr, series_id), self._monotonic())

    def begin_now(self) -> None:
        """Begin the next cycle at once."""
        self._has_filled = True
        self._woken.set()

    async def cycle(self) -> None:
        """Run one cycle; an unforeseen error is counted, and the last snapshot stays published."""
        started = self._monotonic()
        self._has_bug, is_published = False, False
        try:
            await self._read()
            await self._join()
            await self._publish()
            is_published = True
        except Exception:
            for joiner in self._sonarrs:
                joiner.is_known = False  # what was half joined is joined again, whole
            log.exception(
                "a cycle failed; the last snapshot stays. This is a bug: please report it"
            )
        failed = any((self._has_bug, not is_published, self._met_bugs()))
        self._observer.cycle_ended(self._monotonic() - started, failed=failed)
        if failed:
            await self._republish()

    def _met_bugs(self) -> bool:
        """Whether the deletion service met a bug since the last cycle."""
        before, self._bugs = self._bugs, self._deletions.reports.bugs
        return self._bugs > before

    async def _republish(self) -> None:
        """Show the counters again after a failed cycle; never raises an unforeseen error."""
        try:
            await self.publisher.republish()
        except Exception:
            log.exception("the counters could not be shown")

    async def _read(self) -> None:
        await self._reads.round(
            {f"sonarr {s.state.name}": self._read_sonarr(s) for s in self._sonarrs}, "activity"
        )
        self.wakeups.end_read(self._monotonic())
        await self._reads.round(
            {f"client {c.name}": self._read_client(c) for c in self._clients}, "torrents"
        )
        every = self._options.series_every
        await self._reads.round(
            {
                f"sonarr {s.state.name}": partial(s.state.read_library, every=every)
                for s in self._sonarrs
            },
            "library",
        )
        await self._reads.round(self._library_servers.due_request_reads(), "requests")
        for joiner in self._sonarrs:
            fill = partial(self._fill, joiner.state)
            self._reads.start(f"fill {joiner.state.name}", fill, "episodes")

    def _read_sonarr(self, joiner: SonarrJoiner) -> Read:
        def is_down(rows: tuple[QueueRow, ...]) -> bool:
            return is_client_down(self._clients, rows)

        return partial(joiner.state.read, is_down)

    def _read_client(self, client: ClientState) -> Read:
        async def read() -> None:
            await client.read()
            await client.read_files(*self._known.of(client))

        return read

    async def stop(self) -> None:
        """Cancel every read that still runs."""
        await self._reads.stop()
        self._matching.close()

    async def _fill(self, state: SonarrState) -> None:
        """Read the episodes of series that were never read, a few at a time, until none is left.

        Then a cycle begins at once, so that a first start shows them without waiting for the next.
        """
        has_read = False
        tried: set[SonarrSeriesId] = set()
        while batch := [i for i in state.details.unread() if i not in tried][:FILL_AT_ONCE]:
            tried |= set(batch)
            await state.details.read(batch)
            if all(series_id not in state.details for series_id in batch):
                break  # It is not one of them: the next cycle starts over.
            has_read = True
        if has_read:
            self._has_filled = True
            self._woken.set()

    async def _join(self) -> None:
        """Join, query Jellyfin and Shoko for the result, and join again what that changes."""
        clients = ClientView(
            self._clients, keep=self._options.keep, now=self._clock(), index=self._torrents
        )
        for joiner in self._sonarrs:
            joiner.state.queue.hold_grabs(clients)
            joiner.state.queue.let_go(clients.is_removed)
        await self._join_touched(clients)
        due: dict[str, Read] = {}
        await self._run_sliced(self._library_servers.due_file_reads(self._sonarrs, due))
        await self._reads.round(due, "files")
        changed: set[SeriesKey] = set()
        await self._run_sliced(self._library_servers.evaluate(self._sonarrs, changed))
        # Read while Jellyfin and Shoko were queried: not part of those queries, so they wait.
        late = {s.state.name: frozenset(s.state.touched) for s in self._sonarrs}
        self._library_servers.touch(self._sonarrs, changed)
        await self._yield_to_responses()
        self._library_servers.join_requests(self._sonarrs, self._views())
        await self._yield_to_responses()
        await self._join_touched(clients, late)

    async def _publish(self) -> None:
        """Pass new records to the deletion service, then make and publish the snapshot."""
        now = self._clock()
        records = [
            SonarrRecord(sonarr=s.state.name, record=record, is_old=is_old)
            for s in self._sonarrs
            for found, is_old in ((s.state.old_records, True), (s.state.new_records, False))
            for record in found
        ]
        await self._yield_to_responses()
        self._follow_deletions()
        for joiner in self._sonarrs:
            joiner.state.old_records, joiner.state.new_records = [], []
        await self._yield_to_responses()
        transitions: list[Transition] = []
        for joiner in self._sonarrs:
            await self._run_sliced(joiner.publish(now, transitions))
        await self._yield_to_responses()
        snapshot = make_snapshot(
            self._sonarrs,
            self._clients,
            self._library_servers,
            self._deletions.reports,
            self._views(),
            now,
        )
        await self._yield_to_responses()
        await self.publisher.publish(snapshot, records, transitions)

    def _follow_deletions(self) -> None:
        try:
            self._deletions.take_cycle({s.state.name: s.state.new_records for s in self._sonarrs})
        except Exception:
            self._has_bug = True
            log.exception("deletions could not take in a cycle. This is a bug: please report it")

    async def _join_touched(
        self,
        clients: ClientView,
        late: Mapping[SonarrName, frozenset[SonarrSeriesId]] = MappingProxyType({}),
    ) -> None:
        """Join the series that may have changed, except those in `late`."""
        availabilities, asked, now = (
            self._library_servers.availabilities(),
            self._library_servers.asked,
            self._clock(),
        )
        for joiner in self._sonarrs:
            left_out = late.get(joiner.state.name, frozenset())
            is_joined = False
            with joiner.state.health.isolated("join"):
                await self._run_sliced(joiner.join(clients, availabilities, asked, now, left_out))
                is_joined = True
            if not is_joined:
                self._has_bug = True
                joiner.forget()
            self._has_bug = self._has_bug or bool(joiner.failed)

    def _views(self) -> Mapping[SeriesKey, SeriesView]:
        """All views as they are now; the same mapping object while none changed."""
        revisions = [s.revision for s in self._sonarrs]
        return self._merged.of(
            revisions,
            lambda: MappingProxyType({k: v for s in self._sonarrs for k, v in s.views.items()}),
        )

    async def _run_sliced(self, steps: Iterable[Step]) -> None:
        """Run steps, and yield to the event loop after each slice of time."""
        slice_ends = self._monotonic() + SLICE_SECONDS
        for work in steps:
            if work is not None:
                await self._matching.run(work)
            if self._monotonic() >= slice_ends:
                await self._yield_to_responses()
                slice_ends = self._monotonic() + SLICE_SECONDS
