"""The interface to verification: takes notices, makes checks when due, gives deletion views."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from episodarr.deletions.interventions import acknowledge, may_come_back, recheck
from episodarr.deletions.inventory import (
    DueInventory,
    Trigger,
    due_inventories,
    join_inventories,
    own_roots,
    summarize,
)
from episodarr.deletions.machine import Step, settle, weigh
from episodarr.deletions.ownership import FolderOthers, folder_others, sharing_keys
from episodarr.deletions.policy import Policy
from episodarr.deletions.questions import Neighbors
from episodarr.deletions.schedule import ALL_SYSTEMS, boundaries, longest_wait
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.carrying_out import CarryingOut
from episodarr.deletions.service.checking import check_all
from episodarr.deletions.service.log import DeletionLog
from episodarr.deletions.service.rescans import Rescans
from episodarr.deletions.service.taking import read_lists, take_inventory
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.deletions.view import view_deletion
from episodarr.deletions.witnessing import WitnessReport, witness_reports
from episodarr.model.deletion import (
    BAD_STATUSES,
    DeletionId,
    DeletionScope,
    DeletionStatus,
    DeletionView,
    Verdict,
    is_shown,
)
from episodarr.model.deletion_log import Announcement, Counters, DeletionRecord, ToldRecord
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.model.inventory import SeriesInventory
from episodarr.model.library import Series
from episodarr.model.notice import Notice
from episodarr.store.store import Store

INVENTORIES_AT_ONCE = 4
INVENTORIES_PER_WRITE = 20
"""Inventories that a restart loses at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementReport:
    """The inventory whose deletion is announced, or would be, with the witnesses."""

    inventory: SeriesInventory
    witnesses: tuple[WitnessReport, ...]
    is_dry_run: bool
    expires_at: datetime | None
    """Until when a deletion counts as announced; None for a dry run."""


class Verifier:
    """Follows every deletion to its end.

    All methods belong to one event loop; `now` comes from the caller. No method raises for an
    upstream or the store: a failed check gives an unknown answer, and a failed write is repeated.
    """

    def __init__(self, store: Store, witnesses: Witnesses, policy: Policy) -> None:
        """Load deletions and inventories from the store.

        Raises:
            StoreUnwritable: the file is there and cannot be read.
        """
        self._log = DeletionLog(store)
        self._witnesses = witnesses
        if witnesses.disk is not None:
            witnesses.disk.recall(own_roots(self._log.summaries.values()))
        self._policy = policy
        self._carrying_out = CarryingOut(self._log, policy)
        self._bugs = Bugs()
        self._rescans = Rescans(witnesses, self._log, policy, self._bugs)
        self._view_by_id: dict[DeletionId, tuple[DeletionRecord, DeletionView]] = {}
        self._settled_at: dict[DeletionId, datetime] = {}
        self._passed_at: datetime | None = None
        self._noticing = asyncio.Lock()
        self._passing = asyncio.Lock()

    def views(self, now: datetime) -> tuple[DeletionView, ...]:
        """Views of all unfinished or bad deletions, and of good ones for a week; newest first.

        An unchanged view is the same object as before. If a bug prevents a view, the previous one
        stays.
        """
        shown: dict[DeletionId, tuple[DeletionRecord, DeletionView]] = {}
        for deletion_id, record in self._log.records.items():
            old = self._view_by_id.get(deletion_id)
            if old is not None:
                shown[deletion_id] = old
            with self._bugs.isolated(_subject(record)):
                if not is_shown(record, now):
                    shown.pop(deletion_id, None)
                elif old is None or old[0] is not record:
                    shown[deletion_id] = (record, view_deletion(record))
        self._view_by_id = shown
        views = (view for _, view in shown.values())
        return tuple(sorted(views, key=lambda v: (v.started_at, v.deletion_id), reverse=True))

    def view(self, deletion_id: DeletionId) -> DeletionView | None:
        """One deletion of the log, however old; None for an unknown id."""
        record = self._log.records.get(deletion_id)
        return None if record is None else view_deletion(record)

    @property
    def counters(self) -> Counters:
        """Totals since the store began."""
        return self._log.counters

    @property
    def write_failures(self) -> int:
        """Writes the store refused since the start."""
        return self._log.write_failures

    @property
    def bugs(self) -> int:
        """Unexpected errors since the start; each skipped one deletion or one step of a pass."""
        return self._bugs.count

    @property
    def write_trouble(self) -> str | None:
        """Reason of the last failed write; None once everything is written."""
        return self._log.trouble

    @property
    def inventoried(self) -> Collection[SeriesKey]:
        """Series with an inventory from Sonarr, so that their deletion can be followed."""
        return self._log.inventoried

    @property
    def followed(self) -> Mapping[SeriesKey, bool]:
        """Series with a deletion that new files would change; True while a verdict is pending."""
        found: dict[SeriesKey, bool] = {}
        for record in self._log.records.values():
            if record.scope is DeletionScope.SERIES:
                continue
            if record.is_open or may_come_back(record):
                is_verified = record.status is not DeletionStatus.HELD
                is_pending = is_verified and record.count(Verdict.PENDING) > 0
                found[record.key] = found.get(record.key, False) or is_pending
        return found

    @property
    def reported(self) -> Collection[SeriesKey]:
        """Series reported deleted by webhook that no list has confirmed or refuted yet.

        Also series with an open deletion that the newest list contains again.
        """
        doubtful = {r.key for r in self._log.records.values() if r.is_open and r.lists_with_it}
        return self._log.reports.keys() | doubtful

    @property
    def disbelieved_by_sonarr(self) -> Mapping[SonarrName, int]:
        """Number of such webhooks that lists refuted, since the start; only Sonarrs with any."""
        return self._log.disbelieved

    def is_followed(self, sonarr: SonarrName) -> bool:
        """Whether this Sonarr's history was processed before, in this run or an earlier one."""
        return self._log.is_followed(sonarr)

    def is_told(self, sonarr: SonarrName, record: ToldRecord) -> bool:
        """Whether this history record was processed."""
        return self._log.is_told(sonarr, record)

    def is_inventoried(self, key: SeriesKey) -> bool:
        """Whether the series has an inventory from Sonarr."""
        return key in self._log.inventoried

    def held_by_sonarr(self) -> Mapping[SonarrName, int]:
        """Number of held deletions by Sonarr; only Sonarrs with any."""
        return {SonarrName(name): n for name, n in self._log.held_by_sonarr().items()}

    async def on_library_event(self, notice: Notice, now: datetime) -> None:
        """Process a poll, a history event or a webhook; pass history before polls, in order."""
        async with self._noticing:
            await self._carrying_out.notice(notice, now)
            await self._log.write(now)

    async def announce(
        self, series: Series, now: datetime, *, is_dry_run: bool
    ) -> AnnouncementReport:
        """Take an inventory at once and, unless it is a dry run, announce the deletion."""
        lists = await read_lists(self._witnesses, now)
        new = await take_inventory(series, self._witnesses, lists, now)
        inventory = join_inventories(await self._log.inventory(series.key), new)
        expires_at = None
        if not is_dry_run:
            expires_at = now + self._policy.announcement_lifetime
            announcement = Announcement(key=series.key, announced_at=now, expires_at=expires_at)
            if not self._was_taken_over(series.key, now):
                self._log.put_inventory(summarize(inventory, now), inventory)
                standing = {**self._log.announcements, series.key: announcement}
                self._log.set_announcements(standing)
            await self._log.write(now)
        return AnnouncementReport(
            inventory=inventory,
            witnesses=witness_reports(inventory),
            is_dry_run=is_dry_run,
            expires_at=expires_at,
        )

    async def acknowledge(self, deletion_id: DeletionId, now: datetime) -> DeletionView | None:
        """The deletion, acknowledged; None for an unknown id.

        Acknowledging a held one releases all deletions held with it.
        """
        record = self._log.records.get(deletion_id)
        if record is None:
            return None
        group = record.held_group if record.status is DeletionStatus.HELD else ""
        for other in list(self._log.records.values()):
            is_held_with = bool(group) and other.held_group == group
            if other is record or (is_held_with and other.status is DeletionStatus.HELD):
                self._log.apply(acknowledge(other, now))
        await self._log.write(now)
        return self.view(deletion_id)

    async def recheck(self, deletion_id: DeletionId, now: datetime) -> DeletionView | None:
        """The deletion, with all unproven systems due at once; None for an unknown id."""
        record = self._log.records.get(deletion_id)
        if record is None:
            return None
        self._log.apply(recheck(record, now))
        await self._log.write(now)
        return self.view(deletion_id)

    async def run_due(self, now: datetime) -> None:
        """One pass: make due checks, evaluate them, rescan, write. Passes never overlap."""
        if self._passing.locked():
            return
        async with self._passing:
            if self._passed_at is not None and now < self._passed_at:
                self._log.bound(now)
            self._passed_at = now
            try:
                with self._bugs.isolated("Last looks at deletions"):
                    self._forget_overtaken(now)
                with self._bugs.isolated("The looks at deletions"):
                    due = self._due(now)
                    if due:
                        await self._check(due, now)
                self._settle(now)
                with self._bugs.isolated("Rescans"):
                    await self._rescans.advance(now)
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
        neighbors = self._log.neighbors
        others = {
            deletion_id: await self._folder_others(asked[deletion_id], neighbors)
            for deletion_id, systems in due.items()
            if System.DISK in systems
        }
        checks = await check_all(due, asked, self._witnesses, neighbors, now, others, self._bugs)
        for deletion_id, seen in checks.items():
            record = self._log.records.get(deletion_id)
            if record is not None and record is asked[deletion_id]:
                step = Step(record=_postponed(record, due[deletion_id], now, self._policy))
                with self._bugs.isolated(_subject(record)):
                    step = weigh(record, seen, now, self._policy)
                self._log.apply(step)
            await asyncio.sleep(0)  # Yield to the event loop: there may be many deletions.

    async def _folder_others(self, record: DeletionRecord, neighbors: Neighbors) -> FolderOthers:
        """What in the deleted folder belongs to others; loads inventories of series sharing it."""
        keys = sharing_keys(record, neighbors)
        loaded = {key: await self._log.inventory(key) for key in keys}
        found = {key: inventory for key, inventory in loaded.items() if inventory is not None}
        return folder_others(record, neighbors, found)

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
        """Re-evaluate deletions of which a deadline has passed since the last time."""
        for deletion_id, record in list(self._log.records.items()):
            last = self._settled_at.get(deletion_id)
            if not record.is_open or (last is not None and not self._has_passed(record, last, now)):
                continue
            self._settled_at[deletion_id] = now
            with self._bugs.isolated(_subject(record)):
                self._log.apply(settle(record, now, self._policy))

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

    async def settled(self) -> None:
        """Wait until no rescan is under way."""
        await self._rescans.settled()

    async def close(self, now: datetime) -> None:
        """Stop rescans and write all changes."""
        await self._rescans.close()
        await self._log.write(now)

    def due_inventories(
        self, library: Iterable[Series], urgent: Mapping[SeriesKey, Trigger], now: datetime
    ) -> tuple[DueInventory, ...]:
        """The due inventories, most urgent first; without series that are being deleted."""
        gone = {
            record.key
            for record in self._log.records.values()
            if record.is_open and record.scope is DeletionScope.SERIES
        }
        standing = (series for series in library if series.key not in gone)
        return due_inventories(standing, self._log.summaries, urgent, now, self._policy)

    async def keep_inventories(
        self, batch: Iterable[Series], now: datetime, *, at_leisure: bool = False
    ) -> None:
        """Take these inventories again, at most four at a time, and write them in batches.

        `at_leisure`: they are due by age only.
        """
        lists = await read_lists(self._witnesses, now)
        turns = asyncio.Semaphore(INVENTORIES_AT_ONCE)

        async def keep(series: Series) -> None:
            async with turns:
                new = await take_inventory(
                    series, self._witnesses, lists, now, at_leisure=at_leisure
                )
                old = await self._log.inventory(series.key)
                if not self._was_taken_over(series.key, now):
                    inventory = join_inventories(old, new)
                    self._log.put_inventory(summarize(inventory, now), inventory)

        waiting = list(batch)
        for start in range(0, len(waiting), INVENTORIES_PER_WRITE):
            await asyncio.gather(*map(keep, waiting[start : start + INVENTORIES_PER_WRITE]))
            await self._log.write(now)

    def _was_taken_over(self, key: SeriesKey, since: datetime) -> bool:
        """Whether a series' deletion took the inventory: an open one, or one since `since`."""
        return any(
            record.key == key
            and record.scope is DeletionScope.SERIES
            and (record.is_open or record.started_at >= since)
            for record in self._log.records.values()
        )

    def _has_passed(self, record: DeletionRecord, last: datetime, now: datetime) -> bool:
        """Whether a deadline passed between `last` and `now`, or the clock went back."""
        return now < last or any(
            last < moment <= now for moment in boundaries(record, self._policy)
        )


def _postponed(
    record: DeletionRecord, systems: Iterable[System], now: datetime, policy: Policy
) -> DeletionRecord:
    """The record with these systems due later, so that not every pass tries them again."""
    later = dict.fromkeys(systems, now + policy.check_interval)
    return replace(record, due_by_system={**record.due_by_system, **later})


def _subject(record: DeletionRecord) -> str:
    return f"Deletion {record.deletion_id}"


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
