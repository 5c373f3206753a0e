"""What is to be reached, and what of it was not."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.figures import Figures
from tests.bench.rows import ROWS
from tests.bench.scenes import LARGEST_SERIES

RATIOS = (
    ("quiet cycle, CPU", 1.5),
    ("quiet cycle: requests to Sonarr", 1.5),
)
"""The leading size against the smallest, and the most that is allowed."""


@dataclass(frozen=True)
class Target:
    """One thing to hold at the leading size."""

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
    Target("the minute's garbage collection", 50),
    Target("a full garbage collection", 50),
    Target("Sonarr answers in 5 s: /metrics p99", 25),
    Target("Sonarr answers in 5 s: most at once", 4),
)
STALL = Target("cold start: longest stall", 50)
"""At every size."""
PEAK_MIB = {
    (LARGEST_SERIES, False): 150,
    (2 * LARGEST_SERIES, False): 250,
    (LARGEST_SERIES, True): 300,
}
"""By the number of series, and whether every season is active."""
LEAST_TIMES_CHEAPER = 50


def values_of(figures: Figures) -> dict[str, float | None]:
    """Every row's value by its name; None where it was not measured."""
    return {row.name: row.value(figures) for row in ROWS}


def leading(all_figures: Sequence[Figures]) -> Figures:
    """The largest size of those that everything is measured at."""
    usual = [f for f in all_figures if f.size.series <= LARGEST_SERIES and not f.size.all_active]
    return (usual or all_figures)[-1]


def ratios(all_figures: Sequence[Figures]) -> dict[str, float]:
    """The leading size's value over the smallest's."""
    first, last = values_of(all_figures[0]), values_of(leading(all_figures))
    found = {}
    for name, _ in RATIOS:
        small, large = first[name], last[name]
        if small and large is not None:
            found[name] = large / small
    return found


def misses(all_figures: Sequence[Figures]) -> list[str]:
    """Targets that were not met, in words."""
    found = ratios(all_figures)
    lead = leading(all_figures)
    sentences = [
        f"{name}: {found[name]:.2f} times as much at {lead.size.name}, {most:g} allowed"
        for name, most in RATIOS
        if found.get(name, 0.0) > most
    ]
    sentences += [missed for target in TARGETS for missed in _missed(lead, target)]
    for figures in all_figures:
        sentences += _missed(figures, STALL)
        peak = PEAK_MIB.get((figures.size.series, figures.size.all_active))
        sentences += [] if peak is None else _missed(figures, Target("peak memory", peak))
    against = values_of(lead)["… times a scrape of ours"]
    if against is not None and against < LEAST_TIMES_CHEAPER:
        sentences.append(
            f"prometheus_client: only {against:.0f} times a scrape of ours,"
            f" {LEAST_TIMES_CHEAPER} wanted"
        )
    return sentences


def _missed(figures: Figures, target: Target) -> list[str]:
    value = values_of(figures)[target.name]
    if value is None or value <= target.most:
        return []
    return [f"{figures.size.name}: {target.name}: {value:.3g}, {target.most:g} allowed"]
