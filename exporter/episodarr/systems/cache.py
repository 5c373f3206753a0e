"""Cached answers: one per lifetime, the last good one, and the pause before the next try."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from episodarr.errors import UpstreamError
from episodarr.model.reading import FailureReason, Fresh, Missing, Reading, Stale

_MOST_DOUBLINGS = 24
"""From a second to half a year; a timedelta has an end."""
_ALWAYS = datetime.min.replace(tzinfo=UTC)


class TtlCache[T]:
    """The answer of one request, for as long as its lifetime.

    Calls made while a request is under way share its answer or error. A failure is not kept: the
    next call makes a new request.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[T]],
        lifetime: timedelta,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`monotonic` are seconds of a clock that is never set."""
        self._fetch = fetch
        self._lifetime = lifetime
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._kept: tuple[float, T] | None = None
        """When the request for it began, and the answer."""
        self._failed: tuple[int, UpstreamError] | None = None
        """Number and error (`bare`, without its traceback) of the last request, if it failed."""
        self._ended_requests = 0

    async def get(self, max_age: timedelta | None = None) -> T:
        """An answer requested at most `max_age`, by default the lifetime, before this call.

        Raises:
            UpstreamError: a request was needed, and failed.
        """
        asked_at, ended_before = self._monotonic(), self._ended_requests
        limit_seconds = (self._lifetime if max_age is None else max_age).total_seconds()
        async with self._turn:
            if self._kept is not None and asked_at - self._kept[0] <= limit_seconds:
                return self._kept[1]
            if self._failed is not None and self._failed[0] > ended_before:
                raise self._failed[1].bare()
            self._kept = self._failed = None
            return await self._request()

    async def _request(self) -> T:
        began_at = self._monotonic()
        try:
            answer = await self._fetch()
        except UpstreamError as error:
            self._failed = self._ended_requests + 1, error.bare()
            raise
        finally:
            self._ended_requests += 1
        self._kept = began_at, answer
        return answer


class LastGood[T]:
    """One endpoint's last good answer; a failure never replaces it, only ages it."""

    def __init__(self) -> None:
        self._last: Fresh[T] | None = None
        self._reason: FailureReason | None = None

    def succeed(self, value: T, at: datetime) -> None:
        """Take a good answer."""
        self._last = Fresh(value, at)
        self._reason = None

    def fail(self, reason: FailureReason) -> None:
        """Note that the newest read failed."""
        self._reason = reason

    def fail_unless_since(self, at: datetime, reason: FailureReason) -> None:
        """Note a failure, unless there was a good answer since then."""
        if self._last is None or self._last.at < at:
            self.fail(reason)

    def reading(self, now: datetime, keep: timedelta) -> Reading[T]:
        """Fresh after a good read; stale while younger than `keep`; else missing."""
        if self._last is None:
            return Missing(self._reason)
        if self._reason is None:
            return self._last
        if now - self._last.at <= keep:
            return Stale(self._last.value, self._last.at, self._reason)
        return Missing(self._reason)

    def value(self, now: datetime, keep: timedelta) -> T | None:
        """The value where there is one that may be shown; None is unknown, never empty."""
        reading = self.reading(now, keep)
        return None if isinstance(reading, Missing) else reading.value

    @property
    def last(self) -> T | None:
        """The last good answer of any age."""
        return self._last.value if self._last is not None else None

    @property
    def fresh(self) -> Fresh[T] | None:
        """The last good answer, if no newer read failed."""
        return self._last if self._reason is None else None

    @property
    def is_failing(self) -> bool:
        """Whether the newest read failed."""
        return self._reason is not None


def seconds_of(clock: Callable[[], datetime]) -> Callable[[], float]:
    """The seconds of a clock that is never set, such as the process's own."""
    return lambda: clock().timestamp()


class Backoff(Struct, frozen=True, gc=False):
    """When something that keeps failing is tried again: each time after twice as long.

    Immutable; after a success, start from a new one.
    """

    first: timedelta
    """Between the first try and the second."""
    limit: timedelta
    """The longest time between two tries."""
    tries: int = 0
    next_at: datetime = _ALWAYS
    """Before it there is no further try."""

    def is_due(self, now: datetime) -> bool:
        """Whether the next try is due."""
        return now >= self.next_at

    def after_try(self, now: datetime) -> "Backoff":
        """The backoff after one more try at this time."""
        wait = min(self.first * 2 ** min(self.tries, _MOST_DOUBLINGS), self.limit)
        return replace(self, tries=self.tries + 1, next_at=now + wait)
