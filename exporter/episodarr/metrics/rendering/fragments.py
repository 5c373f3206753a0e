"""The lines of one object, rendered again only when the object is another one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from episodarr.metrics.family import Label, Sample, ViewFamily
from episodarr.metrics.rendering.blocks import BlockCache, Budget, Chunk, Ident
from episodarr.metrics.rendering.levels import Level, Rows
from episodarr.metrics.rendering.text import escape, is_finite, label_block, number
from episodarr.model.memo import Memo
from episodarr.model.steps import Steps

type Dropped = Mapping[str, int]
"""How many samples or objects were left out, by family."""

type Drops = defaultdict[str, int] | Counter[str]
"""The same while it is being counted."""

NO_DROPS: Dropped = MappingProxyType({})


class Printer[V]:
    """Writes one family's lines for one object."""

    __slots__ = ("_limit", "_opening", "_own", "_samples", "name")

    def __init__(self, row: ViewFamily[V]) -> None:
        self.name = row.name
        self._limit = row.limit
        self._samples = row.samples
        self._opening = row.name + "{"
        own = ",".join(f'{label.name}="%s"' for label in row.own)
        separator = "," if len(row.key) and len(row.own) else ""
        self._own = f"{separator}{own}"

    def lines(self, key: str, view: V, dropped: Drops) -> bytes:
        """All lines of this object; what is left out is added to `dropped`.

        Args:
            key: The object's key labels, escaped, as `label_block` writes them.
            view: The object.
            dropped: Counts by family.
        """
        samples = self._samples(view)
        if not samples:
            return b""
        if len(samples) == 1:
            # Nearly all families of an episode are one line, and this runs for all of them.
            return self._line(key, samples[0], dropped).encode()
        kept = self._distinct(samples, dropped)
        return "".join([self._line(key, sample, dropped) for sample in kept]).encode()

    def _line(self, key: str, sample: Sample, dropped: Drops) -> str:
        values, value = sample
        if not is_finite(value):
            dropped[self.name] += 1
            return ""
        labels = key + self._own % tuple(map(escape, values)) if values else key
        if not labels:
            return f"{self.name} {number(value)}\n"
        return f"{self._opening}{labels}}} {number(value)}\n"

    def _distinct(self, samples: Sequence[Sample], dropped: Drops) -> Sequence[Sample]:
        first: dict[tuple[str, ...], Sample] = {}
        for sample in samples:
            first.setdefault(tuple(map(escape, sample[0])), sample)
        kept = list(first.values())[: self._limit]
        if len(kept) < len(samples):
            dropped[self.name] += len(samples) - len(kept)
        return kept


def printers[V](rows: Iterable[ViewFamily[V]]) -> tuple[Printer[V], ...]:
    """A printer per row, in order."""
    return tuple(Printer(row) for row in rows)


def rendered[V](rows: tuple[Printer[V], ...], key: str, view: V) -> tuple[Rows, Dropped]:
    """One item's lines, a family each, and what is left out of them."""
    dropped: defaultdict[str, int] = defaultdict(int)
    lines = tuple([row.lines(key, view, dropped) for row in rows])
    return lines, dropped or NO_DROPS


class Objects[V]:
    """All downloads, or all requests, …: flat objects with a key each."""

    def __init__(
        self,
        rows: tuple[ViewFamily[V], ...],
        key: tuple[Label, ...],
        key_of: Callable[[V], tuple[str, ...]],
        ident_of: Callable[[V], Ident],
    ) -> None:
        self._rows = printers(rows)
        self.names = tuple(row.name for row in rows)
        self._key_names = tuple(label.name for label in key)
        self._key_of = key_of
        self._ident_of = ident_of
        self._blocks = BlockCache((len(rows),))
        self._views: dict[Ident, V] = {}
        self._dropped: dict[Ident, Dropped] = {}
        self._rendered: Memo[None] = Memo()
        self._doubles = 0

    def update_steps(self, views: Iterable[V], budget: Budget) -> Steps[None]:
        """Render what changed. May be left at any step: the next call goes on."""
        given = tuple(views)
        return self._rendered.steps(given, lambda: self._changed_steps(given, budget))

    def _changed_steps(self, views: Iterable[V], budget: Budget) -> Steps[None]:
        wanted: dict[Ident, V] = {}
        doubles = 0
        for view in views:
            if wanted.setdefault(self._ident_of(view), view) is not view:
                doubles += 1
        self._doubles = doubles
        for ident in self._views.keys() - wanted.keys():
            del self._views[ident]
            self._dropped.pop(ident, None)
            self._blocks.drop(ident)
        for ident, view in wanted.items():
            if self._views.get(ident) is view:
                continue
            key = label_block(self._key_names, self._key_of(view))
            lines, self._dropped[ident] = rendered(self._rows, key, view)
            self._views[ident] = view
            self._blocks.put(ident, (Level.single(lines),))
            if budget.is_due(sum(map(len, lines))):
                yield
        yield from self._blocks.settle_steps(budget)

    def chunks(self) -> list[Chunk]:
        """One per family, as of the last update."""
        return self._blocks.chunks()

    def dropped(self) -> Counter[str]:
        """What was left out, by family; doubles count under the first family."""
        total: Counter[str] = Counter({self.names[0]: self._doubles})
        for dropped in self._dropped.values():
            if dropped:
                total.update(dropped)
        return total
