"""Long lists read again and again: decoded in slices, and only where they changed.

The last result of a list is kept, so that an item that did not change is the *same object* again;
later steps take identity as "unchanged" and do no work for it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Buffer, Callable, Mapping, Set
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

import msgspec

from episodarr.errors import BadPayload
from episodarr.model.records import Records, Unread
from episodarr.systems.payload import key_in, unread
from episodarr.systems.sonarr import wire

_ITEMS_PER_SLICE = 50
"""A few milliseconds of work between two yields to the event loop."""
_LONG_BYTES = 1_048_576
"""A digest of so much takes some milliseconds."""

_KEY = key_in("id")


@dataclass(frozen=True, slots=True)
class _Refused:
    unread: Unread
    error: BadPayload


class Parse[T](Protocol):
    """A function of `wire` that reads one item."""

    def __call__(self, body: msgspec.Raw, *, at: str) -> T:
        """`at` is the item's place in the list, for errors."""
        ...


class ListCache[T]:
    """One list of one endpoint, and its last result."""

    def __init__(
        self,
        endpoint: str,
        parse: Parse[T],
        identity: Callable[[T], int],
        *,
        by_item: bool = False,
        keeps_bytes: bool = False,
        of_events: bool = False,
    ) -> None:
        """`by_item` spares decoding of unchanged items, and costs a digest of each.

        A digest of the whole answer is always kept, which is enough for short lists. With
        `keeps_bytes` it is the answer itself: ten times as fast, for what every cycle reads.
        `of_events`: the records are independent, so that a list without a readable one is valid.
        """
        self._endpoint = endpoint
        self._parse = parse
        self._identity = identity
        self._by_item = by_item
        self._keeps_bytes = keeps_bytes
        self._of_events = of_events
        self._last_answer: bytes | None = None
        self._records: Records[T] = Records()
        self._by_digest: dict[bytes, T] = {}

    async def read(self, body: bytes) -> Records[T]:
        """The records in the order of the list; the same tuple as last time if none changed.

        One that cannot be read is noted in `unread`, and the last good record of its id is returned
        in its place, for it still exists. After an error the cache is as before.

        Raises:
            BadPayload: it is no whole list, or a list of which no record can be read.
        """
        answer = body if self._keeps_bytes else _digest(body)
        if len(body) >= _LONG_BYTES:
            await asyncio.sleep(0)
        if answer == self._last_answer:
            return self._records
        last_by_id: dict[int | str | None, T] = {
            self._identity(record): record for record in self._records
        }
        by_digest: dict[bytes, T] = {}
        records: list[T] = []
        refused: list[_Refused] = []
        for index, item in enumerate(wire.split_list(self._endpoint, body)):
            if index % _ITEMS_PER_SLICE == 0:
                await asyncio.sleep(0)
            raw = _digest(item) if self._by_item else b""
            read = self._by_digest.get(raw) or self._read_one(item, f"$[{index}]", last_by_id)
            if isinstance(read, _Refused):
                refused.append(read)
                continue
            records.append(read)
            by_digest[raw] = read
        left_out = [one.unread for one in refused]
        if refused and not records and not self._may_all_be_odd(left_out):
            raise refused[0].error
        records += [last_by_id[one.key] for one in left_out if one.key in last_by_id]
        self._by_digest = by_digest if self._by_item else {}
        self._last_answer = answer
        if not self._is_as_before(records, left_out):
            self._records = Records(records, left_out)
        return self._records

    def _read_one(
        self, item: msgspec.Raw, at: str, last_by_id: Mapping[int | str | None, T]
    ) -> "T | _Refused":
        try:
            record = self._parse(item, at=at)
        except BadPayload as error:
            return _Refused(unread(self._endpoint, item, error, _KEY), error)
        last = last_by_id.get(self._identity(record))
        return last if last is not None and last == record else record

    def _may_all_be_odd(self, left_out: list[Unread]) -> bool:
        return self._of_events and any(one.key is not None for one in left_out)

    def _is_as_before(self, records: list[T], left_out: list[Unread]) -> bool:
        before = self._records
        return (
            len(records) == len(before)
            and all(new is old for new, old in zip(records, before, strict=True))
            and tuple(left_out) == before.unread
        )


def _digest(content: Buffer) -> bytes:
    return blake2b(content, digest_size=16).digest()


class ListCaches[T]:
    """The same list of many series; the series read longest ago are forgotten first."""

    def __init__(self, make: Callable[[], ListCache[T]], *, limit: int) -> None:
        """`make` gives the cache of one series."""
        self._make = make
        self._limit = limit
        self._cache_by_series: OrderedDict[int, ListCache[T]] = OrderedDict()

    def keep_only(self, series_ids: Set[int]) -> None:
        """Forget the lists of all other series; one that has such an id again later is read anew."""
        for series_id in self._cache_by_series.keys() - series_ids:
            del self._cache_by_series[series_id]

    async def read(self, series_id: int, body: bytes) -> Records[T]:
        """The records of one series' list; see `ListCache.read`.

        Raises:
            BadPayload: it is no whole list, or a list of which no record can be read.
        """
        cache = self._cache_by_series.get(series_id) or self._make()
        records = await cache.read(body)
        self._cache_by_series[series_id] = cache
        self._cache_by_series.move_to_end(series_id)
        if len(self._cache_by_series) > self._limit:
            self._cache_by_series.popitem(last=False)
        return records
