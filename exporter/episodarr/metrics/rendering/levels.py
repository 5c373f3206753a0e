"""What becomes of an object's items: which of their lines stay, and what is known of each line."""

from array import array
from collections.abc import Sequence

from msgspec import Struct

type Rows = tuple[bytes, ...]
"""One item's lines for each family of its level; a family without any has an empty string."""


class Level(Struct, frozen=True, gc=False):
    """The items of one level of an object, such as a series' episodes, after a change."""

    order: Sequence[int]
    """Each item, in order: its place before the change, or -1 - n for the n-th of `rendered`."""
    rendered: Sequence[Rows]

    @classmethod
    def single(cls, rows: Rows) -> "Level":
        """The level of an object that is one item, rendered."""
        return cls((-1,), (rows,))


class Grid(Struct, frozen=True, eq=False, gc=False):
    """Length and hash of each line of one level: a row for each item, a column for each family.

    As bytes: a library has ten thousand of them, and the garbage collector goes over arrays.
    """

    lengths: bytes
    """32 bits each."""
    hashes: bytes
    """64 bits each."""

    def lengths_of(self, index: int, width: int) -> Sequence[int]:
        """Those of one column of so many."""
        return memoryview(self.lengths).cast("I")[index::width]

    def all_lengths(self) -> array[int]:
        """Those of all columns: cheaper to take many columns from."""
        return array("I", self.lengths)

    def all_hashes(self) -> array[int]:
        """Those of all columns."""
        return array("q", self.hashes)


def changed(before: Grid, level: Level, width: int) -> Grid:
    """The grid after a change."""
    lengths, hashes = array("I"), array("q")
    for place in level.order:
        if place >= 0:
            first, last = place * width, (place + 1) * width
            lengths.frombytes(before.lengths[first * 4 : last * 4])
            hashes.frombytes(before.hashes[first * 8 : last * 8])
        else:
            lines = level.rendered[-1 - place]
            lengths.extend(map(len, lines))
            hashes.extend(map(hash, lines))
    return Grid(lengths.tobytes(), hashes.tobytes())


def composed(first: Level, second: Level) -> Level:
    """Two changes in a row as one."""
    rendered: list[Rows] = []
    order: list[int] = []
    for place in second.order:
        if place >= 0 and first.order[place] >= 0:
            order.append(first.order[place])
            continue
        rendered.append(
            first.rendered[-1 - first.order[place]] if place >= 0 else second.rendered[-1 - place]
        )
        order.append(-len(rendered))
    return Level(order, rendered)
