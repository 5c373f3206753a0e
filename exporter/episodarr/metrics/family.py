"""What one row of the catalogue is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from episodarr.model.view import Snapshot

type Sample = tuple[tuple[str, ...], float]
"""The values of a family's own labels (those after the key), and the number."""

PLAIN: tuple[str, ...] = ()
"""The label values of a family that has none of its own."""


class Kind(StrEnum):
    """The type a family has in both formats."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Label:
    """One label; `values` closes the list of what it can be."""

    name: str
    meaning: str
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What people read about a family, whatever fills it."""

    name: str
    kind: Kind = Kind.GAUGE
    meaning: str
    """A sentence, or several."""
    source: str
    """Where the value comes from; completes "From …"."""
    key: tuple[Label, ...] = ()
    own: tuple[Label, ...] = ()
    """Labels beside the key."""
    bound: str
    """How many samples there can be."""
    limit: int | None = None
    """Most samples per object; the rest is counted as dropped."""
    label_names: tuple[str, ...] = field(init=False)
    """In the order in which they are written; without `le`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label_names", tuple(label.name for label in self.labels))

    @property
    def help(self) -> str:
        """The text after `# HELP`."""
        return f"{self.meaning} From {self.source}, as of the last cycle."

    @property
    def labels(self) -> tuple[Label, ...]:
        """Key first, then the family's own."""
        return self.key + self.own


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewFamily[V](Family):
    """A family that is read from a view: no state of its own."""

    samples: Callable[[V], Sequence[Sample]]
    """An empty answer means that the value is unknown or that nothing is in this state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFamily(Family):
    """A family whose numbers are handed in as `Counters`, because they outlive a snapshot."""

    zeros: Callable[[Snapshot], Iterable[tuple[str, ...]]] = lambda _: ()
    """The label values that are present at 0 before anything happened."""
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, ascending, without +Inf."""


type Unnamed[F: Family] = Callable[[str], F]
"""A row that takes its name."""


def rows[F: Family](by_name: Mapping[str, Unnamed[F]]) -> tuple[F, ...]:
    """The rows of a table, each with its name."""
    return tuple(unnamed(name) for name, unnamed in by_name.items())


@dataclass(frozen=True, kw_only=True)
class Subject[V]:
    """What the rows about one kind of object share, so that a row holds only what is its own.

    A name that ends in `_total` is a counter's, and what has buckets is a histogram.
    """

    source: str
    bound: str
    key: tuple[Label, ...] = ()
    own: tuple[Label, ...] = ()
    limit: int | None = None

    def by(
        self,
        *own: Label,
        source: str | None = None,
        bound: str | None = None,
        limit: int | None = None,
    ) -> "Subject[V]":
        """The same subject with labels beside the key, another source, or another bound."""
        return replace(
            self, own=own, source=source or self.source, bound=bound or self.bound, limit=limit
        )

    def row(self, meaning: str, samples: Callable[[V], Sequence[Sample]]) -> Unnamed[ViewFamily[V]]:
        """A row that is read from a view."""
        return lambda name: ViewFamily(
            name=name,
            kind=_kind_of(name),
            meaning=meaning,
            source=self.source,
            key=self.key,
            own=self.own,
            bound=self.bound,
            limit=self.limit,
            samples=samples,
        )

    def recorded(
        self,
        meaning: str,
        *,
        zeros: Callable[[Snapshot], Iterable[tuple[str, ...]]] = lambda _: (),
        buckets: tuple[float, ...] = (),
    ) -> Unnamed[RecordedFamily]:
        """A row whose numbers `Counters` keeps."""
        return lambda name: RecordedFamily(
            name=name,
            kind=Kind.HISTOGRAM if buckets else _kind_of(name),
            meaning=meaning,
            source=self.source,
            own=self.own,
            bound=self.bound,
            zeros=zeros,
            buckets=buckets,
        )


def _kind_of(name: str) -> Kind:
    return Kind.COUNTER if name.endswith("_total") else Kind.GAUGE


def one(value: float | None) -> Sequence[Sample]:
    """One sample, or none where the value is unknown."""
    return () if value is None else ((PLAIN, value),)


def state(value: str | None) -> Sequence[Sample]:
    """One sample of 1 for the state that holds, or none where it is unknown."""
    return () if value is None else (((value,), 1),)


def at(moment: datetime | None) -> Sequence[Sample]:
    """A moment as Unix seconds with at most milliseconds, or none where it is unknown."""
    return () if moment is None else ((PLAIN, unix_seconds(moment)),)


def unix_seconds(moment: datetime) -> float:
    """Seconds since 1970, rounded to milliseconds."""
    return round(moment.timestamp(), 3)
