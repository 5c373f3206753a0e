"""The list of all files: packed by the page, and found again by folder and name."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from episodarr.model.ids import ShokoFileId
from episodarr.systems.shoko.listing import Pack, ShokoListing
from episodarr.systems.shoko.packed import PackedPage
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoLink,
    ShokoPlace,
    ShokoSeriesId,
)

ANIME = ShokoFolder(folder_id=ShokoFolderId(1), name="anime", path="/data/Anime/")


def place(relative: str, absolute: str | None = None) -> ShokoPlace:
    return ShokoPlace(
        folder_id=ANIME.folder_id,
        relative_path=relative,
        absolute_path=absolute,
        is_accessible=True,
    )


def record(file_id: int, *places: ShokoPlace) -> ShokoFileRecord:
    return ShokoFileRecord(
        file_id=ShokoFileId(file_id),
        size_bytes=10**9 + file_id,
        places=places,
        links=(ShokoLink(series_id=ShokoSeriesId(file_id % 7), episode_count=1),),
    )


async def listing_of(*pages: Sequence[ShokoFileRecord]) -> ShokoListing:
    async def fetch(pack: Pack) -> list[PackedPage]:
        return [pack(page) for page in pages]

    listing = ShokoListing(fetch, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    assert await listing.fetch_if_many((ANIME,)) is not None
    return listing


async def test_files_are_found_on_whatever_page_and_come_as_they_were_listed() -> None:
    files = [record(n, place(f"Show/{n:03}.mkv", f"/data/Anime/Show/{n:03}.mkv")) for n in range(9)]
    listing = await listing_of(files[6:], files[:3], files[3:6])
    check = await listing.files_at([f"/tv/show/{n:03}.MKV" for n in (8, 1, 2, 5, 77)])
    assert check.files == (files[1], files[2], files[5], files[8])
    assert len(check.asked_paths) == 5


async def test_of_several_places_any_is_found_and_a_file_on_two_pages_comes_once() -> None:
    moved = record(1, place("Old/A.mkv"), place("New\\A.mkv"), place("A.mkv"))
    listing = await listing_of([moved], [record(2, place("Old/B.mkv")), moved])
    for path in ("/tv/Old/A.mkv", "/tv/New/A.mkv", "/tv/anime/A.mkv"):
        assert (await listing.files_at([path])).files == (moved,), path
    assert not (await listing.files_at(["/tv/Else/A.mkv", "/tv/B.mkv"])).files


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Poke\u0301mon/E01.mkv", "/tv/Pok\u00e9mon/E01.mkv"),
        ("Stra\u00dfe/E01.mkv", "/tv/STRASSE/E01.mkv"),
        ("\u0130/\u0130.mkv", "/tv/i\u0307/I\u0307.mkv"),
    ],
    ids=[
        "spelled in two signs",
        "a letter without upper case",
        "a letter that is two in lower case",
    ],
)
async def test_a_name_is_the_same_in_whatever_way_unicode_spells_it(theirs: str, ours: str) -> None:
    """As where paths are compared; a file that is not found in the list would be no witness."""
    file = record(1, place(theirs))
    listing = await listing_of([file])
    assert (await listing.files_at([ours])).files == (file,)
