"""A grab goes on while it has a row, once there was one; without any it counts a while."""

from episodarr.model.stage import Hold, Stage
from episodarr.simulator import Scenario, SeasonPlan, TorrentFile
from tests.rig import Rig, rig

SHOW = 70_001
EPISODE = (1, 2)


def a_show() -> Scenario:
    scenario = Scenario.empty().add_series(SHOW, "A Show", {1: SeasonPlan(episodes=3, files=1)})
    scenario.jellyfin = scenario.shoko = scenario.jellyseerr = None
    return scenario


def stage(running: Rig) -> tuple[Stage, Hold | None]:
    episode = running.episode("tv", SHOW, *EPISODE)
    return episode.stage, episode.hold


async def after(running: Rig, seconds: float) -> tuple[Stage, Hold | None]:
    running.clock.push(seconds=seconds)
    await running.cycle()
    return stage(running)


async def grabbed(running: Rig, *, hybrid: bool = False) -> str:
    await running.settle()
    download = running.simulation.world.grab("tv", SHOW, [EPISODE], rate=0, hybrid=hybrid)
    await running.cycle()
    assert stage(running) == (Stage.FOUND, None)
    return download


async def test_a_row_that_was_seen_and_is_gone_while_all_answer_is_gone_at_once() -> None:
    for hybrid in (False, True):
        async with rig(a_show()) as running:
            download = await grabbed(running, hybrid=hybrid)
            assert await after(running, 15) == (Stage.FOUND, None)
            running.simulation.world.remove_download("tv", download)
            await running.cycle()
            assert stage(running) == (Stage.QUEUED, None)
            assert await after(running, 15) == (Stage.QUEUED, None)


async def test_a_grab_whose_row_was_never_seen_counts_for_ten_minutes() -> None:
    async with rig(a_show()) as running:
        download = await grabbed(running)
        running.simulation.world.remove_download("tv", download)
        for _ in range(39):
            assert await after(running, 15) == (Stage.FOUND, None)
        assert await after(running, 30) == (Stage.QUEUED, None)


async def test_a_release_grabbed_again_counts_again_until_its_own_row_was_seen() -> None:
    async with rig(a_show()) as running:
        download = await grabbed(running)
        await after(running, 15)
        running.simulation.world.remove_download("tv", download)
        await after(running, 15)
        running.simulation.world.grab("tv", SHOW, [EPISODE], rate=0)
        await running.cycle()
        assert stage(running) == (Stage.FOUND, None)


async def test_a_row_that_is_gone_while_history_does_not_answer_is_not_gone() -> None:
    """Why it is gone only history tells: it may have been imported."""
    async with rig(a_show()) as running:
        await running.settle()
        world = running.simulation.world
        download = world.grab("tv", SHOW, [EPISODE], rate=0, automatic=False)
        await after(running, 15)
        world.finish_download("tv", download)
        assert await after(running, 61) == (Stage.IMPORTING, None)
        running.simulation.fault("sonarr.tv", "status", path_prefix="/api/v3/history")
        world.import_download("tv", download)
        await running.cycle()
        assert stage(running)[0] is Stage.IMPORTING
        running.simulation.clear_faults()
        assert await after(running, 15) == (Stage.AVAILABLE, None)


async def test_one_episode_that_left_a_pack_which_goes_on_is_gone_at_once() -> None:
    async with rig(a_show()) as running:
        await running.settle()
        world = running.simulation.world
        # Names that tell nothing, so that only Sonarr says what is in it.
        files = [TorrentFile(f"pack/{n}{n}.bin", 1000, episodes=((1, n),)) for n in (2, 3)]
        download = world.grab("tv", SHOW, [(1, 2), (1, 3)], files=files, rate=0)
        assert await after(running, 15) == (Stage.FOUND, None)
        tracked = world.sonarrs["tv"].tracked[download]
        tracked.episode_ids = tracked.episode_ids[1:]
        world.refresh_queue("tv")
        await running.cycle()
        assert stage(running) == (Stage.QUEUED, None)
        assert running.episode("tv", SHOW, 1, 3).stage is Stage.FOUND
