"""A quiet library costs a handful of requests, whatever its size; the simulated systems count."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from episodarr.model.view import Snapshot
from episodarr.simulator import Scenario, Simulation
from tests.deletion_e2e.following import following
from tests.rig import rig

SERIES, REQUESTS = 300, 250
SYSTEMS = ("sonarr", "qbittorrent", "jellyfin", "shoko", "jellyseerr")
STEP_SECONDS = 15
MINUTE, FIVE_MINUTES = 60 // STEP_SECONDS, 300 // STEP_SECONDS
MOST_OF_JELLYFIN = 20
"""Requests until everything is inventoried, whatever the number of series."""
PAGE = 100
"""Requests on one of Seerr's pages."""


def quiet(series: int, requests: int) -> Scenario:
    return Scenario.sized(
        series=series, episodes=series * 10, active=0, torrents=0, requests=requests, seed=1
    )


async def counted(
    simulation: Simulation, step: Callable[[], Awaitable[object]]
) -> dict[str, list[int]]:
    """Requests to each system in each step of ten minutes."""
    seen: dict[str, list[int]] = {system: [] for system in SYSTEMS}
    for _ in range(2 * FIVE_MINUTES):
        before = {system: simulation.requests.count(system) for system in SYSTEMS}
        await step()
        for system in SYSTEMS:
            seen[system].append(simulation.requests.count(system) - before[system])
    return seen


def assert_quiet(seen: dict[str, list[int]], snapshot: Snapshot) -> None:
    assert all(upstream.is_up for upstream in snapshot.upstreams)
    assert max(seen["sonarr"]) <= 5
    # The series list was read in some of these cycles, and never once per series.
    assert min(seen["sonarr"]) == 3
    assert sum(seen["sonarr"]) <= 3 * len(seen["sonarr"]) + 2
    assert set(seen["qbittorrent"]) == {1}
    assert most_within(MINUTE, seen["jellyfin"]) == 1
    assert most_within(MINUTE, seen["shoko"]) == 1
    pages = -(-len(snapshot.requests) // PAGE)
    assert most_within(FIVE_MINUTES, seen["jellyseerr"]) == pages


def most_within(steps: int, counts: list[int]) -> int:
    """The most of any so many steps that follow on each other."""
    return max(sum(counts[start : start + steps]) for start in range(len(counts) - steps + 1))


async def test_three_hundred_series_and_five_systems_are_asked_next_to_nothing() -> None:
    async with rig(quiet(SERIES, REQUESTS)) as running:
        await running.settle()

        async def step(seconds: float = STEP_SECONDS) -> None:
            running.clock.push(seconds=seconds)
            await running.cycle()

        await step(60)
        seen = await counted(running.simulation, step)
        assert len(running.snapshot.series_by_key) == SERIES
        assert len(running.snapshot.requests) == REQUESTS
        assert_quiet(seen, running.snapshot)
        requests = running.simulation.requests
        assert requests.peak(next(s for s in running.simulation.urls if "sonarr" in s)) <= 4


async def test_inventories_that_are_taken_ask_nothing_more(tmp_path: Path) -> None:
    """The same with all that follows deletions, in a library whose inventories are soon taken."""
    async with following(quiet(40, 10), tmp_path) as running:
        await running.ready()
        await running.step(seconds=60)
        await running.step(seconds=60)
        assert len(running.inventories()) == 40
        # Jellyfin's pages are shared by all series: some for the stages, some for inventories.
        assert running.simulation.requests.count("jellyfin") <= MOST_OF_JELLYFIN
        seen = await counted(running.simulation, lambda: running.step(seconds=STEP_SECONDS))
        assert_quiet(seen, running.application.published.snapshot)


async def test_a_day_later_the_inventories_share_one_reading_and_no_cycle_costs_more(
    tmp_path: Path,
) -> None:
    """Each is taken again once a day: their lists were asked for anew every ten minutes."""
    async with following(quiet(40, 10), tmp_path) as running:
        await running.ready()
        await running.step(seconds=60)
        await running.step(seconds=60)
        before = running.inventories()
        asked = running.simulation.requests
        first = asked.count("jellyfin")
        await running.step(hours=24)
        await running.step(seconds=60)
        assert asked.count("jellyfin") - first <= MOST_OF_JELLYFIN
        counts: list[int] = []
        for _ in range(30):
            first = asked.count("jellyfin")
            await running.step(seconds=60)
            counts.append(asked.count("jellyfin") - first)
        again = {k for k, i in running.inventories().items() if before[k] != i}
        assert len(again) >= 30, "they were taken meanwhile"
        assert max(counts) == 1, counts
