"""HTTP requests go first: background work pauses until their responses are sent.

A cycle takes turns with everything else of two milliseconds each, and an answer of many megabytes
needs many turns. So the cycle waits for the whole answer instead, but never for long, and after
each wait it works on for as long: slow clients, or many, make cycles half as fast at most.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_WAIT_SECONDS = 0.05
_TURNS_TO_BE_SEEN = 3
"""Turns of the event loop from a request's arrival to the application's call."""
TURN_SECONDS = 0.0005
"""A thread that computes lets the event loop wait so long after each of its system calls."""


@contextmanager
def short_turns() -> Iterator[None]:
    """Within this block threads that compute do not hold the event loop up for long.

    The interpreter's own 5 ms are waited for anew with each write of a large answer.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Courtesy:
    """Knows whether an answer is under way."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._under_way = 0
        self._is_free = asyncio.Event()
        self._works_until = float("-inf")

    def served(self, app: ASGIApp) -> ASGIApp:
        """The application, its answers being given way."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            self._under_way += 1
            self._is_free.clear()
            try:
                await app(scope, receive, send)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._is_free.set()

        return watched

    async def give_way(self) -> None:
        """Let others have their turn, and answers that are under way end."""
        # Else a request that came meanwhile waits for more work.
        for _ in range(_TURNS_TO_BE_SEEN):
            await asyncio.sleep(0)
        began = self._monotonic()
        if not self._under_way or began < self._works_until:
            return
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                await self._is_free.wait()
        except TimeoutError:
            pass
        ended = self._monotonic()
        self._works_until = ended + (ended - began)
