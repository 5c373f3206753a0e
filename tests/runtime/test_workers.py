"""A thread that may hang: it costs what it hangs in, and nothing waits for it."""

import asyncio
import threading
from typing import Any

import pytest

from episodarr.runtime.lookups import MOST_AT_ONCE, OwnLookups
from episodarr.runtime.workers import Worker


async def test_a_worker_does_one_thing_after_the_other_and_passes_errors_on() -> None:
    worker = Worker("w")
    done: list[int] = []
    await asyncio.gather(*(worker.run(lambda n=n: done.append(n)) for n in range(20)))  # type: ignore[misc]  # bound at once
    assert done == list(range(20))
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0)
    assert await worker.run(threading.get_ident) == await worker.run(threading.get_ident)
    worker.close()


async def test_what_hangs_is_given_up_and_nothing_is_put_behind_it() -> None:
    worker, free = Worker("w"), threading.Event()
    with pytest.raises(TimeoutError):
        await worker.run(free.wait, within_seconds=0.01)
    assert worker.is_hanging
    ran: list[int] = []
    with pytest.raises(TimeoutError):
        await worker.run(lambda: ran.append(1))
    free.set()
    assert await as_soon_as_it_can(worker) == 5
    assert ran == []
    worker.close()


async def as_soon_as_it_can(worker: Worker) -> int:
    for _ in range(2000):
        try:
            return await worker.run(lambda: 5)
        except TimeoutError:
            await asyncio.sleep(0.001)
    raise AssertionError("it still hangs")


async def test_what_is_cancelled_before_its_turn_is_never_done() -> None:
    worker, free = Worker("w"), threading.Event()
    ran: list[int] = []
    first = asyncio.create_task(worker.run(free.wait))
    await asyncio.sleep(0)
    second = asyncio.create_task(worker.run(lambda: ran.append(1)))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    free.set()
    await first
    await worker.run(lambda: None)
    assert ran == []
    worker.close()


async def test_what_is_cancelled_while_it_runs_does_not_spoil_the_next() -> None:
    worker, free = Worker("w"), threading.Event()
    first = asyncio.create_task(worker.run(free.wait))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    second = asyncio.create_task(worker.run(lambda: 5, within_seconds=30))
    await asyncio.sleep(0)
    free.set()
    assert await second == 5
    worker.close()


def test_a_name_that_hangs_takes_one_thread_however_often_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free, asked = threading.Event(), []

    def look_up(host: str, *_: object) -> list[str]:
        asked.append(host)
        if host != "quick":
            free.wait()
        return [host]

    monkeypatch.setattr("socket.getaddrinfo", look_up)

    async def scenario() -> None:
        loop: Any = asyncio.get_running_loop()
        hanging = [asyncio.create_task(loop.getaddrinfo("slow", 80)) for _ in range(50)]
        hanging += [
            asyncio.create_task(loop.getaddrinfo(f"slow{n}", 80)) for n in range(MOST_AT_ONCE - 2)
        ]
        await asyncio.sleep(0)
        assert await loop.getaddrinfo("quick", 80) == ["quick"]
        last = asyncio.create_task(loop.getaddrinfo("one more", 80))
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="too many"):
            await loop.getaddrinfo("too much", 80)
        assert asked.count("slow") == 1
        hanging[0].cancel()
        free.set()
        assert await last == ["one more"]
        assert await hanging[1] == ["slow"]

    # The loop that is tested is not the one of pytest.
    asyncio.run(scenario(), loop_factory=OwnLookups)
