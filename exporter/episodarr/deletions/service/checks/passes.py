"""Passes over the deletions: checks that are due, deadlines, rescans, the end of old ones."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from episodarr.deletions.events import Step
from episodarr.deletions.machine import settle, weigh
from episodarr.deletions.policy import Policy
from episodarr.deletions.questions.ownership import FolderOthers, folder_others, sharing_keys
from episodarr.deletions.questions.servers import ControlSource
from episodarr.deletions.schedule import boundaries, longest_wait
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.checks.checking import check_all, expect_removals
from episodarr.deletions.service.checks.rescans import Rescans
from episodarr.deletions.service.log import DeletionLog
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.model.deletion import ALL_SYSTEMS, BAD_STATUSES, DeletionId, DeletionStatus
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.health import System


class Passes:
    """Follows every deletion to its end, pass by pass.

    No method raises for an upstream or the store: a failed check gives an unknown answer, and a
    failed write is repeated.
    """

    def __init__(
        self, deletion_log: DeletionLog, witnesses: Witnesses, policy: Policy, bugs: Bugs
    ) -> None:
        self._log = deletion_log
        self._witnesses = witnesses
        self._policy = policy
        self._bugs = bugs
        self.rescans = Rescans(witnesses, deletion_log, policy, bugs)
        self._settled_at: dict[DeletionId, datetime] = {}
        self._passed_at: datetime | None = None
        self._passing = asyncio.Lock()

    def foresee(self, records: Iterable[DeletionRecord]) -> None:
        """Prepare for the checks of deletions that were just opened or changed."""
        expect_removals(self._witnesses, (record for record in records if record.is_open))

    async def run(self, now: datetime) -> None:
        """One pass: make due checks, evaluate them, rescan, write. Passes never overlap."""
        if self._passing.locked():
            return
        async with self._passing:
            if self._passed_at is not None and now < self._passed_at:
                self._log.bound(now)
            self._passed_at = now
            try:
                with self._bugs.isolated("The last checks of deletions"):
                    self._forget_overtaken(now)
                with self._bugs.isolated("The checks of deletions"):
                    due = self._due(now)
                    if due:
                        await self._check(due, now)
                self._settle(now)
                with self._bugs.isolated("Rescans"):
                    await self.rescans.advance(now)
                with self._bugs.isolated("The end of old deletions"):
                    self._purge(now)
            finally:
                await self._log.write(now)

    async def _check(self, due: Mapping[DeletionId, frozenset[System]], now: datetime) -> None:
        """Make the due checks, and evaluate them for deletions that did not change meanwhile.

        A deletion changed during its checks stays due: files merged into it were not checked, and
        a requested recheck or an ended rescan needs a check that begins afterwards.
        """
        asked = dict(self._log.records)
        control_source = self._log.control_source
        others = {
            deletion_id: await self._folder_others(asked[deletion_id], control_source)
            for deletion_id, systems in due.items()
            if System.DISK in systems
        }
        checks = await check_all(
            due, asked, self._witnesses, control_source, now, others, self._bugs
        )
        for deletion_id, seen in checks.items():
            record = self._log.records.get(deletion_id)
            if record is not None and record is asked[deletion_id]:
                step = Step(record=_postponed(record, due[deletion_id], now, self._policy))
                with self._bugs.isolated(f"Deletion {deletion_id}"):
                    step = weigh(record, seen, now, self._policy)
                self._log.apply(step)
            await asyncio.sleep(0)  # Yield to the event loop: there may be many deletions.

    async def _folder_others(
        self, record: DeletionRecord, control_source: ControlSource
    ) -> FolderOthers:
        """What in the deleted folder belongs to others; loads inventories of series sharing it."""
        keys = sharing_keys(record, control_source)
        loaded = {key: await self._log.inventory(key) for key in keys}
        found = {key: inventory for key, inventory in loaded.items() if inventory is not None}
        return folder_others(record, control_source, found)

    def _forget_overtaken(self, now: datetime) -> None:
        """Drop the last checks of complete deletions whose episodes were deleted again since.

        The later deletion covers the files that are there now.
        """
        records = self._log.records
        for record in [r for r in records.values() if not r.is_open and r.due_by_system]:
            if (record.next_check_at or now) > now:
                continue
            numbers = {e.number for e in record.expected}
            if any(
                other.key == record.key
                and other.started_at > record.started_at
                and numbers.intersection(e.number for e in other.episodes)
                for other in records.values()
            ):
                self._log.apply(Step(record=replace(record, due_by_system={})))

    def _due(self, now: datetime) -> dict[DeletionId, frozenset[System]]:
        latest = now + longest_wait(self._policy)
        return {
            deletion_id: frozenset(systems)
            for deletion_id, record in self._log.records.items()
            if record.status is not DeletionStatus.HELD
            and (systems := [s for s in ALL_SYSTEMS if _is_due(record, s, now, latest)])
        }

    def _settle(self, now: datetime) -> None:
        """Re-evaluate deletions whose deadline has passed since the last pass."""
        for deletion_id, record in list(self._log.records.items()):
            last = self._settled_at.get(deletion_id)
            if not record.is_open or (last is not None and not self._has_passed(record, last, now)):
                continue
            self._settled_at[deletion_id] = now
            with self._bugs.isolated(f"Deletion {deletion_id}"):
                self._log.apply(settle(record, now, self._policy))

    def _has_passed(self, record: DeletionRecord, last: datetime, now: datetime) -> bool:
        """Whether a deadline passed between `last` and `now`, or the clock went back."""
        return now < last or any(
            last < moment <= now for moment in boundaries(record, self._policy)
        )

    def _purge(self, now: datetime) -> None:
        before = now - self._policy.retention
        old = [
            deletion_id
            for deletion_id, record in self._log.records.items()
            if _is_purgeable(record) and _ended_at(record) < before
        ]
        self._log.purge(old)
        for deletion_id in old:
            self._settled_at.pop(deletion_id, None)

    async def close(self, now: datetime) -> None:
        """Stop rescans and write all changes."""
        await self.rescans.close()
        await self._log.write(now)


def _postponed(
    record: DeletionRecord, systems: Iterable[System], now: datetime, policy: Policy
) -> DeletionRecord:
    """The record with these systems due later: a failing check is not repeated in every pass."""
    later = dict.fromkeys(systems, now + policy.check_interval)
    return replace(record, due_by_system={**record.due_by_system, **later})


def _is_due(record: DeletionRecord, system: System, now: datetime, latest: datetime) -> bool:
    """Whether the system is due: its time has passed, or is later than `latest`."""
    due_at = record.due_by_system.get(system)
    return due_at is not None and not now < due_at <= latest


def _ended_at(record: DeletionRecord) -> datetime:
    return record.closed_at or record.finished_at or record.detected_at


def _is_purgeable(record: DeletionRecord) -> bool:
    """Whether it may be removed: not while it is verified, nor while bad and unacknowledged."""
    if record.status is DeletionStatus.VERIFYING:
        return False
    return record.status not in BAD_STATUSES or record.acknowledged_at is not None
