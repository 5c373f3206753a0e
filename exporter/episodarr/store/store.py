"""What the rest of the program asks of the store."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from msgspec.structs import astuple

from episodarr.errors import StoreUnwritable
from episodarr.model.deletion import DeletionId
from episodarr.model.deletion_log import (
    Announcement,
    Counters,
    DeletionRecord,
    DeletionReport,
    Disappearance,
    ProcessedRecord,
)
from episodarr.model.ids import EpisodeKey, SeriesKey, SonarrName
from episodarr.model.inventory import InventorySummary, SeriesInventory
from episodarr.model.stage import Stage
from episodarr.runtime.workers import Worker
from episodarr.store.bounds import (
    bounded_announcement,
    bounded_inventory,
    bounded_summary,
)
from episodarr.store.connection import Checkpoint, Connection, no_checkpoint
from episodarr.store.damage import (
    ANNOUNCEMENT,
    CLOCK,
    COUNTER,
    DISAPPEARANCE,
    FOLLOWED,
    INVENTORY,
    PROCESSED,
    REPORT,
    DamagedRows,
)
from episodarr.store.deletion_log import SavedDeletions
from episodarr.store.rows import (
    announcement_of,
    clock_of,
    counters_of,
    disappearance_of,
    processed_of,
    report_of,
    sonarr_of,
    summary_of,
    total_of,
    unpack_inventory,
)
from episodarr.store.values import text_of
from episodarr.store.writing import (
    Changes,
    Pieces,
    Refused,
    write_counters,
    write_inventories,
    write_processed,
    write_waiting,
)

ANSWERS_WITHIN_SECONDS = 10.0
"""Longest wait in seconds for a write, after which the file system counts as hanging.

A write of thousands of rows takes less than one second.
"""


class Store:
    """The SQLite file; calls may come from any thread, and take turns."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._worker = Worker("store")
        self._damaged = DamagedRows(connection, now)
        self._deletions = SavedDeletions(connection, self._damaged)

    @classmethod
    def open(cls, path: Path, now: datetime, checkpoint: Checkpoint = no_checkpoint) -> Self:
        """The store in that file; one that cannot be opened is tried again by `reopen`.

        Raises:
            StoreTooNew: the file was written by a newer version of this program.
        """
        return cls(Connection(path, now, checkpoint), now)

    def reopen(self, now: datetime) -> bool:
        """Whether the file is open; tried again where it was not.

        Raises:
            StoreTooNew: the file was written by a newer version meanwhile.
        """
        self._damaged.now = now
        return self._connection.reopen(now)

    async def in_thread[T](self, work: Callable[[], T]) -> T:
        """What `work` gives, done in the one thread that is kept for the store.

        Raises:
            StoreUnwritable: the file system does not answer.
        """
        try:
            return await self._worker.run(work, within_seconds=ANSWERS_WITHIN_SECONDS)
        except TimeoutError:
            raise StoreUnwritable("its file system does not answer") from None

    def close(self) -> None:
        """Give the file back, unless a write hangs in it."""
        self._worker.close()
        if not self._worker.is_hanging:
            self._connection.close()

    @property
    def trouble(self) -> str:
        """Why the file is not open; empty while it is."""
        return self._connection.trouble

    @property
    def was_rebuilt(self) -> bool:
        """Whether a broken file was set aside at the start."""
        return self._connection.was_rebuilt

    @property
    def damaged_rows(self) -> Sequence[str]:
        """Names of the rows that were set aside since the start."""
        return self._damaged.names

    def load_deletions(self) -> tuple[DeletionRecord, ...]:
        """All deletions of the log, oldest first; damaged ones are set aside.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        return self._deletions.load()

    def is_saved(self, record: DeletionRecord) -> bool:
        """Whether the file holds exactly this record; false if its times were capped."""
        return self._deletions.is_saved(record)

    def saved_deletion(self, deletion_id: DeletionId) -> DeletionRecord:
        """The deletion as the file holds it, packed if it is settled.

        Raises:
            KeyError: the file holds none of this id.
        """
        return self._deletions.saved(deletion_id)

    def load_counters(self) -> Counters:
        """The totals; zeros in a new store.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT name, value FROM counter")
        return counters_of(dict(self._damaged.sound(COUNTER, rows, total_of)))

    def load_summaries(self) -> dict[SeriesKey, InventorySummary]:
        """The summary of every inventory.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT sonarr, tvdb_id, summary FROM inventory")
        found = self._damaged.sound(INVENTORY, rows, summary_of)
        return {s.key: bounded_summary(s, self._damaged.now) for s in found}

    def load_inventory(self, key: SeriesKey) -> SeriesInventory | None:
        """One series' inventory, whole; None if there is none, or it was damaged.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows(
            "SELECT sonarr, tvdb_id, content FROM inventory WHERE sonarr = ? AND tvdb_id = ?",
            *astuple(key),
        )
        found = self._damaged.sound(INVENTORY, rows, lambda row: unpack_inventory(row[2]))
        inventory = next(found, None)
        return None if inventory is None else bounded_inventory(inventory, self._damaged.now)

    def load_announcements(self) -> dict[SeriesKey, Announcement]:
        """The announcements that stand.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT * FROM announcement")
        found = self._damaged.sound(ANNOUNCEMENT, rows, announcement_of)
        return {a.key: bounded_announcement(a, self._damaged.now) for a in found}

    def load_disappearances(self) -> dict[SeriesKey, Disappearance]:
        """Series that the last good poll missed.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT * FROM disappearance")
        found = self._damaged.sound(
            DISAPPEARANCE, rows, lambda row: disappearance_of(row, self._damaged.now)
        )
        return {d.key: d for d in found}

    def load_reports(self) -> dict[SeriesKey, DeletionReport]:
        """Sonarr's webhooks about deleted series that wait for a list.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT sonarr, tvdb_id, content FROM deletion_report")
        return {report.key: report for report in self._damaged.sound(REPORT, rows, report_of)}

    def load_processed(self) -> dict[SonarrName, set[ProcessedRecord]]:
        """The processed records of history, for every Sonarr whose history is followed.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        names = self._connection.rows("SELECT sonarr FROM followed_history")
        processed: dict[SonarrName, set[ProcessedRecord]] = {
            name: set() for name in self._damaged.sound(FOLLOWED, names, sonarr_of)
        }
        rows = self._connection.rows("SELECT * FROM told_record")
        for name, record in self._damaged.sound(PROCESSED, rows, processed_of):
            processed.setdefault(name, set()).add(record)
        return processed

    def load_stage_clocks(self) -> Iterator[tuple[EpisodeKey, tuple[Stage, datetime]]]:
        """Which stage each episode was in, and since when; those of one series in a row.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.each_row("SELECT * FROM stage_clock ORDER BY sonarr, tvdb_id")
        now = self._damaged.now
        for key, (stage, at) in self._damaged.sound(CLOCK, rows, clock_of):
            yield key, (stage, min(at, now))

    def save_stage_clocks(
        self,
        changes: Mapping[EpisodeKey, tuple[Stage, datetime]],
        removals: Iterable[EpisodeKey],
        now: datetime,
    ) -> Sequence[str]:
        """Write the clocks that changed, and forget those of episodes that are no more.

        Gives what of them could not be written, a sentence each.

        Raises:
            StoreUnwritable: nothing was written.
        """
        self._damaged.now = now
        with self._connection.step("clocks") as sql:
            pieces = Pieces(sql)
            pieces.write_rows(
                "stage clock",
                "INSERT OR REPLACE INTO stage_clock VALUES (?, ?, ?, ?, ?, ?)",
                [(*astuple(key), int(stage), text_of(at)) for key, (stage, at) in changes.items()],
            )
            pieces.write_rows(
                "stage clock",
                "DELETE FROM stage_clock"
                " WHERE sonarr = ? AND tvdb_id = ? AND season = ? AND episode = ?",
                [astuple(key) for key in removals],
            )
        return pieces.refused.reasons

    def commit(self, changes: Changes, now: datetime) -> Refused:
        """Write one step; gives what of it could not be written, while the rest was.

        Raises:
            StoreUnwritable: nothing was written; the same changes may be tried again.
        """
        self._damaged.now = now
        with self._connection.step("commit") as sql:
            pieces = Pieces(sql)
            written = self._deletions.write(pieces, changes.deletions)
            self._connection.checkpoint("commit:deletions")
            pieces.write_rows(
                "purged deletion",
                "DELETE FROM deletion WHERE deletion_id = ?",
                [(one,) for one in changes.purged],
            )
            write_counters(pieces, changes.counters)
            self._connection.checkpoint("commit:counters")
            write_inventories(pieces, changes)
            write_waiting(pieces, changes)
            write_processed(pieces, changes)
        self._deletions.note(written, changes.purged)
        return pieces.refused
