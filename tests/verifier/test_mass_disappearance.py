"""Very many series gone at once: believed when somebody says so, held otherwise."""

import asyncio
from datetime import timedelta
from pathlib import Path

from exporter.errors import Unreachable
from exporter.model.deletion import DeletionStatus, NoticedBy
from exporter.model.health import System
from exporter.model.ids import TvdbId
from tests.verifier.driver import Driver
from tests.verifier.world import World

MANY = [TvdbId(1000 + n) for n in range(60)]
GONE = MANY[:50]
MINUTE = timedelta(minutes=1)


def _many() -> World:
    world = World()
    for tvdb_id in MANY:
        world.add_show(tvdb_id, f"Show {tvdb_id}", {1: 2})
    return world


async def _vanish(driver: Driver) -> None:
    for tvdb_id in GONE:
        driver.world.delete_files(driver.world.drop_row(tvdb_id))
    await driver.poll()
    driver.now += 5 * MINUTE
    await driver.poll()


def test_fifty_series_with_webhooks_are_verified(tmp_path: Path) -> None:
    async def story() -> None:
        driver = Driver(tmp_path / "store", world=_many())
        await driver.take_inventories()
        for tvdb_id in GONE:
            driver.world.delete_files(driver.world.drop_row(tvdb_id))
            await driver.hook_series(tvdb_id)
        driver.world.calls.clear()
        await driver.run(MINUTE)
        assert driver.world.calls["sonarr/library"] == 1
        assert driver.world.calls["jellyseerr/look"] == 1
        driver.world.scan_jellyfin()
        driver.world.clean_shoko()
        driver.world.sync_requests()
        await driver.run(10 * MINUTE)
        views = driver.views()
        assert {v.status for v in views} == {DeletionStatus.COMPLETE}
        assert len(views) == 50
        assert driver.verifier.counters.episodes_deleted == 100

    asyncio.run(story())


def test_fifty_series_without_a_word_are_held_until_they_are_acknowledged(tmp_path: Path) -> None:
    async def story() -> None:
        driver = Driver(tmp_path / "store", world=_many())
        await driver.take_inventories()
        await _vanish(driver)
        assert {v.status for v in driver.views()} == {DeletionStatus.HELD}
        assert driver.verifier.held_by_sonarr() == {"tv": 50}
        driver.restart()
        await driver.run(30 * MINUTE)
        assert driver.verifier.held_by_sonarr() == {"tv": 50}
        assert not driver.world.calls.get("disk/look")
        assert "acknowledge" in driver.views()[0].advice[0]

        await driver.verifier.acknowledge(driver.views()[0].deletion_id, driver.now)
        assert driver.verifier.held_by_sonarr() == {}
        driver.world.scan_jellyfin()
        driver.world.clean_shoko()
        driver.world.sync_requests()
        await driver.run(30 * MINUTE)
        assert {v.status for v in driver.views()} == {DeletionStatus.COMPLETE}

    asyncio.run(story())


def test_held_series_that_come_back_are_forgotten_without_being_counted(tmp_path: Path) -> None:
    async def story() -> None:
        driver = Driver(tmp_path / "store", world=_many())
        await driver.take_inventories()
        everything = dict(driver.world.shows)
        for tvdb_id in GONE:
            del driver.world.shows[tvdb_id]
        await driver.poll()
        driver.now += MINUTE
        await driver.poll()
        driver.world.shows = everything
        driver.now += MINUTE
        await driver.poll()
        assert {v.status for v in driver.views()} == {DeletionStatus.SUPERSEDED}
        assert not any(driver.verifier.counters.deletions_by_status.values())
        driver.restart()
        driver.world.drop_row(GONE[0])
        await driver.hook_series(GONE[0])
        (fresh,) = (v for v in driver.views() if v.status is DeletionStatus.VERIFYING)
        assert fresh.expected == 2

    asyncio.run(story())


def test_a_webhook_releases_the_one_series_it_names(tmp_path: Path) -> None:
    async def story() -> None:
        driver = Driver(tmp_path / "store", world=_many())
        await driver.take_inventories()
        await _vanish(driver)
        await driver.hook_series(GONE[7])
        assert driver.verifier.held_by_sonarr() == {"tv": 49}
        (told,) = (v for v in driver.views() if v.status is DeletionStatus.VERIFYING)
        assert told.tvdb_id == GONE[7]
        assert told.noticed_by is NoticedBy.WEBHOOK

    asyncio.run(story())


def test_series_that_miss_only_one_poll_are_not_deleted(tmp_path: Path) -> None:
    async def story() -> None:
        driver = Driver(tmp_path / "store", world=_many())
        await driver.take_inventories()
        show = driver.world.shows.pop(GONE[0])
        await driver.poll()
        driver.restart()
        driver.world.shows[GONE[0]] = show
        driver.now += MINUTE
        await driver.poll()
        del driver.world.shows[GONE[0]]
        driver.now += MINUTE
        await driver.poll()
        assert not driver.views()
        driver.restart()
        driver.now += MINUTE
        await driver.poll()
        assert len(driver.views()) == 1

    asyncio.run(story())


def test_a_few_series_of_a_small_library_are_not_each_others_proof(tmp_path: Path) -> None:
    """Another Sonarr at the address, with nothing in it: too few series to be held."""

    async def story() -> None:
        world = World()
        for tvdb_id in MANY[:3]:
            world.add_show(tvdb_id, f"Show {tvdb_id}", {1: 2})
        driver = Driver(tmp_path / "store", world=world)
        await driver.take_inventories()
        world.shows.clear()
        world.faults[System.DISK] = Unreachable("disk", "gone")
        await driver.poll()
        driver.now += MINUTE
        await driver.poll()
        await driver.run(timedelta(hours=14), step=15 * MINUTE)
        views = driver.views()
        assert len(views) == 3
        for view in views:
            assert view.status in {DeletionStatus.UNVERIFIED, DeletionStatus.FAILED}
            assert {e.answer_by_system[System.SONARR].value for e in view.episodes} == {"unknown"}

    asyncio.run(story())
