"""What queue and history tell between two readings of the series list, and by whose clock."""

from datetime import timedelta

from episodarr.model.stage import Stage
from episodarr.simulator import SeasonPlan
from episodarr.simulator.events.intake import SeriesPlan
from tests.replacing import replace
from tests.rig import Rig, rig

NEW, SPY = 777_001, 405_920


def a_plan() -> SeriesPlan:
    return SeriesPlan(tvdb_id=NEW, title="A New Show", seasons={1: SeasonPlan(episodes=3)})


async def cycles(running: Rig, times: int) -> None:
    for _ in range(times):
        running.clock.push(seconds=15)
        await running.cycle()


def series_lists(running: Rig) -> int:
    return running.simulation.requests.count("sonarr.tv", "/api/v3/series")


async def test_a_series_that_was_added_with_a_grab_is_shown_without_a_webhook() -> None:
    """The list is read every five minutes; queue and history name the series before."""
    async with rig() as running:
        await running.settle()
        running.simulation.world.add_series("tv", a_plan())
        running.simulation.world.grab("tv", NEW, [(1, 1)], progress=0.4)
        before = series_lists(running)
        await cycles(running, 3)
        assert running.episode("tv", NEW, 1, 1).stage is Stage.DOWNLOADING
        assert series_lists(running) == before + 1


async def test_a_name_that_the_list_does_not_know_is_fetched_once() -> None:
    """Sonarr may keep a row of a series that it has no more; the list is too large to repeat."""
    async with rig() as running:
        await running.settle()
        state, series = running.simulation.world.find_series("tv", SPY)
        before = series_lists(running)
        newest = replace(state.history[-1], id=state.next_id("history"), at=running.clock())
        state.history.append(replace(newest, series_id=series.id + 9_999))
        await cycles(running, 4)
        assert series_lists(running) == before + 1


async def test_a_clock_that_ran_ahead_for_a_while_hides_nothing_that_follows() -> None:
    async with rig() as running:
        await running.settle()
        state, _ = running.simulation.world.find_series("tv", SPY)
        ahead = running.clock() + timedelta(days=1)
        state.history.append(
            replace(state.history[-1], id=state.next_id("history"), event="grabbed", at=ahead)
        )
        await cycles(running, 2)
        running.simulation.world.grab("tv", SPY, [(2, 7)])
        await cycles(running, 1)
        assert sum(running.samples()["episodarr_grabs_total"].values()) == 2
