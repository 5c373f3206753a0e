"""A slow Shoko is read over several cycles, in which series come and go."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import override

from episodarr.systems.health import Health
from episodarr.systems.shoko.records import ShokoPathCheck, ShokoServer
from episodarr.systems.shoko.state import ShokoState
from tests.systems.shoko.in_memory import InMemoryShoko
from tests.systems.test_availability import AT, a_pending_series


class SlowShoko(InMemoryShoko):
    """Answers about files when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()
        self.is_asked = asyncio.Event()
        self.asked: list[frozenset[str]] = []

    @override
    async def fetch_server(self) -> ShokoServer:
        return ShokoServer(version="5.0", major=5, is_ready=True, state="Started")

    @override
    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        self.asked.append(frozenset(paths))
        self.is_asked.set()
        await self.may_answer.wait()
        return await super().fetch_files_at(self.asked[-1])


async def test_a_series_that_waits_no_more_while_it_is_asked_for_costs_no_other_its_answer() -> (
    None
):
    shoko = SlowShoko()
    every = timedelta(minutes=1)
    state = ShokoState(shoko, clock=lambda: AT, every=every, keep=every, health=Health())
    pending = [a_pending_series(1), a_pending_series(2)]
    read = asyncio.create_task(state.read(pending))
    await shoko.is_asked.wait()
    for _ in state.evaluate(pending[1:], lambda _: None):
        pass
    shoko.may_answer.set()
    await read
    assert len(shoko.asked) == len(pending)
    assert not state.health.failures
