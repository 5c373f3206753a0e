"""Long lists read again and again: decoded in slices, and only where they changed.

What a list gave last time is kept, so that an item that says the same is the *same object* again;
later steps take identity as "unchanged" and do no work for it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Buffer, Callable, Set
from hashlib import blake2b
from typing import Protocol

import msgspec

from exporter.upstream.sonarr import wire

_ITEMS_PER_SLICE = 50
"""A few milliseconds of work between two chances for other tasks."""


class Parse[T](Protocol):
    """A function of `wire` that reads one item."""

    def __call__(self, body: msgspec.Raw, *, at: str) -> T:
        """`at` is the item's place in the list, for errors."""
        ...


class ListMemory[T]:
    """One list of one endpoint, and what it gave last."""

    def __init__(
        self,
        endpoint: str,
        parse: Parse[T],
        identity: Callable[[T], int],
        *,
        keeps_bytes: bool,
    ) -> None:
        """`keeps_bytes` spares decoding of unchanged items, and costs the size of the answer.

        A digest of the whole answer is always kept, which is enough for short lists.
        """
        self._endpoint = endpoint
        self._parse = parse
        self._identity = identity
        self._keeps_bytes = keeps_bytes
        self._told: bytes | None = None
        self._records: tuple[T, ...] = ()
        self._by_digest: dict[bytes, T] = {}

    async def read(self, body: bytes) -> tuple[T, ...]:
        """The records in the order of the list; the same tuple as last time if none changed.

        After an error the memory is as before.

        Raises:
            BadPayload: it is no whole list, or an item is malformed.
        """
        # Bytes that are kept anyway are compared: ten times as fast as any digest of them.
        told = body if self._keeps_bytes else _digest(body)
        if told == self._told:
            return self._records
        last_by_id = {self._identity(record): record for record in self._records}
        by_digest: dict[bytes, T] = {}
        records: list[T] = []
        for index, item in enumerate(wire.split_list(self._endpoint, body)):
            if index % _ITEMS_PER_SLICE == 0:
                await asyncio.sleep(0)
            raw = _digest(item) if self._keeps_bytes else b""
            record = self._by_digest.get(raw) if raw else None
            if record is None:
                record = self._parse(item, at=f"$[{index}]")
                last = last_by_id.get(self._identity(record))
                if last is not None and last == record:
                    record = last
            records.append(record)
            if self._keeps_bytes:
                by_digest[raw] = record
        self._by_digest = by_digest
        self._told = told
        if not self._is_as_before(records):
            self._records = tuple(records)
        return self._records

    def _is_as_before(self, records: list[T]) -> bool:
        return len(records) == len(self._records) and all(
            new is old for new, old in zip(records, self._records, strict=True)
        )


def _digest(content: Buffer) -> bytes:
    return blake2b(content, digest_size=16).digest()


class ListMemories[T]:
    """The same list of many series; the series read longest ago are forgotten first."""

    def __init__(
        self, endpoint: str, parse: Parse[T], identity: Callable[[T], int], *, limit: int
    ) -> None:
        self._endpoint = endpoint
        self._parse = parse
        self._identity = identity
        self._limit = limit
        self._memory_by_series: OrderedDict[int, ListMemory[T]] = OrderedDict()

    def keep_only(self, series_ids: Set[int]) -> None:
        """Forget the lists of all other series: their numbers never come again."""
        for series_id in self._memory_by_series.keys() - series_ids:
            del self._memory_by_series[series_id]

    async def read(self, series_id: int, body: bytes) -> tuple[T, ...]:
        """The records of one series' list; see `ListMemory.read`.

        Raises:
            BadPayload: it is no whole list, or an item is malformed.
        """
        memory = self._memory_by_series.get(series_id)
        if memory is None:
            memory = ListMemory(self._endpoint, self._parse, self._identity, keeps_bytes=False)
        records = await memory.read(body)
        self._memory_by_series[series_id] = memory
        self._memory_by_series.move_to_end(series_id)
        if len(self._memory_by_series) > self._limit:
            self._memory_by_series.popitem(last=False)
        return records
