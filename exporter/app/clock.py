"""The wall clock. Everything else takes `now` as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
