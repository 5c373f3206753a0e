"""A few bytes never become gigabytes: bodies are unpacked in steps, and given up in time."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import BadPayload
from episodarr.systems.unpacking import STEP_BYTES, Unpacker, refuse_a_swarm
from tests.systems.sonarr.sonarr_payloads import an_episode

MIB = 1024 * 1024


def pieces(packed: bytes, encoding: str = "gzip", step: int = 1000) -> Iterator[bytes]:
    unpacker = Unpacker("series", encoding)
    for start in range(0, len(packed), step):
        yield from unpacker.feed(packed[start : start + step])
    unpacker.end()


@given(
    parts=st.lists(st.binary(max_size=300) | st.just(b"0" * (2 * STEP_BYTES)), max_size=4),
    step=st.integers(1, 4000),
)
def test_what_was_packed_comes_out_however_it_was_cut(parts: list[bytes], step: int) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    found = list(pieces(packed, step=step))
    assert b"".join(found) == b"".join(parts)
    assert all(0 < len(piece) <= STEP_BYTES for piece in found)


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", "br", "zstd", "deflate", "identity, gzip", "x\x1b[2J" * 50]
)
def test_nothing_is_unpacked_that_was_not_asked_for(encoding: str) -> None:
    with pytest.raises(BadPayload, match="was not asked for") as refused:
        list(pieces(b"[]", encoding))
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b"[]" + b" " * 100_000, mtime=0)[:-20],
        gzip.compress(b"[]", mtime=0)[:-1],
        gzip.compress(b"[]", mtime=0) + b"garbage",
        b"no gzip",
        gzip.compress(b"[]", mtime=0)[:5],
        zlib.compress(b"[]"),
    ],
)
def test_a_packed_body_that_is_not_whole_is_no_answer(packed: bytes) -> None:
    with pytest.raises(BadPayload):
        list(pieces(packed))


def test_two_gigabytes_of_zeros_are_given_up_after_the_first_megabytes() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"0" * MIB) for _ in range(64)) + packer.flush()
    tracemalloc.start()
    try:
        taken = 0
        for piece in pieces(bomb):
            taken += len(piece)
            if taken > 4 * MIB:
                break
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("value", [b"1,", b"{},", b"[],", b'"",', b"null,", b'{"a":[]},'])
def test_a_list_of_very_many_values_is_refused_before_it_is_read(value: bytes) -> None:
    with pytest.raises(BadPayload, match="more than any list"):
        refuse_a_swarm("series", b"[" + value * (20 * MIB // len(value)) + b"1]")


def test_a_list_of_a_hundred_thousand_episodes_is_none_too_many() -> None:
    one = json.dumps(an_episode(overview="a, b, c. " * 11)).encode()
    refuse_a_swarm("episode", b"[" + b",".join([one] * 100_000) + b"]")
