"""The rows of the table: a name, a unit, and where the value comes from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.figures import Cycle, Figures, Memory, Period, typical
from tests.bench.memory import DEFLATED, INDEX, ORDER, PLAIN, RENDERED, REST

MIB = 1024 * 1024
CYCLES_PER_MINUTE = 4
SERIES_READS_PER_MINUTE = 0.2
"""Of the settings as shipped: a cycle every 15 s, the list every 5 minutes."""


@dataclass(frozen=True)
class Row:
    """One line: a name, its unit, and how to get it from the figures of a size."""

    name: str
    unit: str
    value: Callable[[Figures], float | None]


def _cpu(cycles: Sequence[Cycle]) -> float:
    """The least of the typical: noise of the machine only ever adds."""
    ordered = sorted(cycle.cpu_seconds for cycle in cycles)
    return typical(ordered[: max(1, len(ordered) // 2)])


def _cycle_ms(name: str) -> Callable[[Figures], float | None]:
    return lambda f: 1000 * typical([c.seconds for c in f.periods[name].plain()])


def _cycle_cpu_ms(name: str) -> Callable[[Figures], float | None]:
    return lambda f: 1000 * _cpu(f.periods[name].plain())


def _most_requests(system: str, name: str) -> Callable[[Figures], float | None]:
    return lambda f: max(c.requests.get(system, 0) for c in f.periods[name].plain())


def _mean_requests(system: str, name: str) -> Callable[[Figures], float | None]:
    def mean(figures: Figures) -> float:
        cycles = figures.periods[name].plain()
        return sum(c.requests.get(system, 0) for c in cycles) / len(cycles)

    return mean


def _per_minute(name: str) -> Callable[[Figures], float | None]:
    """From the parts: cycles, the share of those that read the list."""

    def seconds(figures: Figures) -> float:
        period = figures.periods[name]
        plain = _cpu(period.plain())
        reading = period.with_series()
        extra = max(0.0, _cpu(reading) - plain) if reading else 0.0
        return CYCLES_PER_MINUTE * plain + SERIES_READS_PER_MINUTE * extra

    return seconds


def _stall_ms(field: str) -> Callable[[Figures], float | None]:
    def longest(figures: Figures) -> float | None:
        marks = [p.mark for n, p in figures.periods.items() if n.startswith("scraped")]
        return 1000 * max(mark[field] for mark in marks) if marks else None

    return longest


def _scrape(name: str, share: float) -> Callable[[Figures], float | None]:
    return lambda f: f.scrapes[name].percentile(share) if name in f.scrapes else None


def _scrape_mib(name: str) -> Callable[[Figures], float | None]:
    return lambda f: f.scrapes[name].size_bytes / MIB if name in f.scrapes else None


def _scrape_cpu_ms(name: str) -> Callable[[Figures], float | None]:
    return lambda f: 1000 * f.scrape_cpu_seconds[name] if name in f.scrape_cpu_seconds else None


def _against_library(figures: Figures) -> float | None:
    """CPU of a rendering by prometheus_client over that of an answer of ours."""
    if figures.baseline is None:
        return None
    return figures.baseline.openmetrics_gzip_seconds / figures.scrape_cpu_seconds["gzip"]


def _bare(share: float) -> Callable[[Figures], float | None]:
    return lambda f: f.bare_scrapes.percentile(share) if f.bare_scrapes else None


MEMORY_PARTS = (
    *(part for part in ORDER if part not in {REST, RENDERED}),
    PLAIN,
    DEFLATED,
    INDEX,
    REST,
)
"""The parts that are measured, the records first."""


def _memory_mib(count: Callable[[Memory], int]) -> Callable[[Figures], float | None]:
    def mib(figures: Figures) -> float | None:
        return None if figures.memory is None else count(figures.memory) / MIB

    return mib


def _memory_row(part: str) -> Row:
    return Row(f"memory: {part}", "MiB", _memory_mib(lambda m: m.by_part.get(part, 0)))


def _per_episode(figures: Figures) -> float | None:
    if figures.memory is None:
        return None
    return (figures.peak_bytes - figures.memory.imported_bytes) / figures.size.episodes


def _quiet(figures: Figures) -> Period:
    return figures.periods["quiet"]


ROWS = (
    Row("episodes", "", lambda f: f.size.episodes),
    Row("in flight", "", lambda f: f.size.in_flight),
    Row("torrents", "", lambda f: f.size.torrents),
    Row("samples", "", lambda f: f.samples),
    Row("cold start: port open", "s", lambda f: f.listening_seconds),
    Row("cold start: first metrics", "s", lambda f: f.first_metrics_seconds),
    Row(
        "… since /series was asked for",
        "s",
        lambda f: f.first_metrics_seconds - f.series_asked_seconds,
    ),
    Row("cold start: full inventory", "s", lambda f: f.inventory_seconds),
    Row("cold start: requests to Sonarr", "", lambda f: f.inventory_requests),
    Row("cold start: most at once to Sonarr", "", lambda f: f.peak_requests_to_sonarr),
    Row("cold start: longest stall", "ms", lambda f: 1000 * f.cold_stall_seconds),
    Row("restart: first metrics", "s", lambda f: f.restart_metrics_seconds),
    Row("restart: everything caught up", "s", lambda f: f.settled_seconds),
    Row("quiet cycle", "ms", _cycle_ms("quiet")),
    Row("quiet cycle, CPU", "ms", _cycle_cpu_ms("quiet")),
    Row("quiet cycle: most requests to Sonarr", "", _most_requests("sonarr", "quiet")),
    Row("quiet cycle: requests to Sonarr", "", _mean_requests("sonarr", "quiet")),
    Row("quiet cycle: requests to qBittorrent", "", _mean_requests("qbittorrent", "quiet")),
    Row("quiet cycle: requests to Jellyfin", "", _mean_requests("jellyfin", "quiet")),
    Row("quiet cycle: requests to Shoko", "", _mean_requests("shoko", "quiet")),
    Row("quiet cycle: requests to Seerr", "", _mean_requests("jellyseerr", "quiet")),
    Row(
        "cycle that reads /series, CPU",
        "ms",
        lambda f: 1000 * _cpu(_quiet(f).with_series()) if _quiet(f).with_series() else None,
    ),
    Row(
        "cycle that reads /series: most requests to Sonarr",
        "",
        lambda f: max((c.requests.get("sonarr", 0) for c in _quiet(f).with_series()), default=None),
    ),
    Row("1 % changing: cycle", "ms", _cycle_ms("1 % changing")),
    Row("1 % changing: cycle, CPU", "ms", _cycle_cpu_ms("1 % changing")),
    Row("everything changing: cycle", "ms", _cycle_ms("everything changing")),
    Row("everything changing: cycle, CPU", "ms", _cycle_cpu_ms("everything changing")),
    Row(
        "everything changing: most requests to Sonarr",
        "",
        _most_requests("sonarr", "everything changing"),
    ),
    Row(
        "everything changing: requests to qBittorrent",
        "",
        _mean_requests("qbittorrent", "everything changing"),
    ),
    Row("CPU per minute, quiet", "s", _per_minute("quiet")),
    Row("CPU per minute, busy", "s", _per_minute("everything changing")),
    Row("/metrics gzip, p50", "ms", _scrape("gzip", 0.5)),
    Row("/metrics gzip, p99", "ms", _scrape("gzip", 0.99)),
    Row("/metrics gzip, CPU", "ms", _scrape_cpu_ms("gzip")),
    Row("/metrics gzip", "MiB", _scrape_mib("gzip")),
    Row("/metrics plain, p50", "ms", _scrape("plain", 0.5)),
    Row("/metrics plain, p99", "ms", _scrape("plain", 0.99)),
    Row("/metrics plain, CPU", "ms", _scrape_cpu_ms("plain")),
    Row("/metrics plain", "MiB", _scrape_mib("plain")),
    Row("… as much from a bare server, p50", "ms", _bare(0.5)),
    Row("… as much from a bare server, p99", "ms", _bare(0.99)),
    Row(
        "… of the machine's time taken by its host",
        "%",
        lambda f: 100 * f.stolen_ratio if f.scrapes else None,
    ),
    Row("longest stall, busy and scraped", "ms", _stall_ms("longest_stall_seconds")),
    Row("… by our own work", "ms", _stall_ms("longest_stall_by_own_work_seconds")),
    Row("… garbage collection", "ms", _stall_ms("longest_collection_seconds")),
    Row("the minute's garbage collection", "ms", lambda f: 1000 * f.minute_pass_seconds),
    Row("… goes over so many objects", "", lambda f: f.collected_objects),
    Row("a full garbage collection", "ms", lambda f: 1000 * f.full_pass_seconds),
    Row("peak memory", "MiB", lambda f: f.peak_bytes / MIB),
    Row("memory at the end", "MiB", _memory_mib(lambda m: m.resident_bytes)),
    Row("memory: interpreter and libraries", "MiB", _memory_mib(lambda m: m.imported_bytes)),
    *(_memory_row(part) for part in MEMORY_PARTS),
    Row("memory: the rest", "MiB", _memory_mib(lambda m: m.rest_bytes)),
    Row("… of it in reserve of the allocator", "MiB", _memory_mib(lambda m: m.trimmed_bytes)),
    Row("peak memory per episode, without the interpreter", "B", _per_episode),
    Row("the store's files", "MiB", _memory_mib(lambda m: m.state_bytes)),
    Row(
        "Sonarr answers in 5 s: /metrics p99",
        "ms",
        lambda f: f.slow_scrapes.percentile(0.99) if f.slow_scrapes else None,
    ),
    Row(
        "Sonarr answers in 5 s: longest cycle",
        "s",
        lambda f: max((c.seconds for c in f.slow_cycles), default=None),
    ),
    Row(
        "Sonarr answers in 5 s: most at once",
        "",
        lambda f: f.slow_peak if f.slow_scrapes else None,
    ),
    Row(
        "prometheus_client, text",
        "ms",
        lambda f: 1000 * f.baseline.text_seconds if f.baseline else None,
    ),
    Row(
        "prometheus_client, OpenMetrics and gzip",
        "ms",
        lambda f: 1000 * f.baseline.openmetrics_gzip_seconds if f.baseline else None,
    ),
    Row("… times a scrape of ours", "×", _against_library),
    Row("naive poll: requests", "", lambda f: f.naive.requests if f.naive else None),
    Row("naive poll", "s", lambda f: f.naive.seconds if f.naive else None),
    Row(
        "naive poll, CPU",
        "ms",
        lambda f: 1000 * f.naive.cpu_seconds if f.naive else None,
    ),
)
