"""What the rest of the program asks of the store."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec
from msgspec.structs import astuple

from exporter.errors import StoreUnwritable
from exporter.model.deletion import DeletionId, DeletionStatus
from exporter.model.deletion_log import (
    Announcement,
    Counters,
    DeletionRecord,
    Disappearance,
)
from exporter.model.ids import EpisodeKey, SeriesKey, SonarrName, TvdbId
from exporter.model.inventory import InventorySummary, SeriesInventory
from exporter.model.stage import Stage
from exporter.store.connection import Checkpoint, Connection, _pass
from exporter.store.rows import (
    DELETION_COLUMNS,
    Row,
    record_of,
    text_of,
    time_of,
    unpack_inventory,
)
from exporter.store.writing import (
    NUMBERS,
    RESCAN_PREFIX,
    STATUS_PREFIX,
    Changes,
    write_counters,
    write_deletion,
    write_inventories,
    write_waiting,
)


class Store:
    """The SQLite file; calls may come from any thread, and take turns.

    Its last written state is kept beside it, so that only rows that differ are written.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._saved: dict[DeletionId, DeletionRecord] = {}

    @classmethod
    def open(cls, path: Path, now: datetime, checkpoint: Checkpoint = _pass) -> Self:
        """The store in that file; an unusable file is tried again at every write.

        Raises:
            StoreTooNew: the file was written by a newer version of this program.
        """
        return cls(Connection(path, now, checkpoint))

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    @property
    def was_rebuilt(self) -> bool:
        """Whether a broken file was set aside at the start."""
        return self._connection.was_rebuilt

    def load_deletions(self) -> tuple[DeletionRecord, ...]:
        """All deletions of the log, oldest first.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        columns = ", ".join((*DELETION_COLUMNS, "inventory"))
        rows = self._connection.rows(f"SELECT {columns} FROM deletion ORDER BY started_at")  # noqa: S608 names of ours
        records = tuple(self._record(row) for row in rows)
        self._saved = {record.deletion_id: record for record in records}
        return records

    def _record(self, row: Row) -> DeletionRecord:
        episodes = self._connection.rows(
            "SELECT * FROM deletion_episode WHERE deletion_id = ? ORDER BY season, episode", row[0]
        )
        evidence = self._connection.rows(
            "SELECT * FROM deletion_evidence WHERE deletion_id = ?", row[0]
        )
        return record_of(row, episodes, evidence)

    def load_counters(self) -> Counters:
        """The totals; zeros in a new store.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        value = {
            msgspec.convert(name, str): msgspec.convert(count, int)
            for name, count in self._connection.rows("SELECT name, value FROM counter")
        }
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
        """What is kept at hand of every inventory.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        decoder = msgspec.msgpack.Decoder(InventorySummary)
        rows = self._connection.rows("SELECT summary FROM inventory")
        summaries = (decoder.decode(msgspec.convert(row[0], bytes)) for row in rows)
        return {summary.key: summary for summary in summaries}

    def load_inventory(self, key: SeriesKey) -> SeriesInventory | None:
        """One series' inventory, whole.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows(
            "SELECT content FROM inventory WHERE sonarr = ? AND tvdb_id = ?", *astuple(key)
        )
        return unpack_inventory(rows[0][0]) if rows else None

    def load_announcements(self) -> dict[SeriesKey, Announcement]:
        """The announcements that stand.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT * FROM announcement")
        return {
            _key(sonarr, tvdb_id): Announcement(
                key=_key(sonarr, tvdb_id), announced_at=time_of(at), expires_at=time_of(until)
            )
            for sonarr, tvdb_id, at, until in rows
        }

    def load_disappearances(self) -> dict[SeriesKey, Disappearance]:
        """Series that the last good poll missed.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        rows = self._connection.rows("SELECT * FROM disappearance")
        return {
            _key(sonarr, tvdb_id): Disappearance(
                key=_key(sonarr, tvdb_id), missing_since=time_of(since)
            )
            for sonarr, tvdb_id, since in rows
        }

    def load_meta(self) -> dict[str, str]:
        """Small values by name.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        return dict(
            msgspec.convert(row, tuple[str, str])
            for row in self._connection.rows("SELECT name, value FROM meta")
        )

    def load_stage_clocks(self) -> dict[EpisodeKey, tuple[Stage, datetime]]:
        """Which stage each episode was in, and since when.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        return {
            EpisodeKey(
                SonarrName(msgspec.convert(sonarr, str)),
                TvdbId(msgspec.convert(tvdb_id, int)),
                msgspec.convert(season, int),
                msgspec.convert(episode, int),
            ): (Stage(msgspec.convert(stage, int)), time_of(at))
            for sonarr, tvdb_id, season, episode, stage, at in self._connection.rows(
                "SELECT * FROM stage_clock"
            )
        }

    def save_stage_clocks(
        self,
        changes: Mapping[EpisodeKey, tuple[Stage, datetime]],
        removals: Iterable[EpisodeKey],
        now: datetime,
    ) -> None:
        """Write the clocks that changed, and forget those of episodes that are no more.

        Raises:
            StoreUnwritable: nothing was written.
        """
        self._reopen(now)
        with self._connection.step("clocks") as sql:
            sql.executemany(
                "INSERT OR REPLACE INTO stage_clock VALUES (?, ?, ?, ?, ?, ?)",
                [(*astuple(key), int(stage), text_of(at)) for key, (stage, at) in changes.items()],
            )
            sql.executemany(
                "DELETE FROM stage_clock"
                " WHERE sonarr = ? AND tvdb_id = ? AND season = ? AND episode = ?",
                [astuple(key) for key in removals],
            )

    def commit(self, changes: Changes, now: datetime) -> None:
        """Write one step.

        Raises:
            StoreUnwritable: nothing was written; the same changes may be tried again.
        """
        self._reopen(now)
        with self._connection.step("commit") as sql:
            for record in changes.deletions:
                saved = self._saved.get(record.deletion_id)
                write_deletion(sql, record, saved, self._connection.checkpoint)
            self._connection.checkpoint("commit:deletions")
            sql.executemany(
                "DELETE FROM deletion WHERE deletion_id = ?", [(one,) for one in changes.purged]
            )
            write_counters(sql, changes.counters)
            self._connection.checkpoint("commit:counters")
            write_inventories(sql, changes)
            write_waiting(sql, changes)
            sql.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(changes.meta.items()))
        self._saved.update({record.deletion_id: record for record in changes.deletions})
        for purged in changes.purged:
            self._saved.pop(purged, None)

    def _reopen(self, now: datetime) -> None:
        if not self._connection.reopen(now):
            raise StoreUnwritable("the store could not be opened")


def _key(sonarr: object, tvdb_id: object) -> SeriesKey:
    return SeriesKey(
        SonarrName(msgspec.convert(sonarr, str)), TvdbId(msgspec.convert(tvdb_id, int))
    )
