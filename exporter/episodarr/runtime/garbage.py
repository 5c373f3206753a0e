"""Keep the garbage collector from blocking the process for long.

A full pass visits every object that could be part of a cycle, and what each refers to. Most of
those belong to the modules, which stay: they are left out. The many small records of a library are
left out by being structs of `episodarr.model` that the collector does not track (`gc=False`), so a
pass grows little with it. What is left takes some ten milliseconds, and the interpreter would do it
whenever a quarter more has gathered: while much moves, again and again in the middle of an answer.
It is done once a minute instead, while no response is in progress, over what came since the minute
before: what outlived one pass seldom becomes a cycle without use. Everything is gone over every six
hours.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count

from episodarr.runtime.heap import trim

FULL_PASS_SECONDS = 60.0
WHOLE_EVERY = 360
"""Passes of which the last goes over everything, modules too: a tenth of a second or two."""
_NEVER = 2**31 - 1
_WHAT_CAME_LAST = 1
"""The generation up to which the collector goes over what is young."""


@contextmanager
def short_collections() -> Iterator[None]:
    """Within this block the collector makes no full pass of its own; see `full_passes`."""
    gc.collect(_WHAT_CAME_LAST)  # Loading leaves nothing behind, and a full pass would delay all.
    gc.freeze()
    young, middle, oldest = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, oldest)
        gc.unfreeze()


async def full_passes(
    every_seconds: float,
    yield_to_responses: Callable[[], Awaitable[None]],
    whole_every: int = WHOLE_EVERY,
) -> None:
    """Make a full pass once in so many seconds, after pending responses; never returns.

    It leaves out what outlived the one before, but for one of so many. What is free then goes back
    to the system.
    """
    for number in count(1):
        await asyncio.sleep(every_seconds)
        await yield_to_responses()
        if number % whole_every == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
        await yield_to_responses()
        trim()
