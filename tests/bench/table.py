"""One table of all sizes, as text and as JSON, with the ratios that the targets are about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.phases import Cycle, Figures, Period, typical

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


def _with_series(figures: Figures) -> list[Cycle]:
    return [c for p in figures.periods.values() for c in p.with_series()][:12]


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
    return lambda f: (
        1000 * max(p.mark[field] for n, p in f.periods.items() if n.startswith("scraped"))
    )


def _scrape(name: str, share: float) -> Callable[[Figures], float | None]:
    return lambda f: f.scrapes[name].percentile(share)


def _against_library(figures: Figures) -> float | None:
    """CPU of a rendering by prometheus_client over that of an answer of ours."""
    if figures.rival is None:
        return None
    return figures.rival.openmetrics_gzip_seconds / figures.scrape_cpu_seconds["gzip"]


def _bare(share: float) -> Callable[[Figures], float | None]:
    return lambda f: f.bare_scrapes.percentile(share) if f.bare_scrapes else None


def _quiet(figures: Figures) -> Period:
    return figures.periods["quiet"]


ROWS = (
    Row("episodes", "", lambda f: f.size.episodes),
    Row("in flight", "", lambda f: f.size.in_flight),
    Row("torrents", "", lambda f: f.size.torrents),
    Row("samples", "", lambda f: f.samples),
    Row("cold start: port open", "s", lambda f: f.listening_seconds),
    Row("cold start: first metrics", "s", lambda f: f.first_metrics_seconds),
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
    Row("/metrics gzip, CPU", "ms", lambda f: 1000 * f.scrape_cpu_seconds["gzip"]),
    Row("/metrics gzip", "MiB", lambda f: f.scrapes["gzip"].size_bytes / MIB),
    Row("/metrics plain, p50", "ms", _scrape("plain", 0.5)),
    Row("/metrics plain, p99", "ms", _scrape("plain", 0.99)),
    Row("/metrics plain, CPU", "ms", lambda f: 1000 * f.scrape_cpu_seconds["plain"]),
    Row("/metrics plain", "MiB", lambda f: f.scrapes["plain"].size_bytes / MIB),
    Row("… as much from a bare server, p50", "ms", _bare(0.5)),
    Row("… as much from a bare server, p99", "ms", _bare(0.99)),
    Row("… of the machine's time taken by its host", "%", lambda f: 100 * f.stolen_ratio),
    Row("longest stall, busy and scraped", "ms", _stall_ms("longest_stall_seconds")),
    Row("… by our own work", "ms", _stall_ms("longest_stall_by_own_work_seconds")),
    Row("… garbage collection", "ms", _stall_ms("longest_collection_seconds")),
    Row("a full garbage collection", "ms", lambda f: 1000 * f.full_pass_seconds),
    Row("… goes over so many objects", "", lambda f: f.collected_objects),
    Row("peak memory", "MiB", lambda f: f.peak_bytes / MIB),
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
        lambda f: 1000 * f.rival.text_seconds if f.rival else None,
    ),
    Row(
        "prometheus_client, OpenMetrics and gzip",
        "ms",
        lambda f: 1000 * f.rival.openmetrics_gzip_seconds if f.rival else None,
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

RATIOS = (
    ("quiet cycle, CPU", 1.5),
    ("quiet cycle: requests to Sonarr", 1.5),
)
"""Largest against smallest, and the most that is allowed."""


@dataclass(frozen=True)
class Target:
    """One thing to hold at the largest size."""

    name: str
    most: float


TARGETS = (
    Target("quiet cycle: most requests to Sonarr", 5),
    Target("cold start: most at once to Sonarr", 4),
    Target("cold start: first metrics", 5),
    Target("everything changing: cycle, CPU", 1_000),
    Target("/metrics gzip, p99", 25),
    Target("/metrics plain, p99", 25),
    Target("… by our own work", 50),
    Target("cold start: longest stall", 50),
    Target("a full garbage collection", 50),
    Target("peak memory", 300),
    Target("Sonarr answers in 5 s: /metrics p99", 25),
    Target("Sonarr answers in 5 s: most at once", 4),
)


def values_of(figures: Figures) -> dict[str, float | None]:
    """Every row's value by its name."""
    return {row.name: row.value(figures) for row in ROWS}


def document(all_figures: Sequence[Figures]) -> dict[str, object]:
    """The whole table for programs."""
    sizes = {str(f.size.series): values_of(f) for f in all_figures}
    return {
        "units": {row.name: row.unit for row in ROWS},
        "by_series": sizes,
        "ratios": ratios(all_figures),
        "misses": misses(all_figures),
    }


def ratios(all_figures: Sequence[Figures]) -> dict[str, float]:
    """The largest size's value over the smallest's."""
    first, last = values_of(all_figures[0]), values_of(all_figures[-1])
    found = {}
    for name, _ in RATIOS:
        small, large = first[name], last[name]
        if small and large is not None:
            found[name] = large / small
    return found


def misses(all_figures: Sequence[Figures]) -> list[str]:
    """Targets that were not met, in words."""
    found = ratios(all_figures)
    said = [
        f"{name}: {found[name]:.2f} times as much at the largest size, {most:g} allowed"
        for name, most in RATIOS
        if found.get(name, 0.0) > most
    ]
    largest = values_of(all_figures[-1])
    for target in TARGETS:
        value = largest[target.name]
        if value is not None and value > target.most:
            said.append(f"{target.name}: {value:.3g}, {target.most:g} allowed")
    against = largest["… times a scrape of ours"]
    if against is not None and against < 50:
        said.append(f"prometheus_client: only {against:.0f} times a scrape of ours, 50 wanted")
    return said


def text(all_figures: Sequence[Figures]) -> str:
    """The whole table for people."""
    columns = [values_of(f) for f in all_figures]
    heads = [f"{f.size.series:,} series" for f in all_figures]
    width = max(len(row.name) + len(row.unit) + 2 for row in ROWS)
    lines = [" " * width + "".join(f"{head:>16}" for head in heads)]
    for row in ROWS:
        name = f"{row.name} [{row.unit}]" if row.unit else row.name
        cells = "".join(f"{_shown(column[row.name]):>16}" for column in columns)
        lines.append(f"{name:<{width}}{cells}")
    lines.append("")
    for name, ratio in ratios(all_figures).items():
        lines.append(f"{name}: {heads[-1]} over {heads[0]}: {ratio:.2f}")
    lines += [f"MISSED {said}" for said in misses(all_figures)] or ["All targets are met."]
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    if value == int(value) or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
