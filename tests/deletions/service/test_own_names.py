"""A root folder without a path mapping counts only once its files were found under its own name."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import override

import pytest

from episodarr.model.deletion import Answer, DeletionStatus
from episodarr.systems.disk.client import DiskClient
from episodarr.systems.disk.own_names import OwnNames, is_proven
from tests.deletions.service.test_real_disk import MINUTE, RealDisk
from tests.deletions.service.world import CHARLOTTE, FRIEREN, SPY, World
from tests.replacing import replace


class SameNames(RealDisk):
    """A disk that Sonarr and we see under the same names, and no path mapping at all."""

    def __init__(self, tmp_path: Path) -> None:
        self.tv = tmp_path / "tv"
        world = World(root_folders=(str(self.tv),))
        world.add_show(CHARLOTTE, "Charlotte", {1: 3}, path=f"{self.tv}/Charlotte")
        world.add_show(FRIEREN, "Frieren", {1: 2}, path=f"{self.tv}/Frieren")
        super().__init__(tmp_path, world, {})

    @override
    def at(self, path: str) -> Path:
        return Path(path)

    def restart(self) -> None:
        """As after a kill: the new process has proven nothing yet."""
        self.driver.restart()
        witnesses = replace(self.driver.witnesses(), disk=DiskClient({}))
        self.driver.follow(witnesses)


@pytest.mark.parametrize("restarts", [False, True])
async def test_files_seen_under_their_own_names_are_proven_gone(
    tmp_path: Path, restarts: bool
) -> None:
    real = SameNames(tmp_path)
    await real.driver.take_inventories()
    if restarts:
        real.restart()
    await real.delete_series()
    shutil.rmtree(real.tv / "Charlotte")
    await real.run(20 * MINUTE)
    assert real.view().status is DeletionStatus.COMPLETE
    assert set(real.answers()) == {Answer.REMOVED}
    assert any(f"{real.tv}/Frieren" in one for one in real.details())


async def test_one_that_is_left_is_remaining(tmp_path: Path) -> None:
    real = SameNames(tmp_path)
    await real.driver.take_inventories()
    show = await real.delete_series()
    for number, file in show.files.items():
        if number != (1, 3):
            real.at(file.path).unlink()
    await real.run(20 * MINUTE)
    assert real.view().status is DeletionStatus.PARTIAL
    assert real.answers() == [Answer.REMOVED, Answer.REMOVED, Answer.REMAINING]


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("how", ["not mounted", "mounted empty", "another folder", "older files"])
async def test_a_wrong_mount_proves_nothing_gone(tmp_path: Path, how: str, restarts: bool) -> None:
    """Whatever is at the name by then: the files that were seen are unknown, not absent."""
    real = SameNames(tmp_path)
    await real.driver.take_inventories()
    away = tmp_path / "away"
    real.tv.rename(away)
    if how != "not mounted":
        real.tv.mkdir()
    if how == "another folder":
        real.put(f"{real.tv}/Other show/E01.mkv", 700)
    if how == "older files":
        real.put(f"{real.tv}/Charlotte/S00E01.mkv", 11)
    if restarts:
        real.restart()
    await real.delete_series()
    await real.run(20 * MINUTE)
    assert real.view().status is DeletionStatus.UNVERIFIED
    assert set(real.answers()) == {Answer.UNKNOWN}
    shutil.rmtree(real.tv, ignore_errors=True)
    away.rename(real.tv)
    await real.driver.verification.commands.recheck(real.view().deletion_id, real.driver.now)
    await real.driver.run(MINUTE)
    assert set(real.answers()) == {Answer.REMAINING}


def _nothing(real: SameNames) -> None:
    shutil.rmtree(real.tv)


def _other_files(real: SameNames) -> None:
    shutil.rmtree(real.tv)
    real.put(f"{real.tv}/Charlotte/Season 1/another.mkv", 5)


def _other_sizes(real: SameNames) -> None:
    for show in real.world.shows.values():
        for file in show.files.values():
            real.put(file.path, file.size_bytes + 1)


def _one_of_each(real: SameNames) -> None:
    for show in real.world.shows.values():
        for file in list(show.files.values())[1:]:
            real.at(file.path).unlink()


def _links_out(real: SameNames) -> None:
    elsewhere = real.tv.rename(real.tv.parent / "elsewhere")
    real.tv.mkdir()
    for folder in ("Charlotte", "Frieren"):
        (real.tv / folder).symlink_to(elsewhere / folder)


@pytest.mark.parametrize("spoil", [_nothing, _other_files, _other_sizes, _one_of_each, _links_out])
async def test_a_folder_that_is_not_proven_is_no_witness(
    tmp_path: Path, spoil: Callable[[SameNames], None]
) -> None:
    """The disk is not applicable then, exactly as without any mapping; it never says removed."""
    real = SameNames(tmp_path)
    spoil(real)
    await real.driver.take_inventories()
    await real.delete_series()
    shutil.rmtree(real.tv, ignore_errors=True)
    await real.run(20 * MINUTE)
    assert set(real.answers()) == {Answer.NOT_APPLICABLE}
    assert real.view().status is DeletionStatus.UNVERIFIED


async def test_a_new_series_whose_disk_is_away_after_a_restart_is_not_taken_for_unmapped(
    tmp_path: Path,
) -> None:
    real = SameNames(tmp_path)
    await real.driver.take_inventories()
    real.tv.rename(tmp_path / "away")
    real.restart()
    real.world.add_show(SPY, "SPY x FAMILY", {1: 2}, path=f"{real.tv}/SPY x FAMILY")
    await real.driver.take_inventories()
    await real.delete_series(SPY)
    await real.run(20 * MINUTE)
    assert set(real.answers()) == {Answer.UNKNOWN}


def test_an_entry_in_the_configuration_wins() -> None:
    names = OwnNames({"/tv": "/media/tv", "/data/anime": "/media/anime"})
    assert names.candidate("/tv/") is None
    assert names.candidate("/tv/sub") is None
    assert names.candidate("/data") == "/data"
    names.adopt(["/data", "/tv"])
    local = {p: found.path for p in ("/tv/a", "/data/a", "/data/anime/a")
             if (found := names.mappings.to_local(p))}  # fmt: skip
    assert local == {
        "/tv/a": "/media/tv/a",
        "/data/a": "/data/a",
        "/data/anime/a": "/media/anime/a",
    }
    assert names.mappings.to_local("/other/a") is None


@pytest.mark.parametrize("root", ["", "/", "D:\\Shows", "\\\\nas\\tv", "tv", "/tv\0"])
def test_some_names_can_be_no_folder_here(root: str) -> None:
    assert OwnNames({}).candidate(root) is None


def test_what_proves_a_folder(tmp_path: Path) -> None:
    root = str(tmp_path / "tv")
    sizes = {f"{root}/Show/{n}.mkv": 100 + n for n in range(20)}
    assert not is_proven(root, sizes)
    (tmp_path / "tv/Show").mkdir(parents=True)
    for path, size in sizes.items():
        Path(path).write_bytes(b"x" * size)
    assert is_proven(root, sizes)
    assert not is_proven(root, {}), "a folder of which no file is known"
    assert not is_proven(root, {f"{tmp_path}/other/1.mkv": 101}), "files of another folder"
    assert not is_proven(str(tmp_path / "tv/Show/0.mkv"), sizes)
    Path(f"{root}/Show/0.mkv").write_bytes(b"")
    assert not is_proven(root, {f"{root}/Show/0.mkv": 0}), "an empty file identifies nothing"
    Path(f"{root}/Show/folder").mkdir()
    size = Path(f"{root}/Show/folder").stat().st_size
    assert not is_proven(root, {f"{root}/Show/folder": size}), "no file"
    assert not is_proven(root, {f"{root}/Show/\0.mkv": 1})
