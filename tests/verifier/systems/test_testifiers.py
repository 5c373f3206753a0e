"""The upstream clients as witnesses: what is asked, and what is made of the answers."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from episodarr.errors import BadPayload
from episodarr.model.check import ImportFolder, JellyfinQuestion, ShokoQuestion
from episodarr.model.ids import (
    EpisodeFileId,
    SeriesKey,
    ShokoFileId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
    identity_of,
)
from episodarr.model.inventory import LibraryFile, ShokoLocation
from episodarr.model.library import Series
from episodarr.systems.jellyfin.records import (
    JellyfinCatalog,
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSeries,
    JellyfinServer,
    ProviderIds,
)
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoLink,
    ShokoPathCheck,
    ShokoPlace,
    ShokoSeries,
    ShokoSeriesFiles,
    ShokoSeriesId,
)
from episodarr.verifier.systems import JellyfinTestifier, ShokoTestifier

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERIES = Series(
    key=SeriesKey(SonarrName("tv"), TvdbId(5)),
    sonarr_id=SonarrSeriesId(7),
    title="Charlotte",
    title_slug="charlotte",
    series_type="anime",
    year=2015,
    is_monitored=True,
    path="/tv/Charlotte",
    tmdb_id=55,
)
E1, E2, E3 = ((1, n) for n in (1, 2, 3))
FILES = (
    LibraryFile(
        file_id=EpisodeFileId(1), episodes=(E1, E2), path="/tv/Charlotte/S1/A.mkv", size_bytes=11
    ),
    LibraryFile(
        file_id=EpisodeFileId(2), episodes=(E3,), path="/tv/Charlotte/S1/B.mkv", size_bytes=12
    ),
)


def _j(name: str) -> JellyfinId:
    return JellyfinId(name)


def _episode(item_id: str, path: str, number: int) -> JellyfinEpisode:
    return JellyfinEpisode(
        item_id=_j(item_id),
        series_id=_j("s"),
        season_id=_j("season"),
        paths=(path,),
        season=1,
        episodes=(number,),
        provider_ids=ProviderIds(),
    )


@dataclass
class FakeJellyfin:
    episodes: tuple[JellyfinEpisode, ...] = (
        _episode("one", "/data/tv/Charlotte/S1/A.mkv", 1),
        _episode("two", "/data/tv/Charlotte/S1/B.mkv", 2),
        _episode("copy", "/data/4k/Charlotte/S1/C.mkv", 3),
    )
    series: tuple[JellyfinSeries, ...] = (
        JellyfinSeries(
            item_id=_j("s"),
            name="Charlotte",
            path="/data/tv/Charlotte",
            provider_ids=ProviderIds(tvdb=5),
        ),
    )
    others: tuple[JellyfinEpisode, ...] = ()
    items: frozenset[str] = frozenset({"one", "season"})
    asked: list[str] = field(default_factory=list)
    lists: int = 0

    async def read(
        self,
        max_age: timedelta = timedelta(),
        series_max_age: timedelta | None = None,
    ) -> JellyfinCatalog:
        del max_age, series_max_age
        self.lists += 1
        return JellyfinCatalog(
            server=JellyfinServer(server_id="j", version="10.11"),
            at=NOW,
            series=self.series,
            episodes_by_series={_j("s"): self.episodes, _j("o"): self.others},
        )

    async def fetch_libraries(self) -> tuple[JellyfinLibrary, ...]:
        return (
            JellyfinLibrary(library_id=_j("all"), name="All", locations=("/data/",)),
            JellyfinLibrary(library_id=_j("tvlib"), name="TV", locations=("/data/tv",)),
            JellyfinLibrary(library_id=_j("other"), name="TV 2", locations=("/data/tv2", "/x")),
        )

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        asked = list(item_ids)
        self.asked += asked
        return {
            i: JellyfinItem(
                item_id=i, kind="Season", name="", is_file=True, paths=("/p",), season=1
            )
            for i in asked
            if i in self.items
        }

    async def report_media_updated(self, paths: Sequence[str]) -> None:
        self.asked += paths


def test_jellyfins_entries_are_tied_to_files_by_name() -> None:
    async def story() -> None:
        source = FakeJellyfin()
        witness = JellyfinTestifier(source, source)
        held = await witness.holding(SERIES, FILES, None, NOW)
        assert {(e.entry_id, e.episodes) for e in held.value.entries} == {
            ("one", (E1, E2)),
            ("two", (E3,)),
        }
        assert held.is_complete
        assert held.value.library == "tvlib"
        assert held.value.series_ids == ("s",)
        assert held.value.season_ids == ("season",)
        assert held.value.folder_paths == ("/data/tv/Charlotte",)
        assert held.value.other_entry_ids == ("copy",)
        assert held.value.control_folders == ("/data/tv",)

    asyncio.run(story())


def test_a_file_that_two_libraries_show_is_held_by_both() -> None:
    """Below another folder of Jellyfin's the same file is an entry of its own, and has to go too."""
    near, far = FILES[1].path, f"/kids/{FILES[1].path.split('/', 2)[2]}"
    twice = (_episode("two", f"/data{near}", 3), _episode("again", far, 3))

    async def story() -> None:
        source = FakeJellyfin(episodes=twice)
        held = await JellyfinTestifier(source, source).holding(SERIES, FILES[1:2], None, NOW)
        assert {e.entry_id for e in held.value.entries} == {"two", "again"}

    asyncio.run(story())


def test_a_series_that_jellyfin_does_not_have_is_a_complete_answer() -> None:
    source = FakeJellyfin(series=())
    held = asyncio.run(JellyfinTestifier(source, source).holding(SERIES, FILES, None, NOW))
    assert held.is_complete
    assert held.value.server_id == "j"
    assert held.value.entries == ()
    assert held.value.series_ids == ()


def test_what_jellyfin_cannot_tell_makes_the_answer_incomplete() -> None:
    source = FakeJellyfin(episodes=(_episode("x", "/data/made up 17.mkv", 9),))
    witness = JellyfinTestifier(source, source)
    assert not asyncio.run(witness.holding(SERIES, FILES, None, NOW)).is_complete


QUESTION = JellyfinQuestion(
    key=SERIES.key,
    series_path=SERIES.path,
    paths=tuple(file.path for file in FILES),
    entry_ids=("one", "gone"),
    control_folders=("/data/tv", "/data/4k"),
)


def test_a_look_at_jellyfin_finds_what_is_listed_at_the_paths_and_of_the_series() -> None:
    """Also what nobody inventoried, and what belongs to a series that goes by no number."""
    source = FakeJellyfin(others=(_episode("moved", "/kids/Charlotte/S1/B.mkv", 7),))
    seen = asyncio.run(JellyfinTestifier(source, source).check(QUESTION, NOW))
    assert source.asked == []
    assert {e.entry_id for e in seen.entries} == {"one", "two", "copy", "moved"}
    assert seen.entry_ids_by_path == {FILES[0].path: ("one",), FILES[1].path: ("two", "moved")}
    nothing = replace(QUESTION, key=SeriesKey(SonarrName("tv"), TvdbId(6)), paths=())
    seen = asyncio.run(JellyfinTestifier(source, source).check(nothing, NOW))
    assert {e.entry_id for e in seen.entries} == {"one"}


def test_a_control_is_anything_else_below_the_same_folder_that_is_listed_now() -> None:
    """Of the same series too, unless all of it was deleted; never another folder's."""
    near = _episode("near", "/data/tv/Charlotte/S2/A.mkv", 1)
    source = FakeJellyfin(episodes=(*FakeJellyfin.episodes, near))
    seen = asyncio.run(JellyfinTestifier(source, source).check(QUESTION, NOW))
    assert seen.control_by_folder == {
        "/data/tv": near.paths[0],
        "/data/4k": "/data/4k/Charlotte/S1/C.mkv",
    }
    whole = replace(QUESTION, series_ids=("s",))
    assert asyncio.run(JellyfinTestifier(source, source).check(whole, NOW)).control_by_folder == {}
    other = _episode("other", "/data/tv/Other/A.mkv", 1)
    source = FakeJellyfin(others=(other,))
    seen = asyncio.run(JellyfinTestifier(source, source).check(whole, NOW))
    assert seen.control_by_folder == {"/data/tv": other.paths[0]}


def test_seasons_are_asked_for_once_the_series_is_gone_and_beside_a_control() -> None:
    question = replace(QUESTION, series_ids=("s",), season_ids=("season", "none"))
    source = FakeJellyfin()
    seen = asyncio.run(JellyfinTestifier(source, source).check(question, NOW))
    assert [e.entry_id for e in seen.entries if e.kind != "Episode"] == ["s"]
    source = FakeJellyfin(series=())
    seen = asyncio.run(JellyfinTestifier(source, source).check(question, NOW))
    assert source.asked == ["one", "season", "none"]
    assert [e.entry_id for e in seen.entries if e.kind != "Episode"] == ["season"]
    source = FakeJellyfin(series=(), items=frozenset({"season"}))
    with pytest.raises(BadPayload):
        asyncio.run(JellyfinTestifier(source, source).check(question, NOW))


def _record(file_id: int, name: str, *, is_accessible: bool | None = True) -> ShokoFileRecord:
    return ShokoFileRecord(
        file_id=ShokoFileId(file_id),
        size_bytes=10 + file_id,
        places=(
            ShokoPlace(
                folder_id=ShokoFolderId(1),
                relative_path=f"Charlotte/S1/{name}",
                absolute_path=None,
                is_accessible=is_accessible,
            ),
        ),
        links=(ShokoLink(series_id=ShokoSeriesId(3), anidb_id=9, episode_count=1),),
    )


@dataclass
class FakeShoko:
    records: tuple[ShokoFileRecord, ...] = (_record(1, "A.mkv"), _record(2, "B.mkv"))
    version: int = 5
    sample: tuple[ShokoFileRecord, ...] = ()
    listed: int = 1
    """How many of the records a series lists."""
    asked: list[object] = field(default_factory=list)

    async def fetch_readiness(self) -> int:
        return self.version

    async def fetch_is_unrestricted(self) -> bool:
        return True

    async def fetch_series(self, series_id: ShokoSeriesId) -> ShokoSeries | None:
        self.asked.append(("series", series_id))
        if series_id == 404:
            return None
        count = 0 if series_id == 500 else 3
        return ShokoSeries(
            series_id=series_id,
            name="",
            anidb_id=1,
            tvdb_ids=frozenset(),
            local_episode_count=count,
        )

    async def fetch_series_files(self, series_id: ShokoSeriesId) -> ShokoSeriesFiles:
        is_there = series_id != 404
        files = self.records[: self.listed] if is_there else ()
        return ShokoSeriesFiles(series_id=series_id, is_there=is_there, files=files)

    async def fetch_files(
        self, file_ids: Iterable[ShokoFileId]
    ) -> Mapping[ShokoFileId, ShokoFileRecord]:
        wanted = set(file_ids)
        self.asked += sorted(wanted)
        return {r.file_id: r for r in self.records if r.file_id in wanted}

    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        asked = frozenset(paths)
        self.asked.append(len(asked))
        names = {path.rpartition("/")[2] for path in asked}
        return ShokoPathCheck(
            asked_paths=asked,
            files=tuple(
                r for r in self.records if r.places[0].relative_path.rpartition("/")[2] in names
            ),
        )

    async def fetch_folders(self) -> tuple[ShokoFolder, ...]:
        return (ShokoFolder(folder_id=ShokoFolderId(1), name="anime", path="/anime/"),)

    async def fetch_folder_sample(
        self, folder_id: ShokoFolderId, *, limit: int = 20
    ) -> tuple[ShokoFileRecord, ...]:
        assert folder_id == 1
        return self.sample[:limit]

    async def remove_missing_files(self) -> None:
        self.asked.append("remove")

    async def notify_change(self, absolute_path: str) -> None:
        self.asked.append(absolute_path)


def test_shokos_records_are_tied_to_files() -> None:
    held = asyncio.run(ShokoTestifier(FakeShoko()).holding(SERIES, FILES, NOW))
    assert held.is_complete
    assert [(f.file_id, f.episodes) for f in held.value.files] == [(1, (E1, E2)), (2, (E3,))]
    assert held.value.files[0].locations == (ShokoLocation(1, "Charlotte/S1/A.mkv"),)
    assert held.value.series_ids == (3,)
    assert held.value.server_id == identity_of(["1:/anime/"])


def test_a_series_that_shoko_does_not_have_costs_one_sample() -> None:
    many = tuple(
        LibraryFile(
            file_id=EpisodeFileId(n),
            episodes=((1, n),),
            path=f"/tv/Charlotte/{n}.mkv",
            size_bytes=n,
        )
        for n in range(1, 100)
    )
    source = FakeShoko(records=())
    held = asyncio.run(ShokoTestifier(source).holding(SERIES, many, NOW))
    assert held.is_complete
    assert held.value.files == ()
    assert held.value.series_ids == ()
    assert source.asked == [3]


def test_a_look_at_shoko_takes_files_from_lists_and_one_by_one() -> None:
    source = FakeShoko(
        records=(_record(1, "A.mkv", is_accessible=None), _record(2, "B.mkv", is_accessible=False))
    )
    question = ShokoQuestion(file_ids=(1, 2, 3), series_ids=(3, 404), control_ids=(404, 500, 8, 9))
    seen = asyncio.run(ShokoTestifier(source).check(question, NOW))
    assert [p.is_accessible for p in seen.locations_by_file_id[1]] == [True]
    assert [p.is_accessible for p in seen.locations_by_file_id[2]] == [False]
    assert 3 not in seen.locations_by_file_id
    assert seen.file_count_by_series_id == {3: 1}
    assert seen.control_ids == {8}
    assert ("series", 9) not in source.asked
    source.asked.clear()
    large = ShokoQuestion(file_ids=(1, *range(3, 1500)), series_ids=(3,), control_ids=())
    seen = asyncio.run(ShokoTestifier(source).check(large, NOW))
    assert source.asked[:-1] == [3, 4, 5, 6, 7], "a few, to see that the lists tell of all"
    assert source.asked[-1] == ("series", 3), "last of all, whether the series is still recorded"
    assert not seen.control_ids
    assert seen.own_series_ids == {3}
    assert set(seen.locations_by_file_id) == {1}


def test_a_look_at_shoko_finds_what_was_recorded_after_the_inventory_by_its_path() -> None:
    source = FakeShoko()
    question = ShokoQuestion(
        file_ids=(),
        series_ids=(),
        control_ids=(8,),
        folder="/tv/Charlotte",
        unheld_paths=("/tv/Charlotte/S1/A.mkv", "/tv/Other/S1/B.mkv", "/tv/Charlotte/S1/C.mkv"),
    )
    seen = asyncio.run(ShokoTestifier(source).check(question, NOW))
    assert {
        path: [p.location for p in seen.locations_by_path[path]] for path in seen.locations_by_path
    } == {"/tv/Charlotte/S1/A.mkv": [ShokoLocation(1, "Charlotte/S1/A.mkv")]}


def test_files_that_left_their_series_are_asked_for_one_by_one() -> None:
    """Unlinked or matched anew: no list of the series has them, and their records are still there."""
    moved = tuple(_record(n, f"{n}.mkv") for n in range(50, 60))
    source = FakeShoko(records=moved, listed=0)
    question = ShokoQuestion(file_ids=tuple(range(50, 150)), series_ids=(3,), control_ids=())
    seen = asyncio.run(ShokoTestifier(source).check(question, NOW))
    assert set(seen.locations_by_file_id) == set(range(50, 60))


def test_shokos_folders_count_what_it_can_see_in_them() -> None:
    source = FakeShoko(sample=(_record(1, "A.mkv"), _record(2, "B.mkv", is_accessible=False)))
    assert asyncio.run(ShokoTestifier(source).folders()) == (
        ImportFolder(name="anime", accessible_count=1, sampled_count=2),
    )


def test_what_the_disk_proved_gone_says_nothing_of_a_folders_other_files() -> None:
    """In a small folder the very files that are to be removed are a tenth of all."""
    sample = (_record(1, "A.mkv"), *(_record(n, f"{n}.mkv", is_accessible=False) for n in (2, 3)))
    gone = frozenset(
        {ShokoLocation(1, "Charlotte/S1/2.mkv"), ShokoLocation(2, "Charlotte/S1/3.mkv")}
    )
    assert asyncio.run(ShokoTestifier(FakeShoko(sample=sample)).folders(gone)) == (
        ImportFolder(name="anime", accessible_count=1, sampled_count=2),
    )


@pytest.mark.parametrize(
    ("version", "asked"), [(5, ["remove"]), (6, ["/anime/Charlotte/S1/A.mkv"])]
)
def test_shoko_is_asked_about_single_paths_where_it_can(version: int, asked: list[object]) -> None:
    source = FakeShoko(version=version)
    asyncio.run(ShokoTestifier(source).rescan((ShokoLocation(1, "Charlotte/S1/A.mkv"),)))
    assert source.asked == asked
