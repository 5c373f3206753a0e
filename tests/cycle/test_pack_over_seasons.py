"""A pack over several seasons carries all that its own files name, though Sonarr lists one season."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from episodarr.model.stage import Hold, Stage
from episodarr.simulator import Scenario, SeasonPlan, TorrentFile, World
from tests.rig import Rig, rig

SHOW = 70_001
FIRST = [(1, 1), (1, 2)]
FURTHER = [(2, 1), (2, 2), (3, 1)]


def a_show() -> Scenario:
    plan = {1: SeasonPlan(episodes=2), 2: SeasonPlan(episodes=2), 3: SeasonPlan(episodes=2)}
    scenario = Scenario.empty().add_series(SHOW, "A Show", plan)
    scenario.jellyfin = scenario.shoko = scenario.jellyseerr = None
    return scenario


def files() -> list[TorrentFile]:
    return [
        TorrentFile(f"A.Show.S01-S03/A.Show.S{s:02d}E{e:02d}.mkv", 1000 * s, episodes=((s, e),))
        for s, e in (*FIRST, *FURTHER)
    ]


def stages(running: Rig) -> set[tuple[Stage, Hold | None]]:
    views = [running.episode("tv", SHOW, *number) for number in (*FIRST, *FURTHER)]
    assert running.episode("tv", SHOW, 3, 2).stage is Stage.QUEUED, "it is in no torrent"
    return {(view.stage, view.hold) for view in views}


async def passed(running: Rig, seconds: float) -> None:
    running.clock.push(seconds=seconds)
    await running.cycle(2)


@asynccontextmanager
async def with_pack() -> AsyncIterator[tuple[Rig, str]]:
    """An exporter that has read the show, and the pack that was added since."""
    async with rig(a_show()) as running:
        await running.settle()
        world = running.simulation.world
        yield running, world.add_torrent("tv", "A.Show.S01-S03", files(), tvdb_id=SHOW, rate=0)


async def test_all_its_episodes_are_found_downloading_importing_and_available_together() -> None:
    async with with_pack() as (running, download):
        world = running.simulation.world
        await passed(running, 6)
        assert stages(running) == {(Stage.FOUND, None)}
        world.set_progress("tv", download, [0.1, 0.2, 0.3, 0.4, 0.5])
        await passed(running, 15)
        assert stages(running) == {(Stage.DOWNLOADING, None)}
        ratios = [
            round(running.episode("tv", SHOW, *number).progress_ratio, 3)
            for number in (*FIRST, *FURTHER)
        ]
        assert ratios == [0.1, 0.2, 0.3, 0.4, 0.5]
        (view,) = running.snapshot.downloads
        assert (view.seasons, len(view.episode_codes)) == ((1, 2, 3), 5)
        world.finish_download("tv", download)
        await passed(running, 61)
        assert stages(running) == {(Stage.IMPORTING, Hold.IMPORT_BLOCKED)}
        world.manual_import("tv", download)
        await passed(running, 15)
        assert stages(running) == {(Stage.AVAILABLE, None)}


async def test_what_is_deselected_of_it_is_not_under_way() -> None:
    async with with_pack() as (running, download):
        world = running.simulation.world
        world.change_file("tv", download, 4, priority=0)
        await passed(running, 6)
        episode = running.episode("tv", SHOW, 3, 1)
        assert (episode.stage, episode.hold) == (Stage.QUEUED, None)


async def test_taken_out_of_the_queue_none_of_it_is_under_way() -> None:
    async with with_pack() as (running, download):
        world = running.simulation.world
        await passed(running, 6)
        assert stages(running) == {(Stage.FOUND, None)}
        world.remove_download("tv", download)
        await passed(running, 15)
        assert stages(running) == {(Stage.QUEUED, None)}


async def test_one_that_was_complete_before_this_program_started_is_read_too() -> None:
    scenario = a_show()

    def step(world: object) -> None:
        assert isinstance(world, World)
        download = world.add_torrent("tv", "A.Show.S01-S03", files(), tvdb_id=SHOW)
        world.finish_download("tv", download)

    async with rig(scenario.then(step)) as running:
        await running.settle()
        assert stages(running) == {(Stage.IMPORTING, Hold.IMPORT_BLOCKED)}
