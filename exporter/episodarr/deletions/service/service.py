"""The deletion service: reads the log, processes notices in order, runs passes and inventories."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from episodarr.deletions.notices import file_reports, webhook_notices
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.changes import ChangeFeed
from episodarr.deletions.service.commands import AnnouncementReport, Commands
from episodarr.deletions.service.inventories.rounds import Availabilities, InventoryRounds
from episodarr.deletions.service.reports import Reports
from episodarr.deletions.service.verification import Verification
from episodarr.deletions.service.waiting import WaitingNotices
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.errors import StoreError, StoreUnwritable
from episodarr.model.deletion import DeletionId
from episodarr.model.download import REPLACEMENTS, HistoryEvent, HistoryRecord
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.model.library import Series
from episodarr.model.notice import FileDeleted, LibraryPoll, Notice, SeriesDeleted
from episodarr.model.webhook import SonarrWebhook
from episodarr.store.store import Store
from episodarr.systems.sonarr.evidence import SonarrEvidence

LOG = logging.getLogger(__name__)

READ_AGAIN_SECONDS = 5.0
"""How often a log that cannot be read is tried."""
PASS_EVERY_SECONDS = 1.0
"""Seconds between passes that run the checks that are due."""
KEEP_EVERY_SECONDS = 5.0
WEBHOOK_PATIENCE_SECONDS = 2.0
"""Sonarr waits for our answer; after this it is answered before the write has ended."""


class Deletions:
    """Verification, driven by what a cycle reads, by webhooks and by time.

    Nothing here raises for an upstream or the store; a bug is logged and leaves the log as it was.
    While the log cannot be read, deletions are unknown: what is noticed waits until it can be.
    """

    def __init__(
        self,
        store: Store,
        witnesses: Witnesses,
        sonarr_evidence: Mapping[SonarrName, SonarrEvidence],
        *,
        availabilities: Callable[[], Availabilities],
        outdate_lists: Callable[[datetime], None],
        policy: Policy,
        clock: Callable[[], datetime],
        count_write_failure: Callable[[], None],
    ) -> None:
        """Read the log, if it can be.

        Args:
            store: Holds the log.
            witnesses: The systems that are checked.
            sonarr_evidence: What is read of each Sonarr.
            availabilities: What Jellyfin and Shoko showed last.
            outdate_lists: Called when a deletion was noticed or announced, or a check requested:
                every list that was requested earlier is too old as evidence.
            policy: Deadlines and switches.
            clock: Our time.
            count_write_failure: Called for each write that the store refused.
        """
        self._store = store
        self._witnesses = witnesses
        self._policy = policy
        self._sonarr_evidence = sonarr_evidence
        self._availabilities = availabilities
        self._outdate_lists = outdate_lists
        self._clock = clock
        self._count_write_failure = count_write_failure
        self._changes = {
            name: ChangeFeed(evidence.state, lambda: self.reports.log)
            for name, evidence in sonarr_evidence.items()
        }
        self._bugs = Bugs()
        self.reports = Reports(store, tuple(sonarr_evidence), clock=clock, bugs=self._bugs)
        self.verification: Verification | None = None
        """None until the log was read."""
        self._rounds: InventoryRounds | None = None
        self._read_again_at = 0.0
        self._queue = WaitingNotices()
        self._feeding = asyncio.Lock()
        self._noticed = asyncio.Event()
        self._woken = asyncio.Event()
        self._checked = asyncio.Event()
        self._write_failures = 0
        self._background: set[asyncio.Task[None]] = set()
        self._read_log()

    # the log

    def _read_log(self) -> None:
        """Read all that the store holds, if it can be read."""
        reports = self.reports
        try:
            if not self._store.reopen(self._clock()):
                raise StoreUnwritable(self._store.trouble)
            found = Verification.read(self._store, self._witnesses, self._policy, self._bugs)
        except StoreError as error:
            if str(error) != reports.failure:
                LOG.critical("the deletion log cannot be read: %s; it is tried again", error)
            reports.failure = str(error)
            return
        if reports.failure:
            LOG.warning("the deletion log can be read again")
        self._rounds = InventoryRounds(
            found.inventories,
            self._sonarr_evidence,
            self._changes,
            clock=self._clock,
            policy=self._policy,
        )
        reports.log = found.log
        self.verification = found

    async def _read_log_again(self) -> None:
        now = time.monotonic()
        if self.verification is not None or now < self._read_again_at:
            return
        self._read_again_at = now + READ_AGAIN_SECONDS
        try:
            await self._store.in_thread(self._read_log)
        except StoreUnwritable as error:
            self.reports.failure = str(error)

    # what a cycle reads

    def take_cycle(self, records: Mapping[SonarrName, Sequence[HistoryRecord]]) -> None:
        """Queue what one cycle read; returns at once, the work is done in `run`."""
        now = self._clock()
        deletion_log, rounds = self.reports.log, self._rounds
        for name, changes in self._changes.items():
            for record in records.get(name, ()):
                self._note(name, record)
            self._enqueue(changes.take(records.get(name, ()), now), now)
            if deletion_log is None or rounds is None:
                continue
            if any(key.sonarr == name for key in deletion_log.doubtful):
                self._sonarr_evidence[name].state.library.is_due = True
            for key, trigger in changes.triggers.items():
                rounds.happened(key, trigger)
            changes.triggers.clear()
        if rounds is not None:
            rounds.note_availabilities(self._availabilities())
        self._checked.set()
        self._noticed.set()
        self._woken.set()

    def _note(self, name: SonarrName, record: HistoryRecord) -> None:
        self._sonarr_evidence[name].note(record)
        if record.event is HistoryEvent.FILE_RENAMED:
            self._sonarr_evidence[name].demand(record.series_id)

    def _enqueue(self, notices: Iterable[Notice], now: datetime) -> None:
        for notice in notices:
            if self.verification is None and isinstance(notice, LibraryPoll):
                continue  # There will be others; events come only once.
            self._queue.put(notice)
            if isinstance(notice, SeriesDeleted) or _is_loss(notice):
                self._outdate_lists(now)

    async def _feed(self) -> None:
        """Process all notices, in their order."""
        async with self._feeding:
            while self._queue and self.verification is not None:
                notice = self._queue.take()
                with self._bugs.isolated(f"The event {notice!r}"):
                    await self._take(notice, self.verification)
                await asyncio.sleep(0)  # Yield to the event loop: there may be many notices.

    async def _take(self, notice: Notice, verification: Verification) -> None:
        now = self._clock()
        before = dict(verification.log.records)
        await verification.notices.take(notice, now)
        records = verification.log.records
        verification.passes.foresee(
            record for one, record in records.items() if before.get(one) is not record
        )
        if isinstance(notice, LibraryPoll) and records.keys() - before.keys():
            self._outdate_lists(now)

    # webhooks and requests of people

    async def webhook(self, name: SonarrName, webhook: SonarrWebhook) -> None:
        """Process a webhook of Sonarr; it is stored on return, unless the write takes long."""
        now = self._clock()
        self._changes[name].report(file_reports(webhook, name), now)
        notices = [
            replace(notice, was_listed=self.series(notice.key) is not None)
            for notice in webhook_notices(webhook, name)
        ]
        if not notices:
            return
        self._sonarr_evidence[name].state.library.is_due = True
        self._enqueue(notices, now)
        feeding = self._spawn(self._feed())
        await asyncio.wait({feeding}, timeout=WEBHOOK_PATIENCE_SECONDS)
        self._woken.set()

    def series(self, key: SeriesKey) -> Series | None:
        """The series of this key, as its Sonarr listed it last."""
        evidence = self._sonarr_evidence.get(key.sonarr)
        listed = (evidence.state.library.series.last or {}) if evidence is not None else {}
        return next((series for series in listed.values() if series.key == key), None)

    async def announce(self, series: Series, *, is_dry_run: bool) -> AnnouncementReport:
        """Take a fresh inventory at once, and unless it is a dry run expect the deletion."""
        now = self._clock()
        self._sonarr_evidence[series.key.sonarr].demand(series.sonarr_id)
        self._outdate_lists(now)
        return await self._commands.announce(series, now, is_dry_run=is_dry_run)

    async def acknowledge(self, deletion_id: DeletionId) -> bool:
        """Acknowledge how one ended, or accept a held disappearance; False for an unknown id."""
        return await self._change(deletion_id, self._commands.acknowledge)

    async def recheck(self, deletion_id: DeletionId) -> bool:
        """Make every check due now; False for an unknown id."""
        return await self._change(deletion_id, self._commands.recheck)

    async def _change(
        self,
        deletion_id: DeletionId,
        change: Callable[[DeletionId, datetime], Awaitable[bool]],
    ) -> bool:
        """Make a change whose checks need new answers of all systems, at once."""
        now = self._clock()
        self._outdate_lists(now)
        is_known = await change(deletion_id, now)
        self._woken.set()
        return is_known

    @property
    def _commands(self) -> Commands:
        if self.verification is None:
            raise StoreUnwritable(self.reports.unknown or "")
        return self.verification.commands

    # running

    async def run(self) -> None:
        """Process notices, checks and inventories until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                self._forever(self.keep_inventories, self._checked, KEEP_EVERY_SECONDS),
                name="inventories",
            )
            # Apart from the passes: a system may take minutes to answer, and this would wait for it.
            tasks.create_task(
                self._forever(self._feed, self._noticed, PASS_EVERY_SECONDS), name="notices"
            )
            tasks.create_task(
                self._forever(self.pass_over, self._woken, PASS_EVERY_SECONDS), name="verification"
            )

    async def _forever(
        self, step: Callable[[], Awaitable[object]], woken: asyncio.Event, every_seconds: float
    ) -> None:
        while True:
            woken.clear()
            with self._bugs.isolated("Following deletions"):
                await step()
            try:
                async with asyncio.timeout(every_seconds):
                    await woken.wait()
            except TimeoutError:
                continue

    async def pass_over(self) -> None:
        """Process the notices, then run the checks that are due."""
        await self._read_log_again()
        try:
            await self._feed()
            if self.verification is not None:
                await self.verification.passes.run(self._clock())
        finally:
            self._count_failures()

    async def keep_inventories(self) -> None:
        """Take the inventories that are due, a few at a time."""
        while self._rounds is not None and await self._rounds.step():
            continue

    async def aclose(self) -> None:
        """Stop rescans and write what is left."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self.verification is not None:
            await self.verification.passes.close(self._clock())

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    def _count_failures(self) -> None:
        deletion_log = self.reports.log
        failures = 0 if deletion_log is None else deletion_log.write_failures
        for _ in range(failures - self._write_failures):
            self._count_write_failure()
        self._write_failures = failures


def _is_loss(notice: Notice) -> bool:
    """Whether the notice is of a file that was deleted and not replaced."""
    return isinstance(notice, FileDeleted) and notice.reason not in REPLACEMENTS
