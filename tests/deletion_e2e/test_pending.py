"""A series is pending until its deletion could be verified: read, and its inventory taken."""

from pathlib import Path

from episodarr.model.ids import SonarrName
from tests.deletion_e2e.following import following, small


async def test_read_is_not_inventoried(tmp_path: Path) -> None:
    async with following(small(episodes=3), tmp_path) as running:
        snapshot = await running.rig.settle()
        assert snapshot.inventory_pending_by_sonarr[SonarrName("tv")] == 3
        await running.settle_deletions()
        snapshot = await running.rig.cycle()
        assert set(snapshot.inventory_pending_by_sonarr.values()) == {0}


async def test_inventories_outlive_a_restart_and_the_episodes_are_read_anew(tmp_path: Path) -> None:
    async with following(small(episodes=3), tmp_path) as running:
        await running.ready()
        await running.restart()
        snapshot = await running.rig.settle()
        assert set(snapshot.inventory_pending_by_sonarr.values()) == {0}
