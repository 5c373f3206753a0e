"""The earliest time that can be true while this program runs."""

from datetime import UTC, datetime

WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock before this is not set yet: the time is older than this program."""
