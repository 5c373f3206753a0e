"""Whose file an entry is where two Sonarrs have the same series."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.stages.same_series import (
    Owner,
    SeriesElsewhere,
    name_of,
    owner_of_all,
    owner_of_file,
    owner_of_folder,
)

ANIME = "/anime/Show 1"
UHD = SeriesElsewhere(folder="/uhd/Show 1", names=frozenset({"s01e01.mkv"}))
UNREAD = SeriesElsewhere(folder="/uhd/Show 1", names=None)
SAME_FOLDER = SeriesElsewhere(folder="/anime/Show 1", names=frozenset({"s01e01.mkv"}))


@pytest.mark.parametrize(
    ("path", "elsewhere", "owner"),
    [
        ("/anime/Show 1/Season 1/S01E01.mkv", UHD, Owner.OURS),
        ("/uhd/Show 1/Season 1/S01E01.mkv", UHD, Owner.THEIRS),
        ("/data/anime/Show 1/Season 1/S01E01.mkv", UHD, Owner.OURS),
        ("/data/UHD/Show 1/Season 1/S01E01.mkv", UHD, Owner.THEIRS),
        (r"D:\uhd\Show 1\Season 1\S01E01.mkv", UHD, Owner.THEIRS),
        ("/uhd/Show 1/Season 1/S01E02.mkv", UHD, Owner.THEIRS),
        ("/media/Show 1/Season 1/S01E01.mkv", UHD, Owner.UNCLEAR),
        ("/media/Show 1/Season 1/S01E02.mkv", UHD, Owner.OURS),
        ("/media/Show 1/Season 1/S01E02.mkv", UNREAD, Owner.UNCLEAR),
        ("Show 1/Season 1/S01E01.mkv", UHD, Owner.UNCLEAR),
        ("/anime/Show 1/Season 1/S01E01.mkv", SAME_FOLDER, Owner.UNCLEAR),
        ("/anime/Show 1/Season 1/S01E02.mkv", SAME_FOLDER, Owner.OURS),
        ("/elsewhere/S01E01.mkv", UHD, Owner.UNCLEAR),
    ],
)
def test_the_nearer_folder_decides_and_names_where_none_is(
    path: str, elsewhere: SeriesElsewhere, owner: Owner
) -> None:
    assert owner_of_file(path, ANIME, (elsewhere,)) is owner


def test_series_entries_go_by_their_folder() -> None:
    assert owner_of_folder("/media/uhd/Show 1", ANIME, (UHD,)) is Owner.THEIRS
    assert owner_of_folder("/media/anime/Show 1", ANIME, (UHD,)) is Owner.OURS
    assert owner_of_folder("/media/Show 1", ANIME, (UHD,)) is Owner.UNCLEAR
    assert owner_of_folder(None, ANIME, (UHD,)) is Owner.UNCLEAR
    assert owner_of_folder(None, ANIME, ()) is Owner.OURS


def test_one_own_version_makes_an_entry_ours() -> None:
    ours, theirs = "/anime/Show 1/S01E01.mkv", "/uhd/Show 1/S01E01.mkv"
    unclear = "/media/Show 1/S01E01.mkv"
    assert owner_of_all((theirs, ours), ANIME, (UHD,)) is Owner.OURS
    assert owner_of_all((theirs,), ANIME, (UHD,)) is Owner.THEIRS
    assert owner_of_all((theirs, unclear), ANIME, (UHD,)) is Owner.UNCLEAR
    assert owner_of_all((), ANIME, (UHD,)) is Owner.UNCLEAR


PARTS = st.lists(st.sampled_from(["anime", "uhd", "data", "Show 1", "Season 1"]), max_size=4)
FOLDERS = PARTS.map(lambda parts: "/" + "/".join([*parts, "Show 1"]))
NAMES = st.sampled_from(["a.mkv", "b.mkv"])


@given(folder=FOLDERS, elsewhere=FOLDERS, parts=PARTS, name=NAMES, names=st.frozensets(NAMES))
def test_what_is_ours_for_one_is_theirs_or_unclear_for_the_other(
    folder: str, elsewhere: str, parts: list[str], name: str, names: frozenset[str]
) -> None:
    """No entry belongs to both for certain, unless only one of them has a file of that name."""
    path = "/".join(["", *parts, name])
    here = owner_of_file(path, folder, (SeriesElsewhere(folder=elsewhere, names=names | {name}),))
    there = owner_of_file(path, elsewhere, (SeriesElsewhere(folder=folder, names=names | {name}),))
    assert {Owner.OURS: Owner.THEIRS, Owner.THEIRS: Owner.OURS, Owner.UNCLEAR: Owner.UNCLEAR}[
        here
    ] is there


@given(folder=FOLDERS, elsewhere=FOLDERS, name=NAMES, seen_at=PARTS)
def test_a_file_is_never_taken_from_the_one_whose_whole_folder_is_shown(
    folder: str, elsewhere: str, name: str, seen_at: list[str]
) -> None:
    path = "/".join(["", *seen_at]) + f"{folder}/Season 1/{name}"
    owner = owner_of_file(path, folder, (SeriesElsewhere(folder=elsewhere, names=None),))
    if not elsewhere.endswith(folder) and not folder.endswith(elsewhere) and not seen_at:
        assert owner is Owner.OURS
    if elsewhere == folder:
        assert owner is Owner.UNCLEAR


@given(
    path=st.text(), folder=st.text(), elsewhere=st.text(), names=st.none() | st.frozensets(NAMES)
)
def test_any_paths_at_all_have_an_owner(
    path: str, folder: str, elsewhere: str, names: frozenset[str] | None
) -> None:
    same_series_elsewhere = (SeriesElsewhere(folder=elsewhere, names=names),)
    assert owner_of_file(path, folder, same_series_elsewhere) in Owner
    assert owner_of_file(path, folder, ()) is Owner.OURS
    assert isinstance(name_of(path), str)
