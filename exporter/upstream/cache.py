"""Answers that are kept for a while, so that many who need one share a request."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta


class TtlCache[T]:
    """The answer of one request, for as long as its lifetime.

    All who ask while a request is under way share it, its error too. A failure is not kept: who asks
    after it makes a new request.
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
        self._failed: tuple[int, Exception] | None = None
        """The number of the last request, if it failed, and how."""
        self._ended_requests = 0

    async def get(self, max_age: timedelta | None = None) -> T:
        """The answer; of a request that began at most so long before this call, or the lifetime.

        Raises:
            UpstreamError: a request was needed, and failed.
        """
        asked_at, ended_before = self._monotonic(), self._ended_requests
        limit_seconds = (self._lifetime if max_age is None else max_age).total_seconds()
        async with self._turn:
            if self._kept is not None and asked_at - self._kept[0] <= limit_seconds:
                return self._kept[1]
            if self._failed is not None and self._failed[0] > ended_before:
                raise self._failed[1]
            self._kept = self._failed = None
            return await self._request()

    async def _request(self) -> T:
        began_at = self._monotonic()
        try:
            answer = await self._fetch()
        except Exception as error:
            self._failed = self._ended_requests + 1, error
            raise
        finally:
            self._ended_requests += 1
        self._kept = began_at, answer
        return answer


def seconds_of(clock: Callable[[], datetime]) -> Callable[[], float]:
    """The seconds of a clock that is never set, such as the process's own."""
    return lambda: clock().timestamp()
