"""Single values of a row: times as text, and typed readings of what SQLite gives."""

from datetime import datetime

import msgspec

type Row = tuple[object, ...]


def text_of(at: datetime | None) -> str | None:
    """A time as people and SQLite's functions read it."""
    return None if at is None else at.isoformat()


def time_of(text: object) -> datetime:
    """The time back; always aware.

    Raises:
        ValueError: the column holds no time.
    """
    return datetime.fromisoformat(as_text(text))


def time_or_none(text: object) -> datetime | None:
    """The time back; None where the column is NULL."""
    return None if text is None else time_of(text)


def as_text(value: object) -> str:
    """The value, if it is text.

    Raises:
        ValidationError: it is not.
    """
    return msgspec.convert(value, str)


def as_number(value: object) -> int:
    """The value, if it is a whole number.

    Raises:
        ValidationError: it is not.
    """
    return msgspec.convert(value, int)


def as_blob(value: object) -> bytes:
    """The value, if it is a blob.

    Raises:
        ValidationError: it is not.
    """
    return msgspec.convert(value, bytes)
