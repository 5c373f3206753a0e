"""Rows that were damaged: each is moved aside by itself, with its content, and named."""

import logging
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from episodarr.errors import StoreUnwritable
from episodarr.store.connection import Connection
from episodarr.store.values import Row, text_of

LOG = logging.getLogger(__name__)

DAMAGE = (ValueError, TypeError, LookupError, ArithmeticError, zlib.error, msgspec.MsgspecError)
"""The errors that parsing a damaged row can raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table and the columns of its key."""

    name: str
    key: tuple[str, ...]
    """Columns, the first ones of a row."""
    numbers: frozenset[str] = frozenset({"tvdb_id", "season", "episode"})


DELETION = Table(name="deletion", key=("deletion_id",))
EVIDENCE = Table(name="deletion_evidence", key=("deletion_id", "system", "season", "episode"))
INVENTORY = Table(name="inventory", key=("sonarr", "tvdb_id"))
DISAPPEARANCE = Table(name="disappearance", key=("sonarr", "tvdb_id"))
ANNOUNCEMENT = Table(name="announcement", key=("sonarr", "tvdb_id"))
CLOCK = Table(name="stage_clock", key=("sonarr", "tvdb_id", "season", "episode"))
COUNTER = Table(name="counter", key=("name",))
REPORT = Table(name="deletion_report", key=("sonarr", "tvdb_id"))
FOLLOWED = Table(name="followed_history", key=("sonarr",))
PROCESSED = Table(name="told_record", key=("sonarr", "record_id"), numbers=frozenset({"record_id"}))


@dataclass(slots=True)
class DamagedRows:
    """Moves damaged rows of one store aside, and names also those that cannot be moved."""

    connection: Connection
    now: datetime
    """The time at which the store was opened or last written."""
    names: list[str] = field(default_factory=list)
    """Names of the rows found since the store was opened."""

    def sound[T](self, table: Table, rows: Iterable[Row], read: Callable[[Row], T]) -> Iterator[T]:
        """The parsed rows; damaged ones are set aside."""
        for row in rows:
            try:
                value = read(row)
            except DAMAGE as error:
                self.set_aside(table, row, error)
            else:
                yield value

    def set_aside(
        self, table: Table, row: Row, error: Exception, others: Sequence[Row] = ()
    ) -> None:
        """Move one row out of its table; `others` are rows that go with it."""
        key = row[: len(table.key)]
        name = f"{table.name} {' '.join(_shown(part) for part in key)}"
        why = f"{type(error).__name__}: {error}"
        self.names.append(name)
        LOG.critical("A row of the store is damaged and is set aside: %s (%s)", name, why)
        found_by = " AND ".join(
            f"{column} IS CAST(? AS {'INTEGER' if column in table.numbers else 'TEXT'})"
            for column in table.key
        )
        content = msgspec.msgpack.encode([row, *others])
        try:
            with self.connection.step("set-aside") as sql:
                sql.execute(
                    "INSERT INTO set_aside VALUES (?, ?, ?, ?)",
                    (text_of(self.now), name, why, content),
                )
                sql.execute(f"DELETE FROM {table.name} WHERE {found_by}", key)  # noqa: S608 names of ours
        except StoreUnwritable as failure:
            LOG.warning("It stays where it is, for nothing can be written: %s", failure)


def _shown(part: object) -> str:
    return part.decode(errors="backslashreplace") if isinstance(part, bytes) else str(part)
