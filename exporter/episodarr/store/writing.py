"""What one step writes, and how it gets into the tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from sqlite3 import Connection as SqliteConnection

import msgspec
from msgspec.structs import astuple

from episodarr.model.deletion import Answer, DeletionId
from episodarr.model.deletion_log import (
    Announcement,
    Counters,
    DeletionRecord,
    DeletionReport,
    Disappearance,
    ExpectedEpisode,
    ProcessedRecord,
)
from episodarr.model.evidence import NEVER_CHECKED, Evidence
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName
from episodarr.model.inventory import InventorySummary, SeriesInventory
from episodarr.store.connection import Checkpoint, is_of_the_file
from episodarr.store.deletion_rows import (
    DELETION_COLUMNS,
    WHOLE,
    deletion_row,
    episode_row,
    evidence_row,
)
from episodarr.store.rows import pack_inventory, totals_of
from episodarr.store.values import Row, text_of

PROCESSED_LIFETIME = timedelta(days=60)
"""Age at which a processed record is forgotten, relative to the newest, in Sonarr's own time.

The first read of history goes back a week.
"""


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
    reports: Mapping[SeriesKey, DeletionReport] | None = None
    """All that stand; None: unchanged."""
    processed: Mapping[SonarrName, tuple[ProcessedRecord, ...]] = field(default_factory=dict)
    """Records of history processed since; an empty tuple marks the history as followed."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return self == Changes()


@dataclass(slots=True, kw_only=True)
class Refused:
    """What of one step could not be written, while the rest was."""

    deletions: set[DeletionId] = field(default_factory=set)
    inventories: set[SeriesKey] = field(default_factory=set)
    is_counters: bool = False
    is_waiting: bool = False
    """Some announcement or disappearance."""
    reasons: list[str] = field(default_factory=list)
    """One sentence for each part that was not written."""


class Pieces:
    """The parts of one step, each of which is undone alone if it cannot be written."""

    def __init__(self, sql: SqliteConnection) -> None:
        self.sql = sql
        self.refused = Refused()

    def write(self, name: str, work: Callable[[], None]) -> bool:
        """Whether it was written; where what should be written is at fault, the step goes on.

        Raises:
            sqlite3.Error: the file is at fault.
        """
        self.sql.execute("SAVEPOINT piece")
        try:
            work()
        except Exception as error:
            if is_of_the_file(error):
                raise
            self.sql.execute("ROLLBACK TO piece")
            self.refused.reasons.append(f"{name}: {type(error).__name__}: {error}")
            return False
        finally:
            if self.sql.in_transaction:
                self.sql.execute("RELEASE piece")
        return True

    def write_rows(self, name: str, statement: str, rows: Sequence[Row]) -> bool:
        """Whether all were written; at once, or one by one where one of them is at fault."""

        def at_once() -> None:
            self.sql.executemany(statement, rows)

        before = list(self.refused.reasons)
        if self.write(name, at_once):
            return True
        self.refused.reasons = before

        def alone(row: Row) -> None:
            self.sql.execute(statement, row)

        written = [self.write(f"{name} {row[:4]}", partial(alone, row)) for row in rows]
        return all(written)


def write_deletion(
    sql: SqliteConnection,
    record: DeletionRecord,
    saved: DeletionRecord | None,
    checkpoint: Checkpoint,
) -> None:
    """Write the rows of one deletion that differ from what was saved before."""
    is_inventory_saved = saved is not None and saved.held_inventory is record.held_inventory
    _write_deletion_row(sql, record, is_inventory_saved=is_inventory_saved)
    checkpoint("commit:deletion-row")
    before = {} if saved is None else {e.number: e for e in saved.episodes}
    changed = [e for e in record.episodes if before.get(e.number) is not e]
    sql.executemany(
        "INSERT OR REPLACE INTO deletion_episode VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [episode_row(record.deletion_id, e) for e in changed],
    )
    checkpoint("commit:episode-rows")
    sql.execute(
        "DELETE FROM deletion_evidence WHERE deletion_id = ? AND season = ? AND episode = ?",
        (record.deletion_id, WHOLE, WHOLE),
    )
    rows = _evidence_rows(record, changed, before)
    sql.executemany(
        "INSERT OR REPLACE INTO deletion_evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
    )


def write_counters(pieces: Pieces, counters: Counters | None) -> None:
    """Write all totals; whole values, so that writing them twice does no harm."""
    if counters is None:
        return
    pieces.refused.is_counters = not pieces.write_rows(
        "counter", "INSERT OR REPLACE INTO counter VALUES (?, ?)", list(totals_of(counters).items())
    )


def _write_deletion_row(
    sql: SqliteConnection, record: DeletionRecord, *, is_inventory_saved: bool
) -> None:
    """Write the log's row, and the inventory in it only when it changed; it is by far the largest part."""
    row = deletion_row(record)
    if is_inventory_saved:
        updates = ", ".join(f"{c} = ?" for c in DELETION_COLUMNS[1:])
        update = f"UPDATE deletion SET {updates} WHERE deletion_id = ?"  # noqa: S608 names of ours
        if sql.execute(update, (*row[1:], row[0])).rowcount:
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
        old.evidence_by_system.get(system, NEVER_CHECKED) == evidence
        and old.answer_by_system.get(system) is answer
    )


def write_inventories(pieces: Pieces, changes: Changes) -> None:
    """Write inventories with their summaries, and forget those that were taken over."""
    for summary, inventory in changes.inventories:
        name = f"inventory {series_name(summary.key)}"
        if not pieces.write(name, partial(_write_inventory, pieces.sql, summary, inventory)):
            pieces.refused.inventories.add(summary.key)
    pieces.write_rows(
        "dropped inventory",
        "DELETE FROM inventory WHERE sonarr = ? AND tvdb_id = ?",
        [astuple(key) for key in changes.dropped_inventories],
    )


def _write_inventory(
    sql: SqliteConnection, summary: InventorySummary, inventory: SeriesInventory
) -> None:
    row = (
        *astuple(summary.key),
        text_of(summary.tried_at),
        msgspec.msgpack.encode(summary),
        pack_inventory(inventory),
    )
    sql.execute("INSERT OR REPLACE INTO inventory VALUES (?, ?, ?, ?, ?)", row)


def write_waiting(pieces: Pieces, changes: Changes) -> None:
    """Replace the announcements and disappearances that stand."""
    is_written = True
    if changes.announcements is not None:
        pieces.sql.execute("DELETE FROM announcement")
        is_written = pieces.write_rows(
            "announcement",
            "INSERT INTO announcement VALUES (?, ?, ?, ?)",
            [
                (*astuple(a.key), text_of(a.announced_at), text_of(a.expires_at))
                for a in changes.announcements.values()
            ],
        )
    if changes.disappearances is not None:
        pieces.sql.execute("DELETE FROM disappearance")
        is_written &= pieces.write_rows(
            "disappearance",
            "INSERT INTO disappearance VALUES (?, ?, ?)",
            [(*astuple(d.key), text_of(d.missing_since)) for d in changes.disappearances.values()],
        )
    if changes.reports is not None:
        pieces.sql.execute("DELETE FROM deletion_report")
        is_written &= pieces.write_rows(
            "webhook about a deleted series",
            "INSERT INTO deletion_report VALUES (?, ?, ?)",
            [(*astuple(r.key), msgspec.msgpack.encode(r)) for r in changes.reports.values()],
        )
    pieces.refused.is_waiting = not is_written


def write_processed(pieces: Pieces, changes: Changes) -> None:
    """Add the processed records of history; delete those too old for any read to return."""
    for sonarr, processed in changes.processed.items():
        pieces.write_rows(
            "history", "INSERT OR IGNORE INTO followed_history VALUES (?)", [(sonarr,)]
        )
        pieces.write_rows(
            "record of history",
            "INSERT OR REPLACE INTO told_record VALUES (?, ?, ?)",
            [(sonarr, one.record_id, text_of(one.at)) for one in processed],
        )
        newest = max((one.at for one in processed), default=None)
        if newest is not None:
            pieces.write_rows(
                "history",
                "DELETE FROM told_record WHERE sonarr = ? AND at < ?",
                [(sonarr, text_of(newest - PROCESSED_LIFETIME))],
            )


def series_name(key: SeriesKey) -> str:
    """A series as messages name it."""
    return f"{key.sonarr}:{key.tvdb_id}"
