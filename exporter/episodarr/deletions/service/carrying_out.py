"""Executes detection's decisions on the log: opens, merges, holds, releases, closes records."""

import asyncio
import dataclasses
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from episodarr.deletions.detection import decide
from episodarr.deletions.detection.decisions import (
    CountLists,
    Decision,
    HoldDeletions,
    KeepFiles,
    KeepReports,
    MergeInto,
    NoteMissing,
    OpenDeletion,
    ReleaseHeld,
    Renumber,
    Supersede,
)
from episodarr.deletions.detection.watched import Watched
from episodarr.deletions.events import Step
from episodarr.deletions.interventions import hold, keep_files, release, supersede
from episodarr.deletions.inventory.summary import summarize
from episodarr.deletions.machine import settle
from episodarr.deletions.opening import (
    EpisodeOfFile,
    deletion_id_of,
    merge_deletion,
    open_deletion,
    unknown_inventory,
)
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.log import DeletionLog
from episodarr.model.deletion import DeletionId, DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.model.inventory import SeriesInventory, Taken
from episodarr.model.notice import HistoryProcessed, LibraryPoll, Notice

KEPT = "Sonarr was told to keep the files."


class CarryingOut:
    """Turns notices into deletions, one notice at a time."""

    def __init__(self, deletion_log: DeletionLog, policy: Policy) -> None:
        self._log = deletion_log
        self._policy = policy
        self._noticing = asyncio.Lock()

    async def take(self, notice: Notice, now: datetime) -> None:
        """Process a poll, a history event or a webhook; pass history before polls, in order."""
        async with self._noticing:
            await self._take(notice, now)
            await self._log.write(now)

    async def _take(self, notice: Notice, now: datetime) -> None:
        self._expire_announcements(now)
        if isinstance(notice, LibraryPoll):
            self._log.listed_paths[notice.sonarr] = notice.path_by_tvdb_id
            notice = await self._with_unread(notice)
        if isinstance(notice, HistoryProcessed):
            self._log.mark_processed(notice.sonarr, notice.records)
        for decision in decide(self._watched(), notice, now, self._policy):
            await self._carry_out(decision, now)

    async def _with_unread(self, poll: LibraryPoll) -> LibraryPoll:
        """The poll with the series added of which only Sonarr's id could be read."""
        if not poll.unread_ids:
            return poll
        listed = dict(poll.sonarr_id_by_tvdb_id)
        for key in self._log.summaries:
            if key.sonarr != poll.sonarr or key.tvdb_id in listed:
                continue
            inventory = await self._log.inventory(key)
            part = inventory.sonarr if inventory is not None else None
            if isinstance(part, Taken) and part.value.sonarr_id in poll.unread_ids:
                listed[key.tvdb_id] = part.value.sonarr_id
        return dataclasses.replace(poll, sonarr_id_by_tvdb_id=listed)

    def _watched(self) -> Watched:
        deletion_log = self._log
        return Watched(
            known=deletion_log.summaries.keys(),
            summaries=deletion_log.summaries,
            records=tuple(deletion_log.records.values()),
            announcements=deletion_log.announcements,
            missing=deletion_log.missing,
            reports=deletion_log.reports,
        )

    def _expire_announcements(self, now: datetime) -> None:
        valid = {k: a for k, a in self._log.announcements.items() if a.expires_at > now}
        self._log.set_announcements(valid)

    async def _carry_out(self, decision: Decision, now: datetime) -> None:
        match decision:
            case OpenDeletion():
                await self._open(decision, now)
            case MergeInto():
                await self._merge(decision, now)
            case KeepFiles():
                await self._keep(decision, now)
            case Supersede():
                self._supersede(decision, now)
            case ReleaseHeld():
                self._release(decision, now)
            case Renumber():
                await self._renumber(decision)
            case HoldDeletions() | CountLists() | NoteMissing() | KeepReports():
                self._note(decision)

    def _note(self, decision: HoldDeletions | CountLists | NoteMissing | KeepReports) -> None:
        log = self._log
        match decision:
            case HoldDeletions(deletion_ids=deletion_ids, group=group):
                for deletion_id in deletion_ids:
                    log.apply(hold(log.records[deletion_id], group))
            case CountLists(deletion_id=deletion_id, lists_with_it=count):
                log.apply(Step(record=replace(log.records[deletion_id], lists_with_it=count)))
            case NoteMissing(sonarr=sonarr, missing=missing):
                log.set_missing({**_of_others(log.missing, sonarr), **missing})
            case KeepReports(sonarr=sonarr, waiting=waiting):
                log.set_reports({**_of_others(log.reports, sonarr), **waiting})
                for report in decision.refuted:
                    log.refute(report)

    def _release(self, decision: ReleaseHeld, now: datetime) -> None:
        step = release(self._log.records[decision.deletion_id], now)
        believed = replace(step.record, noticed_by=NoticedBy.WEBHOOK)
        self._apply(Step(record=believed, events=step.events), now)

    def _apply(self, step: Step, now: datetime) -> None:
        self._log.apply(step)
        self._log.apply(settle(step.record, now, self._policy))

    async def _open(self, decision: OpenDeletion, now: datetime) -> DeletionRecord:
        inventory = await self._log.inventory(decision.key) or unknown_inventory(
            decision.key, decision.title, decision.year
        )
        record = open_deletion(
            deletion_id_of(decision.key, now, self._log.records.keys()),
            inventory,
            gone=decision.gone,
            noticed_by=decision.noticed_by,
            now=now,
            policy=self._policy,
            covered=self._counted(inventory),
            sonarr_id=decision.sonarr_id,
            held_group=decision.held_group,
        )
        record = replace(record, notes=(*record.notes, *decision.notes))
        self._take_over(record)
        self._log.apply(Step(record=record))
        return record

    def _counted(
        self, inventory: SeriesInventory, besides: DeletionId | None = None
    ) -> frozenset[EpisodeOfFile]:
        """Episodes with their files that other deletions of the series expect, open or finished."""
        part = inventory.sonarr
        if not isinstance(part, Taken):
            return frozenset()
        return frozenset(
            (e.number, e.file_id)
            for r in self._log.records.values()
            if r.key == inventory.key and r.deletion_id != besides
            if r.sonarr_id == part.value.sonarr_id
            for e in r.expected
            if e.file_id is not None
        )

    def _take_over(self, record: DeletionRecord) -> None:
        """Drop a deleted series' inventory, announcement and absence: its deletion has them now."""
        if record.scope is DeletionScope.SERIES:
            self._log.drop_inventory(record.key)
            valid = {k: a for k, a in self._log.announcements.items() if k != record.key}
            self._log.set_announcements(valid)
            missing = {k: m for k, m in self._log.missing.items() if k != record.key}
            self._log.set_missing(missing)

    async def _merge(self, decision: MergeInto, now: datetime) -> None:
        record = self._log.records[decision.deletion_id]
        inventory = await self._log.inventory(record.key) or record.inventory
        merged = merge_deletion(
            record,
            inventory,
            gone=decision.gone,
            noticed_by=decision.noticed_by,
            now=now,
            policy=self._policy,
            covered=self._counted(inventory, besides=record.deletion_id),
        )
        if decision.notes:
            merged = replace(merged, notes=tuple(dict.fromkeys((*merged.notes, *decision.notes))))
        self._take_over(merged)
        self._log.apply(Step(record=merged))

    async def _keep(self, decision: KeepFiles, now: datetime) -> None:
        if decision.deletion_id is None:
            opening = OpenDeletion(
                key=decision.key,
                title=decision.title,
                year=decision.year,
                gone=None,
                noticed_by=NoticedBy.WEBHOOK,
                sonarr_id=decision.sonarr_id,
            )
            record = await self._open(opening, now)
        else:
            record = self._log.records[decision.deletion_id]
        self._log.apply(keep_files(record, now, KEPT))

    async def _renumber(self, decision: Renumber) -> None:
        """Carry the inventory over to the new key, to be taken anew; one that is there stays."""
        old, new = decision.key, SeriesKey(decision.key.sonarr, decision.tvdb_id)
        inventory, summary = await self._log.inventory(old), self._log.summaries[old]
        if inventory is not None and new not in self._log.summaries:
            moved = replace(inventory, key=new, mark="")
            self._log.put_inventory(summarize(moved, summary.tried_at), moved)
        self._log.drop_inventory(old)

    def _supersede(self, decision: Supersede, now: datetime) -> None:
        record = self._log.records[decision.deletion_id]
        was_held = record.status is DeletionStatus.HELD
        self._apply(supersede(record, decision.numbers, now, decision.why), now)
        part = record.inventory.sonarr
        is_whole = decision.numbers is None and (was_held or decision.is_same_series)
        if is_whole and isinstance(part, Taken):
            self._log.put_inventory(summarize(record.inventory, part.at), record.inventory)


def _of_others[T](by_key: Mapping[SeriesKey, T], sonarr: SonarrName) -> dict[SeriesKey, T]:
    return {key: one for key, one in by_key.items() if key.sonarr != sonarr}
