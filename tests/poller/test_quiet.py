"""A quiet library costs a handful of requests per cycle, whatever its size."""

import asyncio

from exporter.demo import Scenario
from tests.rig import rig

SERIES = 1_000


def test_a_quiet_cycle_of_a_thousand_series_asks_five_things_of_sonarr_and_one_of_the_client() -> (
    None
):
    async def scenario() -> None:
        library = Scenario.sized(series=SERIES, episodes=SERIES * 10, active=0, torrents=0, seed=1)
        async with rig(library) as running:
            snapshot = await running.settle()
            assert len(snapshot.series_by_key) == SERIES
            requests = running.simulation.requests
            seen: list[tuple[int, int]] = []
            for _ in range(25):
                running.clock.push(seconds=15)
                before = (requests.count("sonarr"), requests.count("qbittorrent"))
                await running.cycle()
                seen.append(
                    (
                        requests.count("sonarr") - before[0],
                        requests.count("qbittorrent") - before[1],
                    )
                )
            assert max(s for s, _ in seen) <= 5
            assert max(q for _, q in seen) <= 1
            assert requests.peak(next(s for s in running.simulation.urls if "sonarr" in s)) <= 4
            # The series list was read in some of these cycles, and never once per series.
            assert min(s for s, _ in seen) == 3

    asyncio.run(scenario())
