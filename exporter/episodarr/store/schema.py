"""The tables, built by numbered migrations; `PRAGMA user_version` says how many were done."""

import sqlite3
from collections.abc import Callable


def _first(connection: sqlite3.Connection) -> None:
    """Deletion log, inventories, clocks and counters."""
    for statement in (
        """CREATE TABLE deletion (
            deletion_id TEXT PRIMARY KEY,
            sonarr TEXT NOT NULL,
            tvdb_id INTEGER NOT NULL,
            series TEXT NOT NULL,
            year INTEGER NOT NULL,
            scope TEXT NOT NULL,
            noticed_by TEXT NOT NULL,
            status TEXT NOT NULL,
            episode_count INTEGER NOT NULL,
            file_count INTEGER NOT NULL,
            episodes_deleted INTEGER NOT NULL,
            episodes_failed INTEGER NOT NULL,
            episodes_unverified INTEGER NOT NULL,
            episodes_pending INTEGER NOT NULL,
            partial_deletion INTEGER NOT NULL,
            started_at TEXT NOT NULL,
            detected_at TEXT NOT NULL,
            finished_at TEXT,
            acknowledged_at TEXT,
            healed_at TEXT,
            next_check_at TEXT,
            first_verdict_at TEXT,
            first_verdict_status TEXT,
            held_group TEXT NOT NULL,
            lingering_bytes INTEGER NOT NULL,
            notes TEXT NOT NULL,
            progress BLOB NOT NULL,
            inventory BLOB NOT NULL
        ) STRICT""",
        """CREATE TABLE deletion_episode (
            deletion_id TEXT NOT NULL REFERENCES deletion ON DELETE CASCADE,
            season INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            file_id INTEGER,
            path TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            noticed_at TEXT NOT NULL,
            verdict TEXT NOT NULL,
            PRIMARY KEY (deletion_id, season, episode)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE deletion_evidence (
            deletion_id TEXT NOT NULL REFERENCES deletion ON DELETE CASCADE,
            system TEXT NOT NULL,
            season INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            answer TEXT NOT NULL,
            checked_at TEXT,
            method TEXT NOT NULL,
            detail TEXT NOT NULL,
            finding BLOB NOT NULL,
            PRIMARY KEY (deletion_id, system, season, episode)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE inventory (
            sonarr TEXT NOT NULL,
            tvdb_id INTEGER NOT NULL,
            tried_at TEXT NOT NULL,
            summary BLOB NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (sonarr, tvdb_id)
        ) STRICT""",
        """CREATE TABLE disappearance (
            sonarr TEXT NOT NULL,
            tvdb_id INTEGER NOT NULL,
            missing_since TEXT NOT NULL,
            PRIMARY KEY (sonarr, tvdb_id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE announcement (
            sonarr TEXT NOT NULL,
            tvdb_id INTEGER NOT NULL,
            announced_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            PRIMARY KEY (sonarr, tvdb_id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE stage_clock (
            sonarr TEXT NOT NULL,
            tvdb_id INTEGER NOT NULL,
            season INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            stage INTEGER NOT NULL,
            entered_at TEXT NOT NULL,
            PRIMARY KEY (sonarr, tvdb_id, season, episode)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE counter (
            name TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE meta (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
    ):
        connection.execute(statement)


def _set_aside(connection: sqlite3.Connection) -> None:
    """Where damaged rows go, as they were read."""
    connection.execute(
        """CREATE TABLE set_aside (
            set_aside_at TEXT NOT NULL,
            name TEXT NOT NULL,
            why TEXT NOT NULL,
            content BLOB NOT NULL
        ) STRICT"""
    )


def _processed_records(connection: sqlite3.Connection) -> None:
    """Which records of Sonarr's history were processed, and webhooks that wait for a list.

    No history is followed yet: records from before the first read count as processed. The table of
    processed records keeps its first name, `told_record`: released files have it.
    """
    for statement in (
        "ALTER TABLE deletion_episode ADD COLUMN record_id INTEGER",
        """CREATE TABLE followed_history (
            sonarr TEXT PRIMARY KEY
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE told_record (
            sonarr TEXT NOT NULL,
            record_id INTEGER NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (sonarr, record_id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE deletion_report (
            sonarr TEXT NOT NULL,
            tvdb_id INTEGER NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (sonarr, tvdb_id)
        ) STRICT, WITHOUT ROWID""",
    ):
        connection.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _first,
    _set_aside,
    _processed_records,
)
"""In order; a migration that was released is never changed, only followed by another."""
