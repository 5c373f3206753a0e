"""The measurement of one size: a cold start as shipped, then a second process with fast cycles."""

import math
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.bench.naive_run import Naive, poll_naively
from tests.bench.processes import (
    Exporter,
    Simulated,
    Told,
    exporter,
    machine_seconds,
    simulated,
    started,
)
from tests.bench.rival import Rival, render_served
from tests.bench.scenes import Size, furnish, move

FAST = {
    "EPISODARR_CYCLE_SECONDS": "0.2",
    "EPISODARR_SERIES_SECONDS": "6",
    "EPISODARR_LIBRARY_SECONDS": "1",
}
"""A cycle costs the same however often it comes; only these come often enough to be measured."""
SETTLES_WITHIN_SECONDS = 600.0
"""What is measured as quiet has every inventory, and every word of Jellyfin and Shoko."""
SONARR_SECONDS = 0.02
ENCODINGS = {"gzip": "gzip", "plain": "identity"}
_CPU_SCRAPE_SECONDS = 1.0
_QUIET_REQUESTS = 7
"""A cycle that asks no more than this, of all systems, has nothing left to catch up on."""
_READS_SERIES = "GET /api/v3/series"

type Requests = dict[str, Counter[str]]


@dataclass(frozen=True)
class Cycle:
    """One cycle and what it asked."""

    seconds: float
    cpu_seconds: float
    reads_series: bool
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


@dataclass
class Figures:
    """Everything measured at one size."""

    size: Size
    samples: int = 0
    settled_seconds: float = 0.0
    """From the restart until nothing was left to catch up on."""
    listening_seconds: float = 0.0
    first_metrics_seconds: float = 0.0
    inventory_seconds: float = 0.0
    inventory_requests: int = 0
    peak_requests_to_sonarr: int = 0
    cold_stall_seconds: float = 0.0
    restart_metrics_seconds: float = 0.0
    restart_inventory_requests: int = 0
    peak_bytes: int = 0
    collected_objects: int = 0
    """What a full pass of the garbage collector goes over."""
    full_pass_seconds: float = 0.0
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
    rival: Rival | None = None
    naive: Naive | None = None


@dataclass(frozen=True)
class Effort:
    """How long to look."""

    quiet_cycles: int
    busy_cycles: int
    scrape_seconds: float
    rival_runs: int
    with_slow: bool


LONG = Effort(quiet_cycles=40, busy_cycles=12, scrape_seconds=8, rival_runs=3, with_slow=True)
SHORT = Effort(quiet_cycles=12, busy_cycles=4, scrape_seconds=2, rival_runs=1, with_slow=False)


def measure(size: Size, effort: Effort) -> Figures:
    """Everything at one size."""
    figures = Figures(size)
    with (
        tempfile.TemporaryDirectory(prefix="episodarr-bench-") as folder,
        simulated(size.arguments) as systems,
    ):
        furnish(systems, size)
        systems.warm()
        _cold_start(systems, Path(folder), figures)
        systems.forget_requests()
        _measure_cycles(systems, Path(folder), figures, effort)
        figures.naive = poll_naively(systems)
    return figures


def _cold_start(systems: Simulated, folder: Path, figures: Figures) -> None:
    """With the settings as shipped: when is there something to scrape, when is all there."""
    # As late as a real one's answers: of one that answers at once nobody asks two things at a time.
    systems.fault("sonarr.tv", "slow", seconds=SONARR_SECONDS)
    began = time.perf_counter()
    with exporter(folder, systems.environment) as running:
        figures.listening_seconds = time.perf_counter() - began
        while not running.next_cycle()["series"]:
            pass
        figures.first_metrics_seconds = time.perf_counter() - began
        _require_series(running)
        while _files_read(systems) < figures.size.series:
            time.sleep(0.1)
        figures.inventory_seconds = time.perf_counter() - began
        figures.inventory_requests = systems.requests()["sonarr.tv"]["total"]
        figures.peak_requests_to_sonarr = systems.requests()["sonarr.tv"]["peak"]
        figures.cold_stall_seconds = running.mark()["longest_stall_by_own_work_seconds"]
        figures.peak_bytes = running.status()["peak_bytes"]
    systems.fault("sonarr.tv", "none")


def _require_series(running: Exporter) -> None:
    """The first metrics are metrics of series, not of the exporter alone."""
    text = httpx.get(f"http://127.0.0.1:{running.port}/metrics", timeout=30).text
    if "\nepisodarr_series_info{" not in text:
        msg = "the first cycle published no series"
        raise RuntimeError(msg)


def _files_read(systems: Simulated) -> int:
    return systems.requests().get("sonarr.tv", {}).get("GET /api/v3/episode", 0)


def _measure_cycles(systems: Simulated, folder: Path, figures: Figures, effort: Effort) -> None:
    began = time.perf_counter()
    with exporter(folder, {**systems.environment, **FAST}) as running:
        while not running.next_cycle()["series"]:
            pass
        figures.restart_metrics_seconds = time.perf_counter() - began
        watch = CycleWatch(systems, running)
        watch.wait_until_settled()
        figures.settled_seconds = time.perf_counter() - began
        figures.restart_inventory_requests = _files_read(systems)
        running.command("watch off")
        figures.periods["quiet"] = watch.period(effort.quiet_cycles)
        for name, share in (("1 % changing", 0.01), ("everything changing", 1.0)):
            move(systems, share)
            watch.period(2)
            figures.periods[name] = watch.period(effort.busy_cycles)
        _measure_scrapes(systems, running, watch, figures, effort)
        figures.peak_bytes = max(figures.peak_bytes, running.status()["peak_bytes"])
        figures.rival = render_served(running.port, effort.rival_runs)
        figures.samples = figures.rival.samples
        if effort.with_slow:
            _measure_slow_sonarr(systems, running, watch, figures)
        # Last: it holds everything up.
        census = running.command("census", "census")
        figures.collected_objects = int(str(census["tracked"]))
        figures.full_pass_seconds = float(str(census["full_pass_seconds"]))


def _measure_scrapes(
    systems: Simulated, running: Exporter, watch: "CycleWatch", figures: Figures, effort: Effort
) -> None:
    """Answers while everything changes, then what each costs when nothing else is done."""
    running.command("watch on")
    all_before, stolen_before = machine_seconds()
    for name, encoding in ENCODINGS.items():
        with scraping(running.port, encoding) as answers:
            figures.periods[f"scraped, {name}"] = watch.period_of(effort.scrape_seconds)
        figures.scrapes[name] = answers[0]
    figures.bare_scrapes = _scrape_bare(watch, figures, effort)
    all_after, stolen_after = machine_seconds()
    figures.stolen_ratio = (stolen_after - stolen_before) / (all_after - all_before)
    running.command("watch off")
    move(systems, 0.0)
    for name, encoding in ENCODINGS.items():
        figures.scrape_cpu_seconds[name] = _scrape_cpu_seconds(running, encoding)


def _scrape_bare(watch: "CycleWatch", figures: Figures, effort: Effort) -> Scrapes:
    """What the machine allows at this moment: the exporter works as before, another one answers."""
    command = [sys.executable, "-m", "tests.bench.bare", str(figures.scrapes["plain"].size_bytes)]
    with started(command) as process:
        port = int(str(Told(process).next()["port"]))
        with scraping(port, ENCODINGS["plain"]) as answers:
            watch.period_of(effort.scrape_seconds)
    return answers[0]


def _scrape_cpu_seconds(running: Exporter, encoding: str) -> float:
    with running.without_cycles():
        running.mark()
        with scraping(running.port, encoding) as answers:
            time.sleep(_CPU_SCRAPE_SECONDS)
        return running.mark()["cpu_seconds"] / len(answers[0].milliseconds)


def _measure_slow_sonarr(
    systems: Simulated, running: Exporter, watch: "CycleWatch", figures: Figures
) -> None:
    """Sonarr takes five seconds for every answer."""
    systems.fault("sonarr.tv", "slow", seconds=5.0)
    watch.skip()
    systems.forget_requests()
    with scraping(running.port, "gzip") as answers:
        figures.slow_cycles = watch.period_of(16.0).cycles
    figures.slow_scrapes = answers[0]
    figures.slow_peak = systems.requests()["sonarr.tv"]["peak"]
    systems.fault("sonarr.tv", "none")


@contextmanager
def scraping(port: int, encoding: str) -> Iterator[list[Scrapes]]:
    """A scraper in a process of its own; what it saw is in the list after the block."""
    found: list[Scrapes] = []
    command = [sys.executable, "-m", "tests.bench.scraper", str(port), encoding]
    with started(command) as process:
        yield found
        assert process.stdin is not None
        process.stdin.close()
        answers = Told(process).next()["answers"]
        assert isinstance(answers, list)
        found.append(Scrapes([a[0] for a in answers], answers[-1][1]))


class CycleWatch:
    """Tells the requests of each cycle apart by the simulated systems' own counts."""

    def __init__(self, systems: Simulated, running: Exporter) -> None:
        self._systems = systems
        self._running = running
        self._before = self._totals()

    def _totals(self) -> Counter[str]:
        totals: Counter[str] = Counter()
        for system, paths in self._systems.requests().items():
            kind = system.partition(".")[0]
            totals[kind] += paths["total"]
            totals[_READS_SERIES] += paths.get(_READS_SERIES, 0)
        return totals

    def next(self) -> Cycle:
        """The next cycle that ends."""
        told = self._running.next_cycle()
        after = self._totals()
        asked = after - self._before
        self._before = after
        reads = asked.pop(_READS_SERIES, 0)
        return Cycle(
            seconds=float(str(told["seconds"])),
            cpu_seconds=float(str(told["cpu_seconds"])),
            reads_series=bool(told["read_series"]) or reads > 0,
            requests=asked,
        )

    def skip(self) -> None:
        """Forget the cycles that have ended already."""
        self._running.skip_cycles()
        self._before = self._totals()

    def wait_until_settled(self) -> None:
        """Until nothing is left to catch up on, or patience ends."""
        ends = time.perf_counter() + SETTLES_WITHIN_SECONDS
        calm = 0
        while calm < 6 and time.perf_counter() < ends:
            cycle = self.next()
            calm = calm + 1 if sum(cycle.requests.values()) <= _QUIET_REQUESTS else 0

    def period(self, cycles: int) -> Period:
        """So many cycles from now."""
        self.skip()
        self._running.mark()
        found = [self.next() for _ in range(cycles)]
        return self._period(found)

    def period_of(self, seconds: float) -> Period:
        """The cycles of so many seconds from now, at least one."""
        self.skip()
        self._running.mark()
        ends = time.perf_counter() + seconds
        found = [self.next()]
        while time.perf_counter() < ends:
            found.append(self.next())
        return self._period(found)

    def _period(self, cycles: Sequence[Cycle]) -> Period:
        mark = self._running.mark()
        return Period(cycles, mark, self._running.status()["resident_bytes"])


def typical(values: Sequence[float]) -> float:
    """The median; 0 of nothing."""
    return statistics.median(values) if values else 0.0
