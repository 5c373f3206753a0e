"""A shelf that was edited looks like one that was filled at once, and redoes only what changed."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from episodarr.metrics.blocks import BlockCache, Budget, Ident, Pieces
from episodarr.metrics.deflate import Segment

BLOCK = 64

idents = st.tuples(st.sampled_from(["anime", "tv"]), st.integers(0, 40))
lines = st.lists(st.binary(min_size=1, max_size=30), max_size=3).map(tuple)
edits = st.lists(st.tuples(idents, st.none() | st.tuples(lines, lines), st.booleans()), max_size=40)


def settle(blocks: BlockCache, most: int | None = None) -> None:
    """Settle the whole shelf, or leave it after some steps."""
    for done, _ in enumerate(blocks.settle_steps(Budget(1))):
        if done == most:
            return


def unpacked(segment: Segment) -> bytes:
    plain = zlib.decompressobj(-zlib.MAX_WBITS).decompress(b"".join(segment.parts))
    assert len(plain) == segment.size
    assert zlib.crc32(plain) == segment.crc
    return plain


@given(edits)
def test_chunks_are_the_sorted_lines_after_any_edits(
    steps: list[tuple[Ident, tuple[Pieces, ...] | None, bool]],
) -> None:
    blocks, model = BlockCache(2, BLOCK), dict[Ident, tuple[Pieces, ...]]()
    for ident, pieces, is_left in steps:
        if pieces is not None:
            blocks.put(ident, pieces)
            model[ident] = pieces
        elif ident in model:
            blocks.drop(ident)
            del model[ident]
        settle(blocks, 1 if is_left else None)
    settle(blocks)
    for index, chunk in enumerate(blocks.chunks()):
        expected = [line for ident in sorted(model) for line in model[ident][index]]
        assert b"".join(chunk.plain) == b"".join(expected)
        assert all(chunk.plain)
        assert unpacked(chunk.segment) == b"".join(expected)


def filled(objects: int) -> BlockCache:
    blocks = BlockCache(2, BLOCK)
    for n in range(objects):
        blocks.put((n,), ((f"a{n}\n".encode(),), (f"b{n}\n".encode(),)))
    settle(blocks)
    return blocks


def test_a_family_whose_lines_stay_keeps_its_chunk() -> None:
    blocks = filled(50)
    first, second = blocks.chunks()
    blocks.put((7,), ((b"a7\n",), (b"other\n",)))
    settle(blocks)
    assert blocks.chunks()[0] is first
    assert blocks.chunks()[1] is not second


def test_one_changed_object_compresses_about_one_block() -> None:
    blocks = filled(1_000)
    blocks.put((500,), ((b"a500\n",), (b"other\n",)))
    before = blocks.chunks()[1]
    # With a pause after every block and every part, the pauses count both.
    assert sum(1 for _ in blocks.settle_steps(Budget(1))) == 2
    after = blocks.chunks()[1]
    assert len(after.segment.parts) > 20
    assert (
        sum(a is not b for a, b in zip(before.segment.parts, after.segment.parts, strict=True)) == 1
    )


def test_an_object_that_comes_or_goes_touches_its_neighbours_only() -> None:
    blocks = filled(1_000)
    blocks.drop((500,))
    assert sum(1 for _ in blocks.settle_steps(Budget(1))) <= 4
    blocks.put((500,), ((b"a500\n",), ()))
    assert sum(1 for _ in blocks.settle_steps(Budget(1))) <= 2
