"""A Sonarr whose database was made anew: its numbers are other series', its series are the same."""

from episodarr.model.ids import SeriesKey
from episodarr.model.stage import Stage
from episodarr.simulator import Scenario, SeasonPlan
from tests.rig import Rig, rig

FULL, EMPTY = 70_001, 70_002


def two_shows() -> Scenario:
    scenario = Scenario.empty()
    scenario.add_series(FULL, "Full Show", {1: SeasonPlan(episodes=4, files=4)})
    scenario.add_series(EMPTY, "Empty Show", {1: SeasonPlan(episodes=3)})
    scenario.jellyfin = scenario.shoko = scenario.jellyseerr = None
    return scenario


def give_each_the_others_number(running: Rig) -> None:
    state = running.simulation.world.sonarrs["tv"]
    numbers = sorted(state.series)
    both = [state.series[number] for number in numbers]
    for number, series in zip(numbers, reversed(both), strict=True):
        series.id = number
        state.series[number] = series
        state.touch(series)


def shown(running: Rig) -> dict[int, list[Stage]]:
    """The stages of each series whose episodes are shown."""
    return {
        key.tvdb_id: [e.stage for season in view.seasons for e in season.episodes or ()]
        for key, view in running.snapshot.series_by_key.items()
    }


async def test_no_series_is_shown_with_the_episodes_of_the_one_that_had_its_number() -> None:
    async with rig(two_shows()) as running:
        await running.settle()
        before = shown(running)
        assert before == {FULL: [Stage.AVAILABLE] * 4, EMPTY: [Stage.QUEUED] * 3}
        since = {key: _entered(running, key) for key in running.snapshot.series_by_key}
        give_each_the_others_number(running)
        running.simulation.fault("sonarr.tv", "status", path_prefix="/api/v3/episode")
        running.clock.push(minutes=6)
        for _ in range(4):
            await running.cycle()
            running.simulation.clear_faults()
            for tvdb_id, stages in shown(running).items():
                assert stages in ([], before[tvdb_id])
            running.clock.push(seconds=15)
        assert shown(running) == before
        assert {key: _entered(running, key) for key in running.snapshot.series_by_key} == since
        assert not running.snapshot.deletions


def _entered(running: Rig, key: SeriesKey) -> list[object]:
    view = running.snapshot.series_by_key[key]
    return [e.stage_entered_at for season in view.seasons for e in season.episodes or ()]
