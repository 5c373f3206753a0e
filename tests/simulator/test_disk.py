"""The disk that the systems share, imagined and real."""

from pathlib import Path

import pytest

from episodarr.simulator import Scenario, SeasonPlan
from episodarr.simulator.state.disk import Disk
from tests.simulator.drive import START, play

SHOW = 70_001


@pytest.fixture(params=["imagined", "real"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    disk = Disk(tmp_path if request.param == "real" else None)
    disk.add_root("/tv")
    disk.write("/tv/Show/S1/a.mkv", 5_000_000_000)
    disk.write("/tv/Show/S1/b.mkv", 7)
    return disk


def test_files_come_go_and_move(disk: Disk) -> None:
    assert disk.exists("/tv/Show/S1/a.mkv")
    assert disk.remove("/tv/Show/S1/a.mkv")
    assert not disk.exists("/tv/Show/S1/a.mkv")
    disk.move("/tv/Show/S1/b.mkv", "/tv/Show/S2/c.mkv")
    assert list(disk.files("/tv")) == ["/tv/Show/S2/c.mkv"]
    assert disk.size("/tv/Show/S2/c.mkv") == 7
    assert not disk.exists("/elsewhere/x.mkv")


def test_a_pinned_file_refuses_until_it_is_released(disk: Disk) -> None:
    disk.pin("/tv/Show/S1/a.mkv")
    assert not disk.remove("/tv/Show/S1/a.mkv")
    assert disk.exists("/tv/Show/S1/a.mkv")
    disk.unpin("/tv/Show/S1/a.mkv")
    assert disk.remove("/tv/Show/S1/a.mkv")


@pytest.mark.parametrize(("state", "accessible"), [("unmounted", False), ("empty", True)])
def test_a_root_that_is_away_shows_nothing_and_comes_back_whole(
    disk: Disk, state: str, accessible: bool
) -> None:
    disk.set_mount("/tv", state)
    assert disk.accessible("/tv") == accessible
    assert disk.empty("/tv")
    assert not disk.exists("/tv/Show/S1/a.mkv")
    assert not disk.remove("/tv/Show/S1/a.mkv")
    disk.set_mount("/tv", "mounted")
    assert len(list(disk.files("/tv"))) == 2


def test_a_mount_moves_between_all_its_states(disk: Disk) -> None:
    for state in ("empty", "unmounted", "empty", "empty", "mounted", "mounted", "unmounted"):
        disk.set_mount("/tv", state)
    disk.set_mount("/tv", "mounted")
    assert disk.exists("/tv/Show/S1/a.mkv")
    with pytest.raises(ValueError, match="mounted, unmounted or empty"):
        disk.set_mount("/tv", "half")


def test_real_files_are_sparse_and_the_folder_keeps_its_inode(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.add_root("/tv")
    disk.write("/tv/Show/a.mkv", 3_000_000_000)
    stat = (tmp_path / "tv/Show/a.mkv").stat()
    assert stat.st_size == 3_000_000_000
    assert stat.st_blocks * 512 < 1_000_000
    inode = (tmp_path / "tv").stat().st_ino
    disk.set_mount("/tv", "empty")
    assert list((tmp_path / "tv").iterdir()) == []
    assert (tmp_path / "tv").stat().st_ino != inode
    disk.set_mount("/tv", "unmounted")
    assert not (tmp_path / "tv").exists()
    disk.set_mount("/tv", "mounted")
    assert (tmp_path / "tv").stat().st_ino == inode
    assert disk.remove("/tv/Show/a.mkv")
    assert list((tmp_path / "tv").iterdir()) == []


async def test_what_a_hand_removes_is_gone_for_every_system(tmp_path: Path) -> None:
    scenario = Scenario.empty().add_series(
        SHOW, "Drawn", {1: SeasonPlan(episodes=2, files=2)}, series_type="anime", root="/anime"
    )
    async with play(scenario, media_root=tmp_path) as stage:
        variable = stage.simulation.environment()["EPISODARR_PATHS"]
        assert f'"/anime": "{tmp_path / "anime"}"' in variable
        first = min((tmp_path / "anime").rglob("*.mkv"))
        first.unlink()
        files = (await stage.ask("shoko", "/api/v3/Series/1/File")).json()["List"]
        assert [row["Locations"][0]["IsAccessible"] for row in files] == [False, True]
        stage.world.jellyfin_scan()
        assert stage.world.jellyfin is not None
        assert len(stage.world.jellyfin.series["/anime/Drawn"].episodes) == 1


def test_a_file_that_nobody_knows_lies_in_the_folder() -> None:
    world = Scenario.empty().add_series(SHOW, "A Show", {1: SeasonPlan(episodes=1)}).build(START)
    path = world.add_unlinked_file("tv", SHOW, "extra.mkv")
    assert path == "/tv/A Show/extra.mkv"
    assert world.disk.exists(path)
    world.delete_series("tv", SHOW, lag_seconds=0)
    world.advance(START)
    assert world.disk.exists(path)


def test_an_imagined_disk_has_no_real_path() -> None:
    with pytest.raises(ValueError, match="in memory"):
        Disk().real("/tv/x")
