"""The measurement of one size: a cold start as shipped, then a second process with fast cycles."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from tests.bench.baseline import render_served
from tests.bench.cycle_watch import READS_SERIES, CycleWatch
from tests.bench.figures import Effort, Figures, Memory, Scrapes
from tests.bench.naive_run import poll_naively
from tests.bench.processes import (
    Exporter,
    PrintedLines,
    Simulated,
    exporter,
    machine_seconds,
    simulated,
    started,
)
from tests.bench.scenes import Size, furnish, move

FAST = {
    "EPISODARR_CYCLE_SECONDS": "0.2",
    "EPISODARR_SERIES_SECONDS": "6",
    "EPISODARR_LIBRARY_SECONDS": "1",
}
"""A cycle costs the same however often it comes; only these come often enough to be measured."""
SONARR_SECONDS = 0.02
ENCODINGS = {"gzip": "gzip", "plain": "identity"}
_CPU_SCRAPE_SECONDS = 1.0
_GLANCE_SECONDS = 0.02


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
        if effort.with_scrapes:
            figures.naive = poll_naively(systems)
    return figures


def _cold_start(systems: Simulated, folder: Path, figures: Figures) -> None:
    """With the settings as shipped: when is there something to scrape, when is all there."""
    # As late as a real one's answers: one that answers at once is never asked two things at a time.
    systems.fault("sonarr.tv", "slow", seconds=SONARR_SECONDS)
    began = time.perf_counter()
    with exporter(folder, systems.environment) as running:
        figures.listening_seconds = time.perf_counter() - began
        while not systems.requests().get("sonarr.tv", {}).get(READS_SERIES):
            time.sleep(_GLANCE_SECONDS)
        figures.series_asked_seconds = time.perf_counter() - began
        while not _shows_series(running):
            time.sleep(_GLANCE_SECONDS)
        figures.first_metrics_seconds = time.perf_counter() - began
        while _files_read(systems) < figures.size.series:
            time.sleep(0.1)
        figures.inventory_seconds = time.perf_counter() - began
        figures.inventory_requests = systems.requests()["sonarr.tv"]["total"]
        figures.peak_requests_to_sonarr = systems.requests()["sonarr.tv"]["peak"]
        figures.cold_stall_seconds = running.mark()["longest_stall_by_own_work_seconds"]
        figures.peak_bytes = running.status()["peak_bytes"]
    systems.fault("sonarr.tv", "none")


def _shows_series(running: Exporter) -> bool:
    """Whether there are metrics of series, not of the exporter alone."""
    text = httpx.get(f"http://127.0.0.1:{running.port}/metrics", timeout=30).text
    return "\nepisodarr_series_info{" in text


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
        running.command("watch off")
        figures.periods["quiet"] = watch.period(effort.quiet_cycles)
        for name, share in (("1 % changing", 0.01), ("everything changing", 1.0)):
            move(systems, share)
            watch.period(2)
            figures.periods[name] = watch.period(effort.busy_cycles)
        if effort.with_scrapes:
            _measure_scrapes(systems, running, watch, figures, effort)
        figures.peak_bytes = max(figures.peak_bytes, running.status()["peak_bytes"])
        figures.samples = _samples(running)
        if effort.with_scrapes:
            figures.baseline = render_served(running.port, effort.baseline_runs)
        if effort.with_slow:
            _measure_slow_sonarr(systems, running, watch, figures)
        # Last: they hold everything up.
        figures.memory = _memory(running)
        passed = running.command("collect", "collect")
        figures.collected_objects = int(str(passed["tracked"]))
        figures.minute_pass_seconds = float(str(passed["minute_pass_seconds"]))
        figures.full_pass_seconds = float(str(passed["full_pass_seconds"]))


def _samples(running: Exporter) -> int:
    """How many there are in an answer."""
    text = httpx.get(f"http://127.0.0.1:{running.port}/metrics", timeout=60).text
    return sum(bool(line) and line[0] != "#" for line in text.splitlines())


def _memory(running: Exporter) -> Memory:
    """What is resident now, and what of it belongs to what."""
    status = running.status()
    with running.without_cycles():
        parts = running.command("memory", "memory")
    return msgspec.convert({**parts, "state_bytes": status["state_bytes"]}, Memory)


def _measure_scrapes(
    systems: Simulated, running: Exporter, watch: CycleWatch, figures: Figures, effort: Effort
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


def _scrape_bare(watch: CycleWatch, figures: Figures, effort: Effort) -> Scrapes:
    """What the machine allows at this moment: the exporter works as before, another one answers."""
    command = [sys.executable, "-m", "tests.bench.bare", str(figures.scrapes["plain"].size_bytes)]
    with started(command) as process:
        port = int(str(PrintedLines(process).next()["port"]))
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
    systems: Simulated, running: Exporter, watch: CycleWatch, figures: Figures
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
        answers = PrintedLines(process).next()["answers"]
        assert isinstance(answers, list)
        found.append(Scrapes([a[0] for a in answers], answers[-1][1]))
