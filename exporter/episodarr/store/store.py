"""What the rest of the program asks of the store."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec.structs import astuple

from episodarr.errors import StoreUnwritable
from episodarr.model.deletion import DeletionId, DeletionStatus
from episodarr.model.deletion_log import (
    Announcement,
    Counters,
    DeletionRecord,
    DeletionReport,
    Disappearance,
    ProcessedRecord,
)
from episodarr.model.ids import EpisodeKey, SeriesKey, SonarrName, TvdbId
from episodarr.model.inventory import InventorySummary, SeriesInventory
from episodarr.model.stage import Stage
from episodarr.runtime.workers import Worker
from episodarr.store.bounds import (
    bounded_announcement,
    bounded_inventory,
    bounded_record,
    bounded_summary,
)
from episodarr.store.connection import Checkpoint, Connection, _pass
from episodarr.store.damage import (
    ANNOUNCEMENT,
    CLOCK,
    COUNTER,
    DAMAGE,
    DELETION,
    DISAPPEARANCE,
    EVIDENCE,
    FOLLOWED,
    INVENTORY,
    REPORT,
    TOLD,
    DamagedRows,
)
from episodarr.store.rows import (
    DELETION_COLUMNS,
    Row,
    evidence_of,
    lost_systems,
    record_of,
    text_of,
    time_of,
    unpack_inventory,
)
from episodarr.store.writing import (
    NUMBERS,
    RESCAN_PREFIX,
    STATUS_PREFIX,
    Changes,
    Pieces,
    Refused,
    write_counters,
    write_deletion,
    write_inventories,
    write_processed,
    write_waiting,
)

ANSWERS_WITHIN_SECONDS = 10.0
"""Longest wait in seconds for a write, after which the file system counts as hanging.

A write of thousands of rows takes less than one second.
"""

_Total = Annotated[int, msgspec.Meta(ge=0)]


class Store:
    """The SQLite file; calls may come from any thread, and take turns.

    Its last written state is kept beside it, so that only rows that differ are written.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._worker = Worker("store")
        self._damaged = DamagedRows(connection, now)
        self._saved: dict[DeletionId, DeletionRecord] = {}

    @classmethod
    def open(cls, path: Path, now: datetime, checkpoint: Checkpoint = _pass) -> Self:
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
        columns = ", ".join((*DELETION_COLUMNS, "inventory"))
        rows = self._connection.rows(f"SELECT {columns} FROM deletion ORDER BY started_at")  # noqa: S608 names of ours
        found = (self._record(row) for row in rows)
        records = tuple(record for record in found if record is not None)
        self._saved = {record.deletion_id: record for record in records}
        return tuple(bounded_record(record, self._damaged.now) for record in records)

    def is_saved(self, record: DeletionRecord) -> bool:
        """Whether the file holds exactly this record; false if its times were capped."""
        return self._saved.get(record.deletion_id) is record

    def _record(self, row: Row) -> DeletionRecord | None:
        """The deletion; None if the list of its expected episodes is damaged.

        Damaged evidence is dropped, and its system is checked again.
        """
        episodes = self._connection.rows(
            "SELECT * FROM deletion_episode WHERE deletion_id IS CAST(? AS TEXT)"
            " ORDER BY season, episode",
            row[0],
        )
        evidence = self._connection.rows(
            "SELECT * FROM deletion_evidence WHERE deletion_id IS CAST(? AS TEXT)", row[0]
        )
        sound = list(self._damaged.sound(EVIDENCE, evidence, evidence_of))
        lost = lost_systems(evidence, sound)
        try:
            record = record_of(row, episodes, sound, lost)
        except DAMAGE as error:
            self._damaged.set_aside(DELETION, row, error, (*episodes, *evidence))
            return None
        return record

    def load_counters(self) -> Counters:
        """The totals; zeros in a new store.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT name, value FROM counter")
        value = dict(
            self._damaged.sound(COUNTER, rows, lambda row: msgspec.convert(row, tuple[str, _Total]))
        )
        return Counters(
            deletions_by_status={
                status: value.get(STATUS_PREFIX + status.value, 0) for status in DeletionStatus
            },
            rescans_by_result={
                name.removeprefix(RESCAN_PREFIX): count
                for name, count in value.items()
                if name.startswith(RESCAN_PREFIX)
            },
            **{name: value.get(name, 0) for name in NUMBERS},
        )

    def load_summaries(self) -> dict[SeriesKey, InventorySummary]:
        """The summary of every inventory.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        decoder = msgspec.msgpack.Decoder(InventorySummary)

        def read(row: Row) -> InventorySummary:
            summary = decoder.decode(msgspec.convert(row[2], bytes))
            if summary.key != _key(row[0], row[1]):
                raise ValueError("the key is another one")
            return summary

        rows = self._connection.rows("SELECT sonarr, tvdb_id, summary FROM inventory")
        found = self._damaged.sound(INVENTORY, rows, read)
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

        def read(row: Row) -> Announcement:
            sonarr, tvdb_id, at, until = row
            return Announcement(
                key=_key(sonarr, tvdb_id), announced_at=time_of(at), expires_at=time_of(until)
            )

        rows = self._connection.rows("SELECT * FROM announcement")
        found = self._damaged.sound(ANNOUNCEMENT, rows, read)
        return {a.key: bounded_announcement(a, self._damaged.now) for a in found}

    def load_disappearances(self) -> dict[SeriesKey, Disappearance]:
        """Series that the last good poll missed.

        Raises:
            StoreUnwritable: the file cannot be read.
        """

        def read(row: Row) -> Disappearance:
            sonarr, tvdb_id, since = row
            since_when = min(time_of(since), self._damaged.now)
            return Disappearance(key=_key(sonarr, tvdb_id), missing_since=since_when)

        rows = self._connection.rows("SELECT * FROM disappearance")
        return {d.key: d for d in self._damaged.sound(DISAPPEARANCE, rows, read)}

    def load_reports(self) -> dict[SeriesKey, DeletionReport]:
        """Sonarr's webhooks about deleted series that wait for a list.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        decoder = msgspec.msgpack.Decoder(DeletionReport)
        rows = self._connection.rows("SELECT sonarr, tvdb_id, content FROM deletion_report")
        reports = self._damaged.sound(
            REPORT, rows, lambda row: decoder.decode(msgspec.convert(row[2], bytes))
        )
        return {report.key: report for report in reports}

    def load_processed(self) -> dict[SonarrName, set[ProcessedRecord]]:
        """The processed records of history, for every Sonarr whose history is followed.

        Raises:
            StoreUnwritable: the file cannot be read.
        """

        def read_name(row: Row) -> SonarrName:
            return SonarrName(msgspec.convert(row[0], str))

        def read(row: Row) -> tuple[SonarrName, ProcessedRecord]:
            return read_name(row), ProcessedRecord(msgspec.convert(row[1], int), time_of(row[2]))

        names = self._connection.rows("SELECT sonarr FROM followed_history")
        processed: dict[SonarrName, set[ProcessedRecord]] = {
            name: set() for name in self._damaged.sound(FOLLOWED, names, read_name)
        }
        rows = self._connection.rows("SELECT * FROM told_record")
        for name, record in self._damaged.sound(TOLD, rows, read):
            processed.setdefault(name, set()).add(record)
        return processed

    def load_stage_clocks(self) -> dict[EpisodeKey, tuple[Stage, datetime]]:
        """Which stage each episode was in, and since when.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT * FROM stage_clock")
        now = self._damaged.now
        found = self._damaged.sound(CLOCK, rows, _clock)
        return {key: (stage, min(at, now)) for key, (stage, at) in found}

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
        written: list[DeletionRecord] = []
        with self._connection.step("commit") as sql:
            pieces = Pieces(sql)
            for record in changes.deletions:
                written.extend(self._write_deletion(pieces, record))
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
        self._saved.update({record.deletion_id: record for record in written})
        for purged in changes.purged:
            self._saved.pop(purged, None)
        return pieces.refused

    def _write_deletion(self, pieces: Pieces, record: DeletionRecord) -> tuple[DeletionRecord, ...]:
        """The deletion, if it was written."""

        def write() -> None:
            saved = self._saved.get(record.deletion_id)
            write_deletion(pieces.sql, record, saved, self._connection.checkpoint)

        if pieces.write(f"deletion {record.deletion_id}", write):
            return (record,)
        pieces.refused.deletions.add(record.deletion_id)
        return ()


def _key(sonarr: object, tvdb_id: object) -> SeriesKey:
    return SeriesKey(
        SonarrName(msgspec.convert(sonarr, str)), TvdbId(msgspec.convert(tvdb_id, int))
    )


def _clock(row: Row) -> tuple[EpisodeKey, tuple[Stage, datetime]]:
    sonarr, tvdb_id, season, episode, stage, at = row
    series = _key(sonarr, tvdb_id)
    numbers = msgspec.convert((season, episode), tuple[int, int])
    key = EpisodeKey(series.sonarr, series.tvdb_id, *numbers)
    return key, (Stage(msgspec.convert(stage, int)), time_of(at))
