"""The reads under way: each a task of its own, for which a cycle waits only so long."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping

from episodarr.systems.health import Health

type Read = Callable[[], Coroutine[object, object, None]]
"""Begins a read when it is called; its failures are noted, never raised."""


class Reads:
    """Starts reads by name, never a second one of a name that is still unanswered.

    An unforeseen error in one is a failure of its own system only.
    """

    def __init__(self, health_by_name: Mapping[str, Health], patience_seconds: float) -> None:
        self._health_by_name = health_by_name
        self._patience_seconds = patience_seconds
        self._running: dict[str, asyncio.Task[None]] = {}

    async def round(self, reads: Mapping[str, Read], part: str) -> None:
        """Start these reads; wait for them and for earlier ones of their names.

        The wait is limited; a read that takes longer goes on. `part` names an unforeseen error.
        """
        for name, read in reads.items():
            self.start(name, read, part)
        tasks = [self._running[name] for name in reads]
        if tasks:
            await asyncio.wait(tasks, timeout=self._patience_seconds)
        self._reap()

    def start(self, name: str, read: Read, part: str) -> None:
        """Start a read that is not waited for."""

        async def isolated() -> None:
            with self._health_by_name[name].isolated(part):
                await read()

        if name not in self._running:
            self._running[name] = asyncio.create_task(isolated(), name=name)

    def _reap(self) -> None:
        """Forget reads that have ended."""
        for name in [n for n, task in self._running.items() if task.done()]:
            self._running.pop(name).result()

    async def stop(self) -> None:
        """Cancel every read that still runs."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()
