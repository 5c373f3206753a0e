"""Whole deletions on a real file system: what is there remains, and a disk that is away proves nothing."""

import shutil
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace as with_changes

from episodarr.errors import TimedOut
from episodarr.model.deletion import Answer, DeletionStatus, DeletionView, Verdict
from episodarr.model.download import DeleteReason
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, SonarrSeriesId, TvdbId
from episodarr.model.notice import FileDeleted
from episodarr.systems.disk.client import DiskClient
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, FRIEREN, SPY, Show, World
from tests.replacing import replace

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DISK_ONLY = frozenset({System.JELLYFIN, System.SHOKO, System.JELLYSEERR, System.QBITTORRENT})


class RealDisk:
    """A driver whose disk is a folder; every file of the world is a sparse one in it."""

    def __init__(
        self, tmp_path: Path, world: World, paths: Mapping[str, str] | None = None
    ) -> None:
        self.root = tmp_path / "disk"
        self.root.mkdir()
        self.world = world
        self.driver = Driver(tmp_path / "store", world=world, without=DISK_ONLY)
        for show in world.shows.values():
            self.write(show)
        mapping = {
            k: str(self.root) + v for k, v in ({"/": ""} if paths is None else paths).items()
        }
        witnesses = replace(self.driver.witnesses(), disk=DiskClient(mapping))
        self.driver.follow(witnesses)

    def at(self, path: str) -> Path:
        """Where one of Sonarr's paths really is."""
        return self.root / path.lstrip("/")

    def write(self, show: Show) -> None:
        for file in show.files.values():
            self.put(file.path, file.size_bytes)

    def put(self, path: str, size_bytes: int) -> Path:
        place = self.at(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as handle:
            handle.truncate(size_bytes)
        return place

    async def delete_series(self, tvdb_id: TvdbId = CHARLOTTE) -> Show:
        """Sonarr drops the series and says so; its files stay."""
        show = self.world.drop_row(tvdb_id)
        await self.driver.hook_series(tvdb_id)
        return show

    async def lose(self, show: Show, numbers: list[EpisodeNumber]) -> None:
        """Sonarr finds files missing from disk."""
        for number in numbers:
            file = show.files.pop(number)
            self.driver.record_id += 1
            await self.driver.verification.notices.take(
                FileDeleted(
                    key=show.series().key,
                    title=show.title,
                    number=number,
                    path=file.path,
                    reason=DeleteReason.MISSING_FROM_DISK,
                    record_id=self.driver.record_id,
                    is_webhook=True,
                ),
                self.driver.now,
            )

    async def run(self, length: timedelta) -> None:
        await self.driver.run(MINUTE)
        await self.driver.run(length, step=3 * MINUTE)

    def view(self) -> DeletionView:
        return self.driver.view()

    def details(self, view: DeletionView | None = None) -> set[str]:
        return {
            check.detail
            for episode in (view or self.view()).episodes
            for check in episode.evidence
            if check.system is System.DISK
        }

    def answers(self) -> list[Answer]:
        return [e.answer_by_system[System.DISK] for e in self.view().episodes]


def _a_world(*roots: str) -> World:
    world = World(root_folders=roots or ("/tv",))
    world.add_show(CHARLOTTE, "Charlotte", {1: 3})
    world.add_show(FRIEREN, "Frieren", {1: 2})
    return world


async def test_files_that_were_away_at_the_inventory_and_are_there_now_remain(
    tmp_path: Path,
) -> None:
    """5 of 23 were being moved when the inventory was taken: not seen once, never checked."""
    world = World()
    show = world.add_show(CHARLOTTE, "Charlotte", {1: 23})
    world.add_show(FRIEREN, "Frieren", {1: 2})
    real = RealDisk(tmp_path, world)
    away = [show.files[(1, n)] for n in range(1, 6)]
    for file in away:
        real.at(file.path).unlink()
    await real.driver.take_inventories()
    for file in away:
        real.put(file.path, file.size_bytes)
    await real.delete_series()
    for number, file in show.files.items():
        if number[1] > 5:
            real.at(file.path).unlink()
    await real.run(20 * MINUTE)
    view = real.view()
    assert view.status is DeletionStatus.PARTIAL
    assert (view.count(Verdict.DELETED), view.count(Verdict.FAILED)) == (18, 5)
    assert real.answers().count(Answer.REMAINING) == 5
    assert view.leftover_bytes == sum(file.size_bytes for file in away)
    assert any(
        "E01.mkv" in one and "not seen when it was inventoried" in one for one in real.details(view)
    )


@pytest.mark.parametrize("seen", [True, False], ids=["inventoried", "the disk timed out"])
async def test_a_file_that_is_there_remains_whatever_the_inventory_could_see(
    tmp_path: Path, seen: bool
) -> None:
    world = _a_world()
    real = RealDisk(tmp_path, world)
    if not seen:
        real.root.rename(tmp_path / "away")
    await real.driver.take_inventories()
    if not seen:
        (tmp_path / "away").rename(real.root)
    await real.delete_series()
    await real.run(20 * MINUTE)
    assert real.view().status is DeletionStatus.FAILED
    assert set(real.answers()) == {Answer.REMAINING}


@pytest.mark.parametrize("how", ["renamed away", "left empty", "emptied in place"])
async def test_a_root_folder_that_is_away_proves_nothing_beside_another_that_is_there(
    tmp_path: Path, how: str
) -> None:
    """One path mapping above both; the other root folder lies on the same device."""
    world = World(root_folders=("/data/tv", "/data/anime"))
    world.add_show(CHARLOTTE, "Charlotte", {1: 3}, path="/data/tv/Charlotte")
    world.add_show(FRIEREN, "Frieren", {1: 2}, path="/data/tv/Frieren")
    world.add_show(SPY, "SPY x FAMILY", {1: 2}, path="/data/anime/SPY x FAMILY")
    real = RealDisk(tmp_path, world, {"/data": "/data"})
    await real.driver.take_inventories()
    tv, away = real.at("/data/tv"), tmp_path / "away"
    if how == "emptied in place":
        away.mkdir()
        for folder in list(tv.iterdir()):
            folder.rename(away / folder.name)
    else:
        tv.rename(away)
    if how == "left empty":
        tv.mkdir()
    await real.delete_series()
    await real.run(20 * MINUTE)
    assert set(real.answers()) == {Answer.UNKNOWN}
    assert real.view().status is DeletionStatus.UNVERIFIED
    shutil.rmtree(tv, ignore_errors=True)
    away.rename(tv)
    await real.driver.verification.commands.recheck(real.view().deletion_id, real.driver.now)
    await real.driver.run(MINUTE)
    assert set(real.answers()) == {Answer.REMAINING}


async def test_the_only_series_of_a_root_folder_is_proven_gone_by_the_bare_folder(
    tmp_path: Path,
) -> None:
    world = World(root_folders=("/data/tv", "/data/anime"))
    world.add_show(CHARLOTTE, "Charlotte", {1: 3}, path="/data/tv/Charlotte")
    world.add_show(SPY, "SPY x FAMILY", {1: 2}, path="/data/anime/SPY x FAMILY")
    real = RealDisk(tmp_path, world, {"/data": "/data"})
    await real.driver.take_inventories()
    await real.delete_series()
    shutil.rmtree(real.at("/data/tv/Charlotte"))
    await real.run(20 * MINUTE)
    assert set(real.answers()) == {Answer.REMOVED}
    assert real.view().status is DeletionStatus.COMPLETE


async def test_another_season_of_the_same_series_is_a_control(tmp_path: Path) -> None:
    world = World()
    show = world.add_show(CHARLOTTE, "Charlotte", {1: 2, 2: 2})
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    for number in ((2, 1), (2, 2)):
        file = show.files.pop(number)
        real.at(file.path).unlink()
        await real.driver.hook_file(number, file.path)
    await real.run(20 * MINUTE)
    assert real.answers() == [Answer.REMOVED] * 2
    assert all("Season 1/E01.mkv is there" in one for one in real.details())


@pytest.mark.parametrize("left", [0, 3])
async def test_a_pool_that_lost_a_branch_is_no_proof_of_what_lay_on_it(
    tmp_path: Path, left: int
) -> None:
    """The root folder itself stays, with a stray folder in it, or a few series of another branch."""
    world = World()
    shows = [world.add_show(TvdbId(9000 + n), f"Show {n:02d}", {1: 2}) for n in range(26)]
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    for show in shows[left:]:
        shutil.rmtree(real.at(show.folder))
    real.at("/tv/stray").mkdir()
    for show in shows[left:]:
        await real.lose(show, list(show.files))
    await real.run(20 * MINUTE)
    views = real.driver.views()
    assert len(views) == 26 - left
    assert {
        a
        for v in views
        for e in v.episodes
        for a in e.answer_by_system.values()
        if a is Answer.REMOVED and v.status is DeletionStatus.COMPLETE
    } == set()
    disk = {e.answer_by_system[System.DISK] for v in views for e in v.episodes}
    assert disk == {Answer.UNKNOWN}


async def test_files_at_the_path_a_series_had_before_remain_and_the_path_is_named(
    tmp_path: Path,
) -> None:
    """The path was edited in Sonarr without moving the files; its rescan then missed all of them."""
    world = _a_world()
    show = world.shows[CHARLOTTE]
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    old = dict(show.files)
    show.path = "/tv/Charlotte (2015)"
    for number, file in old.items():
        path = file.path.replace("/tv/Charlotte/", "/tv/Charlotte (2015)/")
        show.files[number] = with_changes(file, path=path)
    await real.driver.take_inventories()
    await real.lose(show, list(show.files))
    await real.run(20 * MINUTE)
    view = real.view()
    assert view.status is DeletionStatus.FAILED
    assert set(real.answers()) == {Answer.REMAINING}
    for file in old.values():
        assert any(f"{real.at(file.path)}, where it was" in one for one in real.details(view))
    for file in old.values():
        real.at(file.path).unlink()
    await real.driver.run(3 * HOUR, step=10 * MINUTE)
    assert real.view().status is DeletionStatus.COMPLETE


async def test_a_path_that_was_edited_before_the_inventory_is_checked_too(tmp_path: Path) -> None:
    """Sonarr's own record names the new path before any inventory saw it."""
    world = _a_world()
    show = world.shows[CHARLOTTE]
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    for number, file in list(show.files.items()):
        path = file.path.replace("/tv/Charlotte/", "/anime/Charlotte/")
        show.files[number] = with_changes(file, path=path)
    await real.lose(show, list(show.files))
    await real.run(20 * MINUTE)
    assert set(real.answers()) == {Answer.REMAINING}


async def test_a_series_that_is_moved_while_its_new_disk_is_away_is_not_gone(
    tmp_path: Path,
) -> None:
    """Seen at the old path, never at the new one: the old one's absence proves nothing of the new."""
    world = World(root_folders=("/a", "/b"))
    show = world.add_show(CHARLOTTE, "Charlotte", {1: 3}, path="/a/Charlotte")
    world.add_show(FRIEREN, "Frieren", {1: 2}, path="/a/Frieren")
    world.add_show(SPY, "SPY x FAMILY", {1: 2}, path="/b/SPY x FAMILY")
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    shutil.move(real.at("/a/Charlotte"), real.at("/b/Charlotte"))
    show.path = "/b/Charlotte"
    for number, file in list(show.files.items()):
        show.files[number] = with_changes(file, path=file.path.replace("/a/", "/b/"))
    real.at("/b").rename(tmp_path / "away")
    await real.driver.take_inventories()
    await real.delete_series()
    await real.run(20 * MINUTE)
    assert real.view().status is DeletionStatus.UNVERIFIED
    (tmp_path / "away").rename(real.at("/b"))
    await real.driver.run(3 * HOUR, step=10 * MINUTE)
    assert real.view().status is DeletionStatus.FAILED


async def test_a_series_in_the_root_folder_itself_leaves_no_leftovers_of_others(
    tmp_path: Path,
) -> None:
    """All its files go; what is still there belongs to the series whose folders lie in it."""
    world = _a_world()
    show = world.shows[CHARLOTTE]
    show.path = "/tv"
    for number, file in list(show.files.items()):
        show.files[number] = with_changes(file, path=file.path.replace("/Charlotte", ""))
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    await real.delete_series()
    shutil.rmtree(real.at("/tv/Season 1"))
    await real.run(20 * MINUTE)
    view = real.view()
    assert set(real.answers()) == {Answer.REMOVED}
    assert view.status is DeletionStatus.COMPLETE


@pytest.mark.parametrize(
    ("other", "stray"),
    [("/tv/Charlotte/Extra", ""), ("/tv/Charlotte", ""), ("/tv", ""), ("/tv/Charlotte", "x.mkv")],
    ids=["nested", "shared", "around", "shared, and an unknown file"],
)
async def test_files_of_another_series_in_the_folder_are_no_leftovers(
    tmp_path: Path, other: str, stray: str
) -> None:
    world = _a_world()
    guest = world.add_show(SPY, "SPY x FAMILY", {}, path=other)
    world.add_file(guest, (1, 1))
    file = guest.files[(1, 1)]
    guest.files[(1, 1)] = with_changes(file, path="/tv/Charlotte/Extra/E01.mkv")
    real = RealDisk(tmp_path, world)
    if stray:
        real.put(f"/tv/Charlotte/{stray}", 77)
    await real.driver.take_inventories()
    await real.delete_series()
    shutil.rmtree(real.at("/tv/Charlotte/Season 1"))
    await real.run(20 * MINUTE)
    view = real.view()
    assert set(real.answers()) == {Answer.REMOVED}
    if stray:
        assert view.record_by_system[System.DISK] is Answer.REMAINING
        assert any("never inventoried" in note and stray in note for note in view.notes)
        assert not any("delete them" in line for line in view.advice)
        return
    assert view.record_by_system[System.DISK] is Answer.REMOVED
    assert view.status is DeletionStatus.COMPLETE


@pytest.mark.parametrize(
    ("other", "is_known"),
    [("/tv/Charlotte/Extra", True), ("/tv/Charlotte", False), ("/tv", False)],
    ids=["nested", "shared", "around"],
)
async def test_files_of_a_series_that_was_not_inventoried_yet_are_not_called_leftovers(
    tmp_path: Path, other: str, is_known: bool
) -> None:
    """It was added just now: only its folder is known, and what in it is whose is not."""
    world = _a_world()
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    guest = world.add_show(SPY, "SPY x FAMILY", {}, path=other)
    file = world.add_file(guest, (1, 1))
    guest.files[(1, 1)] = with_changes(file, path="/tv/Charlotte/Extra/E01.mkv")
    real.write(guest)
    await real.delete_series()
    shutil.rmtree(real.at("/tv/Charlotte/Season 1"))
    await real.run(20 * MINUTE)
    assert real.view().record_by_system[System.DISK] is (
        Answer.REMOVED if is_known else Answer.UNKNOWN
    )
    await real.driver.take_inventories()
    await real.driver.verification.commands.recheck(real.view().deletion_id, real.driver.now)
    await real.run(5 * MINUTE)
    assert real.view().record_by_system[System.DISK] is Answer.REMOVED
    assert real.view().status is DeletionStatus.COMPLETE


async def test_files_that_another_series_left_on_purpose_are_not_called_leftovers(
    tmp_path: Path,
) -> None:
    """It left Sonarr and kept its files, in a folder that both had."""
    world = _a_world()
    guest = world.add_show(SPY, "SPY x FAMILY", {}, path="/tv/Charlotte")
    file = world.add_file(guest, (1, 1))
    guest.files[(1, 1)] = with_changes(file, path="/tv/Charlotte/Extra/E01.mkv")
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    world.drop_row(SPY)
    await real.driver.hook_series(SPY, files=False)
    await real.delete_series()
    shutil.rmtree(real.at("/tv/Charlotte/Season 1"))
    await real.run(20 * MINUTE)
    statuses = {v.tvdb_id: v.status for v in real.driver.views()}
    assert statuses == {SPY: DeletionStatus.FILES_KEPT, CHARLOTTE: DeletionStatus.COMPLETE}


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("/tv/Gō Gō/Season 1", unicodedata.normalize("NFD", "/tv/Gō Gō/Season 1")),
        ("/tv/Charlotte/Season 1", "/tv/charlotte/SEASON 1"),
        ("/TV/Charlotte/Season 1", "/tv/Charlotte/Season 1"),
    ],
)
async def test_a_folder_that_is_spelled_differently_is_found_in_every_part(
    tmp_path: Path, written: str, stored: str
) -> None:
    world = World(root_folders=("/tv", "/TV"))
    world.add_show(CHARLOTTE, "Charlotte", {1: 2}, path=written.removesuffix("/Season 1"))
    world.add_show(FRIEREN, "Frieren", {1: 2})
    real = RealDisk(tmp_path, world)
    folder = real.at(written)
    moved = real.at(stored)
    moved.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(moved)
    for empty in (folder.parent, folder.parent.parent):
        if not list(empty.iterdir()):
            empty.rmdir()
    await real.driver.take_inventories()
    await real.delete_series()
    await real.driver.run(MINUTE)
    assert set(real.answers()) == {Answer.REMAINING}
    shutil.rmtree(moved)
    await real.run(20 * MINUTE)
    assert set(real.answers()) == {Answer.REMOVED}


async def test_what_was_removed_is_checked_once_more_at_the_last_deadline(tmp_path: Path) -> None:
    """A pooled disk dropped out right after the deletion, with another of its files as control."""
    world = _a_world()
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    folder = real.at("/tv/Charlotte")
    folder.rename(tmp_path / "away")
    show = await real.delete_series()
    await real.driver.run(2 * MINUTE)
    view = real.view()
    assert view.status is DeletionStatus.COMPLETE
    assert view.next_check_at is not None
    (tmp_path / "away").rename(folder)
    await real.run(15 * MINUTE)
    view = real.view()
    assert view.status is DeletionStatus.FAILED
    assert set(real.answers()) == {Answer.REMAINING}
    counters = real.driver.verification.log.counters
    assert counters.deletions_by_status[DeletionStatus.COMPLETE] == 1
    assert counters.healed == 0
    for file in show.files.values():
        real.at(file.path).unlink()
    await real.driver.run(2 * HOUR, step=10 * MINUTE)
    assert real.view().status is DeletionStatus.COMPLETE
    assert real.view().next_check_at is None
    assert real.driver.verification.log.counters.healed == 1


@pytest.mark.parametrize("how", ["added again", "checked again", "no answer"])
async def test_the_last_check_takes_nothing_back_that_sonarr_has_again(
    tmp_path: Path, how: str
) -> None:
    world = _a_world()
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    show = await real.delete_series()
    shutil.rmtree(real.at("/tv/Charlotte"))
    await real.driver.run(2 * MINUTE)
    assert real.view().status is DeletionStatus.COMPLETE
    if how == "added again":
        world.shows[CHARLOTTE] = Show(
            tvdb_id=CHARLOTTE, sonarr_id=SonarrSeriesId(77), title="Charlotte"
        )
        real.write(show)
    elif how == "checked again":
        await real.driver.verification.commands.recheck(real.view().deletion_id, real.driver.now)
    else:
        world.faults[System.SONARR] = TimedOut("series", "no answer")
    await real.run(15 * MINUTE)
    view = real.view()
    assert view.status is DeletionStatus.COMPLETE
    assert (view.next_check_at is None) == (how != "no answer")
    world.faults.clear()
    await real.driver.run(2 * HOUR, step=10 * MINUTE)
    assert real.view().next_check_at is None


async def test_a_complete_deletion_that_is_checked_again_tells_what_came_back(
    tmp_path: Path,
) -> None:
    world = _a_world()
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    folder = real.at("/tv/Charlotte")
    folder.rename(tmp_path / "away")
    await real.delete_series()
    await real.driver.run(HOUR, step=10 * MINUTE)
    assert real.view().status is DeletionStatus.COMPLETE
    assert real.view().next_check_at is None
    (tmp_path / "away").rename(folder)
    await real.driver.verification.commands.recheck(real.view().deletion_id, real.driver.now)
    await real.driver.run(MINUTE)
    assert real.view().status is DeletionStatus.FAILED


async def test_files_that_another_deletion_of_the_series_has_are_counted_once(
    tmp_path: Path,
) -> None:
    """Two were missing, the rest was deleted; the two came back, "which Sonarr never had"."""
    world = _a_world()
    show = world.shows[CHARLOTTE]
    real = RealDisk(tmp_path, world)
    await real.driver.take_inventories()
    lost = [show.files[(1, 1)], show.files[(1, 2)]]
    for file in lost:
        real.at(file.path).unlink()
    await real.lose(show, [(1, 1), (1, 2)])
    await real.run(6 * MINUTE)
    shutil.rmtree(real.at("/tv/Charlotte"))
    await real.delete_series()
    await real.driver.run(MINUTE)
    for file in lost:
        real.put(file.path, file.size_bytes)
    await real.run(HOUR)
    whole, single = sorted(real.driver.views(), key=lambda view: view.expected)
    assert (whole.expected, whole.status) == (1, DeletionStatus.COMPLETE)
    assert (single.expected, single.status) == (2, DeletionStatus.FAILED)
