"""What a show that Jellyfin never listed waits for, after its first import."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from episodarr.model.stage import Hold, Stage
from episodarr.simulator import JellyfinOptions, Scenario, SeasonPlan, SeriesPlan
from tests.replacing import replace
from tests.rig import Rig, rig

NEW = 2001
WAITS = (Stage.IMPORTING, Hold.JELLYFIN_SCAN)
UNMATCHED = (Stage.AVAILABLE, Hold.JELLYFIN_UNMATCHED)
PLAYABLE = (Stage.AVAILABLE, None)


def library(jellyfin: JellyfinOptions, series_type: str = "standard") -> Scenario:
    """One series in each of two root folders."""
    scenario = Scenario.empty()
    scenario.sonarrs = [replace(s, root_folders=("/tv", "/anime")) for s in scenario.sonarrs]
    scenario.jellyfin = jellyfin
    for number, root in enumerate(("/tv", "/anime"), start=1001):
        seasons = {1: SeasonPlan(episodes=3, files=3, last_aired_days=400)}
        scenario.add_series(
            number,
            f"Show {number}",
            seasons,
            series_type=series_type,
            root=root,
            added_days=300,
        )
    return scenario


@asynccontextmanager
async def live(*, version: str = "10.11.11", hidden: str = "") -> AsyncIterator[Rig]:
    jellyfin = JellyfinOptions(
        version=version,
        realtime_seconds=None,
        scan_interval_seconds=10**7,
        hidden_roots=(hidden,) if hidden else (),
    )
    async with rig(library(jellyfin), without=("EPISODARR_SHOKO",)) as running:
        await running.settle()
        await pass_time(running, 80)
        yield running


async def pass_time(running: Rig, seconds: float, step: float = 20.0) -> None:
    for _ in range(round(seconds / step)):
        running.clock.push(seconds=step)
        await running.cycle()


async def import_a_new_show(running: Rig, series_type: str = "standard") -> None:
    world = running.simulation.world
    plan = SeriesPlan(
        tvdb_id=NEW,
        title="New Show",
        seasons={1: SeasonPlan(episodes=2)},
        series_type=series_type,
        root="/anime",
    )
    world.add_series("tv", plan, quiet=False)
    grab = world.grab("tv", NEW, [(1, 1), (1, 2)], automatic=False)
    world.finish_download("tv", grab)
    world.import_download("tv", grab)
    world.sonarr("tv").tracked.pop(grab, None)
    running.application.poller.notice("tv", None)  # type: ignore[arg-type]  # its own name
    await pass_time(running, 400)


def shown(running: Rig) -> tuple[Stage, Hold | None]:
    (first, second) = (running.episode("tv", NEW, 1, n) for n in (1, 2))
    assert (first.stage, first.hold) == (second.stage, second.hold)
    return first.stage, first.hold


@pytest.mark.parametrize("version", ["10.11.11", "12.0.0"])
async def test_a_new_show_waits_for_the_scan_that_finds_it(version: str) -> None:
    """It was called available before Jellyfin ever scanned; another series of its root is listed."""
    async with live(version=version) as running:
        await import_a_new_show(running)
        assert shown(running) == WAITS
        running.simulation.world.jellyfin_scan()
        await pass_time(running, 80)
        assert shown(running) == PLAYABLE


async def test_a_scan_that_began_after_the_import_and_ended_without_it_ends_the_wait() -> None:
    async with live() as running:
        await import_a_new_show(running)
        await pass_time(running, 600, 60)
        assert shown(running) == WAITS
        jellyfin = running.simulation.world.jellyfin
        assert jellyfin is not None
        jellyfin.scan_now()
        del jellyfin.series["/anime/New Show"]
        await pass_time(running, 80)
        assert shown(running) == UNMATCHED
        jellyfin.scan_now()
        await pass_time(running, 80)
        assert shown(running) == PLAYABLE


async def test_a_day_ends_the_wait_in_any_case() -> None:
    async with live() as running:
        await import_a_new_show(running)
        running.clock.push(hours=23, minutes=40)
        await pass_time(running, 80)
        assert shown(running) == WAITS
        running.clock.push(minutes=30)
        await pass_time(running, 80)
        assert shown(running) == UNMATCHED


async def test_where_jellyfin_lists_nothing_of_the_root_folder_sonarrs_word_counts() -> None:
    async with live(hidden="/anime") as running:
        await import_a_new_show(running)
        assert shown(running) == UNMATCHED


async def test_a_show_imported_while_jellyfin_does_not_answer_waits_for_its_answer() -> None:
    async with live() as running:
        running.simulation.fault("jellyfin", "refused")
        await pass_time(running, 80)
        await import_a_new_show(running)
        assert shown(running) == (Stage.IMPORTING, Hold.JELLYFIN_UNKNOWN)
        running.simulation.clear_faults()
        await pass_time(running, 80)
        assert shown(running) == WAITS


async def test_a_new_anime_that_shoko_never_saw_waits_for_its_match() -> None:
    """Shoko is seen to have another series of the same root folder."""
    scenario = library(JellyfinOptions(), "anime")
    async with rig(scenario) as running:
        await running.settle()
        world = running.simulation.world
        assert world.shoko is not None
        world.watchers.remove(world.shoko)
        await import_a_new_show(running, "anime")
        assert shown(running) == (Stage.IMPORTING, Hold.SHOKO_MATCH)
        running.clock.push(hours=24)
        await pass_time(running, 80)
        assert shown(running) == PLAYABLE
