"""Shoko as evidence: what is requested of it, and what follows from the answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import override

import pytest

from episodarr.errors import BadPayload
from episodarr.model.check import ImportFolder, ShokoQuestion
from episodarr.model.ids import (
    EpisodeFileId,
    ShokoFileId,
    identity_of,
)
from episodarr.model.inventory import LibraryFile, ShokoHolding, ShokoLocation, Taken
from episodarr.systems.health import Health
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.evidence import ShokoEvidence
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolderId,
    ShokoLink,
    ShokoPathCheck,
    ShokoPlace,
    ShokoSeries,
    ShokoSeriesFiles,
    ShokoSeriesId,
)
from tests.systems.charlotte import E1, E2, E3, FILES, NOW, SERIES
from tests.systems.shoko.in_memory import InMemoryShoko


def _record(
    file_id: int, name: str, *, folder: str = "S1", is_accessible: bool | None = True
) -> ShokoFileRecord:
    return ShokoFileRecord(
        file_id=ShokoFileId(file_id),
        size_bytes=10 + file_id,
        places=(
            ShokoPlace(
                folder_id=ShokoFolderId(1),
                relative_path=f"Charlotte/{folder}/{name}",
                absolute_path=None,
                is_accessible=is_accessible,
            ),
        ),
        links=(ShokoLink(series_id=ShokoSeriesId(3), episode_count=1),),
    )


@dataclass
class FakeShoko(InMemoryShoko):
    """A Shoko with these records."""

    records: tuple[ShokoFileRecord, ...] = (_record(1, "A.mkv"), _record(2, "B.mkv"))
    version: int = 5
    sample: tuple[ShokoFileRecord, ...] = ()
    listed: int = 1
    """How many of the records a series lists."""
    is_list_readable: bool = False
    """Whether the list of all files comes; else it changes faster than it is read."""
    asked: list[object] = field(default_factory=list)

    @override
    def recorded_files(self) -> tuple[ShokoFileRecord, ...]:
        return self.records

    @override
    async def fetch_readiness(self) -> int:
        return self.version

    @override
    async def fetch_series(self, series_id: ShokoSeriesId) -> ShokoSeries | None:
        self.asked.append(("series", series_id))
        if series_id == 404:
            return None
        count = 0 if series_id == 500 else 3
        return ShokoSeries(local_episode_count=count)

    @override
    async def fetch_series_files(self, series_id: ShokoSeriesId) -> ShokoSeriesFiles:
        is_there = series_id != 404
        files = self.records[: self.listed] if is_there else ()
        return ShokoSeriesFiles(series_id=series_id, is_there=is_there, files=files)

    @override
    async def fetch_files(
        self, file_ids: Iterable[ShokoFileId]
    ) -> Mapping[ShokoFileId, ShokoFileRecord]:
        wanted = set(file_ids)
        self.asked += sorted(wanted)
        return await super().fetch_files(wanted)

    @override
    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        asked = frozenset(paths)
        self.asked.append(len(asked))
        return await super().fetch_files_at(asked)

    @override
    async def fetch_all_files[P](self, keep: Callable[[Sequence[ShokoFileRecord]], P]) -> list[P]:
        if not self.is_list_readable:
            raise BadPayload("folder_page", "it changed")
        return await super().fetch_all_files(keep)

    @override
    async def fetch_folder_sample(
        self, folder_id: ShokoFolderId, *, limit: int = 20
    ) -> tuple[ShokoFileRecord, ...]:
        assert folder_id == 1
        return self.sample[:limit]

    @override
    async def remove_missing_files(self) -> None:
        self.asked.append("remove")

    @override
    async def notify_change(self, absolute_path: str) -> None:
        self.asked.append(absolute_path)


def evidence(client: ShokoClient) -> ShokoEvidence:
    return ShokoEvidence(client, clock=lambda: NOW, same_series_of=lambda _key: (), health=Health())


@pytest.mark.parametrize("is_listed", [False, True], ids=["by path", "from the list"])
async def test_shokos_records_are_tied_to_files(*, is_listed: bool) -> None:
    source = FakeShoko(is_list_readable=is_listed)
    held = await evidence(source).holding(SERIES, FILES, NOW)
    assert source.asked == ([] if is_listed else [2])
    assert held.is_complete
    assert [(f.file_id, f.episodes) for f in held.value.files] == [(1, (E1, E2)), (2, (E3,))]
    assert held.value.files[0].locations == (ShokoLocation(1, "Charlotte/S1/A.mkv"),)
    assert held.value.series_ids == (3,)
    assert held.value.server_id == identity_of(["1:/anime/"])


@pytest.mark.parametrize("season", [1, 2, 3, 4, 5])
async def test_one_season_of_five_is_found_whichever_it_is(season: int) -> None:
    held, asked = await _held_of_five_seasons(season)
    assert len(held.value.files) == 10
    assert held.is_complete
    assert asked == [7, 50]


async def test_a_series_that_shoko_does_not_have_costs_one_sample() -> None:
    held, asked = await _held_of_five_seasons(9)
    assert held.is_complete
    assert held.value.files == ()
    assert held.value.series_ids == ()
    assert asked == [7]


async def _held_of_five_seasons(season: int) -> tuple[Taken[ShokoHolding], list[object]]:
    """The holding of a series of 50 files of which Shoko has one season, and what was requested."""
    files = tuple(
        LibraryFile(
            file_id=EpisodeFileId(100 * s + e),
            episodes=((s, e),),
            path=f"/tv/Charlotte/S{s}/{s}x{e:02}.mkv",
            size_bytes=1,
        )
        for s in (1, 2, 3, 4, 5)
        for e in range(1, 11)
    )
    source = FakeShoko(
        records=tuple(
            _record(f.file_id, f.path.rpartition("/")[2], folder=f"S{season}")
            for f in files
            if f.episodes[0][0] == season
        )
    )
    return await evidence(source).holding(SERIES, files, NOW), source.asked


async def test_a_check_of_shoko_takes_files_from_lists_and_one_by_one() -> None:
    source = FakeShoko(
        records=(_record(1, "A.mkv", is_accessible=None), _record(2, "B.mkv", is_accessible=False))
    )
    question = ShokoQuestion(file_ids=(1, 2, 3), series_ids=(3, 404), control_ids=(404, 500, 8, 9))
    seen = await evidence(source).check(question, NOW)
    assert [p.is_accessible for p in seen.locations_by_file_id[1]] == [True]
    assert [p.is_accessible for p in seen.locations_by_file_id[2]] == [False]
    assert 3 not in seen.locations_by_file_id
    assert seen.file_count_by_series_id == {3: 1}
    assert seen.control_ids == {8}
    assert ("series", 9) not in source.asked
    source.asked.clear()
    large = ShokoQuestion(file_ids=(1, *range(3, 1500)), series_ids=(3,), control_ids=())
    seen = await evidence(source).check(large, NOW)
    assert source.asked[:-1] == [3, 4, 5, 6, 7], "a few, to see that the lists tell of all"
    assert source.asked[-1] == ("series", 3), "last of all, whether the series is still recorded"
    assert not seen.control_ids
    assert seen.own_series_ids == {3}
    assert set(seen.locations_by_file_id) == {1}


async def test_a_check_of_shoko_finds_what_was_recorded_after_the_inventory_by_its_path() -> None:
    source = FakeShoko()
    question = ShokoQuestion(
        file_ids=(),
        series_ids=(),
        control_ids=(8,),
        folder="/tv/Charlotte",
        unheld_paths=("/tv/Charlotte/S1/A.mkv", "/tv/Other/S1/B.mkv", "/tv/Charlotte/S1/C.mkv"),
    )
    seen = await evidence(source).check(question, NOW)
    assert {
        path: [p.location for p in seen.locations_by_path[path]] for path in seen.locations_by_path
    } == {"/tv/Charlotte/S1/A.mkv": [ShokoLocation(1, "Charlotte/S1/A.mkv")]}


async def test_files_that_left_their_series_are_asked_for_one_by_one() -> None:
    """Unlinked or matched anew: no list of the series has them, and their records are still there."""
    moved = tuple(_record(n, f"{n}.mkv") for n in range(50, 60))
    source = FakeShoko(records=moved, listed=0)
    question = ShokoQuestion(file_ids=tuple(range(50, 150)), series_ids=(3,), control_ids=())
    seen = await evidence(source).check(question, NOW)
    assert set(seen.locations_by_file_id) == set(range(50, 60))


async def test_shokos_folders_count_what_it_can_see_in_them() -> None:
    source = FakeShoko(sample=(_record(1, "A.mkv"), _record(2, "B.mkv", is_accessible=False)))
    assert await evidence(source).folders(frozenset()) == (
        ImportFolder(name="anime", accessible_count=1, sampled_count=2),
    )


async def test_what_the_disk_proved_gone_says_nothing_of_a_folders_other_files() -> None:
    """In a small folder the very files that are to be removed are a tenth of all."""
    sample = (_record(1, "A.mkv"), *(_record(n, f"{n}.mkv", is_accessible=False) for n in (2, 3)))
    gone = frozenset(
        {ShokoLocation(1, "Charlotte/S1/2.mkv"), ShokoLocation(2, "Charlotte/S1/3.mkv")}
    )
    assert await evidence(FakeShoko(sample=sample)).folders(gone) == (
        ImportFolder(name="anime", accessible_count=1, sampled_count=2),
    )


@pytest.mark.parametrize(
    ("version", "asked"), [(5, ["remove"]), (6, ["/anime/Charlotte/S1/A.mkv"])]
)
async def test_shoko_is_asked_about_single_paths_where_it_can(
    version: int, asked: list[object]
) -> None:
    source = FakeShoko(version=version)
    await evidence(source).rescan((ShokoLocation(1, "Charlotte/S1/A.mkv"),))
    assert source.asked == asked
