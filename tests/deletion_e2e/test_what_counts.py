"""What is a deletion, which one, and what is none: seasons, regrabs, upgrades, kept files."""

from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.model.deletion import Answer, DeletionScope, DeletionStatus, NoticedBy, Verdict
from episodarr.model.health import System
from episodarr.model.stage import Hold, Stage
from episodarr.simulator import Scenario, SeasonPlan, SeriesPlan
from episodarr.simulator.state.sonarr import sonarr_options
from tests.deletion_e2e.following import (
    LATE_JELLYFIN,
    RESCANS,
    answers,
    following,
    others_catch_up,
    small,
)
from tests.replacing import replace

SHOW = 1001
OTHER = 1002
THIRD = 1003


@pytest.mark.parametrize("webhooks", [True, False])
async def test_a_season_deleted_file_by_file_is_one_deletion(
    tmp_path: Path, webhooks: bool
) -> None:
    async with following(
        small(others=2), tmp_path, environment=RESCANS, webhooks=webhooks
    ) as running:
        await running.ready()
        for first in (1, 7, 13, 19):
            codes = [(1, number) for number in range(first, first + 6)]
            running.world.delete_files("tv", SHOW, codes)
            await running.step(seconds=4)
        view = running.view(SHOW)
        assert len(running.views()) == 1
        assert (view.scope, view.expected) == (DeletionScope.SEASON, 24)
        assert view.noticed_by is (NoticedBy.WEBHOOK if webhooks else NoticedBy.HISTORY)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.COMPLETE),
            within=timedelta(minutes=40),
            every=60,
        )
        view = running.view(SHOW)
        assert view.count(Verdict.DELETED) == 24
        for system in (System.SONARR, System.DISK, System.SHOKO, System.JELLYFIN):
            assert answers(view, system) == {Answer.REMOVED}
        await running.last(timedelta(minutes=10), every=150)
        assert len(running.views()) == 1, "the inventory was taken again, the deletion was not"


async def test_what_history_tells_only_after_the_episodes_were_read_is_still_inventoried(
    tmp_path: Path,
) -> None:
    """The poller may see that a file is gone before history says why."""
    async with following(small(episodes=4), tmp_path) as running:
        await running.ready()
        running.simulation.fault("sonarr.tv", "status", path_prefix="/api/v3/history")
        running.world.delete_files("tv", SHOW, [(1, 3)])
        await running.last(timedelta(minutes=6), every=60)
        assert not running.views()
        running.simulation.clear_faults()
        await running.step(seconds=15)
        (episode,) = running.view(SHOW).episodes
        assert episode.answer_by_system[System.DISK] is Answer.REMOVED


async def test_a_file_that_is_grabbed_again_supersedes_its_deletion(tmp_path: Path) -> None:
    async with following(small(episodes=4), tmp_path, webhooks=True) as running:
        await running.ready()
        running.world.delete_files("tv", SHOW, [(1, 3), (1, 4)])
        await running.step(seconds=5)
        assert running.view(SHOW).expected == 2
        running.clock.push(seconds=30)
        running.simulation.tick()
        download = running.world.grab("tv", SHOW, [(1, 3)])
        running.world.finish_download("tv", download)
        running.world.import_download("tv", download)
        await running.step(seconds=30)
        view = running.view(SHOW)
        verdict = {e.episode: e.verdict for e in view.episodes}
        assert verdict[3] is Verdict.SUPERSEDED
        assert verdict[4] is not Verdict.SUPERSEDED
        assert view.expected == 1
        await running.last(timedelta(minutes=20), every=150)
        view = running.view(SHOW)
        assert view.status in {DeletionStatus.VERIFYING, DeletionStatus.COMPLETE}
        assert view.count(Verdict.FAILED) == 0


async def test_an_upgrade_is_no_deletion(tmp_path: Path) -> None:
    async with following(small(episodes=4), tmp_path, webhooks=True) as running:
        await running.ready()
        running.world.upgrade("tv", SHOW, [(1, 3)])
        await running.last(timedelta(minutes=6), every=60)
        assert not running.views()


async def test_a_series_that_was_only_taken_out_of_sonarr_kept_its_files(tmp_path: Path) -> None:
    async with following(small(episodes=4), tmp_path) as running:
        await running.ready()
        running.world.delete_series("tv", SHOW, delete_files=False, webhook=False)
        await running.until(lambda: bool(running.views()), within=timedelta(minutes=6), every=60)
        assert running.view(SHOW).noticed_by is NoticedBy.POLL
        await running.last(timedelta(minutes=14), every=120)
        assert running.has(SHOW, DeletionStatus.VERIFYING), "the disk has its time first"
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.FILES_KEPT),
            within=timedelta(minutes=5),
            every=60,
        )
        samples = await running.samples()
        assert not samples.get("episodarr_deletion_leftover")


async def test_sonarr_itself_may_say_that_it_keeps_the_files(tmp_path: Path) -> None:
    async with following(small(episodes=4), tmp_path, webhooks=True) as running:
        await running.ready()
        running.world.delete_series("tv", SHOW, delete_files=False)
        await running.step(seconds=5)
        assert running.has(SHOW, DeletionStatus.FILES_KEPT)


def two_sonarrs(*, uhd_files: int = 6) -> Scenario:
    """Two Sonarrs with the same shows, in folders and under names that differ in their roots only."""
    scenario = small(episodes=6)
    scenario.sonarrs = [
        *scenario.sonarrs,
        replace(sonarr_options("uhd"), root_folders=("/uhd",), is_4k=True),
    ]
    for tvdb_id in (SHOW, OTHER):
        scenario.add_series(
            tvdb_id,
            f"Show {tvdb_id - 1000}",
            {1: SeasonPlan(episodes=6, files=uhd_files, last_aired_days=400)},
            sonarr="uhd",
            series_type="anime",
            root="/uhd",
            added_days=300,
        )
    return scenario


@pytest.mark.parametrize(("name", "other"), [("uhd", "tv"), ("tv", "uhd")])
async def test_the_same_series_in_a_second_sonarr_is_untouched(
    tmp_path: Path, name: str, other: str
) -> None:
    """Shoko knows /anime alone, Jellyfin knows both: what the other one has is no witness."""
    async with following(two_sonarrs(), tmp_path, environment=RESCANS, webhooks=True) as running:
        await running.ready()
        running.world.delete_series(name, SHOW)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.COMPLETE),
            within=timedelta(minutes=40),
            every=60,
        )
        view = running.view(SHOW)
        assert (view.sonarr, view.expected, view.count(Verdict.DELETED)) == (name, 6, 6)
        in_shoko = Answer.NOT_APPLICABLE if name == "uhd" else Answer.REMOVED
        assert answers(view, System.SHOKO) == {in_shoko}
        assert answers(view, System.JELLYFIN) == {Answer.REMOVED}
        root = "/anime" if other == "tv" else "/uhd"
        media = Path(running.settings.paths[root])
        assert len(list((media / "Show 1").rglob("*.mkv"))) == 6
        assert any(
            (key.sonarr, key.tvdb_id) == (other, SHOW) and summary.taken_at is not None
            for key, summary in running.inventories().items()
        )


@pytest.mark.parametrize("hours", [0, 25])
async def test_what_another_sonarr_left_on_purpose_is_not_left_of_this_ones_deletion(
    tmp_path: Path, hours: int
) -> None:
    """The same names below another root, and in no Sonarr any more: it had failed for ever.

    After a day an inventory has the other one's entries and season too.
    """
    library = two_sonarrs()
    library.jellyfin = LATE_JELLYFIN
    async with following(library, tmp_path, webhooks=True) as running:
        await running.ready()
        plan = SeriesPlan(
            tvdb_id=THIRD,
            title="Show 3",
            seasons={1: SeasonPlan(episodes=6, files=6, last_aired_days=400)},
            series_type="anime",
            root="/uhd",
        )
        running.world.add_series("uhd", plan, quiet=False)
        running.world.jellyfin_scan()
        await running.last(timedelta(minutes=12))
        running.world.delete_series("uhd", THIRD, delete_files=False)
        await running.step(seconds=30)
        await running.last(timedelta(hours=hours), every=1800)
        running.world.delete_series("tv", THIRD)
        await running.last(timedelta(minutes=20), every=120)
        views = {str(view.sonarr): view for view in running.views()}
        assert answers(views["tv"], System.JELLYFIN) == {Answer.STALE}
        others_catch_up(running.world)
        await running.last(timedelta(hours=27), every=3600)
        views = {str(view.sonarr): view for view in running.views()}
        assert views["uhd"].status is DeletionStatus.FILES_KEPT
        assert views["tv"].status is DeletionStatus.COMPLETE


async def test_a_folder_that_two_sonarrs_had_one_after_the_other_is_the_last_ones(
    tmp_path: Path,
) -> None:
    """The first left the files to the second: what Jellyfin lists there is of its deletion."""
    library = two_sonarrs()
    library.jellyfin = LATE_JELLYFIN
    library.sonarrs[-1] = replace(library.sonarrs[-1], root_folders=("/uhd", "/anime"))
    async with following(library, tmp_path, webhooks=True) as running:
        await running.ready()
        running.world.delete_series("tv", THIRD, delete_files=False)
        await running.step(seconds=30)
        plan = SeriesPlan(
            tvdb_id=THIRD,
            title="Show 3",
            seasons={1: SeasonPlan(episodes=6, files=6, last_aired_days=400)},
            series_type="anime",
            root="/anime",
        )
        running.world.add_series("uhd", plan, quiet=False)
        await running.last(timedelta(minutes=12))
        running.world.delete_series("uhd", THIRD)
        await running.last(timedelta(minutes=20), every=120)
        views = {str(view.sonarr): view for view in running.views()}
        assert views["uhd"].expected == 6
        assert answers(views["uhd"], System.JELLYFIN) == {Answer.STALE}


async def test_a_copy_in_another_sonarr_makes_no_episode_available(tmp_path: Path) -> None:
    """Jellyfin lists the copy; our own file waits for Jellyfin's scan all the same."""
    library = two_sonarrs(uhd_files=5)
    library.jellyfin = LATE_JELLYFIN
    async with following(library, tmp_path) as running:
        await running.ready()
        download = running.world.grab("uhd", SHOW, [(1, 6)])
        running.world.finish_download("uhd", download)
        running.world.import_download("uhd", download)
        for _ in range(3):
            await running.step(seconds=75)
        ours = running.rig.episode("uhd", SHOW, 1, 6)
        assert (ours.stage, ours.hold) == (Stage.IMPORTING, Hold.JELLYFIN_SCAN)
        running.world.jellyfin_scan()
        await running.step(seconds=75)
        assert running.rig.episode("uhd", SHOW, 1, 6).stage is Stage.AVAILABLE


async def test_what_sonarr_moved_to_its_recycle_bin_is_shown_to_take_up_space(
    tmp_path: Path,
) -> None:
    library = small(episodes=3)
    library.sonarrs = [replace(s, recycle_bin="/recycle") for s in library.sonarrs]
    async with following(library, tmp_path, webhooks=True) as running:
        await running.ready()
        running.world.delete_series("tv", SHOW)
        await running.last(timedelta(minutes=3))
        notes = [note for note in running.view(SHOW).notes if "recycle bin" in note]
        assert notes == [
            "What it deletes is moved to Sonarr's recycle bin (/recycle): the space is not free"
            " until that is emptied."
        ]
