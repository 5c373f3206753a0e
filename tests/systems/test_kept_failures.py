"""A failure that stays on record keeps nothing alive of what was at work when it came."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from episodarr.errors import BadPayload, NotFound, TimedOut, UpstreamError
from episodarr.systems.cache import TtlCache
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import EpisodeList
from episodarr.systems.jellyfin.packed import NO_LIST, EpisodesBySeries
from episodarr.systems.jellyfin.records import (
    JellyfinId,
    JellyfinItem,
    JellyfinSeries,
    JellyfinServer,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Library:
    """Stands for what a read works on: the details of a whole library, perhaps."""


class FailingServer:
    """A Jellyfin that fails while a library is at hand, for two who ask at once."""

    def __init__(self, held: "list[weakref.ref[Library]]") -> None:
        self._held = held

    async def fetch_identity(self) -> JellyfinServer:
        library = Library()
        self._held.append(weakref.ref(library))
        await asyncio.sleep(0)
        raise TimedOut("system_info", "no answer")

    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        raise AssertionError

    async def fetch_episodes(
        self, saved_since: datetime | None = None, known: EpisodesBySeries = NO_LIST
    ) -> EpisodeList:
        raise AssertionError(saved_since, known)

    async def count_episodes(self) -> int:
        raise AssertionError

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        raise AssertionError(item_ids)


async def attempted(health: Health, fail: Callable[[], Awaitable[None]]) -> None:
    await health.attempt("queue", fail, lambda: NOW)


async def noted(health: Health, fail: Callable[[], Awaitable[None]]) -> None:
    with health.noting("inventory"):
        await fail()


@pytest.mark.parametrize("ask", [attempted, noted])
async def test_a_failure_on_record_keeps_nothing_that_was_at_work(
    ask: Callable[[Health, Callable[[], Awaitable[None]]], Coroutine[None, None, None]],
) -> None:
    health = Health()
    held: list[weakref.ref[Library]] = []

    async def fail() -> None:
        library = Library()
        held.append(weakref.ref(library))
        raise TimedOut("queue", "no answer within 10 s")

    with pytest.raises(TimedOut):
        await ask(health, fail)
    gc.collect()
    assert health.is_up is False
    assert held[0]() is None


async def test_a_catalog_that_could_not_be_read_keeps_nothing_that_was_at_work() -> None:
    held: list[weakref.ref[Library]] = []
    cache = CatalogCache(FailingServer(held), clock=lambda: NOW, monotonic=lambda: 0.0)
    first, second = await asyncio.gather(cache.read(), cache.read(), return_exceptions=True)
    assert isinstance(first, TimedOut)
    assert isinstance(second, TimedOut)
    assert first is not second, "each adds to the traceback of its own"
    assert str(first) == str(second)
    assert len(held) == 1
    del first, second
    await asyncio.sleep(0)  # The loop holds what it handed over until its next turn.
    gc.collect()
    assert held[0]() is None


@pytest.mark.parametrize(
    "error",
    [
        BadPayload("series", "no list", path="$[3].tvdbId"),
        NotFound("episode", "404"),
        UpstreamError("x", ""),
    ],
)
def test_an_error_without_its_past_says_the_same(error: UpstreamError) -> None:
    error.is_counted = True
    try:
        raise error
    except UpstreamError as raised:
        bare = raised.bare()
    assert type(bare) is type(error)
    assert (str(bare), vars(bare)) == (str(error), vars(error))
    assert bare.__traceback__ is None


async def test_an_answer_that_could_not_be_had_keeps_nothing_that_was_at_work() -> None:
    """Two ask at once: the one that shares the failure holds nothing of the other either."""
    held: list[weakref.ref[Library]] = []
    server = FailingServer(held)
    cache = TtlCache(server.fetch_identity, timedelta(minutes=1))

    async def ask() -> None:
        with pytest.raises(TimedOut):
            await cache.get()

    await asyncio.gather(ask(), ask())
    gc.collect()
    assert len(held) == 1
    assert held[0]() is None
