"""An answer that is kept for a while: never too old, one request for all who ask, no failure kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from episodarr.errors import TimedOut
from episodarr.systems.cache import Backoff, TtlCache, seconds_of

LIFETIME = timedelta(seconds=10)


class Server:
    """Answers each request with the moment at which it began, once it is let go."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.requests = 0
        self.fails = False
        self.may_answer = asyncio.Event()

    async def fetch(self) -> float:
        self.requests += 1
        began_at, fails = self.now, self.fails
        await self.may_answer.wait()
        if fails:
            raise TimedOut("x", f"request {self.requests}")
        return began_at

    def cache(self, lifetime: timedelta = LIFETIME) -> TtlCache[float]:
        return TtlCache(self.fetch, lifetime, monotonic=lambda: self.now)


class Round(Struct, frozen=True):
    """Some ask one after the other while the first one's request is under way, if it needs one."""

    pause_seconds: float
    asking: int
    between_seconds: float
    fails: bool


SECONDS = st.floats(0, 15, allow_nan=False)
ROUNDS = st.lists(
    st.builds(Round, SECONDS, st.integers(1, 5), st.floats(0, 2), st.booleans()), max_size=8
)


async def ask(server: Server, cache: TtlCache[float], one: Round) -> list[tuple[float, object]]:
    """When each asked, and the answer or error it got."""
    server.now += one.pause_seconds
    server.fails = one.fails
    server.may_answer.clear()
    asked_at: list[float] = []
    asking: list[asyncio.Task[float]] = []
    for _ in range(one.asking):
        asked_at.append(server.now)
        asking.append(asyncio.create_task(cache.get()))
        await asyncio.sleep(0)
        server.now += one.between_seconds
    server.may_answer.set()
    got = await asyncio.gather(*asking, return_exceptions=True)
    return list(zip(asked_at, got, strict=True))


@given(ROUNDS)
async def test_no_answer_is_too_old_no_request_is_made_twice_and_no_failure_is_kept(
    rounds: list[Round],
) -> None:
    server = Server()
    cache = server.cache()
    kept: float | None = None
    for one in rounds:
        before = server.requests
        got = await ask(server, cache, one)
        needing = [
            (at, answer)
            for at, answer in got
            if kept is None or at - kept > LIFETIME.total_seconds()
        ]
        served = got[: len(got) - len(needing)]
        assert all(answer == kept for _, answer in served)
        assert server.requests - before == min(1, len(needing))
        if needing:
            began_at, first = needing[0]
            # Errors are equal, not the same: one that is kept holds nothing of what was at work.
            assert all(repr(answer) == repr(first) for _, answer in needing), "all share one"
            assert isinstance(first, TimedOut) if one.fails else first == began_at
            kept = None if one.fails else began_at


async def test_without_a_lifetime_only_those_before_the_request_share_an_answer() -> None:
    server = Server()
    cache = server.cache(timedelta(0))
    first = asyncio.create_task(cache.get())
    await asyncio.sleep(0)
    server.now += 1
    later = [asyncio.create_task(cache.get()) for _ in range(3)]
    await asyncio.sleep(0)
    server.now += 1
    server.may_answer.set()
    assert await first == 1_000
    assert set(await asyncio.gather(*later)) == {1_002}
    assert server.requests == 2


async def test_who_gives_up_takes_nobody_elses_answer_along() -> None:
    server = Server()
    cache = server.cache()
    first, second = asyncio.create_task(cache.get()), asyncio.create_task(cache.get())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    server.may_answer.set()
    assert await second == 1_000
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_failed_renewal_ends_what_was_kept() -> None:
    server = Server()
    server.may_answer.set()
    cache = server.cache()
    assert await cache.get() == 1_000
    server.now, server.fails = 1_011, True
    with pytest.raises(TimedOut):
        await cache.get()
    server.fails = False
    assert await cache.get() == 1_011


async def test_who_takes_an_older_answer_is_given_it_and_who_wants_a_newer_one_is_not() -> None:
    server = Server()
    server.may_answer.set()
    cache = server.cache()
    assert await cache.get() == 1_000
    server.now = 1_060
    assert await cache.get(timedelta(seconds=60)) == 1_000
    assert await cache.get(timedelta(seconds=59)) == 1_060
    server.now = 1_061
    assert await cache.get(timedelta(0)) == 1_061


def test_the_process_clock_gives_the_seconds() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    seconds = seconds_of(lambda: now)
    before = seconds()
    now += timedelta(minutes=1)
    assert seconds() - before == 60


@given(
    st.timedeltas(timedelta(seconds=1), timedelta(days=2)),
    st.timedeltas(timedelta(seconds=1), timedelta(days=2)),
    st.integers(1, 80),
)
def test_each_wait_is_twice_the_one_before_up_to_the_longest(
    first: timedelta, limit: timedelta, tries: int
) -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    backoff = Backoff(first, limit)
    assert backoff.is_due(now)
    expected = min(first, limit)
    for _ in range(tries):
        backoff = backoff.after_try(now)
        assert backoff.next_at - now == expected
        assert not backoff.is_due(now)
        now = backoff.next_at
        assert backoff.is_due(now)
        expected = min(2 * expected, limit)
