"""A delayed release that the queue's details give to no episode is looked up, not dropped."""

from msgspec.structs import replace

from episodarr.errors import TimedOut
from episodarr.model.download import QueueStatus
from episodarr.model.ids import SonarrEpisodeId, SonarrName
from episodarr.model.stage import Hold, Stage
from episodarr.simulator import Scenario, SeasonPlan
from episodarr.simulator.state.sonarr import sonarr_options
from episodarr.systems.sonarr.state import SonarrState
from tests.rig import DrivenClock, Rig, rig
from tests.systems.sonarr.test_sonarr_restart import DOWNLOAD, ROW, Sonarr

SHOW = 70_001
NAMELESS = replace(
    ROW, row_id=2, episode_id=None, season=None, download_id=None, status=QueueStatus.DELAY
)


def a_show() -> Scenario:
    scenario = Scenario(sonarrs=[sonarr_options("tv", version="5.0.0.1")])
    scenario.add_series(SHOW, "A Show", {1: SeasonPlan(episodes=4, files=1)})
    scenario.jellyfin = scenario.shoko = scenario.jellyseerr = None
    return scenario


def lookups(running: Rig) -> int:
    return running.simulation.requests.count("sonarr.tv", "/api/v3/queue")


def stages(running: Rig) -> list[Stage]:
    return [running.episode("tv", SHOW, 1, number).stage for number in (2, 3, 4)]


async def test_each_episode_of_a_delayed_release_is_found_and_the_queue_is_asked_once() -> None:
    async with rig(a_show()) as running:
        await running.settle()
        assert lookups(running) == 0
        running.simulation.world.delay_release("tv", SHOW, [(1, 2), (1, 3)])
        for _ in range(4):
            running.clock.push(seconds=15)
            await running.cycle()
            assert stages(running) == [Stage.FOUND, Stage.FOUND, Stage.QUEUED]
            assert running.episode("tv", SHOW, 1, 2).hold is Hold.DELAY_PROFILE
        assert lookups(running) == 1
        running.simulation.world.delay_release("tv", SHOW, [(1, 4)])
        await running.cycle(2)
        assert stages(running) == [Stage.FOUND] * 3
        assert lookups(running) == 2


async def test_while_the_paged_queue_fails_the_rest_is_shown_and_it_is_asked_again() -> None:
    sonarr, clock = Sonarr(), DrivenClock()
    sonarr.queue = (ROW, NAMELESS)
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    sonarr.paged_error = TimedOut("queue", "no answer")
    await state.read(lambda _: False)
    assert (DOWNLOAD in state.queue.rows, state.queue.answer.last) == (True, (ROW, NAMELESS))
    assert list(state.health.failures) == ["queue/episodes"]
    sonarr.paged_error = None
    sonarr.paged = (replace(NAMELESS, row_id=9, episode_id=SonarrEpisodeId(32), season=1),)
    await state.read(lambda _: False)
    assert not state.health.failures
    assert [row.episode_id for row in state.queue.answer.last or ()] == [31, 32]
    sonarr.queue = (ROW,)
    sonarr.paged_error = TimedOut("queue", "no answer")
    await state.read(lambda _: False)
    assert not state.health.failures, "no request is needed"


async def test_what_the_paged_queue_does_not_list_is_asked_again_after_a_minute() -> None:
    sonarr, clock = Sonarr(), DrivenClock()
    sonarr.queue = (ROW, NAMELESS)
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    for seconds, asked in ((0, 1), (15, 1), (15, 1), (31, 2)):
        clock.push(seconds=seconds)
        await state.read(lambda _: False)
        assert sonarr.paged_count == asked
        assert NAMELESS in (state.queue.answer.last or ()), "not dropped"


async def test_a_status_that_changes_is_the_details_and_costs_no_other_question() -> None:
    sonarr, clock = Sonarr(), DrivenClock()
    sonarr.paged = (replace(NAMELESS, row_id=9, episode_id=SonarrEpisodeId(32), season=1),)
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    for status in (QueueStatus.DELAY, QueueStatus.CLIENT_UNAVAILABLE):
        sonarr.queue = (replace(NAMELESS, status=status),)
        await state.read(lambda _: False)
        (row,) = state.queue.answer.last or ()
        assert (row.episode_id, row.status) == (32, status)
    assert sonarr.paged_count == 1
