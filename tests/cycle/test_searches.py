"""A search is shown while it runs and for a quarter of an hour after it ended, without a gap."""

from episodarr.model.stage import Stage
from episodarr.simulator import Scenario, SeasonPlan
from tests.rig import rig

SHOW = 70_001


async def test_a_search_that_finds_nothing_is_shown_for_a_quarter_of_an_hour() -> None:
    scenario = Scenario.empty().add_series(SHOW, "A Show", {1: SeasonPlan(episodes=2, files=1)})
    scenario.jellyfin = scenario.shoko = scenario.jellyseerr = None
    async with rig(scenario) as running:
        await running.settle()
        running.simulation.world.search("tv", SHOW, [(1, 2)], seconds=40)
        stages = []
        for seconds in (1, 30, 15, 600, 270, 60):
            running.clock.push(seconds=seconds)
            await running.cycle(2)
            stages.append(running.episode("tv", SHOW, 1, 2).stage)
        assert stages == [Stage.SEARCHING] * 5 + [Stage.QUEUED]
