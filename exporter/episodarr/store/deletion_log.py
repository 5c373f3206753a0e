"""The deletion log of the file: loaded once, then written row by row where it differs."""

from collections.abc import Iterable, Sequence

from episodarr.model.deletion import DeletionId
from episodarr.model.deletion_log import DeletionRecord
from episodarr.store.bounds import bounded_record
from episodarr.store.connection import Connection
from episodarr.store.damage import DAMAGE, DELETION, EVIDENCE, DamagedRows
from episodarr.store.deletion_rows import DELETION_COLUMNS, evidence_of, lost_systems, record_of
from episodarr.store.values import Row
from episodarr.store.writing import Pieces, write_deletion


class SavedDeletions:
    """The deletions as the file holds them, so that only rows that differ are written."""

    def __init__(self, connection: Connection, damaged: DamagedRows) -> None:
        self._connection = connection
        self._damaged = damaged
        self._saved: dict[DeletionId, DeletionRecord] = {}

    def load(self) -> tuple[DeletionRecord, ...]:
        """All deletions of the log, oldest first, their times capped; damaged ones are set aside.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        columns = ", ".join((*DELETION_COLUMNS, "inventory"))
        rows = self._connection.rows(f"SELECT {columns} FROM deletion ORDER BY started_at")  # noqa: S608 names of ours
        found = (self._record(row) for row in rows)
        records = tuple(record.packed() for record in found if record is not None)
        self._saved = {record.deletion_id: record for record in records}
        return tuple(bounded_record(record, self._damaged.now) for record in records)

    def is_saved(self, record: DeletionRecord) -> bool:
        """Whether the file holds exactly this record; false if its times were capped."""
        return self._saved.get(record.deletion_id) is record

    def saved(self, deletion_id: DeletionId) -> DeletionRecord:
        """The deletion as the file holds it, packed if it is settled.

        Raises:
            KeyError: the file holds none of this id.
        """
        return self._saved[deletion_id]

    def write(self, pieces: Pieces, records: Iterable[DeletionRecord]) -> list[DeletionRecord]:
        """Write the records in the step under way; gives those that were not refused.

        They count as saved once `note` is called, after the step has ended.
        """
        return [record for record in records if self._is_written(pieces, record)]

    def note(self, written: Iterable[DeletionRecord], purged: Sequence[DeletionId]) -> None:
        """What a step that has ended wrote and deleted."""
        self._saved.update({record.deletion_id: record.packed() for record in written})
        for one in purged:
            self._saved.pop(one, None)

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

    def _is_written(self, pieces: Pieces, record: DeletionRecord) -> bool:
        def write() -> None:
            saved = self._saved.get(record.deletion_id)
            write_deletion(pieces.sql, record, saved, self._connection.checkpoint)

        if pieces.write(f"deletion {record.deletion_id}", write):
            return True
        pieces.refused.deletions.add(record.deletion_id)
        return False
