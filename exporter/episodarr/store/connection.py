"""One SQLite file: opened, migrated, set aside when broken, and written in whole steps."""

import logging
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from episodarr.errors import StoreTooNew, StoreUnwritable
from episodarr.store.schema import MIGRATIONS

LOG = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 5.0
CACHE_KIB = 256
"""SQLite's own copy of pages, beside the system's: a row is read once, at the start."""

type Checkpoint = Callable[[str], None]
"""Called with the name of each step of a write; tests kill the process there."""


def no_checkpoint(_name: str) -> None:
    """The default checkpoint: do nothing."""


_ROW_DAMAGE = re.compile(
    r"^(NULL value in|non-\w+ value in|NUMERIC value in|TEXT value in|CHECK constraint failed"
    r"|row \d+ missing from index|wrong # of entries in index|non-unique entry in index)"
)
"""Messages of SQLite's integrity check that concern single rows; the file's pages are sound."""


class Connection:
    """A file that broken ones are moved away from, and that is opened again until it can be.

    While it cannot be opened nothing is known of it: it is neither read as empty nor written.
    Any thread may use it; they take turns.
    """

    def __init__(self, path: Path, now: datetime, checkpoint: Checkpoint = no_checkpoint) -> None:
        """Open or make the file; where that fails, `reopen` tries again.

        Raises:
            StoreTooNew: the file was written by a newer version of this program.
        """
        self._path = path
        self._checkpoint = checkpoint
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self.was_rebuilt = False
        """Whether a broken file was set aside: what it held is lost."""
        self.trouble = ""
        """Why the file is not open; empty while it is."""
        self.reopen(now)

    def close(self) -> None:
        """Give the file back."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                self.trouble = f"{self._path} is closed"

    def reopen(self, now: datetime) -> bool:
        """Whether the file is open now; tried again where it was not.

        Raises:
            StoreTooNew: the file was written by a newer version meanwhile.
        """
        with self._turn:
            if self._connection is None:
                try:
                    self._open(now)
                except StoreUnwritable as error:
                    self.trouble = str(error)
                    return False
            self.trouble = ""
            return True

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """All rows of a query; text that is no UTF-8 comes as bytes.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        return list(self.each_row(statement, *values))

    def each_row(self, statement: str, *values: object) -> Iterator[tuple[object, ...]]:
        """The rows of a query one by one: of a table that is too long to stand in memory.

        Other threads wait until the last one was taken.

        Raises:
            StoreUnwritable: the file cannot be read.
        """
        if self._connection is None:
            raise StoreUnwritable(self.trouble)
        try:
            with self._turn:
                yield from self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise StoreUnwritable(f"{self._path}: {error}") from error

    @contextmanager
    def step(self, name: str) -> Iterator[sqlite3.Connection]:
        """One write step: all of it or nothing.

        Raises:
            StoreUnwritable: disk full, read-only, locked or broken; nothing was written.
        """
        if self._connection is None:
            raise StoreUnwritable(self.trouble)
        with self._turn:
            yield from self._step(name, self._connection)

    def _step(self, name: str, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        self._check_place()
        try:
            self._checkpoint(f"{name}:before")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                self._checkpoint(f"{name}:written")
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            self._checkpoint(f"{name}:committed")
        except sqlite3.Error as error:
            if not is_of_the_file(error):
                raise  # a bug of ours, not of the disk
            raise StoreUnwritable(f"{self._path}: {error}") from error

    def _check_place(self) -> None:
        """Refuse to write into a file that no path leads to, as SQLite would: the next start lacks it.

        Raises:
            StoreUnwritable: the file or its folder was removed, or its disk is not mounted any more.
        """
        try:
            self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise StoreUnwritable(
                f"{self._path} is not there any more, and what is written would be lost: "
                "give it back, or start the exporter again"
            ) from None
        except OSError:
            return  # SQLite finds out whether the file can be written.

    def checkpoint(self, name: str) -> None:
        """Mark a point within a step."""
        self._checkpoint(name)

    def _open(self, now: datetime) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._is_broken():
                self._set_aside(now)
            self._connection = self._connect()
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise StoreUnwritable(f"{self._path}: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.text_factory = _text_or_bytes
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB:d}")
        except sqlite3.Error:
            connection.close()  # Else its files stay open while the broken one is moved away.
            raise
        return connection

    def _is_broken(self) -> bool:
        """Whether the file exists and is no sound database; an unreadable file raises instead.

        Damaged rows within sound pages do not count; the code that reads them sets them aside.
        """
        if not self._path.exists() or self._path.stat().st_size == 0:
            return False
        try:
            with closing(self._connect()) as connection:
                found = connection.execute("PRAGMA quick_check").fetchall()
                return not _is_sound(found) or not _has_our_tables(connection)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            return True

    def _set_aside(self, now: datetime) -> None:
        """Move the broken file out of the way; it is kept, for a person may still read parts of it."""
        aside = self._path.with_name(f"{self._path.name}.broken-{now:%Y%m%dT%H%M%S}")
        for suffix in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        self.was_rebuilt = True
        LOG.critical(
            "The store %s is broken. It was set aside as %s and a new one begun: the deletion log,"
            " inventories and counters start again from nothing.",
            self._path,
            aside,
        )

    def _migrate(self) -> None:
        if self._connection is None:
            return
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            self.close()
            raise StoreTooNew(
                f"{self._path} was written by a newer version (schema {version}, this one knows"
                f" {len(MIGRATIONS)}): run that version, or move the file away"
            )
        if version < len(MIGRATIONS):
            self._connection.execute("PRAGMA journal_mode = WAL")
        for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
            with self.step(f"migration-{number}") as connection:
                migration(connection)
                connection.execute(f"PRAGMA user_version = {number:d}")


def is_of_the_file(error: Exception) -> bool:
    """Whether the error is the file's; else the fault is in the values to be written."""
    ours = sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, ours)


def _is_sound(found: list[tuple[object, ...]]) -> bool:
    """Whether SQLite's check found nothing but damaged rows."""
    return all(row[0] == "ok" or _ROW_DAMAGE.match(str(row[0])) for row in found)


def _has_our_tables(connection: sqlite3.Connection) -> bool:
    """Whether the schema equals what its migrations made; SQLite's check misses damaged names."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    query = "SELECT name, sql FROM sqlite_master"
    with closing(sqlite3.connect(":memory:")) as fresh:
        for migration in MIGRATIONS[:version]:
            migration(fresh)
        ours = set(fresh.execute(query).fetchall())
    return ours <= set(connection.execute(query).fetchall())


def _text_or_bytes(content: bytes) -> str | bytes:
    """The text, or its bytes if it is no UTF-8, which would otherwise fail the whole query."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
