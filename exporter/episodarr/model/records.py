"""A list of records, and those that could not be read: they are unknown, never absent."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """One record that a system listed and that cannot be used."""

    endpoint: str
    place: str
    """Where in the answer, as in `$[3].tvdbId`."""
    message: str
    """What is wrong with it, and the place."""
    key: int | str | None
    """The record's own id; None if even that cannot be read."""


class Records[T](tuple[T, ...]):
    """The usable records in the order of the list; `unread` are the others.

    Code that takes the absence of a record as an answer has to check `unread` first.
    """

    unread: tuple[Unread, ...]

    def __new__(cls, records: Iterable[T] = (), unread: Iterable[Unread] = ()) -> Self:
        """Put both together."""
        made = super().__new__(cls, records)
        made.unread = tuple(unread)
        return made


type OnUnread = Callable[[Sequence[Unread]], None]
"""Called with the records of one answer that were left out."""


def ignore_unread(unread: Sequence[Unread]) -> None:
    """For callers that do not count: `episodarr check`, tests."""
    del unread


def noted[T](records: Records[T], on_unread: OnUnread) -> Records[T]:
    """The same records, after `on_unread` was called with those left out, if any."""
    if records.unread:
        on_unread(records.unread)
    return records


def unread_in(records: Sequence[object]) -> tuple[Unread, ...]:
    """The records of this list that could not be read; empty for a plain sequence."""
    return records.unread if isinstance(records, Records) else ()


def unread_keys(records: Sequence[object]) -> frozenset[int | str]:
    """The ids of records that are listed and cannot be used."""
    return frozenset(one.key for one in unread_in(records) if one.key is not None)


def has_nameless(records: Sequence[object]) -> bool:
    """Whether any record of the list cannot even be named: then it may be any that is missing."""
    return any(one.key is None for one in unread_in(records))


def carried_over[T](
    before: Iterable[tuple[int, T]], records: Sequence[object], listed: Iterable[int]
) -> Iterator[T]:
    """The earlier records that this list may still hold, unreadable as they are now.

    `before` are earlier records by id, `listed` the ids that were read this time.
    """
    unread, is_any = unread_keys(records), has_nameless(records)
    if not unread and not is_any:
        return
    known = set(listed)
    for key, record in before:
        if key not in known and (is_any or key in unread):
            yield record
