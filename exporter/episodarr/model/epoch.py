"""When this program can be at the earliest."""

from datetime import UTC, datetime

WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""Earlier than this program: a machine that shows such a time has not been told it yet."""
