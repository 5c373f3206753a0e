"""Parts compressed on their own make one gzip file that any reader unpacks."""

import gzip
import itertools
import zlib

from hypothesis import given
from hypothesis import strategies as st

from episodarr.metrics.rendering.deflate import (
    EMPTY,
    combined_crc,
    compressed,
    grouped,
    gzip_member,
    joined,
    unpacked_steps,
)

parts = st.lists(st.binary(max_size=300), max_size=8)


@given(parts)
def test_joined_parts_unpack_to_their_concatenation(plain: list[bytes]) -> None:
    member = gzip_member(joined(map(compressed, plain)))
    assert gzip.decompress(b"".join(member)) == b"".join(plain)


@given(parts)
def test_one_member_not_several(plain: list[bytes]) -> None:
    # A reader that stops after the first member must still get everything.
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(b"".join(gzip_member(joined(map(compressed, plain))))) == b"".join(
        plain
    )
    assert reader.eof
    assert reader.unused_data == b""


@given(parts, parts)
def test_a_joined_part_can_be_joined_again(first: list[bytes], second: list[bytes]) -> None:
    nested = joined([joined(map(compressed, first)), joined(map(compressed, second))])
    flat = joined(map(compressed, [*first, *second]))
    assert nested == flat


@given(
    st.lists(
        st.binary(max_size=300) | st.integers(0, 40_000).map(lambda n: b"line\n" * n), max_size=6
    ),
    st.integers(1, 70_000),
)
def test_parts_are_unpacked_in_steps_of_a_size(plain: list[bytes], step_bytes: int) -> None:
    packed = joined(map(compressed, plain)).parts
    if sum(map(len, plain)) > 300 * step_bytes:
        step_bytes *= 100
    steps = list(unpacked_steps(packed, step_bytes))
    assert b"".join(steps) == b"".join(plain)
    assert all(0 < len(step) <= step_bytes for step in steps)


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(1, 60))
def test_small_parts_are_joined_and_large_ones_are_not_copied(
    given_: list[bytes], least_bytes: int
) -> None:
    groups = list(grouped(given_, least_bytes))
    assert b"".join(groups) == b"".join(given_)
    assert all(len(one) < 2 * least_bytes or any(one is part for part in given_) for one in groups)
    assert all(any(one is group for group in groups) for one in given_ if len(one) >= least_bytes)
    assert all(len(a) + len(b) >= least_bytes for a, b in itertools.pairwise(groups))


@given(st.binary(), st.binary())
def test_the_combined_checksum_is_that_of_the_whole(first: bytes, second: bytes) -> None:
    combined = combined_crc(zlib.crc32(first), zlib.crc32(second), len(second))
    assert combined == zlib.crc32(first + second)


def test_the_combined_checksum_holds_over_lengths_of_three_bytes() -> None:
    first, second = b"head", bytes(range(256)) * 1_000 + b"odd"
    assert combined_crc(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(
        first + second
    )
    second *= 70
    assert len(second) > 1 << 24
    assert combined_crc(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(
        first + second
    )


def test_nothing_is_a_valid_file_too() -> None:
    assert compressed(b"") == EMPTY
    assert gzip.decompress(b"".join(gzip_member(joined([])))) == b""
