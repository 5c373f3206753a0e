"""Jellyfin as evidence: what is requested of it, and what follows from the answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import override

import pytest
from msgspec import structs

from episodarr.errors import BadPayload
from episodarr.model.check import JellyfinQuestion
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.evidence import JellyfinEvidence
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSeries,
    ProviderIds,
)
from tests.systems.charlotte import E1, E2, E3, FILES, NOW, SERIES
from tests.systems.jellyfin.in_memory import InMemoryJellyfin


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
class FakeJellyfin(InMemoryJellyfin):
    """A Jellyfin with these records."""

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

    @override
    def listed_series(self) -> tuple[JellyfinSeries, ...]:
        return self.series

    @override
    def listed_episodes(self) -> tuple[JellyfinEpisode, ...]:
        others = (structs.replace(e, series_id=_j("o")) for e in self.others)
        return (*self.episodes, *others)

    @override
    async def fetch_libraries(self) -> tuple[JellyfinLibrary, ...]:
        return (
            JellyfinLibrary(library_id=_j("all"), name="All", locations=("/data/",)),
            JellyfinLibrary(library_id=_j("tvlib"), name="TV", locations=("/data/tv",)),
            JellyfinLibrary(library_id=_j("other"), name="TV 2", locations=("/data/tv2", "/x")),
        )

    @override
    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        asked = list(item_ids)
        self.asked += asked
        unreadable = {episode.item_id for episode in self.listed_episodes() if not episode.paths}
        if not unreadable.isdisjoint(asked):
            raise BadPayload("items", "a file without its path")
        return {
            i: JellyfinItem(
                item_id=i, kind="Season", name="", is_file=True, paths=("/p",), season=1
            )
            for i in asked
            if i in self.items
        }

    @override
    async def report_media_updated(self, paths: Sequence[str]) -> None:
        self.asked += paths


def evidence(client: JellyfinClient) -> JellyfinEvidence:
    return JellyfinEvidence(
        client,
        CatalogCache(client, clock=lambda: NOW),
        same_series_of=lambda _key: (),
        freshness=AnswerFreshness(),
        health=Health(),
        clock=lambda: NOW,
    )


async def test_jellyfins_entries_are_tied_to_files_by_name() -> None:
    source = FakeJellyfin()
    witness = evidence(source)
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


async def test_a_file_that_two_libraries_show_is_held_by_both() -> None:
    """Below another folder of Jellyfin's the same file is an entry of its own, and has to go too."""
    near, far = FILES[1].path, f"/kids/{FILES[1].path.split('/', 2)[2]}"
    twice = (_episode("two", f"/data{near}", 3), _episode("again", far, 3))
    source = FakeJellyfin(episodes=twice)
    held = await evidence(source).holding(SERIES, FILES[1:2], None, NOW)
    assert {e.entry_id for e in held.value.entries} == {"two", "again"}


def _other(name: str, path: str = "/data/tv/Other") -> JellyfinSeries:
    return JellyfinSeries(item_id=_j("o"), name=name, path=path, provider_ids=ProviderIds(tvdb=6))


async def test_a_series_that_jellyfin_does_not_have_is_a_complete_answer() -> None:
    source = FakeJellyfin(series=(_other("Other"),))
    held = await evidence(source).holding(SERIES, FILES, None, NOW)
    assert held.is_complete
    assert held.value.server_id == "j"
    assert held.value.entries == ()
    assert held.value.series_ids == ()


@pytest.mark.parametrize(
    "resembling", [_other("CHARLOTTE"), _other("Other", "/data/tv/charlotte/")]
)
async def test_one_that_has_its_name_under_another_id_leaves_it_open(
    resembling: JellyfinSeries,
) -> None:
    source = FakeJellyfin(series=(resembling,))
    held = await evidence(source).holding(SERIES, FILES, None, NOW)
    assert not held.is_complete
    assert held.value.series_ids == ()


async def test_a_jellyfin_that_lists_no_series_at_all_is_no_evidence() -> None:
    with pytest.raises(BadPayload):
        await evidence(FakeJellyfin(series=())).holding(SERIES, FILES, None, NOW)


async def test_what_jellyfin_cannot_tell_makes_the_answer_incomplete() -> None:
    source = FakeJellyfin(episodes=(_episode("x", "/data/made up 17.mkv", 9),))
    witness = evidence(source)
    assert not (await witness.holding(SERIES, FILES, None, NOW)).is_complete


QUESTION = JellyfinQuestion(
    key=SERIES.key,
    series_path=SERIES.path,
    paths=tuple(file.path for file in FILES),
    entry_ids=("one", "gone"),
    control_folders=("/data/tv", "/data/4k"),
)


async def test_a_check_of_jellyfin_finds_what_is_listed_at_the_paths_and_of_the_series() -> None:
    """Also what no inventory has, and what belongs to a series that goes by no number."""
    source = FakeJellyfin(others=(_episode("moved", "/kids/Charlotte/S1/B.mkv", 7),))
    seen = await evidence(source).check(QUESTION, NOW)
    assert source.asked == []
    assert {e.entry_id for e in seen.entries} == {"one", "two", "copy", "moved"}
    assert {path: set(ids) for path, ids in seen.entry_ids_by_path.items()} == {
        FILES[0].path: {"one"},
        FILES[1].path: {"two", "moved"},
    }
    nothing = replace(QUESTION, key=SeriesKey(SonarrName("tv"), TvdbId(6)), paths=())
    seen = await evidence(source).check(nothing, NOW)
    assert {e.entry_id for e in seen.entries} == {"one"}


async def test_a_control_is_anything_else_below_the_same_folder_that_is_listed_now() -> None:
    """Of the same series too, unless all of it was deleted; never another folder's."""
    near = _episode("near", "/data/tv/Charlotte/S2/A.mkv", 1)
    source = FakeJellyfin(episodes=(*FakeJellyfin.episodes, near))
    seen = await evidence(source).check(QUESTION, NOW)
    assert seen.control_by_folder == {
        "/data/tv": near.paths[0],
        "/data/4k": "/data/4k/Charlotte/S1/C.mkv",
    }
    whole = replace(QUESTION, series_ids=("s",))
    assert (await evidence(source).check(whole, NOW)).control_by_folder == {}
    other = _episode("other", "/data/tv/Other/A.mkv", 1)
    source = FakeJellyfin(others=(other,))
    seen = await evidence(source).check(whole, NOW)
    assert seen.control_by_folder == {"/data/tv": other.paths[0]}


async def test_seasons_are_asked_for_once_the_series_is_gone_and_beside_a_control() -> None:
    question = replace(QUESTION, series_ids=("s",), season_ids=("season", "none"))
    source = FakeJellyfin()
    seen = await evidence(source).check(question, NOW)
    assert [e.entry_id for e in seen.entries if e.kind != "Episode"] == ["s"]
    source = FakeJellyfin(series=())
    seen = await evidence(source).check(question, NOW)
    assert source.asked == ["one", "season", "none"]
    assert [e.entry_id for e in seen.entries if e.kind != "Episode"] == ["season"]
    source = FakeJellyfin(series=(), items=frozenset({"season"}))
    with pytest.raises(BadPayload):
        await evidence(source).check(question, NOW)


async def test_an_entry_that_cannot_be_read_is_no_control_for_seasons() -> None:
    """It was the first of the whole list: no deletion could be checked as long as it was there."""
    question = replace(QUESTION, series_ids=("s",), season_ids=("season", "none"))
    unreadable = structs.replace(_episode("unreadable", "", 1), paths=())
    source = FakeJellyfin(series=(), episodes=(unreadable, *FakeJellyfin.episodes))
    seen = await evidence(source).check(question, NOW)
    assert source.asked == ["one", "season", "none"]
    assert [e.entry_id for e in seen.entries if e.kind != "Episode"] == ["season"]
