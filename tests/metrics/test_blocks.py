"""A cache that was edited looks like one that was filled at once, and redoes only what changed."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from episodarr.metrics.rendering.blocks import BlockCache, Budget, Ident
from episodarr.metrics.rendering.deflate import Segment
from episodarr.metrics.rendering.levels import Level, Rows

BLOCK = 64

type Items = tuple[Rows, ...]
"""The items of one level."""

idents = st.tuples(st.sampled_from(["anime", "tv"]), st.integers(0, 40))
lines = st.binary(max_size=30)
one_family, two_families = st.tuples(lines), st.tuples(lines, lines)
places = st.integers(0, 6)
edits = st.lists(
    st.tuples(
        idents,
        st.none()
        | st.tuples(
            st.lists(places | one_family, max_size=4), st.lists(places | two_families, max_size=4)
        ),
        st.booleans(),
    ),
    max_size=40,
)


def settle(blocks: BlockCache, most: int | None = None) -> None:
    """Settle everything, or leave it after some steps."""
    for done, _ in enumerate(blocks.settle_steps(Budget(1))):
        if done == most:
            return


def unpacked(segment: Segment) -> bytes:
    plain = zlib.decompressobj(-zlib.MAX_WBITS).decompress(b"".join(segment.parts))
    assert len(plain) == segment.size
    assert zlib.crc32(plain) == segment.crc
    return plain


def changed(before: Items, items: list[int | Rows]) -> tuple[Level, Items]:
    """A level in which a number stands for the item that was at this place, if there was one."""
    order: list[int] = []
    rendered: list[Rows] = []
    after: list[Rows] = []
    for item in items:
        if not isinstance(item, int):
            rendered.append(item)
            order.append(-len(rendered))
            after.append(item)
        elif item < len(before):
            order.append(item)
            after.append(before[item])
    return Level(order, rendered), tuple(after)


@given(edits)
def test_chunks_are_the_sorted_lines_after_any_edits(
    steps: list[tuple[Ident, tuple[list[int | Rows], list[int | Rows]] | None, bool]],
) -> None:
    blocks = BlockCache((1, 2), BLOCK)
    model: dict[Ident, tuple[Items, Items]] = {}
    for ident, items, is_left in steps:
        if items is not None:
            before = model.get(ident, ((), ()))
            levels = [changed(*one) for one in zip(before, items, strict=True)]
            blocks.put(ident, tuple(level for level, _ in levels))
            model[ident] = levels[0][1], levels[1][1]
        elif ident in model:
            blocks.drop(ident)
            del model[ident]
        settle(blocks, 1 if is_left else None)
    settle(blocks)
    families = [(0, 0), (1, 0), (1, 1)]
    for (level, index), chunk in zip(families, blocks.chunks(), strict=True):
        expected = b"".join(item[index] for key in sorted(model) for item in model[key][level])
        assert chunk.plain == expected
        assert unpacked(chunk.segment) == expected


def single(*lines: bytes) -> tuple[Level, ...]:
    return (Level.single(lines),)


def filled(objects: int) -> BlockCache:
    blocks = BlockCache((2,), BLOCK)
    for n in range(objects):
        blocks.put((n,), single(f"a{n}\n".encode(), f"b{n}\n".encode()))
    settle(blocks)
    return blocks


def test_a_family_whose_lines_stay_keeps_its_chunk() -> None:
    blocks = filled(50)
    first, second = blocks.chunks()
    blocks.put((7,), single(b"a7\n", b"other\n"))
    settle(blocks)
    assert blocks.chunks()[0] is first
    assert blocks.chunks()[1] is not second


def test_one_changed_object_compresses_one_block() -> None:
    blocks = filled(1_000)
    blocks.put((500,), single(b"a500\n", b"other\n"))
    before = blocks.chunks()[1]
    # With a pause after every block, the pauses count them.
    assert sum(1 for _ in blocks.settle_steps(Budget(1))) == 1
    after = blocks.chunks()[1]
    assert len(after.segment.parts) > 20
    assert (
        sum(a is not b for a, b in zip(before.segment.parts, after.segment.parts, strict=True)) == 1
    )


def test_an_object_that_comes_or_goes_touches_its_neighbours_only() -> None:
    blocks = filled(1_000)
    blocks.drop((500,))
    assert sum(1 for _ in blocks.settle_steps(Budget(1))) <= 4
    blocks.put((500,), single(b"a500\n", b""))
    assert sum(1 for _ in blocks.settle_steps(Budget(1))) <= 2


def test_what_is_left_out_of_a_run_does_not_break_it_later() -> None:
    blocks = filled(40)
    blocks.put((40,), single(b"a40\n", b""))
    settle(blocks)
    blocks.drop((40,))
    settle(blocks)
    blocks.put((39,), single(b"a39\n", b"other\n"))
    settle(blocks)
    assert b"".join(chunk.plain for chunk in blocks.chunks()).endswith(b"other\n")


def test_others_have_their_turn_within_a_block_of_many_objects() -> None:
    blocks = BlockCache((1,))
    for number in range(5_000):
        blocks.put(("tv", number), (Level.single((b"x\n",)),))
    assert sum(1 for _ in blocks.settle_steps(Budget())) >= 2
    (chunk,) = blocks.chunks()
    assert chunk.plain == b"x\n" * 5_000
