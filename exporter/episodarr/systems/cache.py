"""When requests are repeated: answers kept for a lifetime, and retries ever further apart."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from episodarr.errors import UpstreamError

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
        """Whether it may be tried."""
        return now >= self.next_at

    def after_try(self, now: datetime) -> "Backoff":
        """The same after one more try, at this moment."""
        wait = min(self.first * 2 ** min(self.tries, _MOST_DOUBLINGS), self.limit)
        return replace(self, tries=self.tries + 1, next_at=now + wait)
