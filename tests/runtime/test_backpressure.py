"""Answers go first, but work is never held up for long."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Message, Receive, Scope, Send

from episodarr.runtime.backpressure import (
    LONGEST_WAIT_SECONDS,
    TURN_SECONDS,
    Backpressure,
    short_turns,
)


class Scene:
    """One answer that ends when the test says so, and a clock that moves when it says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.backpressure = Backpressure(lambda: self.now)
        self.ends = asyncio.Event()
        self.app = self.backpressure.served(self.answer)

    async def answer(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        await self.ends.wait()

    def ask(self) -> asyncio.Task[None]:
        async def receive() -> Message:
            return {}

        async def send(_: Message) -> None:
            return None

        async def call() -> None:
            await self.app({"type": "http"}, receive, send)

        return asyncio.create_task(call())


@asynccontextmanager
async def play() -> AsyncIterator[Scene]:
    yield Scene()


async def turns(task: asyncio.Task[None], count: int = 5) -> bool:
    """Whether it ended within so many turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)
    return task.done()


async def test_work_goes_on_while_nobody_asks() -> None:
    async with play() as scene:
        assert await turns(asyncio.create_task(scene.backpressure.yield_to_responses()))


async def test_work_waits_for_the_end_of_an_answer_and_then_has_as_long() -> None:
    async with play() as scene:
        asked = scene.ask()
        await asyncio.sleep(0)
        work = asyncio.create_task(scene.backpressure.yield_to_responses())
        assert not await turns(work)
        scene.now += 0.01
        scene.ends.set()
        assert await turns(work)
        await asked

        scene.ends.clear()
        again = scene.ask()
        await asyncio.sleep(0)
        scene.now += 0.009
        assert await turns(asyncio.create_task(scene.backpressure.yield_to_responses()))
        scene.now += 0.002
        waiting = asyncio.create_task(scene.backpressure.yield_to_responses())
        assert not await turns(waiting)
        scene.ends.set()
        await waiting
        await again


async def test_who_came_while_work_was_done_is_not_kept_waiting_by_more() -> None:
    async with play() as scene:
        asked: list[asyncio.Task[None]] = []
        client, server = socket.socketpair()
        loop = asyncio.get_running_loop()

        def read() -> None:
            server.recv(1)
            asked.append(scene.ask())

        async def work() -> None:
            client.send(b"?")
            await scene.backpressure.yield_to_responses()

        with client, server:
            loop.add_reader(server, read)
            working = asyncio.create_task(work())
            assert not await turns(working)
            assert asked
            scene.ends.set()
            await working
            loop.remove_reader(server)


async def test_a_client_that_takes_for_ever_holds_nothing_up_for_long() -> None:
    async with play() as scene:
        asked = scene.ask()
        await asyncio.sleep(0)
        async with asyncio.timeout(20 * LONGEST_WAIT_SECONDS):
            await scene.backpressure.yield_to_responses()
        assert not asked.done()
        scene.ends.set()
        await asked


async def test_an_answer_that_fails_is_over() -> None:
    async with play() as scene:
        asked = scene.ask()
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert await turns(asyncio.create_task(scene.backpressure.yield_to_responses()))


def test_threads_take_short_turns_for_as_long_as_it_is_wanted() -> None:
    before = sys.getswitchinterval()
    with short_turns():
        assert sys.getswitchinterval() == pytest.approx(TURN_SECONDS)
        assert before > 2 * TURN_SECONDS
    assert sys.getswitchinterval() == pytest.approx(before)
