"""How often an event loop comes to others while it works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A task that wants nothing but its turn."""

    count = 0
    """How often it had it so far."""

    async def take(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)


@asynccontextmanager
async def turns_of_others() -> AsyncIterator[Turns]:
    """Counts within the block."""
    turns = Turns()
    task = asyncio.create_task(turns.take())
    try:
        yield turns
    finally:
        task.cancel()
