"""Two episodes in one file: each is expected, once, whatever history has of the other."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from episodarr.model.deletion import DeletionStatus, Verdict
from episodarr.model.ids import EpisodeNumber
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, FRIEREN, Show, World, local

BOTH: tuple[EpisodeNumber, ...] = ((1, 1), (1, 2))


def _a_double(world: World) -> Show:
    """Charlotte's first two episodes are one file."""
    show = world.add_show(CHARLOTTE, "Charlotte", {1: 4})
    world.add_show(FRIEREN, "Frieren", {1: 2})
    double = replace(show.files[(1, 1)], episodes=BOTH)
    second = show.files[(1, 2)].path
    del world.disk[local(second)]
    world.jellyfin = {k: one for k, one in world.jellyfin.items() if one.path != second}
    world.shoko = {k: one for k, one in world.shoko.items() if one.path != second}
    show.files.update(dict.fromkeys(BOTH, double))
    return show


@pytest.mark.parametrize("recorded", [BOTH, BOTH[:1], BOTH[1:]], ids=["both", "first", "second"])
@pytest.mark.parametrize("minutes", [1, 6], ids=["at once", "later"])
async def test_a_series_that_goes_after_its_double_episode_expects_each_episode_once(
    tmp_path: Path, recorded: Collection[EpisodeNumber], minutes: int
) -> None:
    """History had one of two: no deletion expected the other."""
    driver = Driver(tmp_path / "store", world=World())
    show = _a_double(driver.world)
    await driver.take_inventories()
    path = show.files[BOTH[0]].path
    for number in BOTH:
        del show.files[number]
    del driver.world.disk[local(path)]
    for number in recorded:
        await driver.hook_file(number, path)
    await driver.run(timedelta(minutes=minutes))
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    driver.world.others_catch_up()
    await driver.run(timedelta(minutes=30))
    views = driver.views()
    found = sorted((e.season, e.episode) for v in views for e in v.episodes)
    assert found == [(1, 1), (1, 2), (1, 3), (1, 4)]
    assert {v.status for v in views} == {DeletionStatus.COMPLETE}
    assert driver.verification.log.counters.episodes_deleted == 4


async def test_a_double_episode_that_stays_fails_twice_and_is_one_file(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store", world=World())
    show = _a_double(driver.world)
    await driver.take_inventories()
    double = show.files[BOTH[0]]
    for number in BOTH:
        del show.files[number]
        await driver.hook_file(number, double.path)
    await driver.run(timedelta(minutes=20))
    assert driver.view().count(Verdict.FAILED) == 2
    assert driver.view().leftover_bytes == double.size_bytes
