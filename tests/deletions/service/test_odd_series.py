"""A series that Sonarr lists, and whose record cannot be read, was not deleted; also after a restart."""

from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.model.notice import LibraryPoll
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, TV


@pytest.mark.parametrize(
    ("names_it", "is_whole", "deletions"), [(True, True, 0), (False, False, 0), (False, True, 1)]
)
async def test_a_record_that_shows_only_its_number_is_no_missing_series(
    tmp_path: Path, names_it: bool, is_whole: bool, deletions: int
) -> None:
    driver = Driver(tmp_path / "episodarr.sqlite")
    await driver.take_inventories()
    number = driver.world.shows[CHARLOTTE].sonarr_id
    driver.restart()
    for _ in range(4):
        driver.now += timedelta(minutes=5)
        listed = {t: s.sonarr_id for t, s in driver.world.shows.items() if t != CHARLOTTE}
        poll = LibraryPoll(
            sonarr=TV,
            at=driver.now,
            sonarr_id_by_tvdb_id=listed,
            unread_ids=frozenset({number if names_it else 9999}),
            is_whole=is_whole,
        )
        await driver.verification.notices.take(poll, driver.now)
    assert len(driver.views()) == deletions
