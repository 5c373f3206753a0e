"""A settled deletion is kept packed once it was written, and is followed like any other."""

from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.model.deletion import DeletionStatus, Verdict
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.health import System
from episodarr.model.packed_deletion import PackedInventory
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, FRIEREN

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def driver(tmp_path: Path) -> Driver:
    """All of one series is gone, from disk and all systems, and its deletion complete."""
    driver = Driver(tmp_path / "episodarr.sqlite")
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    driver.world.scan_jellyfin()
    driver.world.clean_shoko()
    driver.world.sync_requests()
    await driver.run(20 * MINUTE)
    assert driver.view().status is DeletionStatus.COMPLETE
    return driver


def the_record(driver: Driver) -> DeletionRecord:
    (record,) = driver.verification.log.records.values()
    return record


async def test_it_is_packed_once_it_was_written_and_after_a_start(driver: Driver) -> None:
    record = the_record(driver)
    assert isinstance(record.held_inventory, PackedInventory)
    assert driver.store.is_saved(record)
    view = driver.view()
    driver.restart()
    again = the_record(driver)
    assert isinstance(again.held_inventory, PackedInventory)
    assert again == record
    assert driver.store.is_saved(again), "a start has nothing to write"
    assert [list(e.evidence) for e in driver.view().episodes] == [
        list(e.evidence) for e in view.episodes
    ]


async def test_it_is_packed_only_once_it_was_written(driver: Driver) -> None:
    driver.world.delete_files(driver.world.drop_row(FRIEREN))
    await driver.hook_series(FRIEREN)
    await driver.run(MINUTE)
    for record in driver.verification.log.records.values():
        is_packed = isinstance(record.held_inventory, PackedInventory)
        assert is_packed == (record.key.tvdb_id == CHARLOTTE)


async def test_a_file_that_is_there_at_the_last_check_remains(driver: Driver) -> None:
    record = the_record(driver)
    back = record.episodes[3]
    driver.world.disk["/media" + back.path] = back.size_bytes
    due = record.next_check_at
    assert due is not None, "one last check is due"
    await driver.run(due - driver.now + MINUTE, step=10 * MINUTE)
    assert driver.view().status is DeletionStatus.PARTIAL
    assert driver.view().count(Verdict.FAILED) == 1
    assert (
        the_record(driver).episodes[3].evidence_by_system[System.DISK]
        != (back.evidence_by_system[System.DISK])
    )
