"""Shares that are away, and systems that are down, make nothing gone and wipe no records."""

from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.model.deletion import Answer, DeletionStatus, Verdict
from episodarr.model.health import System
from episodarr.simulator import ShokoOptions
from tests.deletion_e2e.following import RESCANS, answers, following, small
from tests.rig import value

SHOW = 1001


@pytest.mark.parametrize("state", ["unmounted", "empty"])
@pytest.mark.parametrize("version", ["4.2.2", "5.3.3"])
async def test_a_share_that_is_away_proves_nothing(
    tmp_path: Path, state: str, version: str
) -> None:
    library = small(episodes=6)
    library.shoko = ShokoOptions(version=version, remove_seconds=0.01)
    async with following(library, tmp_path, environment=RESCANS, webhooks=True) as running:
        await running.ready()
        running.world.delete_series("tv", SHOW, lag_seconds=100_000)
        running.world.set_mount("/anime", state)
        for seconds in (60, 60, 180, 600, 2400, *[7800] * 6):
            await running.step(seconds=seconds)
            view = running.view(SHOW)
            assert answers(view, System.DISK) == {Answer.UNKNOWN}
            assert Answer.REMOVED not in answers(view, System.SHOKO)
            assert Answer.REMOVED not in answers(view, System.JELLYFIN)
            assert view.count(Verdict.DELETED) == 0
        view = running.view(SHOW)
        # Only Jellyfin's own list, at its own deadline, shows that anything is still there.
        assert running.has(SHOW, DeletionStatus.FAILED)
        view = running.view(SHOW)
        assert answers(view, System.JELLYFIN) == {Answer.REMAINING}
        ending = "is it mounted?" if state == "unmounted" else "is mounted as it was."
        assert any(line.endswith(ending) for line in view.advice), view.advice
        assert running.world.shoko is not None
        assert running.world.shoko.removal_runs == 0
        assert len(running.world.shoko.files) == 18


async def test_it_heals_when_the_share_comes_back(tmp_path: Path) -> None:
    async with following(
        small(episodes=6),
        tmp_path,
        environment=RESCANS,
        webhooks=True,
        without=("EPISODARR_JELLYFIN",),
    ) as running:
        await running.ready()
        running.world.delete_series("tv", SHOW, lag_seconds=20)
        running.world.set_mount("/anime", "unmounted")
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.UNVERIFIED),
            within=timedelta(hours=2),
            every=600,
        )
        running.world.set_mount("/anime", "mounted")
        await running.step(seconds=5)
        assert await running.deletions.recheck(running.view(SHOW).deletion_id)
        await running.step(seconds=5)
        assert answers(running.view(SHOW), System.DISK) == {Answer.REMAINING}
        for path in list(running.world.disk.files("/anime")):
            if "/Show 1/" in path:
                running.world.remove_file(path)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.COMPLETE),
            within=timedelta(hours=5),
            every=600,
        )
        samples = await running.samples()
        assert value(samples, "episodarr_deletions_total", deletion_status="unverified") == 1
        assert value(samples, "episodarr_deletions_healed_total") == 1


@pytest.mark.parametrize(
    ("version", "state_of_other"),
    [
        ("5.3.3", "unmounted"),
        ("5.3.3", "empty"),
        ("4.2.2", "mounted"),
        ("4.2.2", "unmounted"),
        ("6.0.0", "empty"),
    ],
)
async def test_shokos_rescan_is_refused_where_it_would_do_harm(
    tmp_path: Path, version: str, state_of_other: str
) -> None:
    """Another import folder that is away would lose all its records; version 4 touches MyList."""
    library = small(episodes=6, roots=("/anime", "/anime-old"))
    library.shoko = ShokoOptions(version=version, remove_seconds=0.01)
    async with following(library, tmp_path, environment=RESCANS, webhooks=True) as running:
        await running.ready()
        assert running.world.shoko is not None
        before = running.world.shoko.files.keys() | set()
        running.world.set_mount("/anime-old", state_of_other)
        running.world.delete_series("tv", SHOW)
        await running.step(seconds=60)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.LEFTOVERS),
            within=timedelta(minutes=60),
            every=300,
        )
        view = running.view(SHOW)
        assert answers(view, System.DISK) == {Answer.REMOVED}
        assert answers(view, System.SHOKO) == {Answer.STALE}
        assert any("refused" in line for line in (*view.advice, *view.notes))
        samples = await running.samples()
        refused = value(samples, "episodarr_rescans_total", upstream="shoko", result="refused")
        assert refused is not None
        assert refused >= 1
        assert running.world.shoko.removal_runs == 0
        assert running.world.shoko.mylist_removals == 0
        assert before <= running.world.shoko.files.keys()


@pytest.mark.parametrize("kind", ["refused", "html", "empty_server", "login_redirect", "status"])
async def test_systems_that_fail_or_are_others_prove_nothing(tmp_path: Path, kind: str) -> None:
    async with following(small(episodes=3), tmp_path, webhooks=True) as running:
        await running.ready()
        for system in ("sonarr.tv", "jellyfin", "shoko", "jellyseerr", "qbittorrent.main"):
            running.simulation.fault(system, kind)
        await running.last(timedelta(minutes=12), every=120)
        assert not running.views(), "an outage deletes nothing"
        running.simulation.clear_faults()
        await running.step(seconds=15)
        running.world.delete_series("tv", SHOW)
        await running.simulation.flush_webhooks()
        await (
            running.rig.cycle()
        )  # The list that bears the webhook out; nothing further was checked.
        for system in ("sonarr.tv", "jellyfin", "shoko", "jellyseerr", "qbittorrent.main"):
            running.simulation.fault(system, kind)
        for seconds in (5, 30, 120, 600, 900, 1800):
            await running.step(seconds=seconds)
            view = running.view(SHOW)
            for system in (System.SONARR, System.SHOKO, System.JELLYFIN):
                assert answers(view, system) == {Answer.UNKNOWN}, (system, kind)
            assert view.count(Verdict.DELETED) == 0
        running.simulation.clear_faults()


async def test_files_that_were_away_at_the_inventory_are_seen_within_minutes(
    tmp_path: Path,
) -> None:
    """A move was under way, or a pooled disk was away: neither changes anything in Sonarr."""
    async with following(small(episodes=3), tmp_path) as running:
        folder = next((tmp_path / "media").rglob("Show 1*"))
        away = folder.rename(tmp_path / "away")
        await running.ready()
        assert max(s.unseen_count for s in running.inventories().values()) == 3
        away.rename(folder)
        await running.last(timedelta(minutes=5), every=60)
        assert {s.unseen_count for s in running.inventories().values()} == {0}


async def test_a_pool_that_lost_a_branch_is_one_thing_that_is_held(tmp_path: Path) -> None:
    """Sonarr's rescan dropped every file of the series on it, and found them again afterwards."""
    library = small(episodes=2, shows=26)
    lost = [1000 + n for n in range(1, 25)]
    async with following(
        library, tmp_path, environment=RESCANS, without=("EPISODARR_JELLYSEERR",)
    ) as running:
        await running.ready()
        for tvdb_id in lost:
            running.world.lose_files("tv", tvdb_id, [(1, 1), (1, 2)])
        await running.step(seconds=15)
        assert {(v.status, v.expected) for v in running.views()} == {(DeletionStatus.HELD, 2)}
        samples = await running.samples()
        assert value(samples, "episodarr_held_disappearances", sonarr="tv") == 24
        await running.last(timedelta(minutes=40), every=600)
        assert len(running.views()) == 24
        assert running.world.shoko is not None
        assert running.world.shoko.removal_runs == 0
        for tvdb_id in lost:
            running.world.find_files("tv", tvdb_id, [(1, 1), (1, 2)])
        await running.until(
            lambda: {v.status for v in running.views()} == {DeletionStatus.SUPERSEDED},
            within=timedelta(minutes=8),
            every=60,
        )
        samples = await running.samples()
        assert value(samples, "episodarr_held_disappearances", sonarr="tv") == 0
        assert not any(samples["episodarr_deletions_total"].values())
