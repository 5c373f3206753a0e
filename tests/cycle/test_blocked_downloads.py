"""A blocked download is shown also where no episode waits for it."""

from episodarr.model.stage import Hold, Stage
from episodarr.simulator import Scenario, SeasonPlan, TorrentFile
from tests.rig import Rig, rig, value

SHOW = 70_001


def a_show() -> Scenario:
    scenario = Scenario.empty().add_series(SHOW, "A Show", {1: SeasonPlan(episodes=3, files=1)})
    scenario.jellyfin = scenario.shoko = scenario.jellyseerr = None
    return scenario


async def stuck(running: Rig, seconds: float = 15) -> dict[str, tuple[str, bool, Hold | None]]:
    running.clock.push(seconds=seconds)
    await running.cycle(2)
    views = running.snapshot.downloads
    return {view.release: (view.series, view.is_awaited, view.hold) for view in views}


def hold(running: Rig, download_id: str) -> float | None:
    return value(
        running.samples(),
        "episodarr_download_hold",
        download_id=download_id.lower(),
        hold="import_blocked",
    )


async def test_one_of_a_series_that_sonarr_does_not_know_and_of_one_it_knows_no_more() -> None:
    async with rig(a_show()) as running:
        await running.settle()
        world = running.simulation.world
        download = world.add_torrent("tv", "Strange 06", [TorrentFile("Strange 06.mkv", 9)])
        world.finish_download("tv", download)
        assert (await stuck(running, 61))["Strange 06"] == ("", False, Hold.IMPORT_BLOCKED)
        assert hold(running, download) == 1
        assert any(view.messages for view in running.snapshot.downloads)
        world.remove_download("tv", download)
        assert await stuck(running) == {}
        assert hold(running, download) is None
        release = world.grab("tv", SHOW, [(1, 2)])
        world.finish_download("tv", release)
        await stuck(running, 120)
        assert await stuck(running) == {}, "imported"
        world.delete_series("tv", SHOW)
        assert list((await stuck(running)).values()) == [("", False, Hold.IMPORT_BLOCKED)]


async def test_one_whose_episode_got_its_file_otherwise() -> None:
    async with rig(a_show()) as running:
        await running.settle()
        world = running.simulation.world
        blocked = world.grab("tv", SHOW, [(1, 2)], title="First", blocked_by=["No"])
        world.finish_download("tv", blocked)
        assert (await stuck(running, 61))["First"] == ("A Show", True, Hold.IMPORT_BLOCKED)
        assert running.episode("tv", SHOW, 1, 2).hold is Hold.IMPORT_BLOCKED
        other = world.grab("tv", SHOW, [(1, 2)], title="Second", automatic=False)
        world.finish_download("tv", other)
        world.import_download("tv", other)
        assert (await stuck(running))["First"] == ("A Show", False, Hold.IMPORT_BLOCKED)
        assert running.episode("tv", SHOW, 1, 2).stage is Stage.AVAILABLE
        assert hold(running, blocked) == 1
