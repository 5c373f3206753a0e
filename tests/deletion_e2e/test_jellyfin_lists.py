"""What Jellyfin lists after a deletion, and what it listed before, as real ones were seen to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.model.deletion import Answer, DeletionStatus
from episodarr.model.health import System
from episodarr.model.stage import Stage
from episodarr.simulator import JellyfinOptions, Scenario, SeasonPlan, SeriesPlan
from tests.deletion_e2e.following import LATE_JELLYFIN, Following, answers, following, small

NEW = 2001
KINDS = [
    JellyfinOptions(version="10.11.11", realtime_seconds=None),
    JellyfinOptions(version="12.0.0", realtime_seconds=None),
]
NO_PATHS = {"EPISODARR_PATHS": "{}"}


@asynccontextmanager
async def live(
    scenario: Scenario,
    folder: Path,
    *,
    jellyfin: JellyfinOptions = LATE_JELLYFIN,
    environment: dict[str, str] | None = None,
) -> AsyncIterator[Following]:
    """All inventories are taken; Sonarr, the download client and Jellyfin are there alone."""
    scenario.jellyfin = jellyfin
    async with following(
        scenario,
        folder,
        environment=environment,
        webhooks=True,
        without=("EPISODARR_SHOKO", "EPISODARR_JELLYSEERR"),
    ) as running:
        await running.ready()
        yield running


def a_new_show(running: Following) -> None:
    """Added, grabbed as one pack and imported."""
    world = running.world
    plan = SeriesPlan(
        tvdb_id=NEW, title="New Show", seasons={1: SeasonPlan(episodes=4)}, root="/anime"
    )
    world.add_series("tv", plan, quiet=False)
    grab = world.grab("tv", NEW, [(1, n) for n in range(1, 5)], automatic=False)
    world.finish_download("tv", grab)
    world.import_download("tv", grab)


async def inventoried(running: Following, tvdb_id: int) -> None:
    await running.until(
        lambda: any(key.tvdb_id == tvdb_id for key in running.inventories()),
        within=timedelta(minutes=10),
    )


def of_jellyfin(running: Following, tvdb_id: int) -> set[Answer]:
    return answers(running.view(tvdb_id), System.JELLYFIN)


async def ends_removed(running: Following, tvdb_id: int) -> None:
    """Within half an hour the deletion is complete, and Jellyfin has none of it."""
    await running.until(
        lambda: running.has(tvdb_id, DeletionStatus.COMPLETE),
        within=timedelta(minutes=30),
        every=60,
    )
    assert of_jellyfin(running, tvdb_id) == {Answer.REMOVED}


def detail(running: Following, tvdb_id: int) -> str:
    first = running.view(tvdb_id).episodes[0]
    return next(e.detail for e in first.evidence if e.system is System.JELLYFIN)


@pytest.mark.parametrize("jellyfin", KINDS, ids=["10.11", "12"])
async def test_a_show_deleted_after_the_scan_that_found_it_is_not_complete_while_it_is_listed(
    jellyfin: JellyfinOptions, tmp_path: Path
) -> None:
    """Before 12 every question by series was answered with nothing: COMPLETE, and all was listed."""
    async with live(small(episodes=4, shows=2), tmp_path, jellyfin=jellyfin) as running:
        a_new_show(running)
        running.world.jellyfin_scan()
        await inventoried(running, NEW)
        await running.step(minutes=11)
        running.world.delete_series("tv", NEW)
        await running.step(seconds=15)
        await running.last(timedelta(minutes=5))
        assert of_jellyfin(running, NEW) == {Answer.STALE}
        assert not running.has(NEW, DeletionStatus.COMPLETE)
        running.world.jellyfin_scan()
        await ends_removed(running, NEW)


async def test_what_appears_after_the_inventory_is_there_all_the_same(tmp_path: Path) -> None:
    """The inventory does not have it; the deletion's own check finds it at its path, and sees it go."""
    async with live(small(episodes=4, shows=2), tmp_path) as running:
        a_new_show(running)
        await inventoried(running, NEW)
        running.world.delete_series("tv", NEW, lag_seconds=30)
        running.world.jellyfin_scan()
        running.clock.push(seconds=31)
        await running.step(seconds=15)
        await running.last(timedelta(minutes=3))
        assert of_jellyfin(running, NEW) == {Answer.STALE}
        running.world.jellyfin_scan()
        await running.until(
            lambda: of_jellyfin(running, NEW) == {Answer.REMOVED},
            within=timedelta(minutes=30),
            every=60,
        )


async def test_a_new_show_is_inventoried_again_once_jellyfin_lists_it(tmp_path: Path) -> None:
    """A list of ten minutes and another of thirty seconds made it no witness."""
    async with live(small(episodes=4, shows=2), tmp_path) as running:
        a_new_show(running)
        await inventoried(running, NEW)
        await running.step(seconds=12)
        running.world.jellyfin_scan()
        await running.last(timedelta(minutes=3), every=15)
        (summary,) = [s for k, s in running.inventories().items() if k.tvdb_id == NEW]
        assert summary.jellyfin_folders == ("/anime",)
        running.world.delete_series("tv", NEW)
        await running.step(seconds=15)
        running.world.jellyfin_scan()
        await ends_removed(running, NEW)


async def test_what_is_listed_needs_no_control_and_its_own_series_is_one(tmp_path: Path) -> None:
    """8 of 24 episodes of the only series of a library: listed, they are left; then they are gone."""
    async with live(small(shows=1), tmp_path) as running:
        running.world.delete_files("tv", 1001, [(1, n) for n in range(1, 9)])
        await running.step(seconds=15)
        await running.last(timedelta(minutes=4))
        assert of_jellyfin(running, 1001) == {Answer.STALE}
        running.world.jellyfin_scan()
        await ends_removed(running, 1001)
        assert "is listed below /anime" in detail(running, 1001)


async def test_of_a_library_folder_that_is_empty_jellyfin_keeps_what_it_lists(
    tmp_path: Path,
) -> None:
    async with live(small(episodes=3, shows=1), tmp_path) as running:
        running.world.delete_series("tv", 1001)
        await running.step(seconds=15)
        running.world.jellyfin_scan()
        await running.last(timedelta(minutes=4))
        assert of_jellyfin(running, 1001) == {Answer.STALE}
        assert "library folder that is empty" in detail(running, 1001)


async def test_controls_are_what_is_listed_now_not_what_was_inventoried(tmp_path: Path) -> None:
    """Everything that could have been named at the inventory is renamed since, or deleted."""
    async with live(small(episodes=3), tmp_path) as running:
        for number in (1002, 1003):
            running.world.rename_files("tv", number)
        running.world.delete_series("tv", 1001)
        await running.step(seconds=15)
        running.world.jellyfin_scan()
        await ends_removed(running, 1001)


async def test_renamed_and_deleted_before_jellyfins_next_scan(tmp_path: Path) -> None:
    """It listed all of them under their old names, and then none: unverified for ever."""
    async with live(small(episodes=6), tmp_path) as running:
        running.world.rename_files("tv", 1001)
        await running.step(seconds=15)
        await running.last(timedelta(minutes=3))
        running.world.delete_series("tv", 1001)
        await running.step(seconds=15)
        await running.last(timedelta(minutes=3))
        assert of_jellyfin(running, 1001) == {Answer.STALE}
        running.world.jellyfin_scan()
        await ends_removed(running, 1001)


async def test_an_inventory_that_jellyfin_never_answered_is_no_verdict_for_ever(
    tmp_path: Path,
) -> None:
    async with live(small(episodes=4, shows=2), tmp_path) as running:
        running.simulation.fault("jellyfin", "refused")
        await running.step(minutes=11)
        a_new_show(running)
        await inventoried(running, NEW)
        running.world.delete_series("tv", NEW)
        await running.step(seconds=15)
        running.simulation.clear_faults()
        await running.until(
            lambda: running.has(NEW, DeletionStatus.COMPLETE), within=timedelta(hours=1), every=60
        )
        assert of_jellyfin(running, NEW) == {Answer.NOT_APPLICABLE}
        assert "nothing at its path" in detail(running, NEW)


async def test_one_folder_of_two_that_is_lost_does_not_count_as_removed(tmp_path: Path) -> None:
    """Without path mappings Jellyfin is the only witness, and the other folder is all there."""
    async with live(
        small(episodes=3, roots=("/anime", "/kids")), tmp_path, environment=NO_PATHS
    ) as running:
        jellyfin = running.world.jellyfin
        assert jellyfin is not None
        running.world.delete_series("tv", 1003)
        for folder in [f for f in jellyfin.series if f.startswith("/kids/")]:
            del jellyfin.series[folder]
        await running.step(seconds=15)
        await running.last(timedelta(minutes=4))
        assert jellyfin.series
        assert of_jellyfin(running, 1003) == {Answer.UNKNOWN}
        assert "nothing else below /kids is listed" in detail(running, 1003)


async def test_a_jellyfin_that_starts_says_nothing_of_a_deletion(tmp_path: Path) -> None:
    """Some of its paths answer 200 already, some 401, the rest 503: none of it means gone."""
    async with live(small(episodes=3), tmp_path) as running:
        running.world.delete_series("tv", 1001)
        running.clock.push(seconds=15)
        running.simulation.tick()
        running.world.restart_jellyfin()
        for seconds in (1, 8):
            await running.step(seconds=seconds)
            assert of_jellyfin(running, 1001) == {Answer.UNKNOWN}
        await running.last(timedelta(minutes=3))
        assert of_jellyfin(running, 1001) == {Answer.STALE}


def whole_lists(running: Following) -> list[str]:
    """The requests for every episode there is."""
    return [
        line.query
        for line in running.simulation.requests.journal or ()
        if line.path == "/Items"
        and "includeItemTypes=Episode" in line.query
        and "minDateLastSaved" not in line.query
        and "limit=0" not in line.query
    ]


@pytest.mark.parametrize("jellyfin", [JellyfinOptions(version=v) for v in ("10.11.11", "12.0.0")])
async def test_neither_a_deletion_nor_an_upgrade_has_the_whole_list_read(
    tmp_path: Path, jellyfin: JellyfinOptions
) -> None:
    async with live(small(episodes=6), tmp_path, jellyfin=jellyfin) as running:
        running.simulation.requests.journal = []
        running.world.delete_series("tv", 1001, lag_seconds=20)
        await running.until(
            lambda: running.has(1001, DeletionStatus.COMPLETE), within=timedelta(minutes=30)
        )
        assert answers(running.view(1001), System.JELLYFIN) == {Answer.REMOVED}
        running.world.upgrade("tv", 1002, [(1, 2)])
        await running.until(
            lambda: running.rig.episode("tv", 1002, 1, 2).stage is Stage.AVAILABLE,
            within=timedelta(minutes=30),
        )
        await running.step(hours=1)
        await running.step(seconds=60)
        assert len(running.simulation.requests.journal) > 50
        assert whole_lists(running) == []
