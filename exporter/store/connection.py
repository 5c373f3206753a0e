"""One SQLite file: opened, migrated, set aside when broken, and written in whole steps."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from exporter.errors import StoreTooNew, StoreUnwritable
from exporter.store.schema import MIGRATIONS

LOG = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 5.0

type Checkpoint = Callable[[str], None]
"""Called with the name of each step of a write; tests kill the process there."""


def _pass(_name: str) -> None:
    """The checkpoint of everybody but the tests."""


class Connection:
    """A file that heals: broken ones are set aside, unwritable ones are tried again at each write.

    Any thread may use it; they take turns.
    """

    def __init__(self, path: Path, now: datetime, checkpoint: Checkpoint = _pass) -> None:
        """Open or make the file.

        Where that fails, the store is empty and every write tries again.

        Raises:
            StoreTooNew: the file was written by a newer version of this program.
        """
        self._path = path
        self._checkpoint = checkpoint
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self.was_rebuilt = False
        """Whether a broken file was set aside: what it held is lost."""
        try:
            self._open(now)
        except StoreUnwritable as error:
            LOG.critical("The store cannot be used, going on in memory: %s", error)

    def close(self) -> None:
        """Give the file back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def reopen(self, now: datetime) -> bool:
        """Whether the file is open now; tried again where it was not.

        Raises:
            StoreTooNew: the file was written by a newer version meanwhile.
        """
        if self._connection is None:
            try:
                self._open(now)
            except StoreUnwritable:
                return False
        return True

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """All rows of a query; none while the file cannot be opened.

        Raises:
            StoreUnwritable: the file cannot be read any more.
        """
        if self._connection is None:
            return []
        try:
            with self._turn:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StoreUnwritable(f"{self._path}: {error}") from error

    @contextmanager
    def step(self, name: str) -> Iterator[sqlite3.Connection]:
        """One write step: all of it or nothing.

        Raises:
            StoreUnwritable: disk full, read-only, locked or broken; nothing was written.
        """
        if self._connection is None:
            raise StoreUnwritable(f"{self._path} could not be opened")
        with self._turn:
            yield from self._step(name, self._connection)

    def _step(self, name: str, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
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
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise  # a bug of ours, not of the disk
        except sqlite3.Error as error:
            raise StoreUnwritable(f"{self._path}: {error}") from error

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
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _is_broken(self) -> bool:
        """Whether there is a file that is no sound database; an unreadable one raises instead."""
        if not self._path.exists() or self._path.stat().st_size == 0:
            return False
        try:
            with closing(self._connect()) as connection:
                verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
                return verdict is None or verdict[0] != "ok"
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
