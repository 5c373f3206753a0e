"""Follow deletions: take notices in, check what is due, keep inventories."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from episodarr.app.witnesses import Sharing, SonarrEvidence
from episodarr.cycle.library_servers import LibraryServers
from episodarr.deletions.inventory import Trigger
from episodarr.deletions.notices import file_reports, webhook_notices
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.inventories import Inventories
from episodarr.deletions.service.news import LibraryNews
from episodarr.deletions.service.verifier import AnnouncementReport, Verifier
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.errors import StoreError, StoreUnwritable
from episodarr.metrics.counters import Counters
from episodarr.metrics.health import DROPPED_OBJECTS, STORE_ROWS
from episodarr.model.deletion import DeletionId, DeletionView
from episodarr.model.download import HistoryEvent, HistoryRecord
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName
from episodarr.model.library import Series
from episodarr.model.notice import (
    REPLACEMENTS,
    FileDeleted,
    LibraryPoll,
    Notice,
    SeriesDeleted,
)
from episodarr.model.sameness import are_same
from episodarr.model.webhook import SonarrWebhook
from episodarr.stages.classify import Availability
from episodarr.store.store import Store

log = logging.getLogger(__name__)

READ_AGAIN_SECONDS = 5.0
"""How often a log that cannot be read is tried."""
WAITING_LIMIT = 20_000
"""Events that wait for it; a deletion of a season is a few dozen."""
PASS_EVERY_SECONDS = 1.0
"""Seconds between passes that run the checks that are due."""
KEEP_EVERY_SECONDS = 5.0
WEBHOOK_PATIENCE_SECONDS = 2.0
"""Sonarr waits for our answer; after this it is answered before the write has ended."""

type _Shown = tuple[Mapping[EpisodeNumber, Availability], frozenset[EpisodeNumber]]
"""State per episode, and the numbers of the episodes that are shown by it."""

_NOTHING_SHOWN: _Shown = ({}, frozenset())
_RESCAN_RESULTS = {
    "finished": "succeeded",
    "failed": "failed",
    "refused_version": "refused",
    "refused_folders": "refused",
}


@dataclass(frozen=True, slots=True)
class _Following:
    """The objects that follow deletions, once their log was read."""

    verifier: Verifier
    inventories: Inventories


class Deletions:
    """The verifier, driven by the poller's reads, by webhooks and by time.

    Nothing here raises for an upstream or the store; a bug is logged and leaves the log as it was.
    While the log cannot be read, deletions are unknown: what is noticed waits until it can be.
    """

    def __init__(
        self,
        store: Store,
        witnesses: Witnesses,
        sonarr_evidence: Mapping[SonarrName, SonarrEvidence],
        *,
        library_servers: LibraryServers,
        sharing: Sharing,
        policy: Policy,
        clock: Callable[[], datetime],
        count_write_failure: Callable[[], None],
    ) -> None:
        self._store = store
        self._witnesses = witnesses
        self._policy = policy
        self._sonarr_evidence = sonarr_evidence
        self._library_servers = library_servers
        self._sharing = sharing
        self._clock = clock
        self._count_write_failure = count_write_failure
        self._news = {
            name: LibraryNews(evidence.state, self._memory)
            for name, evidence in sonarr_evidence.items()
        }
        self._following: _Following | None = None
        self._unknown = ""
        """Why the log could not be read; empty once it was."""
        self._read_again_at = 0.0
        self._queue: deque[Notice] = deque()
        self._feeding = asyncio.Lock()
        self._woken = asyncio.Event()
        self._checked = asyncio.Event()
        self._shown: dict[tuple[SeriesKey, System], _Shown] = {}
        self._availabilities: tuple[object, ...] = ()
        """What that was read from."""
        self._write_failures = 0
        self._bugs = 0
        self._background: set[asyncio.Task[None]] = set()
        self._read_log()

    # the log

    def _read_log(self) -> None:
        """Read all that the store holds, if it can be read."""
        try:
            if not self._store.reopen(self._clock()):
                raise StoreUnwritable(self._store.trouble)
            verifier = Verifier(self._store, self._witnesses, self._policy)
        except StoreError as error:
            if str(error) != self._unknown:
                log.critical("the deletion log cannot be read: %s; it is tried again", error)
            self._unknown = str(error)
            return
        if self._unknown:
            log.warning("the deletion log can be read again")
        self._unknown = ""
        inventories = Inventories(
            verifier, self._sonarr_evidence, self._news, clock=self._clock, policy=self._policy
        )
        self._following = _Following(verifier, inventories)

    def _memory(self) -> Verifier | None:
        """The store of processed history; None while the log cannot be read."""
        return None if self._following is None else self._following.verifier

    async def _read_log_again(self) -> None:
        now = time.monotonic()
        if self._following is not None or now < self._read_again_at:
            return
        self._read_again_at = now + READ_AGAIN_SECONDS
        try:
            await self._store.in_thread(self._read_log)
        except StoreUnwritable as error:
            self._unknown = str(error)

    @property
    def unknown(self) -> str | None:
        """Why nothing is known of deletions: their log cannot be read; None while it is."""
        return None if self._following is not None else self._unknown or "not read yet"

    @property
    def bugs(self) -> int:
        """How many unforeseen errors there were since the start."""
        return self._bugs + (0 if self._following is None else self._following.verifier.bugs)

    @property
    def trouble(self) -> str | None:
        """Why the log is not written; None while it is."""
        return None if self._following is None else self._following.verifier.write_trouble

    @property
    def damaged(self) -> Sequence[str]:
        """The rows of the store that were damaged and set aside since the start."""
        return self._store.damaged_rows

    # what is shown

    def views(self) -> tuple[DeletionView, ...]:
        """The deletions that are shown now; none while they are unknown."""
        following = self._following
        return () if following is None else following.verifier.views(self._clock())

    def held(self) -> Mapping[SonarrName, int]:
        """How many vanished series each Sonarr's mass disappearance holds; 0 if none."""
        if self._following is None:
            return {}
        return {
            **dict.fromkeys(self._sonarr_evidence, 0),
            **self._following.verifier.held_by_sonarr(),
        }

    def inventoried(self) -> Collection[SeriesKey]:
        """The series whose files are on record."""
        return () if self._following is None else self._following.verifier.inventoried

    def totals(self) -> Counters:
        """The counters of the log, which survive restarts; none while it cannot be read."""
        rows: dict[tuple[str, ...], float] = {(STORE_ROWS,): len(self.damaged)}
        dropped = {DROPPED_OBJECTS: rows}
        if self._following is None:
            return Counters(values=dropped)
        counters = self._following.verifier.counters
        rescans: dict[tuple[str, ...], float] = {}
        for name, count in counters.rescans_by_result.items():
            system, _, result = name.partition("/")
            labels = (system, _RESCAN_RESULTS.get(result, "failed"))
            rescans[labels] = rescans.get(labels, 0) + count
        alone: dict[str, int] = {
            "episodarr_deletion_episodes_expected_total": counters.episodes_expected,
            "episodarr_deletion_episodes_deleted_total": counters.episodes_deleted,
            "episodarr_deletion_episodes_failed_total": counters.episodes_failed,
            "episodarr_deletion_episodes_unverified_total": counters.episodes_unverified,
            "episodarr_deletions_partial_total": counters.partial,
            "episodarr_deletions_healed_total": counters.healed,
        }
        return Counters(
            values={
                "episodarr_deletions_total": {
                    (status.value,): count
                    for status, count in counters.deletions_by_status.items()
                    if count
                },
                "episodarr_rescans_total": rescans,
                "episodarr_webhook_contradictions_total": {
                    (name,): count
                    for name, count in self._following.verifier.disbelieved_by_sonarr.items()
                },
                **dropped,
                **{name: {(): count} for name, count in alone.items()},
            }
        )

    # what the poller reads

    def take_cycle(self, records: Mapping[SonarrName, Sequence[HistoryRecord]]) -> None:
        """Queue what one cycle read; returns at once, the work is done in `run`."""
        now = self._clock()
        following = self._following
        followed = {} if following is None else following.verifier.followed
        for name, news in self._news.items():
            for record in records.get(name, ()):
                self._note(name, record)
            self._enqueue(news.take(records.get(name, ()), followed, now), now)
            if following is None:
                continue
            if any(key.sonarr == name for key in following.verifier.reported):
                self._sonarr_evidence[name].state.is_series_due = True
            for key, trigger in news.triggers.items():
                following.inventories.happened(key, trigger)
            news.triggers.clear()
        self._note_availability()
        self._checked.set()
        self._woken.set()

    def _note(self, name: SonarrName, record: HistoryRecord) -> None:
        self._sonarr_evidence[name].note(record)
        if record.event is HistoryEvent.FILE_RENAMED:
            self._sonarr_evidence[name].demand(record.series_id)

    def _note_availability(self) -> None:
        """Have series inventoried again of which Jellyfin or Shoko shows something new."""
        if self._following is None:
            return
        availabilities = tuple(
            state.memory.availabilities
            for state in (self._library_servers.jellyfin, self._library_servers.shoko)
            if state is not None
        )
        if are_same(availabilities, self._availabilities):
            return
        self._availabilities = availabilities
        shown: dict[tuple[SeriesKey, System], _Shown] = {}
        for system, state in (
            (System.JELLYFIN, self._library_servers.jellyfin),
            (System.SHOKO, self._library_servers.shoko),
        ):
            for key, words in state.memory.availabilities.items() if state is not None else ():
                before = self._shown.get((key, system), _NOTHING_SHOWN)
                if before[0] is words:
                    shown[key, system] = before
                    continue
                seen = frozenset(
                    number for number, word in words.items() if word is Availability.YES
                )
                shown[key, system] = words, seen
                if seen - before[1]:
                    self._following.inventories.happened(key, Trigger.APPEARED)
        self._shown = shown

    def _enqueue(self, notices: Iterable[Notice], now: datetime) -> None:
        for notice in notices:
            if self._following is None and isinstance(notice, LibraryPoll):
                continue  # There will be others; events come only once.
            if len(self._queue) == WAITING_LIMIT:
                log.error("too many events wait for the deletion log: the oldest is forgotten")
                self._queue.popleft()
            self._queue.append(notice)
            if isinstance(notice, SeriesDeleted) or _is_loss(notice):
                self._sharing.happened(now)

    async def _feed(self) -> None:
        """Hand all notices over, in their order."""
        async with self._feeding:
            while self._queue and self._following is not None:
                notice = self._queue.popleft()
                try:
                    await self._take(notice, self._following.verifier)
                except Exception:
                    self._bugs += 1
                    log.exception("an event could not be taken in. This is a bug: %r", notice)
                await asyncio.sleep(0)  # Nothing above need wait, however many there are.

    async def _take(self, notice: Notice, verifier: Verifier) -> None:
        now = self._clock()
        before = {view.deletion_id for view in verifier.views(now)}
        await verifier.on_library_event(notice, now)
        if isinstance(notice, LibraryPoll):
            after = {view.deletion_id for view in verifier.views(now)}
            if after - before:
                self._sharing.happened(now)

    # requests of people and webhooks

    async def webhook(self, name: SonarrName, webhook: SonarrWebhook) -> None:
        """Process a webhook of Sonarr; it is stored on return, unless the write takes long."""
        now = self._clock()
        self._news[name].report(file_reports(webhook, name), now)
        notices = [
            replace(notice, was_listed=self.series(notice.key) is not None)
            for notice in webhook_notices(webhook, name)
        ]
        if not notices:
            return
        self._sonarr_evidence[name].state.is_series_due = True
        self._enqueue(notices, now)
        feeding = self._spawn(self._feed())
        await asyncio.wait({feeding}, timeout=WEBHOOK_PATIENCE_SECONDS)
        self._woken.set()

    def series(self, key: SeriesKey) -> Series | None:
        """The series of this key, as its Sonarr listed it last."""
        evidence = self._sonarr_evidence.get(key.sonarr)
        listed = (evidence.state.series.last or {}) if evidence is not None else {}
        return next((series for series in listed.values() if series.key == key), None)

    async def announce(self, series: Series, *, is_dry_run: bool) -> AnnouncementReport:
        """Take a fresh inventory at once, and unless it is a dry run expect the deletion."""
        now = self._clock()
        self._sonarr_evidence[series.key.sonarr].demand(series.sonarr_id)
        self._sharing.happened(now)
        return await self._known().announce(series, now, is_dry_run=is_dry_run)

    async def acknowledge(self, deletion_id: DeletionId) -> bool:
        """Mark a bad verdict as seen, or accept a held disappearance; False if there is none."""
        now = self._clock()
        self._sharing.happened(now)
        view = await self._known().acknowledge(deletion_id, now)
        self._woken.set()
        return view is not None

    async def recheck(self, deletion_id: DeletionId) -> bool:
        """Make every check due now; False if there is no such deletion."""
        now = self._clock()
        self._sharing.happened(now)
        view = await self._known().recheck(deletion_id, now)
        self._woken.set()
        return view is not None

    def _known(self) -> Verifier:
        if self._following is None:
            raise StoreUnwritable(self.unknown or "")
        return self._following.verifier

    # running

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                self._forever(self._keep, self._checked, KEEP_EVERY_SECONDS), name="inventories"
            )
            tasks.create_task(
                self._forever(self.pass_over, self._woken, PASS_EVERY_SECONDS), name="verification"
            )

    async def _forever(
        self, step: Callable[[], Awaitable[object]], woken: asyncio.Event, every_seconds: float
    ) -> None:
        while True:
            woken.clear()
            try:
                await step()
            except Exception:
                self._bugs += 1
                log.exception("following deletions failed. This is a bug: please report it")
            try:
                async with asyncio.timeout(every_seconds):
                    await woken.wait()
            except TimeoutError:
                continue

    async def pass_over(self) -> None:
        """Hand the notices to the verifier, then run the checks that are due."""
        await self._read_log_again()
        try:
            await self._feed()
            if self._following is not None:
                await self._following.verifier.run_due(self._clock())
        finally:
            self._tell_failures()

    async def _keep(self) -> None:
        while self._following is not None and await self._following.inventories.step():
            continue

    async def settle(self) -> None:
        """Do everything that is due at this moment, inventories and rescans included."""
        await self.pass_over()
        await self._keep()
        if self._following is not None:
            await self._following.verifier.settled()
        await self.pass_over()

    async def aclose(self) -> None:
        """Stop rescans and write what is left."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self._following is not None:
            await self._following.verifier.close(self._clock())

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    def _tell_failures(self) -> None:
        failures = 0 if self._following is None else self._following.verifier.write_failures
        for _ in range(failures - self._write_failures):
            self._count_write_failure()
        self._write_failures = failures


def _is_loss(notice: Notice) -> bool:
    """Whether the notice is of a file that was deleted and not replaced."""
    return isinstance(notice, FileDeleted) and notice.reason not in REPLACEMENTS
