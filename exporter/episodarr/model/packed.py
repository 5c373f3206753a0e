"""Records of one kind, packed: a tenth of the memory, and unpacked again for each reader.

What is unpacked is another object each time, and equal.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from types import GenericAlias
from typing import overload, override

import msgspec

_LEVEL = 1
_encode = msgspec.msgpack.Encoder().encode


class Packing[T]:
    """How records of one kind are unpacked; the sequences that were read last stay so."""

    def __init__(self, kind: type[T], *, kept: int) -> None:
        """`kept` sequences stay unpacked."""
        decoder: msgspec.msgpack.Decoder[tuple[T, ...]] = msgspec.msgpack.Decoder(
            GenericAlias(tuple, (kind, ...))
        )
        self.unpacked: Callable[[bytes], tuple[T, ...]] = lru_cache(maxsize=kept)(
            lambda data: decoder.decode(zlib.decompress(data))
        )


class Packed[T](Sequence[T]):
    """Records in their order; equal to a tuple of equal ones."""

    __slots__ = ("_count", "_data", "_packing")

    def __init__(self, records: Iterable[T], packing: Packing[T]) -> None:
        given = tuple(records)
        self._data = zlib.compress(_encode(given), _LEVEL)
        self._count = len(given)
        self._packing = packing

    def unpacked(self) -> tuple[T, ...]:
        """All of them."""
        return self._packing.unpacked(self._data)

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...

    @override
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        return self.unpacked()[place]

    @override
    def __iter__(self) -> Iterator[T]:
        return iter(self.unpacked())

    @override
    def __len__(self) -> int:
        return self._count

    @override
    def __eq__(self, other: object) -> bool:
        """Equal records are packed to equal bytes."""
        if isinstance(other, Packed):
            return self._data == other._data
        return self.unpacked() == other if isinstance(other, tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # compared by value
