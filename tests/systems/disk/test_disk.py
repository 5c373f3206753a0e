"""The disk client on real files."""

import errno
import os
import threading
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from episodarr.errors import TimedOut
from episodarr.model.check import (
    DiskQuestion,
    DiskSeen,
    FolderSeen,
    FolderUnclear,
    PathAbsent,
    PathPresent,
    PathUnclear,
)
from episodarr.model.inventory import (
    DiskControl,
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileUnclear,
    FileUnmapped,
)
from episodarr.systems.disk.checks import check_again
from episodarr.systems.disk.client import DiskClient
from episodarr.systems.disk.mapping import PathMappings
from episodarr.systems.disk.sightings import take_holding

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A mapped root with Charlotte, and Frieren as the control."""
    folder = tmp_path / "media"
    for name in ("Charlotte/Season 1/E01.mkv", "Charlotte/Season 1/E02.mkv", "Frieren/E01.mkv"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * (100 + len(name)))
    return folder


def _mappings(root: Path) -> PathMappings:
    return PathMappings({"/tv": str(root)})


def _paths(*names: str) -> list[str]:
    return [f"/tv/Charlotte/Season 1/{name}" for name in names]


def _take(root: Path, *names: str) -> DiskHolding:
    return take_holding(_mappings(root), "/tv/Charlotte", _paths(*names))


def _question(holding: DiskHolding, root: Path) -> DiskQuestion:
    seen = [s for s in holding.sighting_by_path.values() if isinstance(s, FileSeen)]
    return DiskQuestion(
        paths=tuple(s.local_path for s in seen),
        folder=holding.folder,
        roots=tuple(r.path for r in holding.roots),
        controls=(
            DiskControl(path=f"{root}/Frieren/E01.mkv", root=str(root), mount=seen[0].mount),
        ),
    )


def _check(
    question: DiskQuestion, root: Path, proceed: Callable[[], bool] = lambda: True
) -> DiskSeen:
    return check_again(question, _mappings(root), NOW, proceed)


def test_files_are_seen_with_what_recognizes_them(root: Path) -> None:
    holding = _take(root, "E01.mkv", "E09.mkv")
    path = root / "Charlotte/Season 1/E01.mkv"
    status = path.stat()
    seen, missing = holding.sighting_by_path.values()
    assert isinstance(seen, FileSeen)
    assert (seen.local_path, seen.root, seen.size_bytes) == (str(path), str(root), status.st_size)
    assert (seen.device, seen.inode, seen.link_count) == (status.st_dev, status.st_ino, 1)
    assert isinstance(missing, FileNotFound)
    assert holding.folder is not None
    assert holding.folder.inode == (root / "Charlotte").stat().st_ino
    assert [r.inode for r in holding.roots] == [root.stat().st_ino]


def test_hard_links_are_counted(root: Path) -> None:
    os.link(root / "Charlotte/Season 1/E01.mkv", root / "torrent.mkv")
    (seen,) = _take(root, "E01.mkv").sighting_by_path.values()
    assert isinstance(seen, FileSeen)
    assert seen.link_count == 2


def test_deleted_files_are_absent_beside_their_control(root: Path) -> None:
    question = _question(_take(root, "E01.mkv", "E02.mkv"), root)
    (root / "Charlotte/Season 1/E01.mkv").unlink()
    seen = _check(question, root)
    first, second = seen.state_by_path.values()
    assert isinstance(first, PathAbsent)
    assert isinstance(second, PathPresent)
    assert [c.path for c in seen.controls] == [f"{root}/Frieren/E01.mkv"]
    assert isinstance(seen.folder, FolderSeen)
    assert [v.path for v in seen.folder.videos] == [str(root / "Charlotte/Season 1/E02.mkv")]


def test_a_whole_folder_is_absent(root: Path) -> None:
    question = _question(_take(root, "E01.mkv", "E02.mkv"), root)
    for path in (root / "Charlotte/Season 1").iterdir():
        path.unlink()
    (root / "Charlotte/Season 1").rmdir()
    (root / "Charlotte").rmdir()
    seen = _check(question, root)
    assert {type(state) for state in seen.state_by_path.values()} == {PathAbsent}
    assert seen.folder == FolderSeen(exists=False)


def test_a_moved_folder_is_recognized_and_a_new_one_with_its_number_is_not(root: Path) -> None:
    question = _question(_take(root, "E01.mkv"), root)
    (root / "Charlotte").rename(root / "Charlotte (2015)")
    seen = _check(question, root)
    assert isinstance(seen.folder, FolderSeen)
    assert seen.folder.moved_to == str(root / "Charlotte (2015)")
    (root / "Charlotte (2015)/Season 1/E01.mkv").unlink()
    assert _check(question, root).folder == FolderSeen(exists=False)


@pytest.mark.parametrize("other", ["e01.MKV", "E01.mkv".upper()])
def test_another_spelling_is_neither_there_nor_gone(root: Path, other: str) -> None:
    question = _question(_take(root, "E01.mkv"), root)
    folder = root / "Charlotte/Season 1"
    (folder / "E01.mkv").rename(folder / other)
    (state,) = _check(question, root).state_by_path.values()
    assert isinstance(state, PathUnclear)
    assert other in state.why


def test_names_that_are_no_text_are_shown_written_out(root: Path) -> None:
    """A name in Latin-1: of a file that is left, and of the folder that everything was moved to."""
    question = _question(_take(root, "E01.mkv", "E02.mkv"), root)
    series = root / "Charlotte"
    (series / "Season 1/E01.mkv").rename(os.fsdecode(os.fsencode(series) + b"/Caf\xe9.mkv"))
    seen = _check(question, root)
    assert isinstance(seen.folder, FolderSeen)
    assert {v.path.rpartition("/")[2] for v in seen.folder.videos} == {r"Caf\xe9.mkv", "E02.mkv"}
    series.rename(os.fsdecode(os.fsencode(root) + b"/Charlott\xe9"))
    seen = _check(question, root)
    assert isinstance(seen.folder, FolderSeen)
    assert seen.folder.moved_to == rf"{root}/Charlott\xe9"


@pytest.mark.parametrize("name", ["a\0b.mkv", "Caf\udce9.mkv", "\ud800.mkv", "x" * 300])
def test_a_path_that_is_no_name_of_a_file_is_unclear_or_absent_and_costs_no_other(
    root: Path, name: str
) -> None:
    path = f"{root}/Charlotte/Season 1/{name}"
    there = f"{root}/Charlotte/Season 1/E01.mkv"
    question = DiskQuestion(paths=(path, there), controls=(), roots=(str(root),), folder=None)
    seen = _check(question, root)
    assert isinstance(seen.state_by_path[there], PathPresent)
    if name.startswith("Caf"):
        assert isinstance(seen.state_by_path[path], PathAbsent)
    else:
        state = seen.state_by_path[path]
        assert isinstance(state, PathUnclear)
        assert state.why.encode()


def test_unicode_forms_are_one_name(root: Path) -> None:
    folder = root / "Charlotte/Season 1"
    on_disk = unicodedata.normalize("NFD", "Gō Gō E03.mkv")
    (folder / on_disk).write_bytes(b"abc")
    holding = _take(root, unicodedata.normalize("NFC", "Gō Gō E03.mkv"))
    (seen,) = holding.sighting_by_path.values()
    assert isinstance(seen, FileSeen)
    assert seen.local_path == str(folder / on_disk)
    (folder / on_disk).rename(folder / unicodedata.normalize("NFC", on_disk))
    (state,) = _check(_question(holding, root), root).state_by_path.values()
    assert isinstance(state, PathUnclear)


def test_an_empty_mount_point_shows_neither_control_nor_the_same_root(root: Path) -> None:
    question = _question(_take(root, "E01.mkv"), root)
    before = root.stat()
    root.rename(root.with_name("detached"))
    root.mkdir()
    seen = _check(question, root)
    assert not seen.controls
    assert seen.root_by_path[str(root)].inode != before.st_ino
    assert {type(s) for s in seen.state_by_path.values()} == {PathAbsent}


def test_a_root_that_is_not_there_is_left_out(root: Path) -> None:
    question = _question(_take(root, "E01.mkv"), root)
    root.rename(root.with_name("detached"))
    seen = _check(question, root)
    assert not seen.root_by_path
    assert not seen.controls


def test_a_link_out_of_the_roots_is_not_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "E01.mkv").write_bytes(b"secret")
    (root / "Charlotte/Season 2").symlink_to(outside)
    holding = take_holding(_mappings(root), "/tv/Charlotte", ["/tv/Charlotte/Season 2/E01.mkv"])
    (sighting,) = holding.sighting_by_path.values()
    assert isinstance(sighting, FileUnclear)
    assert "leads out" in sighting.why
    question = DiskQuestion(
        paths=(str(root / "Charlotte/Season 2/E09.mkv"),),
        folder=None,
        roots=(str(root),),
        controls=(),
    )
    (state,) = _check(question, root).state_by_path.values()
    assert isinstance(state, PathUnclear)


def test_a_link_within_the_roots_is_fine_and_so_is_a_root_that_is_one(
    root: Path, tmp_path: Path
) -> None:
    (root / "Charlotte/Season 2").symlink_to(root / "Charlotte/Season 1")
    linked = tmp_path / "linked"
    linked.symlink_to(root)
    holding = take_holding(
        PathMappings({"/tv": str(linked)}), "/tv/Charlotte", ["/tv/Charlotte/Season 2/E01.mkv"]
    )
    (sighting,) = holding.sighting_by_path.values()
    assert isinstance(sighting, FileSeen)
    assert sighting.mount == str(linked)


def test_a_path_that_is_not_mapped_any_more_is_unclear(root: Path, tmp_path: Path) -> None:
    question = _question(_take(root, "E01.mkv"), root)
    (root / "Charlotte/Season 1/E01.mkv").unlink()
    seen = check_again(question, PathMappings({"/tv": str(tmp_path / "new")}), NOW, lambda: True)
    (state,) = seen.state_by_path.values()
    assert isinstance(state, PathUnclear)
    assert not seen.controls
    assert isinstance(seen.folder, FolderUnclear)


def test_a_file_where_a_folder_was_is_unclear(root: Path) -> None:
    question = _question(_take(root, "E01.mkv"), root)
    season = root / "Charlotte/Season 1"
    for path in season.iterdir():
        path.unlink()
    season.rmdir()
    season.write_text("not a folder")
    (state,) = _check(question, root).state_by_path.values()
    assert isinstance(state, PathUnclear)
    assert "ENOTDIR" in state.why


@pytest.mark.skipif(IS_ROOT, reason="root may search every folder")
def test_a_folder_that_may_not_be_searched_is_unclear(root: Path) -> None:
    question = _question(_take(root, "E01.mkv"), root)
    (root / "Charlotte/Season 1").chmod(0)
    try:
        seen = _check(question, root)
    finally:
        (root / "Charlotte/Season 1").chmod(0o755)
    (state,) = seen.state_by_path.values()
    assert isinstance(state, PathUnclear)
    assert isinstance(seen.folder, FolderUnclear)


@pytest.mark.parametrize("code", [errno.ESTALE, errno.EIO, errno.EACCES, errno.ETIMEDOUT])
def test_every_error_but_enoent_is_unclear(
    root: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = _question(_take(root, "E01.mkv"), root)

    def broken(path: str) -> os.stat_result:
        raise OSError(code, os.strerror(code), path)

    monkeypatch.setattr("os.lstat", broken)
    seen = _check(question, root)
    monkeypatch.undo()
    (state,) = seen.state_by_path.values()
    assert isinstance(state, PathUnclear)
    assert errno.errorcode[code] in state.why
    assert not seen.controls
    assert isinstance(seen.folder, FolderUnclear)


def test_a_check_out_of_time_is_unclear_not_absent(root: Path) -> None:
    question = _question(_take(root, "E01.mkv", "E02.mkv"), root)
    (root / "Charlotte/Season 1/E02.mkv").unlink()
    turns = iter([True, False])
    seen = _check(question, root, lambda: next(turns, False))
    assert [type(s) for s in seen.state_by_path.values()] == [PathPresent, PathUnclear]
    assert isinstance(seen.folder, FolderUnclear)


async def test_a_hanging_disk_blocks_one_thread_and_nothing_else(tmp_path: Path) -> None:
    hanging = tmp_path / "hanging"
    fine = tmp_path / "fine"
    fine.mkdir()
    hanging.mkdir()
    os.mkfifo(hanging / "never")
    question = DiskQuestion(paths=(), folder=None, roots=(str(hanging),), controls=())
    release = threading.Event()
    client = DiskClient({"/a": str(hanging), "/b": str(fine)}, timeout_seconds=0.05)
    with pytest.raises(TimedOut, match="did not answer"):
        await client._run(frozenset({str(hanging)}), release.wait)
    with pytest.raises(TimedOut, match="still does not answer"):
        await client.check(question, NOW)
    assert (await client.take("/b/Show", {})).folder is None
    release.set()
    for check in client._hanging.values():
        assert check.result(timeout=5)
    assert (await client.check(question, NOW)).root_by_path


@pytest.mark.parametrize(
    ("remote", "local"),
    [
        ("/tv/Show/E01.mkv", "/media/tv/Show/E01.mkv"),
        ("/tv/anime/Show/E01.mkv", "/media/anime/Show/E01.mkv"),
        ("/tv/./Show//E01.mkv", "/media/tv/Show/E01.mkv"),
        ("/tv/Show/../Other/E01.mkv", "/media/tv/Other/E01.mkv"),
        ("/tv", "/media/tv"),
        ("/television/Show/E01.mkv", None),
        ("/tv/../etc/passwd", None),
        ("/tv/Show/../../../etc/passwd", None),
        ("/tv/Show\0/E01.mkv", None),
        ("", None),
        ("relative/E01.mkv", None),
        ("D:\\Shows\\Show\\E01.mkv", "/media/d/Show/E01.mkv"),
        ("/tv/Back\\slash/E01.mkv", "/media/tv/Back\\slash/E01.mkv"),
    ],
)
def test_mappings(remote: str, local: str | None) -> None:
    mappings = PathMappings(
        {"/tv/": "/media/tv", "/tv/anime": "/media/anime/", "D:\\Shows": "/media/d"}
    )
    found = mappings.to_local(remote)
    assert (None if found is None else found.path) == local


@pytest.mark.parametrize(
    ("prefix", "remote"),
    [
        ("D:\\TV", "d:\\TV\\Show\\E01.mkv"),
        ("d:/tv/", "D:\\TV\\Show\\E01.mkv"),
        ("\\\\nas\\tv", "\\\\NAS\\TV\\Show\\E01.mkv"),
        ("//NAS/tv", "\\\\nas\\tv\\Show\\E01.mkv"),
        ("D:\\", "d:\\Show\\E01.mkv"),
        ("/m\u00e9dia", "/me\u0301dia/Show/E01.mkv"),
    ],
)
def test_drives_hosts_and_unicode_forms_are_mapped_however_they_are_written(
    prefix: str, remote: str
) -> None:
    found = PathMappings({prefix: "/media"}).to_local(remote)
    assert found is not None
    assert (found.path, found.root) == ("/media/Show/E01.mkv", "/media")


def test_case_tells_folders_apart_where_it_does() -> None:
    assert PathMappings({"/tv": "/media"}).to_local("/TV/Show/E01.mkv") is None


def test_a_mapping_of_the_root_folder_covers_everything() -> None:
    found = PathMappings({"/": "/"}).to_local("/tv/Show/E01.mkv")
    assert found is not None
    assert (found.path, found.root) == ("/tv/Show/E01.mkv", "/")


def test_what_no_mapping_covers_is_unmapped(root: Path) -> None:
    holding = take_holding(_mappings(root), "/other/Show", ["/other/Show/E01.mkv"])
    assert holding.sighting_by_path == {"/other/Show/E01.mkv": FileUnmapped()}
    assert holding.folder is None


def test_a_share_that_was_away_while_the_paths_were_checked_has_no_control(root: Path) -> None:
    """It was unmounted when a file was asked for, and mounted again when the control was."""
    question = _question(_take(root, "E01.mkv", "E02.mkv"), root)
    away = root.with_name("away")
    root.rename(away)
    root.mkdir()

    def comes_back() -> bool:
        if away.exists() and asked.pop():
            root.rmdir()
            away.rename(root)
        return True

    asked = [True, False]  # It is away for the first file, and back for the second.
    seen = _check(question, root, comes_back)
    assert not away.exists()
    first, second = seen.state_by_path.values()
    assert isinstance(first, PathAbsent)
    assert isinstance(second, PathPresent)
    assert seen.controls == ()
    assert seen.root_by_path == {}
