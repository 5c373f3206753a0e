"""What the payloads of all endpoints share: spelling of fields, moments, enumerations."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

type Body = bytes | msgspec.Raw

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
LARGEST = 2**63 - 1
"""The largest number that Sonarr's language and our store can hold."""
Positive = Annotated[int, msgspec.Meta(gt=0, le=LARGEST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Number = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]


class Wire(msgspec.Struct, rename="camel", gc=False):
    """What all payloads share: camelCase, further fields ignored."""


def whole(value: float) -> int:
    """A number of bytes that is written as a double."""
    return int(min(max(0.0, value), 2.0**62))


def member[E: StrEnum](kind: type[E], word: str, unknown: E) -> E:
    """The enumeration's member of this value; `unknown` for a newer Sonarr's value."""
    try:
        return kind(word)
    except ValueError:
        return unknown


def snake_member[E: StrEnum](kind: type[E], word: str, unknown: E) -> E:
    """As `member`, where Sonarr writes PascalCase or camelCase: SeriesDelete is `series_delete`."""
    return member(kind, _CAPITAL.sub("_", word).lower(), unknown)


def optional_member[E: StrEnum](kind: type[E], word: str | None, unknown: E) -> E | None:
    """As `member`; None where the field is missing."""
    return None if word is None else member(kind, word, unknown)


def day_of(text: str | None) -> date | None:
    """An air date; None where none is announced or the text is no date, as 0000-00-00."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
