"""Very many series gone at once: followed when a webhook or an announcement names them, held otherwise."""

from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from episodarr.errors import Unreachable
from episodarr.model.deletion import DeletionScope, DeletionStatus, NoticedBy, Verdict
from episodarr.model.download import DeleteReason
from episodarr.model.health import System
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, TvdbId
from episodarr.model.inventory import LibraryFile
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import World, local

MANY = [TvdbId(1000 + n) for n in range(60)]
GONE = MANY[:50]
MINUTE = timedelta(minutes=1)
MISSING = DeleteReason.MISSING_FROM_DISK


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


async def test_fifty_series_with_webhooks_are_verified(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store", world=_many())
    await driver.take_inventories()
    for tvdb_id in GONE:
        driver.world.delete_files(driver.world.drop_row(tvdb_id))
        await driver.hook_series(tvdb_id)
    driver.world.calls.clear()
    await driver.run(MINUTE)
    assert driver.world.calls["sonarr/series"] == 1
    assert driver.world.calls["jellyseerr/request"] == 1
    driver.world.others_catch_up()
    await driver.run(10 * MINUTE)
    views = driver.views()
    assert {v.status for v in views} == {DeletionStatus.COMPLETE}
    assert len(views) == 50
    assert driver.verification.log.counters.episodes_deleted == 100


async def test_fifty_series_without_a_report_are_held_until_they_are_acknowledged(
    tmp_path: Path,
) -> None:
    driver = Driver(tmp_path / "store", world=_many())
    await driver.take_inventories()
    await _vanish(driver)
    assert {v.status for v in driver.views()} == {DeletionStatus.HELD}
    assert driver.verification.log.held_by_sonarr() == {"tv": 50}
    driver.restart()
    await driver.run(30 * MINUTE)
    await driver.run(timedelta(hours=14), step=20 * MINUTE)
    assert driver.verification.log.held_by_sonarr() == {"tv": 50}
    pending = {v.count(Verdict.PENDING) for v in driver.views()}
    assert pending == {2}, "time makes nothing of what is not believed"
    assert not driver.world.calls.get("disk/check")
    assert "acknowledge" in driver.views()[0].advice[0]

    await driver.verification.commands.acknowledge(driver.views()[0].deletion_id, driver.now)
    assert driver.verification.log.held_by_sonarr() == {}
    driver.world.others_catch_up()
    await driver.run(30 * MINUTE)
    assert {v.status for v in driver.views()} == {DeletionStatus.COMPLETE}


async def test_held_series_that_come_back_are_forgotten_without_being_counted(
    tmp_path: Path,
) -> None:
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
    assert not any(driver.verification.log.counters.deletions_by_status.values())
    driver.restart()
    driver.world.drop_row(GONE[0])
    await driver.hook_series(GONE[0])
    (fresh,) = (v for v in driver.views() if v.status is DeletionStatus.VERIFYING)
    assert fresh.expected == 2


async def test_a_webhook_releases_the_one_series_it_names(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store", world=_many())
    await driver.take_inventories()
    await _vanish(driver)
    await driver.hook_series(GONE[7])
    assert driver.verification.log.held_by_sonarr() == {"tv": 49}
    (reported,) = (v for v in driver.views() if v.status is DeletionStatus.VERIFYING)
    assert reported.tvdb_id == GONE[7]
    assert reported.noticed_by is NoticedBy.WEBHOOK


async def test_series_that_miss_only_one_poll_are_not_deleted(tmp_path: Path) -> None:
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


async def test_a_few_series_of_a_small_library_are_not_each_others_proof(tmp_path: Path) -> None:
    """Another Sonarr at the address, with nothing in it: too few series to be held."""
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


async def _lose_files(
    driver: Driver, tvdb_ids: list[TvdbId]
) -> dict[TvdbId, dict[EpisodeNumber, LibraryFile]]:
    """A pool lost a branch: Sonarr's rescan drops file after file; what each series had."""
    had = {}
    for tvdb_id in tvdb_ids:
        show = driver.world.shows[tvdb_id]
        had[tvdb_id], show.files = show.files, {}
        for number, file in had[tvdb_id].items():
            driver.world.disk.pop(local(file.path))
            await driver.hook_file(number, file.path, MISSING, tvdb_id=tvdb_id)
        driver.now += timedelta(seconds=20)
        await driver.verification.passes.run(driver.now)
    return had


async def test_as_many_series_as_the_limit_that_miss_files_are_believed(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store", world=_many())
    await driver.take_inventories()
    await _lose_files(driver, MANY[:20])
    assert driver.verification.log.held_by_sonarr() == {}
    assert len(driver.views()) == 20


async def test_more_series_that_miss_files_at_once_are_held_as_one_thing(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store", world=_many())
    await driver.take_inventories()
    await _lose_files(driver, MANY[:30])
    assert driver.verification.log.held_by_sonarr() == {"tv": 30}
    assert {(v.status, v.expected) for v in driver.views()} == {(DeletionStatus.HELD, 2)}
    assert "lost their files at once" in driver.views()[0].advice[0]
    checks = driver.world.calls.get("disk/check", 0)
    driver.restart()
    await driver.run(2 * 60 * MINUTE, step=10 * MINUTE)
    assert driver.world.calls.get("disk/check", 0) == checks
    assert driver.verification.log.held_by_sonarr() == {"tv": 30}
    assert {v.count(Verdict.PENDING) for v in driver.views()} == {2}

    await driver.verification.commands.acknowledge(driver.views()[0].deletion_id, driver.now)
    assert driver.verification.log.held_by_sonarr() == {}
    driver.world.others_catch_up()
    await _lose_files(driver, MANY[30:35])
    assert driver.verification.log.held_by_sonarr() == {}, "what was believed does not count again"
    await driver.run(30 * MINUTE)
    assert {v.status for v in driver.views() if v.tvdb_id in MANY[:30]} == {DeletionStatus.COMPLETE}


async def test_held_files_that_come_back_are_forgotten_without_being_counted(
    tmp_path: Path,
) -> None:
    driver = Driver(tmp_path / "store", world=_many())
    await driver.take_inventories()
    had = await _lose_files(driver, MANY[:30])
    for tvdb_id, files in had.items():
        for number in files:
            driver.world.add_file(driver.world.shows[tvdb_id], number)
        await driver.read_episodes(tvdb_id)
    assert {v.status for v in driver.views()} == {DeletionStatus.SUPERSEDED}
    assert driver.verification.log.held_by_sonarr() == {}
    assert not any(driver.verification.log.counters.deletions_by_status.values())


async def test_held_files_of_a_series_that_is_deleted_itself_belong_to_its_own_deletion(
    tmp_path: Path,
) -> None:
    """The held one went on to expect them: the series' deletion was complete with nothing in it."""
    driver = Driver(tmp_path / "store", world=_many())
    await driver.take_inventories()
    await _lose_files(driver, MANY[:30])
    driver.restart()
    driver.world.drop_row(MANY[3])
    await driver.hook_series(MANY[3])
    driver.world.drop_row(MANY[4])
    await driver.poll()
    await driver.poll()
    assert driver.verification.log.held_by_sonarr() == {"tv": 28}
    for tvdb_id in MANY[3:5]:
        new, old = (v for v in driver.views() if v.tvdb_id == tvdb_id)
        if old.scope is DeletionScope.SERIES:
            new, old = old, new
        assert (old.status, old.expected) == (DeletionStatus.SUPERSEDED, 0)
        assert (new.status, new.expected) == (DeletionStatus.VERIFYING, 2)
    assert not any(driver.verification.log.counters.deletions_by_status.values())


async def test_what_was_missing_is_superseded_when_the_same_files_come_back_though_it_was_complete(
    tmp_path: Path,
) -> None:
    driver = Driver(tmp_path / "store", world=_many())
    await driver.take_inventories()
    gone = MANY[0]
    had = await _lose_files(driver, [gone])
    driver.world.scan_jellyfin()
    driver.world.clean_shoko()
    await driver.run(30 * MINUTE)
    assert driver.view().status is DeletionStatus.COMPLETE
    show = driver.world.shows[gone]
    for number, file in had[gone].items():
        found = driver.world.add_file(show, number)
        show.files[number] = replace(found, size_bytes=file.size_bytes + 1)
    await driver.read_episodes(gone)
    assert driver.view().status is DeletionStatus.COMPLETE, "another release came"
    for number, file in had[gone].items():
        show.files[number] = replace(file, file_id=EpisodeFileId(900 + number[1]))
    driver.restart()
    await driver.read_episodes(gone)
    assert driver.view().status is DeletionStatus.SUPERSEDED
    assert "The files came back." in driver.view().notes
    assert driver.verification.log.counters.deletions_by_status[DeletionStatus.COMPLETE] == 1
