"""One list of everything: what is asked again when, and that no change goes unnoticed."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from episodarr.errors import BadPayload, TimedOut
from episodarr.systems.jellyfin.catalog import WHOLE_EVERY, CatalogCache
from episodarr.systems.jellyfin.client import EpisodeList
from episodarr.systems.jellyfin.packed import (
    NO_LIST,
    EpisodesBySeries,
    JellyfinCatalog,
    PackedEpisodes,
    packed,
)
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinSeries,
    JellyfinServer,
    ProviderIds,
)
from tests.turns import turns_of_others

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_episode(item_id: str, series_id: str = "s1", path: str = "") -> JellyfinEpisode:
    return JellyfinEpisode(
        item_id=JellyfinId(item_id),
        series_id=JellyfinId(series_id),
        season_id=None,
        paths=(path or f"/tv/{series_id}/{item_id}.mkv",),
        season=1,
        episodes=(1,),
        provider_ids=ProviderIds(),
    )


def same_or_packed(known: PackedEpisodes | None, episodes: list[JellyfinEpisode]) -> PackedEpisodes:
    new = packed(episodes)
    return known if known is not None and known.data == new.data else new


@dataclass
class Server:
    """A Jellyfin whose items bear the time at which they were saved, by its own clock."""

    now: datetime = NOW
    ahead: timedelta = timedelta(hours=3)
    items: dict[str, tuple[datetime, JellyfinEpisode | None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    server_id: str = "j"
    error: TimedOut | None = None
    coming: list[JellyfinEpisode] = field(default_factory=list)
    """What is taken in while the list is read, one at each question."""
    going: list[str] = field(default_factory=list)
    """What is removed after it was listed, one at each question."""
    dates: bool = True
    hidden: set[str] = field(default_factory=set)
    """Items that are not given by their ids."""

    @property
    def clock(self) -> datetime:
        return self.now + self.ahead

    def save(self, *episodes: JellyfinEpisode) -> None:
        self.items.update((e.item_id, (self.clock, e)) for e in episodes)

    async def fetch_identity(self) -> JellyfinServer:
        self.asked.append("identity")
        if self.error is not None:
            await asyncio.sleep(0)
            raise self.error
        return JellyfinServer(server_id=self.server_id, version="12")

    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        self.asked.append("series")
        ids = sorted({e.series_id for _, e in self.items.values() if e is not None and e.series_id})
        return tuple(
            JellyfinSeries(item_id=i, name=i, path=f"/tv/{i}", provider_ids=ProviderIds())
            for i in ids
        )

    async def fetch_episodes(
        self, saved_since: datetime | None = None, known: EpisodesBySeries = NO_LIST
    ) -> EpisodeList:
        self.asked.append("all" if saved_since is None else "saved")
        has_changed = bool(self.coming or self.going)
        found = {
            i: e
            for i, (saved_at, e) in self.items.items()
            if saved_since is None or saved_at >= saved_since
        }
        by_series: dict[JellyfinId | None, list[JellyfinEpisode]] = {}
        for episode in found.values():
            if episode is not None:
                by_series.setdefault(episode.series_id, []).append(episode)
        answer = EpisodeList(
            by_series={s: same_or_packed(known.get(s), es) for s, es in by_series.items()},
            others={JellyfinId(i) for i, e in found.items() if e is None},
            asked_at=self.clock if self.dates else None,
            has_changed=has_changed,
        )
        if self.coming:
            self.save(self.coming.pop())
        if self.going:
            del self.items[self.going.pop()]
        return answer

    async def count_episodes(self) -> int:
        self.asked.append("count")
        return len(self.items)

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        self.asked.append("items")
        asked = tuple(item_ids)
        episodes = [self.items[one][1] for one in asked if one in self.items]
        if any(episode is not None and not episode.paths for episode in episodes):
            raise BadPayload("items", "an item without a path")
        return {
            one: JellyfinItem(item_id=one, kind="Episode", name=one, is_file=True, paths=())
            for one in asked
            if one in self.items and one not in self.hidden
        }


class Scene:
    def __init__(self) -> None:
        self.server = Server()
        self.server.save(an_episode("a"), an_episode("b"), an_episode("c", "s2"))
        self.uptime = 1000.0
        self.cache = CatalogCache(
            self.server, clock=lambda: self.server.now, monotonic=lambda: self.uptime
        )

    async def read(
        self, later: timedelta = timedelta(), max_age: timedelta = timedelta()
    ) -> JellyfinCatalog:
        self.server.now += later
        self.uptime += later.total_seconds()
        self.server.asked.clear()
        return await self.cache.read(max_age, series_max_age=timedelta(minutes=10))


def listed(catalog: JellyfinCatalog) -> set[str]:
    return {e.item_id for es in catalog.episodes_by_series.values() for e in es.unpacked()}


@asynccontextmanager
async def live() -> AsyncIterator[Scene]:
    yield Scene()


MINUTES_5 = timedelta(minutes=5)


async def test_afterwards_only_what_was_saved_since_and_the_count_are_asked_for() -> None:
    async with live() as scene:
        first = await scene.read()
        assert scene.server.asked == ["identity", "all", "series"]
        assert listed(first) == {"a", "b", "c"}
        second = await scene.read(MINUTES_5)
        assert scene.server.asked == ["identity", "count", "saved"]
        assert second.episodes_by_series is first.episodes_by_series
        assert second.series is first.series
        assert second.at == first.at + MINUTES_5
        scene.server.save(an_episode("d", "s3"), an_episode("b", path="/tv/s1/new.mkv"))
        third = await scene.read(timedelta(seconds=20))
        assert scene.server.asked == ["identity", "count", "saved", "series"]
        assert listed(third) == {"a", "b", "c", "d"}
        assert third.episodes_of([JellyfinId("s1")])[-1].paths == ("/tv/s1/new.mkv",)
        untouched = JellyfinId("s2")
        assert third.episodes_by_series[untouched] is first.episodes_by_series[untouched]


async def test_what_went_shows_in_the_count() -> None:
    async with live() as scene:
        await scene.read()
        await scene.read(MINUTES_5)
        del scene.server.items["c"]
        catalog = await scene.read(MINUTES_5)
        assert scene.server.asked == ["identity", "count", "saved", "all"]
        assert listed(catalog) == {"a", "b"}


async def test_of_a_series_that_changed_what_went_is_found_by_id() -> None:
    async with live() as scene:
        before = await scene.read()
        del scene.server.items["c"]
        scene.server.now += MINUTES_5
        scene.server.save(an_episode("renamed", "s2"))
        catalog = await scene.read()
        assert scene.server.asked == ["identity", "count", "saved", "items", "count", "saved"]
        assert listed(catalog) == {"a", "b", "renamed"}
        untouched = JellyfinId("s1")
        assert catalog.episodes_by_series[untouched] is before.episodes_by_series[untouched]


async def test_a_whole_list_from_which_something_went_meanwhile_is_not_read_again() -> None:
    async with live() as scene:
        scene.server.items["c"] = (scene.server.clock - MINUTES_5, an_episode("c", "s2"))
        scene.cache.suspect(["c"], [])
        scene.server.going = ["c"]
        assert listed(await scene.read()) == {"a", "b"}
        proof = ["count", "saved"]
        assert scene.server.asked == ["identity", "all", *proof, "items", *proof, "series"]


@pytest.mark.parametrize(("items", "series"), [(["c", "x"], []), ([], ["s2", "sx"])])
async def test_what_a_deletion_asked_for_is_found_by_id(
    items: list[str], series: list[str]
) -> None:
    async with live() as scene:
        scene.server.items["virtual"] = (scene.server.clock, None)
        await scene.read()
        scene.cache.suspect(items, series)
        await scene.read(MINUTES_5)
        assert scene.server.asked == ["identity", "count", "saved"]
        del scene.server.items["c"], scene.server.items["virtual"]
        catalog = await scene.read(MINUTES_5)
        assert scene.server.asked == ["identity", "count", "saved", "items", "count", "saved"]
        assert listed(catalog) == {"a", "b"}
        assert JellyfinId("s2") not in catalog.episodes_by_series


async def test_one_that_cannot_be_read_is_no_control_and_not_asked_for() -> None:
    async with live() as scene:
        first = scene.server.items
        scene.server.items = {}
        scene.server.save(replace(an_episode("a"), paths=()))
        scene.server.items.update({"b": first["b"], "c": first["c"]})
        scene.server.save(replace(an_episode("d", "s2"), paths=()))
        await scene.read()
        scene.cache.suspect([], ["s2"])
        del scene.server.items["c"]
        assert listed(await scene.read(MINUTES_5)) == {"a", "b", "d"}
        assert "items" in scene.server.asked
        assert "all" not in scene.server.asked


async def test_where_others_went_too_or_no_control_comes_the_list_is_read_whole() -> None:
    async with live() as scene:
        await scene.read()
        scene.cache.suspect(["c"], [])
        del scene.server.items["b"], scene.server.items["c"]
        assert listed(await scene.read(MINUTES_5)) == {"a"}
        proof = ["count", "saved"]
        assert scene.server.asked == ["identity", *proof, "items", "all"]
        scene.server.save(an_episode("c", "s2"))
        await scene.read(MINUTES_5)
        scene.cache.suspect(["c"], [])
        scene.server.hidden = {"a"}
        del scene.server.items["c"]
        assert listed(await scene.read(MINUTES_5)) == {"a"}
        assert scene.server.asked[:5] == ["identity", *proof, "items", "all"]


async def test_what_comes_between_two_answers_does_not_hide_that_another_went() -> None:
    async with live() as scene:
        await scene.read()
        del scene.server.items["a"]
        scene.server.coming = [an_episode("d")]
        assert listed(await scene.read(MINUTES_5)) == {"b", "c", "d"}


async def test_what_is_only_hidden_when_asked_for_by_id_stays_listed() -> None:
    async with live() as scene:
        await scene.read()
        scene.cache.suspect(["b", "c"], [])
        scene.server.hidden = {"b"}
        del scene.server.items["c"]
        assert listed(await scene.read(MINUTES_5)) == {"a", "b"}
        proof = ["count", "saved"]
        assert scene.server.asked == ["identity", *proof, "items", *proof, *proof, "all"]


@pytest.mark.parametrize(("many", "by_id"), [(99, True), (100, False)])
async def test_more_than_a_tenth_of_a_list_are_not_asked_for_by_id(many: int, by_id: bool) -> None:
    async with live() as scene:
        scene.server.save(*(an_episode(f"m{number}", "s3") for number in range(many)))
        await scene.read()
        scene.cache.suspect([], ["s3"])
        del scene.server.items["m7"]
        assert len(listed(await scene.read(MINUTES_5))) == many + 2
        assert ("items" in scene.server.asked, "all" in scene.server.asked) == (by_id, not by_id)


async def test_a_clock_that_was_set_back_another_server_or_a_day_ask_for_everything() -> None:
    async with live() as scene:
        await scene.read()
        scene.server.ahead = timedelta()
        await scene.read(MINUTES_5)
        assert "all" in scene.server.asked
        scene.server.server_id = "other"
        assert (await scene.read(MINUTES_5)).server.server_id == "other"
        assert "all" in scene.server.asked
        await scene.read(MINUTES_5)
        assert "all" not in scene.server.asked
        await scene.read(WHOLE_EVERY)
        assert "all" in scene.server.asked
        scene.server.dates = False
        await scene.read(MINUTES_5)
        await scene.read(MINUTES_5)
        assert "all" in scene.server.asked


async def test_one_list_serves_all_who_ask_at_once_and_one_failure_too() -> None:
    async with live() as scene:
        await scene.read()
        scene.server.asked.clear()
        await asyncio.gather(*(scene.read(max_age=MINUTES_5) for _ in range(5)))
        assert scene.server.asked == []
        scene.server.error = TimedOut("system_info", "slow")
        scene.uptime += 1
        asked = await asyncio.gather(
            *(scene.cache.read() for _ in range(5)), return_exceptions=True
        )
        assert [repr(error) for error in asked] == [repr(scene.server.error)] * 5
        assert scene.server.asked.count("identity") == 1
        scene.server.error = None
        scene.uptime += 1
        assert listed(await scene.cache.read()) == {"a", "b", "c"}


async def test_a_library_that_is_being_scanned_can_be_read_all_the_same() -> None:
    async with live() as scene:
        scene.server.coming = [an_episode("d"), an_episode("e", "s2")]
        assert listed(await scene.read()) == {"a", "b", "c", "e"}
        assert scene.server.asked.count("all") == 1
        assert listed(await scene.read(timedelta(seconds=1))) == {"a", "b", "c", "d", "e"}
        assert "all" not in scene.server.asked


async def test_what_moved_to_another_series_or_is_no_file_any_more_is_only_where_it_is_now() -> (
    None
):
    async with live() as scene:
        await scene.read()
        scene.server.now += MINUTES_5
        scene.server.save(an_episode("b", "s2"))
        scene.server.items["a"] = (scene.server.clock, None)
        catalog = await scene.read()
        assert scene.server.asked == ["identity", "count", "saved"]
        parts = {
            s: [e.item_id for e in p.unpacked()] for s, p in catalog.episodes_by_series.items()
        }
        assert parts == {"s2": ["c", "b"]}


async def test_an_item_that_moved_does_not_hide_that_another_is_missing() -> None:
    async with live() as scene:
        first_seen = scene.server.clock - timedelta(days=1)
        await scene.read()
        scene.server.items["old"] = (first_seen, an_episode("old", "s2"))
        scene.server.now += MINUTES_5
        scene.server.save(an_episode("b", "s2"))
        catalog = await scene.read()
        assert "all" in scene.server.asked
        assert listed(catalog) == {"a", "b", "c", "old"}


async def test_others_have_their_turn_while_all_series_were_saved_lately() -> None:
    async with live() as scene:
        firsts = [an_episode(f"first{number}", f"s{number}") for number in range(50)]
        scene.server.save(*firsts, *(an_episode(f"more{n}", f"s{n}") for n in range(50)))
        before = await scene.read(MINUTES_5)
        scene.server.now += MINUTES_5
        scene.server.save(*firsts)
        async with turns_of_others() as turns:
            after = await scene.read(MINUTES_5)
        assert after.episodes_by_series is before.episodes_by_series
        assert turns.count >= len(firsts)
