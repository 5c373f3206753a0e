"""HTTP requests go first: background work pauses until their responses are sent.

A cycle runs in slices of two milliseconds, and an answer of many megabytes needs many iterations of
the event loop. So the cycle waits for the whole answer instead, at most `LONGEST_WAIT_SECONDS`, and
after each wait it works for as long: slow clients, or many, make cycles half as fast at most.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_WAIT_SECONDS = 0.05
_TURNS_TO_BE_SEEN = 3
"""Iterations of the event loop from a request's arrival to the application's call."""
TURN_SECONDS = 0.0005
"""How long the event loop waits for a computing thread after each of its system calls."""


@contextmanager
def short_turns() -> Iterator[None]:
    """Within this block the interpreter switches threads every `TURN_SECONDS`.

    With its own 5 ms the event loop waits so long at each write of a large answer.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


async def next_turn() -> None:
    """Yield once to the event loop."""
    await asyncio.sleep(0)


class Backpressure:
    """Counts the answers under way, and lets background work wait for them."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._under_way = 0
        self._is_free = asyncio.Event()
        self._works_until = float("-inf")

    def served(self, app: ASGIApp) -> ASGIApp:
        """The application, with its answers counted."""

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

    async def yield_to_responses(self) -> None:
        """Yield to the event loop; wait up to 50 ms for responses in progress."""
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
