"""Many objects' lines, in order, and their compressed blocks.

Nothing here is rendered: an object's lines come in, and a family's chunk goes out. A block is a run
of neighbouring objects. Where one ends is a property of the object's own key, so that an object
that comes or goes changes its block only, and the order of events does not matter.

Uncompressed text goes out in large parts of several blocks: the garbage collector visits every
line of a new list, and every answer would have to join them.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from msgspec import Struct

from episodarr.metrics.deflate import EMPTY, Segment, compressed, joined
from episodarr.model.memo import are_same
from episodarr.model.steps import Steps

type Ident = tuple[str | int, ...]
"""The key of an object among others of its kind; keys can be compared."""
type Pieces = tuple[bytes, ...]
"""Whole lines, none of them empty."""

BLOCK_BYTES = 32_768
"""About the size from which larger blocks compress no better."""
PART_BYTES = 8 * BLOCK_BYTES
"""Bytes of a part; larger ones are sent no faster."""
_COPIED_PER_RENDERED = 8
"""Bytes that are copied in the time that one is rendered in."""
STEP_BYTES = 65_536
"""One or two milliseconds of rendering, and a little less of compressing."""


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

    plain: tuple[bytes, ...]
    """Whole lines in a few parts, none of them empty."""
    segment: Segment

    @classmethod
    def of(cls, lines: bytes) -> "Chunk":
        """A chunk of one block."""
        return cls((lines,), compressed(lines)) if lines else NOTHING


NOTHING = Chunk((), EMPTY)


class _Block(Struct, frozen=True, eq=False, gc=False):
    """Some neighbours' lines, compressed."""

    run: tuple[Ident, ...]
    segment: Segment


class _Part(Struct, frozen=True, eq=False, gc=False):
    """Some blocks' lines, as they are."""

    blocks: tuple[_Block, ...]
    plain: bytes


@dataclass(slots=True)
class _Column:
    """One family's blocks, by the object that each starts with."""

    dirty: set[Ident] = field(default_factory=set)
    """Objects whose lines are not in the chunk yet."""
    size: int = 0
    level: int = -1
    blocks: dict[Ident, _Block] = field(default_factory=dict)
    parts: dict[_Block, _Part] = field(default_factory=dict)
    """By the first block of each."""
    chunk: Chunk = NOTHING


class BlockCache:
    """Objects of one kind, each with its lines for each of `width` families."""

    def __init__(self, width: int, block_bytes: int = BLOCK_BYTES) -> None:
        self._block_bytes = block_bytes
        self._pieces: dict[Ident, tuple[Pieces, ...]] = {}
        self._levels: dict[Ident, int] = {}
        self._order: list[Ident] | None = None
        self._runs: dict[int, list[tuple[Ident, ...]]] = {}
        self._columns = [_Column() for _ in range(width)]

    def put(self, ident: Ident, pieces: tuple[Pieces, ...]) -> None:
        """Replace an object's lines."""
        old = self._pieces.get(ident)
        if old is None:
            old = ((),) * len(self._columns)
            self._levels[ident] = _level(ident)
            self._order = None
        self._pieces[ident] = pieces
        self._mark(ident, old, pieces)

    def drop(self, ident: Ident) -> None:
        """Remove an object."""
        old = self._pieces.pop(ident)
        del self._levels[ident]
        self._order = None
        self._mark(ident, old, ((),) * len(self._columns))

    def _mark(self, ident: Ident, old: tuple[Pieces, ...], new: tuple[Pieces, ...]) -> None:
        for column, before, after in zip(self._columns, old, new, strict=True):
            if before != after:
                column.dirty.add(ident)
                column.size += sum(map(len, after)) - sum(map(len, before))

    def settle_steps(self, budget: Budget) -> Steps[None]:
        """Bring the chunks up to date. May be left at any step: the next call goes on."""
        if self._order is None:
            self._order = sorted(self._pieces)
            self._runs = {}
        for index, column in enumerate(self._columns):
            if column.dirty:
                yield from self._rebuild_steps(index, column, budget)

    def chunks(self) -> list[Chunk]:
        """One per family, as of the last settling."""
        return [column.chunk for column in self._columns]

    def _rebuild_steps(self, index: int, column: _Column, budget: Budget) -> Steps[None]:
        blocks = yield from self._block_steps(index, column, budget)
        parts = yield from self._part_steps(index, column, blocks, budget)
        column.chunk = Chunk(
            tuple(part.plain for part in parts.values()),
            joined(block.segment for block in blocks.values()),
        )
        column.blocks, column.parts = blocks, parts
        column.dirty.clear()

    def _block_steps(
        self, index: int, column: _Column, budget: Budget
    ) -> Steps[dict[Ident, _Block]]:
        blocks: dict[Ident, _Block] = {}
        for run in self._runs_for(column):
            known = column.blocks.get(run[0])
            if known is not None and known.run == run and column.dirty.isdisjoint(run):
                blocks[run[0]] = known
                continue
            plain = self._lines(index, run)
            blocks[run[0]] = _Block(run, compressed(plain))
            if budget.is_due(len(plain)):
                yield
        return blocks

    def _part_steps(
        self, index: int, column: _Column, blocks: dict[Ident, _Block], budget: Budget
    ) -> Steps[dict[_Block, _Part]]:
        parts: dict[_Block, _Part] = {}
        for group in _groups(blocks.values()):
            known = column.parts.get(group[0])
            if known is not None and are_same(known.blocks, group):
                parts[group[0]] = known
                continue
            plain = self._lines(index, chain.from_iterable(block.run for block in group))
            parts[group[0]] = _Part(group, plain)
            if budget.is_due(len(plain) // _COPIED_PER_RENDERED):
                yield
        return parts

    def _lines(self, index: int, idents: Iterable[Ident]) -> bytes:
        return b"".join(chain.from_iterable(self._pieces[ident][index] for ident in idents))

    def _runs_for(self, column: _Column) -> list[tuple[Ident, ...]]:
        """The objects cut into blocks of about the wanted size for this family."""
        objects = self._block_bytes * len(self._pieces) // max(1, column.size)
        wanted = max(1, objects).bit_length() - 1
        # Only a size that is off by a factor of 4 is worth compressing everything again.
        if column.level < 0 or abs(wanted - column.level) > 1:
            column.level = wanted
        runs = self._runs.get(column.level)
        if runs is None:
            runs = self._runs[column.level] = self._cut(column.level)
        return runs

    def _cut(self, level: int) -> list[tuple[Ident, ...]]:
        runs: list[list[Ident]] = []
        for ident in self._order or ():
            if not runs or self._levels[ident] >= level:
                runs.append([])
            runs[-1].append(ident)
        return [tuple(run) for run in runs]


def _groups(blocks: Iterable[_Block]) -> Iterator[tuple[_Block, ...]]:
    """Blocks with lines, in order, as many as make a part."""
    group: list[_Block] = []
    size = 0
    for block in blocks:
        if not block.segment.size:
            continue
        group.append(block)
        size += block.segment.size
        if size >= PART_BYTES:
            yield tuple(group)
            group, size = [], 0
    if group:
        yield tuple(group)


def _level(ident: Ident) -> int:
    """How many halvings of all blocks keep a cut before this object: n in one of 2**n objects."""
    digest = zlib.crc32(repr(ident).encode())
    return 32 if digest == 0 else (digest & -digest).bit_length() - 1
