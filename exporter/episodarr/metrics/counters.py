"""Counters, and values that come from outside a snapshot, as frozen numbers beside it."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, Self

from episodarr.metrics.catalogue import RECORDED
from episodarr.metrics.family import Kind, RecordedFamily
from episodarr.model.steps import Steps

type LabelValues = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Observations by bucket; the last bucket is +Inf."""

    bucket_counts: tuple[int, ...]
    """Not cumulative: an observation is in one of them."""
    sum: float = 0.0

    @classmethod
    def empty(cls, buckets: tuple[float, ...]) -> Self:
        """A histogram with these upper bounds that has seen nothing."""
        return cls((0,) * (len(buckets) + 1))

    @property
    def count(self) -> int:
        """All observations."""
        return sum(self.bucket_counts)

    def plus(self, values: Iterable[float], buckets: tuple[float, ...]) -> "Histogram":
        """The same with these observations more."""
        counts, total = list(self.bucket_counts), self.sum
        for value in values:
            counts[bisect_left(buckets, value)] += 1
            total += value
        return Histogram(tuple(counts), total)

    def merged(self, other: "Histogram") -> "Histogram":
        """Both together; they must have the same bounds."""
        pairs = zip(self.bucket_counts, other.bucket_counts, strict=True)
        return Histogram(tuple(a + b for a, b in pairs), self.sum + other.sum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Numbers for the recorded families of the catalogue, by family and label values.

    Families and label values that are not in it are unknown, except those which the catalogue
    starts at 0.

    Raises:
        ValueError: A family is not in the catalogue, or has other labels, or other buckets.
    """

    values: Mapping[str, Mapping[LabelValues, float]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    histograms: Mapping[str, Mapping[LabelValues, Histogram]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def __post_init__(self) -> None:
        for name, by_labels in self.values.items():
            row = _recorded(name, is_histogram=False)
            for labels in by_labels:
                _check_labels(row, labels)
        for name, histograms in self.histograms.items():
            row = _recorded(name, is_histogram=True)
            for labels, histogram in histograms.items():
                _check_labels(row, labels)
                if len(histogram.bucket_counts) != len(row.buckets) + 1:
                    raise ValueError(f"{name} has {len(row.buckets)} buckets and +Inf")

    def added(self, family: str, labels: LabelValues = (), amount: float = 1) -> "Counters":
        """The same with this much more of one counter."""
        by_labels = dict(self.values.get(family, {}))
        by_labels[labels] = by_labels.get(labels, 0) + amount
        return Counters(values={**self.values, family: by_labels}, histograms=self.histograms)

    def observed(self, family: str, labels: LabelValues, *values: float) -> "Counters":
        """The same with these observations more in one histogram."""
        buckets = _recorded(family, is_histogram=True).buckets
        by_labels = dict(self.histograms.get(family, {}))
        old = by_labels.get(labels, Histogram.empty(buckets))
        by_labels[labels] = old.plus(values, buckets)
        return Counters(values=self.values, histograms={**self.histograms, family: by_labels})

    def merged(self, other: "Counters") -> "Counters":
        """Both together; what both have is added."""
        values = {name: dict(by_labels) for name, by_labels in self.values.items()}
        for name, by_labels in other.values.items():
            mine = values.setdefault(name, {})
            for labels, value in by_labels.items():
                mine[labels] = mine.get(labels, 0) + value
        histograms = {name: dict(by_labels) for name, by_labels in self.histograms.items()}
        for name, theirs in other.histograms.items():
            held = histograms.setdefault(name, {})
            for labels, histogram in theirs.items():
                held[labels] = held[labels].merged(histogram) if labels in held else histogram
        return Counters(values=values, histograms=histograms)


class CounterSource(Protocol):
    """A counter of its own that can report its value."""

    def counter_steps(self) -> Steps[Counters]:
        """All its numbers of this moment, in steps."""
        ...


def _recorded(name: str, *, is_histogram: bool) -> RecordedFamily:
    row = RECORDED.get(name)
    if row is None or (row.kind is Kind.HISTOGRAM) is not is_histogram:
        raise ValueError(
            f"{name} is no {'histogram' if is_histogram else 'number'} of the catalogue"
        )
    return row


def _check_labels(row: RecordedFamily, labels: LabelValues) -> None:
    if len(labels) != len(row.labels):
        raise ValueError(f"{row.name} has the labels {row.label_names}, not {labels!r}")
