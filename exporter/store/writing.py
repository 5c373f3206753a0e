"""What one step writes, and how it gets into the tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from sqlite3 import Connection as SqliteConnection

import msgspec
from msgspec.structs import astuple

from exporter.model.deletion import Answer, DeletionId
from exporter.model.deletion_log import (
    Announcement,
    Counters,
    DeletionRecord,
    Disappearance,
    ExpectedEpisode,
)
from exporter.model.evidence import NEVER_LOOKED, Evidence
from exporter.model.health import System
from exporter.model.ids import EpisodeNumber, SeriesKey
from exporter.model.inventory import InventorySummary, SeriesInventory
from exporter.store.connection import Checkpoint
from exporter.store.rows import (
    DELETION_COLUMNS,
    WHOLE,
    Row,
    deletion_row,
    episode_row,
    evidence_row,
    pack_inventory,
    text_of,
)

STATUS_PREFIX = "deletions/"
RESCAN_PREFIX = "rescans/"
NUMBERS = (
    "episodes_expected",
    "episodes_deleted",
    "episodes_failed",
    "episodes_unverified",
    "partial",
    "healed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one step writes, all of it or nothing; whole values, so writing twice does no harm."""

    deletions: tuple[DeletionRecord, ...] = ()
    purged: tuple[DeletionId, ...] = ()
    counters: Counters | None = None
    inventories: tuple[tuple[InventorySummary, SeriesInventory], ...] = ()
    dropped_inventories: tuple[SeriesKey, ...] = ()
    announcements: Mapping[SeriesKey, Announcement] | None = None
    """All that stand; None: unchanged."""
    disappearances: Mapping[SeriesKey, Disappearance] | None = None
    """All that stand; None: unchanged."""
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return self == Changes()


def write_deletion(
    sql: SqliteConnection,
    record: DeletionRecord,
    saved: DeletionRecord | None,
    checkpoint: Checkpoint,
) -> None:
    """Write the rows of one deletion that differ from what was saved before."""
    is_inventory_saved = saved is not None and saved.inventory is record.inventory
    _write_deletion_row(sql, record, is_inventory_saved=is_inventory_saved)
    checkpoint("commit:deletion-row")
    before = {} if saved is None else {e.number: e for e in saved.episodes}
    changed = [e for e in record.episodes if before.get(e.number) is not e]
    sql.executemany(
        "INSERT OR REPLACE INTO deletion_episode VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [episode_row(record.deletion_id, e) for e in changed],
    )
    checkpoint("commit:episode-rows")
    rows = _evidence_rows(record, changed, before)
    sql.executemany(
        "INSERT OR REPLACE INTO deletion_evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
    )


def write_counters(sql: SqliteConnection, counters: Counters | None) -> None:
    """Write all totals; whole values, so that writing them twice does no harm."""
    if counters is None:
        return
    value = {name: getattr(counters, name) for name in NUMBERS}
    for status, count in counters.deletions_by_status.items():
        value[STATUS_PREFIX + status.value] = count
    for result, count in counters.rescans_by_result.items():
        value[RESCAN_PREFIX + result] = count
    sql.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", list(value.items()))


def _write_deletion_row(
    sql: SqliteConnection, record: DeletionRecord, *, is_inventory_saved: bool
) -> None:
    """The log's row; the inventory in it, by far the largest part, only when it is another."""
    row = deletion_row(record)
    if is_inventory_saved:
        updates = ", ".join(f"{c} = ?" for c in DELETION_COLUMNS[1:])
        sql.execute(f"UPDATE deletion SET {updates} WHERE deletion_id = ?", (*row[1:], row[0]))  # noqa: S608 names of ours
        return
    row = (*row, pack_inventory(record.inventory))
    columns = (*DELETION_COLUMNS, "inventory")
    updates = ", ".join(f"{c} = excluded.{c}" for c in columns[1:])
    sql.execute(
        f"INSERT INTO deletion ({', '.join(columns)}) VALUES ({', '.join('?' * len(row))})"  # noqa: S608 names of ours
        f" ON CONFLICT (deletion_id) DO UPDATE SET {updates}",
        row,
    )


def _evidence_rows(
    record: DeletionRecord,
    changed: Iterable[ExpectedEpisode],
    before: Mapping[EpisodeNumber, ExpectedEpisode],
) -> list[Row]:
    rows: list[Row] = []
    for episode in changed:
        old = before.get(episode.number)
        for system, evidence in episode.evidence_by_system.items():
            answer = episode.answer_by_system.get(system, Answer.UNKNOWN)
            if old is None or not _is_written(old, system, evidence, answer):
                rows.append(
                    evidence_row(record.deletion_id, system, episode.number, evidence, answer)
                )
    whole = (WHOLE, WHOLE)
    for system, evidence in record.evidence_by_system.items():
        answer = record.answer_by_system.get(system, Answer.UNKNOWN)
        rows.append(evidence_row(record.deletion_id, system, whole, evidence, answer))
    return rows


def _is_written(old: ExpectedEpisode, system: System, evidence: Evidence, answer: Answer) -> bool:
    return (
        old.evidence_by_system.get(system, NEVER_LOOKED) is evidence
        and old.answer_by_system.get(system) is answer
    )


def write_inventories(sql: SqliteConnection, changes: Changes) -> None:
    """Write inventories with their summaries, and forget those that were taken over."""
    encoder = msgspec.msgpack.Encoder()
    sql.executemany(
        "INSERT OR REPLACE INTO inventory VALUES (?, ?, ?, ?, ?)",
        [
            (
                *astuple(summary.key),
                text_of(summary.tried_at),
                encoder.encode(summary),
                pack_inventory(inventory),
            )
            for summary, inventory in changes.inventories
        ],
    )
    sql.executemany(
        "DELETE FROM inventory WHERE sonarr = ? AND tvdb_id = ?",
        map(astuple, changes.dropped_inventories),
    )


def write_waiting(sql: SqliteConnection, changes: Changes) -> None:
    """Replace the announcements and disappearances that stand."""
    if changes.announcements is not None:
        sql.execute("DELETE FROM announcement")
        sql.executemany(
            "INSERT INTO announcement VALUES (?, ?, ?, ?)",
            [
                (*astuple(a.key), text_of(a.announced_at), text_of(a.expires_at))
                for a in changes.announcements.values()
            ],
        )
    if changes.disappearances is not None:
        sql.execute("DELETE FROM disappearance")
        sql.executemany(
            "INSERT INTO disappearance VALUES (?, ?, ?)",
            [(*astuple(d.key), text_of(d.missing_since)) for d in changes.disappearances.values()],
        )
