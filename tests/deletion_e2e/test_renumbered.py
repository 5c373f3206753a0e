"""TVDB merges duplicates, and Sonarr's refresh takes the number that is left: nothing was deleted."""

from datetime import timedelta
from pathlib import Path

from episodarr.model.deletion import Answer, DeletionStatus
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.model.inventory import InventorySummary
from tests.deletion_e2e.following import Following, following, others_catch_up, small

OLD, NEW = 1001, 4242


async def a_renumbered_series(running: Following) -> None:
    await running.ready()
    running.world.renumber_series("tv", OLD, NEW)
    await running.last(timedelta(minutes=12), every=31)


def the_inventory(running: Following) -> InventorySummary:
    stored = {k: s for k, s in running.inventories().items() if k.tvdb_id in {OLD, NEW}}
    assert list(stored) == [SeriesKey(SonarrName("tv"), TvdbId(NEW))]
    return stored[SeriesKey(SonarrName("tv"), TvdbId(NEW))]


async def test_nothing_is_deleted_and_the_inventory_goes_along(tmp_path: Path) -> None:
    async with following(small(episodes=4, others=3), tmp_path) as running:
        await running.ready()
        before = running.inventories()[SeriesKey(SonarrName("tv"), TvdbId(OLD))]
        await a_renumbered_series(running)
        assert running.views() == ()
        after = the_inventory(running)
        assert after.mark == before.mark
        assert after.disk_controls == before.disk_controls


async def test_its_deletion_is_one_and_is_verified(tmp_path: Path) -> None:
    """Also under its new number, and after a restart that came right after the change."""
    async with following(small(episodes=4, others=3), tmp_path) as running:
        await running.ready()
        await running.application.poller.stop()
        running.world.renumber_series("tv", OLD, NEW)
        await running.restart()
        await running.rig.settle()
        await running.last(timedelta(minutes=12), every=31)
        the_inventory(running)
        running.world.delete_series("tv", NEW, delete_files=True, lag_seconds=0)
        await running.until(lambda: len(running.views()) == 1, within=timedelta(minutes=15))
        others_catch_up(running.world)
        await running.until(
            lambda: running.has(NEW, DeletionStatus.COMPLETE), within=timedelta(hours=30), every=300
        )
        (view,) = running.views()
        assert {e.answer_by_system[System.DISK] for e in view.episodes} == {Answer.REMOVED}
