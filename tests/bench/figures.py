"""What is measured at one size, and how much effort is made for it."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.baseline import Baseline
from tests.bench.naive_run import Naive
from tests.bench.scenes import Size


@dataclass(frozen=True)
class Cycle:
    """One cycle and what it asked."""

    seconds: float
    cpu_seconds: float
    reads_series: bool
    series_pending: int
    """Series that have no inventory yet."""
    requests: Mapping[str, int]
    """By kind of system."""


@dataclass(frozen=True)
class Period:
    """Some cycles in a row, under one load."""

    cycles: Sequence[Cycle]
    mark: Mapping[str, float]
    resident_bytes: int

    def plain(self) -> list[Cycle]:
        """Those that did not read the list of series."""
        return [c for c in self.cycles if not c.reads_series] or list(self.cycles)

    def with_series(self) -> list[Cycle]:
        """Those that did."""
        return [c for c in self.cycles if c.reads_series]


@dataclass(frozen=True)
class Scrapes:
    """Answers to one client over one connection."""

    milliseconds: Sequence[float]
    size_bytes: int

    def percentile(self, share: float) -> float:
        """The value that this share of the answers does not exceed."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True)
class Memory:
    """What is resident at one moment, and what of it belongs to what."""

    imported_bytes: int
    """The interpreter and all that is imported, before anything was read."""
    resident_bytes: int
    by_part: Mapping[str, int]
    heaviest: Sequence[tuple[str, str, int]]
    """Part, class of ours, and what only objects of this class lead to."""
    trimmed_bytes: int
    """What the allocator held in reserve."""
    state_bytes: int
    """Of the state directory."""

    @property
    def rest_bytes(self) -> int:
        """What belongs to nothing that is known: connections, what is fragmented or in reserve."""
        return self.resident_bytes - self.imported_bytes - sum(self.by_part.values())


@dataclass
class Figures:
    """Everything measured at one size."""

    size: Size
    samples: int = 0
    settled_seconds: float = 0.0
    """From the restart until nothing was left to catch up on."""
    listening_seconds: float = 0.0
    series_asked_seconds: float = 0.0
    """From the start until Sonarr's list of series was asked for."""
    first_metrics_seconds: float = 0.0
    """From the start until `/metrics` has series."""
    inventory_seconds: float = 0.0
    inventory_requests: int = 0
    peak_requests_to_sonarr: int = 0
    cold_stall_seconds: float = 0.0
    restart_metrics_seconds: float = 0.0
    peak_bytes: int = 0
    memory: Memory | None = None
    collected_objects: int = 0
    """What a pass of the garbage collector goes over once a minute."""
    minute_pass_seconds: float = 0.0
    full_pass_seconds: float = 0.0
    """Of the one over everything, every six hours."""
    periods: dict[str, Period] = field(default_factory=dict)
    scrapes: dict[str, Scrapes] = field(default_factory=dict)
    scrape_cpu_seconds: dict[str, float] = field(default_factory=dict)
    """Of this process, with the kernel's work for it, for one answer; no cycles meanwhile."""
    bare_scrapes: Scrapes | None = None
    """As many bytes as the plain answer, of a server that does nothing else, beside the same work."""
    stolen_ratio: float = 0.0
    """Of the machine's time, what its host gave to others while these answers were timed."""
    slow_scrapes: Scrapes | None = None
    slow_cycles: Sequence[Cycle] = ()
    slow_peak: int = 0
    baseline: Baseline | None = None
    naive: Naive | None = None


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    quiet_cycles: int
    busy_cycles: int
    scrape_seconds: float
    baseline_runs: int
    with_scrapes: bool
    """Whether answers are timed, and compared with those of other programs."""
    with_slow: bool


LONG = Effort(40, 12, scrape_seconds=8, baseline_runs=3, with_scrapes=True, with_slow=True)
SHORT = Effort(12, 4, scrape_seconds=2, baseline_runs=1, with_scrapes=True, with_slow=False)
LEAN = Effort(12, 6, scrape_seconds=0, baseline_runs=0, with_scrapes=False, with_slow=False)
"""For memory and the start alone."""


def typical(values: Sequence[float]) -> float:
    """The median; 0 of nothing."""
    return statistics.median(values) if values else 0.0
