"""The benchmark in small, on real processes: what must not grow with the library, as ratios."""

from dataclasses import replace

import pytest

from tests.bench.figures import SHORT, Figures
from tests.bench.memory import DEFLATED, PLAIN
from tests.bench.phases import measure
from tests.bench.scenes import Size, size_of
from tests.bench.targets import values_of

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

GROWTH = 17
"""How many times as large the larger library is."""


def quarter(series: int) -> Size:
    """A library with a quarter of the episodes: this is about growth."""
    full = size_of(series)
    return Size(
        series=series,
        episodes=full.episodes // 4,
        in_flight=full.in_flight // 4,
        torrents=full.torrents // 4,
        has_pack=False,
    )


@pytest.fixture(scope="module")
def figures() -> tuple[Figures, Figures]:
    """A small library and a large one, of which alone answers are timed."""
    small = measure(quarter(16), replace(SHORT, with_scrapes=False))
    return small, measure(quarter(16 * GROWTH), SHORT)


def test_a_quiet_cycle_does_not_grow_with_the_library(figures: tuple[Figures, Figures]) -> None:
    small, large = (values_of(one) for one in figures)
    for system in ("Sonarr", "qBittorrent"):
        row = f"quiet cycle: requests to {system}"
        few, many = small[row], large[row]
        assert few is not None
        assert many is not None
        assert many <= 1.5 * few + 0.5, system
    cpu_small, cpu_large = small["quiet cycle, CPU"], large["quiet cycle, CPU"]
    assert cpu_small is not None
    assert cpu_large is not None
    assert cpu_large <= 1.5 * cpu_small


def test_a_scrape_is_far_cheaper_than_rendering(figures: tuple[Figures, Figures]) -> None:
    _, large = figures
    assert large.samples > 3_000
    times = values_of(large)["… times a scrape of ours"]
    assert times is not None
    assert times > 50


def test_a_first_start_asks_sonarr_few_things_at_once(figures: tuple[Figures, Figures]) -> None:
    for one in figures:
        assert 1 < one.peak_requests_to_sonarr <= 4
        assert one.inventory_requests >= one.size.series


BYTES_PER_EPISODE = 1_600
"""Of what is known, joined and rendered; 1,360 were measured, much the same in every run."""
PEAK_BYTES_PER_EPISODE = 5_000
"""Of the whole process; the kernel's view of it varies by some megabytes."""


def test_memory_grows_with_the_episodes_by_little_each(figures: tuple[Figures, Figures]) -> None:
    small, large = figures
    assert small.memory is not None
    assert large.memory is not None
    episodes = large.size.episodes - small.size.episodes
    known = [sum(memory.by_part.values()) for memory in (small.memory, large.memory)]
    assert known[1] <= GROWTH * known[0]
    assert 0 < known[1] - known[0] < BYTES_PER_EPISODE * episodes
    assert large.peak_bytes - small.peak_bytes < PEAK_BYTES_PER_EPISODE * episodes


def test_no_rendered_text_is_kept_as_it_is_served(figures: tuple[Figures, Figures]) -> None:
    _, large = figures
    assert large.memory is not None
    served = large.scrapes["plain"].size_bytes
    assert large.memory.by_part.get(PLAIN, 0) < served / 100
    assert 0 < large.memory.by_part[DEFLATED] < served / 2
