"""What the payloads of all endpoints share: how fields are written, moments, words."""

from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

import msgspec

from exporter.errors import BadPayload

type Body = bytes | msgspec.Raw

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Positive = Annotated[int, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Wire(msgspec.Struct, rename="camel", gc=False):
    """What all payloads share: camelCase, further fields ignored."""


def member[E: StrEnum](kind: type[E], word: str, unknown: E) -> E:
    """The member of this word; `unknown` for a word that a newer Sonarr brought."""
    try:
        return kind(word)
    except ValueError:
        return unknown


def optional_member[E: StrEnum](kind: type[E], word: str | None, unknown: E) -> E | None:
    """The same; None where nothing was said."""
    return None if word is None else member(kind, word, unknown)


def known_moment(moment: datetime | None) -> datetime | None:
    """The moment in UTC; None for .NET's "never", which is the year 1, and for its year 9999."""
    if moment is None or not 1 < moment.year < 9999:
        return None
    return moment.astimezone(UTC)


@lru_cache(maxsize=8_192)
def _day(text: str) -> date:
    """The same object for the same day: a library has many more episodes than days."""
    return date.fromisoformat(text)


def day_of(text: str | None, at: str) -> date | None:
    """An air date; None where none is announced.

    Raises:
        BadPayload: the text is no day.
    """
    if not text:
        return None
    try:
        return _day(text)
    except ValueError as error:
        message = "unexpected answer: airDate is no day"
        raise BadPayload("episode", message, path=f"{at}.airDate") from error
