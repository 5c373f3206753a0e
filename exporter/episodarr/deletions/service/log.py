"""Deletions and inventories in memory, with those that are not written yet.

The program works from memory: a full disk stops only the writing. Changes that could not be written
stay marked and are written with the next step.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from episodarr.deletions.events import Step
from episodarr.deletions.interventions import may_come_back
from episodarr.deletions.questions.servers import ControlSource
from episodarr.deletions.shown.sentences import event_sentence, opening_sentence
from episodarr.deletions.tally import count_events
from episodarr.errors import StoreUnwritable
from episodarr.model.deletion import DeletionId, DeletionScope, DeletionStatus, Verdict
from episodarr.model.deletion_log import (
    Announcement,
    Counters,
    DeletionRecord,
    DeletionReport,
    Disappearance,
    ProcessedRecord,
)
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.model.inventory import InventorySummary, SeriesInventory
from episodarr.store.bounds import bounded_inventory, bounded_record, bounded_summary
from episodarr.store.store import Store
from episodarr.store.writing import Changes, Refused

LOG = logging.getLogger(__name__)


class DeletionLog:
    """Records, counters and inventories in memory, with the store behind them."""

    def __init__(self, store: Store) -> None:
        """Load all that the store holds.

        Raises:
            StoreUnwritable: the file is there and cannot be read.
        """
        self._store = store
        self.records: dict[DeletionId, DeletionRecord] = {
            record.deletion_id: record for record in store.load_deletions()
        }
        self.summaries: dict[SeriesKey, InventorySummary] = store.load_summaries()
        self._inventoried: frozenset[SeriesKey] | None = None
        """Cache of `inventoried`, made from the summaries on demand; None: to be made again."""
        self.counters: Counters = store.load_counters()
        self.announcements: dict[SeriesKey, Announcement] = store.load_announcements()
        self.missing: dict[SeriesKey, Disappearance] = store.load_disappearances()
        self.reports: dict[SeriesKey, DeletionReport] = store.load_reports()
        self.refuted: dict[SonarrName, int] = {}
        """Number of webhooks on deleted series that lists refuted, by Sonarr, since the start."""
        self.listed_paths: dict[SonarrName, Mapping[TvdbId, str]] = {}
        """Paths of the series in each Sonarr's newest list, Sonarr's view."""
        self._processed: dict[SonarrName, set[ProcessedRecord]] = store.load_processed()
        """History records already processed; a Sonarr without an entry was never followed."""
        self._newly_processed: dict[SonarrName, set[ProcessedRecord]] = {}
        """Processed history records that are not written yet."""
        self.write_failures = 0
        """Writes that the store refused since the start."""
        self.trouble: str | None = None
        """Reason of the last failed write; None once everything is written."""
        self._dirty: set[DeletionId] = {
            one for one, record in self.records.items() if not store.is_saved(record)
        }
        self._purged: set[DeletionId] = set()
        self._inventories: dict[SeriesKey, SeriesInventory] = {}
        self._dropped: set[SeriesKey] = set()
        self._is_waiting_dirty = False
        self._are_counters_dirty = False
        self._writing = asyncio.Lock()

    @property
    def control_source(self) -> ControlSource:
        """All series and deletions, as a source of controls."""
        paths = {key: summary.series_path for key, summary in self.summaries.items()}
        for name, listed in self.listed_paths.items():
            paths |= {SeriesKey(name, tvdb_id): path for tvdb_id, path in listed.items()}
        read = {key for key, summary in self.summaries.items() if summary.folder}
        return ControlSource(
            summary_by_key=self.summaries,
            records=tuple(self.records.values()),
            unread_folders={k: p for k, p in paths.items() if p and k not in read},
        )

    @property
    def inventoried(self) -> frozenset[SeriesKey]:
        """The series of which Sonarr's part was taken, now or before a restart."""
        if self._inventoried is None:
            taken = (k for k, s in self.summaries.items() if s.taken_at is not None)
            self._inventoried = frozenset(taken)
        return self._inventoried

    @property
    def followed(self) -> Mapping[SeriesKey, bool]:
        """Series with a deletion that new files would change; True while a verdict is pending."""
        found: dict[SeriesKey, bool] = {}
        for record in self.records.values():
            if record.scope is DeletionScope.SERIES:
                continue
            if record.is_open or may_come_back(record):
                is_verified = record.status is not DeletionStatus.HELD
                is_pending = is_verified and record.count(Verdict.PENDING) > 0
                found[record.key] = found.get(record.key, False) or is_pending
        return found

    @property
    def doubtful(self) -> Collection[SeriesKey]:
        """Series reported deleted by webhook that no list has confirmed or refuted yet.

        Also series with an open deletion that the newest list contains again.
        """
        listed = {r.key for r in self.records.values() if r.is_open and r.lists_with_it}
        return self.reports.keys() | listed

    def apply(self, step: Step) -> bool:
        """Apply one step, count and log its events; True if the record changed."""
        record = step.record
        known = self.records.get(record.deletion_id)
        is_changed = known is not record
        if known is None:
            LOG.info("%s", opening_sentence(record))
        if is_changed:
            self.records[record.deletion_id] = record
            self._dirty.add(record.deletion_id)
        counters = count_events(self.counters, step.events)
        if counters is not self.counters:
            self.count(counters)
        for event in step.events:
            sentence = event_sentence(record, event)
            if sentence is not None:
                LOG.info("%s", sentence)
        return is_changed

    def bound(self, now: datetime) -> None:
        """Set times later than `now` to `now`: they come from a clock that was wrong."""
        for deletion_id, record in self.records.items():
            bounded = bounded_record(record, now)
            if bounded is not record:
                self.records[deletion_id] = bounded
                self._dirty.add(deletion_id)
        self.summaries = {key: bounded_summary(s, now) for key, s in self.summaries.items()}
        self._inventories = {
            key: bounded_inventory(one, now) for key, one in self._inventories.items()
        }

    def count(self, counters: Counters) -> None:
        """Replace the counters."""
        self.counters = counters
        self._are_counters_dirty = True

    def purge(self, deletion_ids: Iterable[DeletionId]) -> None:
        """Remove old finished deletions."""
        for deletion_id in deletion_ids:
            del self.records[deletion_id]
            self._dirty.discard(deletion_id)
            self._purged.add(deletion_id)

    async def inventory(self, key: SeriesKey) -> SeriesInventory | None:
        """One series' inventory, written or not; None if there is none, or it cannot be read."""
        if key in self._inventories:
            return self._inventories[key]
        if key not in self.summaries:
            return None
        try:
            inventory = await self._store.in_thread(lambda: self._store.load_inventory(key))
        except StoreUnwritable as error:
            LOG.warning("The inventory of %s cannot be read: %s", key, error)
            return None
        if inventory is None and key not in self._inventories:
            self.summaries.pop(key, None)  # Damaged: the series counts as never inventoried.
            self._inventoried = None
        return self._inventories.get(key, inventory)

    def put_inventory(self, summary: InventorySummary, inventory: SeriesInventory) -> None:
        """Replace a series' inventory."""
        self.summaries[summary.key] = summary
        self._inventoried = None
        self._inventories[summary.key] = inventory
        self._dropped.discard(summary.key)

    def drop_inventory(self, key: SeriesKey) -> None:
        """Remove a series' inventory: a deletion took it over."""
        self.summaries.pop(key, None)
        self._inventoried = None
        self._inventories.pop(key, None)
        self._dropped.add(key)

    def set_announcements(self, announcements: dict[SeriesKey, Announcement]) -> None:
        """Replace the valid announcements."""
        if announcements != self.announcements:
            self.announcements = announcements
            self._is_waiting_dirty = True

    def set_missing(self, missing: dict[SeriesKey, Disappearance]) -> None:
        """Replace the series that were absent from the last good polls."""
        if missing != self.missing:
            self.missing = missing
            self._is_waiting_dirty = True

    def set_reports(self, reports: dict[SeriesKey, DeletionReport]) -> None:
        """Replace the webhook reports of deleted series that wait for a list."""
        if reports != self.reports:
            self.reports = reports
            self._is_waiting_dirty = True

    def refute(self, report: DeletionReport) -> None:
        """Count and log a webhook report that lists refuted."""
        sonarr = report.key.sonarr
        self.refuted[sonarr] = self.refuted.get(sonarr, 0) + 1
        LOG.warning(
            "Sonarr %s reported by webhook that %s (TVDB %s) was deleted; its list still has it,"
            " or never had it: nothing is followed.",
            sonarr,
            report.title or "a series",
            report.key.tvdb_id,
        )

    def is_followed(self, sonarr: SonarrName) -> bool:
        """Whether this Sonarr's history was processed before, in this run or an earlier one."""
        return sonarr in self._processed

    def is_processed(self, sonarr: SonarrName, record: ProcessedRecord) -> bool:
        """Whether this history record was processed."""
        return record in self._processed.get(sonarr, ())

    def mark_processed(self, sonarr: SonarrName, records: Collection[ProcessedRecord]) -> None:
        """Mark these history records processed; even without any the Sonarr counts as followed."""
        processed = self._processed.setdefault(sonarr, set())
        self._newly_processed.setdefault(sonarr, set()).update(records)
        processed.update(records)

    async def write(self, now: datetime) -> bool:
        """Write all changes; False if some failed, which the next call tries again."""
        async with self._writing:
            changes = self._changes()
            if changes.is_empty:
                return True
            try:
                refused = await self._store.in_thread(lambda: self._store.commit(changes, now))
            except StoreUnwritable as error:
                self._fail(str(error))
                return False
            except Exception as error:
                LOG.exception(
                    "Writing the deletion log met an unexpected error. This is a bug: report it"
                )
                self._fail(f"{type(error).__name__}: {error}")
                return False
            self._forget(changes, refused)
            if self.trouble is not None and not refused.reasons:
                LOG.warning("The deletion log is written again; nothing was lost")
            self.trouble = None
            for reason in refused.reasons:
                self._fail(reason)
            return not refused.reasons

    def _fail(self, trouble: str) -> None:
        """Log and count a failed write; it is tried again with the next one."""
        if trouble != self.trouble:
            LOG.critical("The deletion log cannot be written: %s", trouble)
        self.trouble = trouble
        self.write_failures += 1

    def _changes(self) -> Changes:
        return Changes(
            deletions=tuple(self.records[one] for one in sorted(self._dirty)),
            purged=tuple(sorted(self._purged)),
            counters=self.counters if self._are_counters_dirty else None,
            inventories=tuple((self.summaries[k], v) for k, v in self._inventories.items()),
            dropped_inventories=tuple(sorted(self._dropped)),
            announcements=dict(self.announcements) if self._is_waiting_dirty else None,
            disappearances=dict(self.missing) if self._is_waiting_dirty else None,
            reports=dict(self.reports) if self._is_waiting_dirty else None,
            processed={name: tuple(sorted(found)) for name, found in self._newly_processed.items()},
        )

    def _forget(self, written: Changes, refused: Refused) -> None:
        """Unmark written changes, unless they changed again meanwhile."""
        for record in written.deletions:
            if record.deletion_id in refused.deletions:
                continue
            if self.records.get(record.deletion_id) is record:
                self._dirty.discard(record.deletion_id)
                self.records[record.deletion_id] = self._store.saved_deletion(record.deletion_id)
        self._purged.difference_update(written.purged)
        self._dropped.difference_update(written.dropped_inventories)
        for summary, inventory in written.inventories:
            is_written = summary.key not in refused.inventories
            if is_written and self._inventories.get(summary.key) is inventory:
                del self._inventories[summary.key]
        if written.counters is self.counters and not refused.is_counters:
            self._are_counters_dirty = False
        if written.announcements is not None:
            self._is_waiting_dirty = (
                refused.is_waiting
                or written.announcements != self.announcements
                or written.disappearances != self.missing
                or written.reports != self.reports
            )
        self._forget_processed(written)

    def _forget_processed(self, written: Changes) -> None:
        for name, processed in written.processed.items():
            self._newly_processed[name] -= set(processed)
            if not self._newly_processed[name]:
                del self._newly_processed[name]

    def held_by_sonarr(self) -> dict[SonarrName, int]:
        """Number of held deletions by Sonarr; only Sonarrs with any."""
        count: dict[SonarrName, int] = {}
        for record in self.records.values():
            if record.status is DeletionStatus.HELD:
                count[record.key.sonarr] = count.get(record.key.sonarr, 0) + 1
        return count
