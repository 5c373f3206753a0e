"""However the library changes, and between which two requests, the catalog is what Jellyfin lists."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import override

from hypothesis import example, given
from hypothesis import strategies as st

from episodarr.errors import TimedOut, UpstreamError
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import EpisodeList
from episodarr.systems.jellyfin.packed import NO_LIST, EpisodesBySeries, JellyfinCatalog
from episodarr.systems.jellyfin.records import (
    JellyfinId,
    JellyfinItem,
    JellyfinSeries,
    JellyfinServer,
)
from episodarr.systems.jellyfin.wire.items import unreadable_episode
from tests.systems.jellyfin.test_jellyfin_catalog import NOW, Server, an_episode

ITEMS = ("a", "b", "c", "d")
PLACES = ("s1", "s2", "s3")


@dataclass
class MovingServer(Server):
    """A Jellyfin at which something may happen before each request, a failure too."""

    happening: list[Callable[["MovingServer"], None]] = field(default_factory=list)
    moments: list[dict[str, object]] = field(default_factory=list)
    """What it had before a read and at each of its requests: items, None for those that are no files."""

    async def _next(self) -> None:
        await asyncio.sleep(0)
        self.now += timedelta(seconds=1)
        if self.happening:
            self.happening.pop(0)(self)
        self.moments.append(self.now_there)
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    @property
    def now_there(self) -> dict[str, object]:
        """All items as they are now; None for those that are no files."""
        return {item_id: episode for item_id, (_, episode) in self.items.items()}

    @override
    async def fetch_identity(self) -> JellyfinServer:
        await self._next()
        return await super().fetch_identity()

    @override
    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        await self._next()
        return await super().fetch_all_series()

    @override
    async def fetch_episodes(
        self, saved_since: datetime | None = None, known: EpisodesBySeries = NO_LIST
    ) -> EpisodeList:
        await self._next()
        return await super().fetch_episodes(saved_since, known)

    @override
    async def count_episodes(self) -> int:
        await self._next()
        return await super().count_episodes()

    @override
    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        await self._next()
        return await super().fetch_items(item_ids)


type Happening = Callable[[MovingServer], None]


def saved(item: str, place: str, name: str) -> Happening:
    return lambda server: server.save(an_episode(item, place, f"/tv/{place}/{name}.mkv"))


def unreadable(item: str) -> Happening:
    return lambda server: server.save(unreadable_episode(JellyfinId(item)))


def no_file(item: str) -> Happening:
    return lambda server: server.items.update({item: (server.clock, None)})


def removed(item: str) -> Happening:
    def remove(server: MovingServer) -> None:
        server.items.pop(item, None)

    return remove


def passing(minutes: int) -> Happening:
    def wait(server: MovingServer) -> None:
        server.now += timedelta(minutes=minutes)

    return wait


def failing(server: MovingServer) -> None:
    server.error = TimedOut("episodes", "slow")


def nothing(_: MovingServer) -> None:
    """No change."""


items = st.sampled_from(ITEMS)
happenings = st.one_of(
    st.builds(saved, items, st.sampled_from(PLACES), st.sampled_from(["x", "y"])),
    st.builds(saved, items, st.sampled_from(PLACES), st.sampled_from(["x", "y"])),
    st.builds(unreadable, items),
    st.builds(no_file, items),
    st.builds(removed, items),
    st.just(failing),
    st.just(nothing),
    st.just(nothing),
)
type Read = tuple[int, list[Happening], list[Happening], list[str]]
"""By how many minutes Jellyfin's clock is set back; what happens before a read, and then during it; and
which items and series deletions asked for."""

reads: st.SearchStrategy[list[Read]] = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, -60, -4, -1]),
        st.lists(happenings | st.builds(passing, st.sampled_from([1, 5])), max_size=4),
        st.lists(happenings, max_size=4),
        st.lists(st.sampled_from([*ITEMS, *PLACES]), max_size=3),
    ),
    max_size=8,
)


def places(catalog: JellyfinCatalog) -> list[tuple[str, str | None, tuple[str, ...]]]:
    return sorted(
        (e.item_id, series_id, e.paths)
        for series_id, part in catalog.episodes_by_series.items()
        for e in part.unpacked()
    )


def seconds(server: Server) -> float:
    return (server.now - NOW).total_seconds()


def check_listed(
    listed: set[str], last: JellyfinCatalog | None, moments: list[dict[str, object]]
) -> None:
    """What was there all the time is listed; what was not there at any moment of the read is not.

    Except where an item came and went unseen meanwhile: it may have been counted for another.
    """
    files = [{one for one, episode in there.items() if episode is not None} for there in moments]
    assert listed >= set.intersection(*files)
    known = {item_id for item_id, *_ in places(last)} if last is not None else set()
    if all(there.keys() - later.keys() <= known for there, later in pairwise(moments)):
        assert listed <= set().union(*moments)


async def live(given_: list[Read]) -> None:
    server = MovingServer()
    server.save(an_episode("a", "s1"), an_episode("b", "s1"), an_episode("c", "s2"))
    cache = CatalogCache(server, clock=lambda: server.now, monotonic=lambda: seconds(server))
    for minutes, before, during, suspects in (*given_, (0, [], [], []), (0, [], [], [])):
        cache.suspect(suspects, suspects)
        server.ahead += timedelta(minutes=minutes)
        for happen in before:
            happen(server)
        server.error, server.happening, server.moments = None, list(during), [server.now_there]
        last = cache.last
        server.now += timedelta(seconds=15)
        try:
            catalog = await cache.read()
        except UpstreamError:
            assert cache.last is last
            continue
        server.happening = []
        found = places(catalog)
        assert len({item_id for item_id, *_ in found}) == len(found)
        check_listed({item_id for item_id, *_ in found}, last, server.moments)
        if not during:
            assert found == sorted(
                (item_id, e.series_id, e.paths)
                for item_id, (_, e) in server.items.items()
                if e is not None
            )
            assert {s.item_id for s in catalog.series} >= {s for _, s, _ in found if s}


@given(reads)
@example([(0, [], [], []), (-4, [passing(1), saved("b", "s2", "x"), passing(5)], [], [])])
@example([(0, [], [], []), (0, [removed("a")], [nothing, nothing, saved("d", "s1", "x")], [])])
@example([(0, [], [], []), (0, [removed("a")], [nothing] * 3 + [removed("c")], ["c"])])
def test_the_catalog_is_what_jellyfin_lists(given_: list[Read]) -> None:
    asyncio.run(live(given_))
