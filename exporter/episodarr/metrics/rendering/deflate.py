"""One gzip member put together from parts that were compressed each on its own.

A part ends in a full flush: on a byte boundary, and with nothing after it referring back into it.
So parts can be joined in any order, and only a part whose bytes changed is compressed again. The
checksum over the whole follows from the parts' checksums and lengths.

Sources: RFC 1951 (deflate), RFC 1952 (gzip); the mathematics is that of zlib's `crc32_combine`.
"""

import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

_LEVEL = 1
"""Lines repeat those beside them so much that better levels cost more than they save."""
_GROUP_BYTES = 32_768
"""So many packed bytes are unpacked in a row."""
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
"""Deflate, no name, no time, fastest, unknown system."""
_LAST_BLOCK = b"\x03\x00"
"""An empty final block."""
_POLYNOMIAL = 0xEDB88320
_ONE = 0x80000000
"""The polynomial 1, lowest power in the highest bit."""
_X8 = 0x00800000
"""The polynomial x to the 8th: one byte further."""


class Segment(Struct, frozen=True, gc=False):
    """Raw deflate that ends in a full flush, with the size and CRC-32 of what it unpacks to."""

    parts: tuple[bytes, ...]
    """In order; shared with the segments that this one was joined from."""
    size: int
    crc: int


EMPTY = Segment((), 0, 0)


def compressed(plain: bytes) -> Segment:
    """A segment that unpacks to these bytes."""
    if not plain:
        return EMPTY
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)
    return Segment((data,), len(plain), zlib.crc32(plain))


def unpacked(part: bytes) -> bytes:
    """What one part of a segment unpacks to."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(part)


def unpacked_steps(parts: Iterable[bytes], step_bytes: int) -> Iterator[bytes]:
    """What parts in a row unpack to, in pieces of at most so many bytes.

    Twice as fast as one part at a time, which needs room of its own before it is joined to others.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    # What is left of a group is copied at every step.
    for group in grouped(parts, _GROUP_BYTES):
        left = group
        while left:
            if plain := stream.decompress(left, step_bytes):
                yield plain
            left = stream.unconsumed_tail
    if rest := stream.flush():
        yield rest


def grouped(parts: Iterable[bytes], least_bytes: int) -> Iterator[bytes]:
    """The parts in order, small ones joined until they are so many bytes, large ones as they are."""
    group: list[bytes] = []
    size = 0
    for part in parts:
        if group and len(part) >= least_bytes:
            yield b"".join(group)
            group, size = [], 0
        group.append(part)
        size += len(part)
        if size >= least_bytes:
            yield b"".join(group)  # Of one part alone that is no copy.
            group, size = [], 0
    if group:
        yield b"".join(group)


def joined(segments: Iterable[Segment]) -> Segment:
    """A segment that unpacks to what these unpack to, one after another."""
    parts: list[bytes] = []
    size = crc = 0
    for segment in segments:
        if segment.size:
            parts += segment.parts
            size += segment.size
            crc = combined_crc(crc, segment.crc, segment.size)
    return Segment(tuple(parts), size, crc)


def gzip_member(segment: Segment) -> tuple[bytes, ...]:
    """A complete gzip file, in parts."""
    trailer = segment.crc.to_bytes(4, "little") + (segment.size % 2**32).to_bytes(4, "little")
    return (_HEADER, *segment.parts, _LAST_BLOCK + trailer)


def combined_crc(first: int, second: int, second_size: int) -> int:
    """CRC-32 of two byte strings in a row, from the CRC-32 of each and the second's length."""
    if not first:
        return second
    return _product(_shift(second_size), first) ^ second


@lru_cache(maxsize=4096)
def _shift(size: int) -> int:
    """The polynomial x to the power of 8 times `size`, modulo the CRC's."""
    power, place = _ONE, 0
    while size:
        size, digit = divmod(size, 256)
        if digit:
            power = _product(_power(place, digit), power)
        place += 1
    return power


@lru_cache(maxsize=2048)
def _power(place: int, digit: int) -> int:
    """The shift by `digit` times 256 to the power of `place` bytes."""
    if digit > 1:
        return _product(_power(place, digit - 1), _power(place, 1))
    if place == 0:
        return _X8
    return _product(_power(place - 1, 255), _power(place - 1, 1))


def _product(a: int, b: int) -> int:
    """The product of two polynomials over GF(2), modulo the CRC's."""
    product = 0
    for bit in range(31, -1, -1):
        if a >> bit & 1:
            product ^= b
        b = b >> 1 ^ _POLYNOMIAL if b & 1 else b >> 1
    return product
