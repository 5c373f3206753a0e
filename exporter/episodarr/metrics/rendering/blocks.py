"""Many objects' lines, in order, kept as compressed blocks and in no other form.

Nothing here is rendered: an object's changed lines come in, and a family's chunk goes out. A block
is a run of adjacent objects. Where one ends is a property of the object's own key, so that an
object that comes or goes changes its block only, and the order of events does not matter.

A line is kept nowhere but in its block: when one of its lines changes, the block is unpacked, its other
lines are copied from it, and it is compressed again. Beside it stand the length and the hash of
every line, which show where it lies and whether another one differs from it.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from msgspec import Struct

from episodarr.metrics.rendering.deflate import EMPTY, Segment, compressed, joined, unpacked
from episodarr.metrics.rendering.levels import Grid, Level, changed, composed
from episodarr.model.steps import Steps

type Ident = tuple[str | int, ...]
"""The key of an object among others of its kind; keys can be compared."""

BLOCK_BYTES = 32_768
"""About the size from which larger blocks compress no better."""
STEP_BYTES = 65_536
"""One or two milliseconds of rendering, and a little less of compressing."""

_OBJECT_BYTES = 4
"""To see whether an object changed, and to join its block again, counts as so many bytes."""
_PIECE_BYTES = 32
"""To look up an object's lines of a family counts as so many."""


class Budget:
    """Decides when to yield to other tasks, by bytes rendered; the pure core reads no clock."""

    def __init__(self, step_bytes: int = STEP_BYTES) -> None:
        self._step = self._left = step_bytes

    def is_due(self, size: int) -> bool:
        """Whether to pause after rendering or compressing so many bytes more."""
        self._left -= size
        if self._left > 0:
            return False
        self._left = self._step
        return True


class Chunk(Struct, frozen=True, eq=False, gc=False):
    """All samples of one family; the same object as long as none of them changed."""

    segment: Segment

    @property
    def plain(self) -> bytes:
        """The lines."""
        return b"".join(unpacked(part) for part in self.segment.parts)

    @classmethod
    def of(cls, lines: bytes) -> "Chunk":
        """A chunk of one block."""
        return cls(compressed(lines)) if lines else NOTHING


NOTHING = Chunk(EMPTY)


type _Object = tuple[Grid, ...]
"""A grid for each level."""


class _Change(Struct, frozen=True, eq=False, gc=False):
    """What becomes of an object, in terms of what lies in the blocks."""

    grids: _Object
    levels: tuple[Level, ...]
    columns: frozenset[int]
    """The families of which a line changes, by their place among all."""


class _Block(Struct, frozen=True, eq=False, gc=False):
    """The lines of some adjacent objects, compressed."""

    run: tuple[Ident, ...]
    segment: Segment


@dataclass(slots=True)
class _Column:
    """One family's blocks, by the object that each starts with."""

    level: int
    """Of the objects' levels, which one has this family."""
    index: int
    """Its place within the level."""
    size: int = 0
    """Bytes of all lines, those that are not in a block yet among them."""
    cut: int = -1
    """How often blocks end: see `_cutting_power`."""
    blocks: dict[Ident, _Block] = field(default_factory=dict)
    chunk: Chunk = NOTHING


class BlockCache:
    """Objects of one kind, each with items on one or more levels.

    An item has some lines, or none, for each family of its level.
    """

    def __init__(self, widths: Sequence[int], block_bytes: int = BLOCK_BYTES) -> None:
        """`widths`: how many families each level has; their chunks are in this order."""
        self._widths = tuple(widths)
        self._block_bytes = block_bytes
        self._objects: dict[Ident, _Object] = {}
        """As they lie in the blocks."""
        self._changes: dict[Ident, _Change] = {}
        """What becomes of objects with the next settling."""
        self._powers: dict[Ident, int] = {}
        self._order: list[Ident] | None = None
        self._runs: dict[int, list[tuple[Ident, ...]]] = {}
        self._nothing: _Object = tuple(Grid(b"", b"") for _ in widths)
        self._columns = [
            _Column(level, index) for level, width in enumerate(widths) for index in range(width)
        ]

    def put(self, ident: Ident, levels: tuple[Level, ...]) -> None:
        """Replace an object: what it has now, in terms of what it had after the last `put`."""
        if ident not in self._powers:
            self._powers[ident] = _cutting_power(ident)
            self._order = None
        pending = self._changes.get(ident)
        before = self._settled(ident) if pending is None else pending.grids
        grids = tuple(map(changed, before, levels, self._widths))
        if pending is not None and pending.levels:
            levels = tuple(map(composed, pending.levels, levels))
        self._change(ident, before, grids, levels)

    def drop(self, ident: Ident) -> None:
        """Remove an object."""
        del self._powers[ident]
        self._order = None
        pending = self._changes.get(ident)
        before = self._settled(ident) if pending is None else pending.grids
        self._change(ident, before, self._nothing, ())

    def _settled(self, ident: Ident) -> _Object:
        return self._objects.get(ident, self._nothing)

    def _change(
        self, ident: Ident, before: _Object, after: _Object, levels: tuple[Level, ...]
    ) -> None:
        settled = self._settled(ident)
        columns: set[int] = set()
        place = 0
        for width, was, had, has in zip(self._widths, settled, before, after, strict=True):
            if had.hashes != has.hashes or was.hashes != has.hashes:
                columns.update(self._changed_columns(place, width, was, had, has))
            place += width
        self._changes[ident] = _Change(after, levels, frozenset(columns))

    def settle_steps(self, budget: Budget) -> Steps[None]:
        """Bring the chunks up to date. May be left at any step: the next call begins anew."""
        if not self._changes:
            return
        if self._order is None:
            self._order = sorted(self._powers)
            self._runs = {}
        rebuilt: list[tuple[_Column, dict[Ident, _Block], Chunk]] = []
        for column, dirty in zip(self._columns, self._changed_objects(), strict=True):
            if dirty:
                blocks = yield from self._block_steps(column, dirty, budget)
                chunk = Chunk(joined(block.segment for block in blocks.values()))
                rebuilt.append((column, blocks, chunk))
        # In one go: what lies in the blocks and what is known of it belong together.
        for column, blocks, chunk in rebuilt:
            column.blocks, column.chunk = blocks, chunk
        for ident, change in self._changes.items():
            if change.grids is self._nothing:
                self._objects.pop(ident, None)
            else:
                self._objects[ident] = change.grids
        self._changes.clear()

    def _changed_columns(
        self, place: int, width: int, was: Grid, had: Grid, has: Grid
    ) -> Iterator[int]:
        """Of one level, whose first column has this place; the columns' sizes are brought along."""
        before, after = was.all_hashes(), has.all_hashes()
        had_lengths, has_lengths = had.all_lengths(), has.all_lengths()
        for index in range(width):
            column = self._columns[place + index]
            column.size += sum(has_lengths[index::width]) - sum(had_lengths[index::width])
            if before[index::width] != after[index::width]:
                yield place + index

    def _changed_objects(self) -> list[set[Ident]]:
        """For each column the objects of which a line changes there."""
        found: list[set[Ident]] = [set() for _ in self._columns]
        for ident, change in self._changes.items():
            for place in change.columns:
                found[place].add(ident)
        return found

    def chunks(self) -> list[Chunk]:
        """One per family, as of the last settling."""
        return [column.chunk for column in self._columns]

    def _block_steps(
        self, column: _Column, dirty: set[Ident], budget: Budget
    ) -> Steps[dict[Ident, _Block]]:
        blocks: dict[Ident, _Block] = {}
        runs = self._runs_for(column)
        kept = {
            run[0]
            for run in runs
            if (known := column.blocks.get(run[0])) is not None
            and known.run == run
            and dirty.isdisjoint(run)
        }
        former = _Former(self._lines_of_blocks(column, kept))
        gone_through = len(self._powers) * _OBJECT_BYTES
        for run in runs:
            if run[0] in kept:
                blocks[run[0]] = column.blocks[run[0]]
                continue
            pieces: list[bytes] = []
            for ident in run:
                pieces.append(self._lines(column, ident, former.lines(ident)))
                gone_through += _PIECE_BYTES
                # A block of a family of few lines may be the whole library.
                if gone_through >= STEP_BYTES and budget.is_due(gone_through):
                    yield
                    gone_through = 0
            plain = b"".join(pieces)
            blocks[run[0]] = _Block(run, compressed(plain))
            if budget.is_due(len(plain) + gone_through):
                yield
            gone_through = 0
        return blocks

    def _lines_of_blocks(self, column: _Column, kept: set[Ident]) -> Iterator[tuple[Ident, bytes]]:
        """Each object's lines in the blocks that are taken apart, in order."""
        width = self._widths[column.level]
        for start, block in column.blocks.items():
            if start in kept:
                continue
            plain = b"".join(map(unpacked, block.segment.parts))
            at = 0
            for ident in block.run:
                # One that is gone, and never had a line here, may still stand in the run.
                grid = self._settled(ident)[column.level]
                end = at + sum(grid.lengths_of(column.index, width))
                yield ident, plain[at:end]
                at = end

    def _lines(self, column: _Column, ident: Ident, former: bytes) -> bytes:
        """An object's lines of one family as they are now."""
        change = self._changes.get(ident)
        if change is None:
            return former
        level, width = change.levels[column.level], self._widths[column.level]
        if not former:
            kept = (level.rendered[-1 - place] for place in level.order if place < 0)
            return b"".join(rows[column.index] for rows in kept)
        lengths = self._settled(ident)[column.level].lengths_of(column.index, width)
        starts = [0, *accumulate(lengths)]
        return b"".join(
            former[starts[place] : starts[place + 1]]
            if place >= 0
            else level.rendered[-1 - place][column.index]
            for place in level.order
        )

    def _runs_for(self, column: _Column) -> list[tuple[Ident, ...]]:
        """The objects cut into blocks of about the wanted size for this family."""
        objects = self._block_bytes * len(self._powers) // max(1, column.size)
        wanted = max(1, objects).bit_length() - 1
        # Only a size that is off by a factor of 4 is worth compressing everything again.
        if column.cut < 0 or abs(wanted - column.cut) > 1:
            column.cut = wanted
        runs = self._runs.get(column.cut)
        if runs is None:
            runs = self._runs[column.cut] = self._cut(column.cut)
        return runs

    def _cut(self, power: int) -> list[tuple[Ident, ...]]:
        runs: list[list[Ident]] = []
        for ident in self._order or ():
            if not runs or self._powers[ident] >= power:
                runs.append([])
            runs[-1].append(ident)
        return [tuple(run) for run in runs]


class _Former:
    """Lines that were taken out of blocks, handed over in order of their objects."""

    def __init__(self, lines: Iterator[tuple[Ident, bytes]]) -> None:
        self._lines = lines
        self._next = next(lines, None)

    def lines(self, ident: Ident) -> bytes:
        """This object's former lines; none if it is new. To be asked in order."""
        while self._next is not None and self._next[0] < ident:
            self._next = next(self._lines, None)
        return self._next[1] if self._next is not None and self._next[0] == ident else b""


def _cutting_power(ident: Ident) -> int:
    """How many halvings of all blocks keep a cut before this object: n in one of 2**n objects."""
    digest = zlib.crc32(repr(ident).encode())
    return 32 if digest == 0 else (digest & -digest).bit_length() - 1
