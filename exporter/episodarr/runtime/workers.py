"""Threads that end with the process, whatever hangs in them.

The interpreter waits at its end for the threads of its own pools, and one that hangs there takes the
place of those that would not: a dead mount or a slow name must not cost other work its thread.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future

type _Job = tuple[Future[object], Callable[[], object]]
type _Jobs = queue.SimpleQueue[_Job | None]


class Worker:
    """One thread that does one thing after the other; begun when there is something to do.

    While it hangs in something that was given up, nothing more is put upon it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: _Jobs = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._given_up: Future[object] | None = None
        """What took too long."""
        self._left: Future[object] | None = None
        """What is not awaited any more, though it had its time."""

    @property
    def is_hanging(self) -> bool:
        """Whether it is still at something that is not awaited any more."""
        return _is_under_way(self._given_up) or _is_under_way(self._left)

    async def run[T](self, work: Callable[[], T], *, within_seconds: float | None = None) -> T:
        """What `work` gives.

        Raises:
            TimeoutError: it took longer, or what was given up before is still not done. It may
                still be done later, though its result is lost.
        """
        if _is_under_way(self._given_up):
            raise TimeoutError
        future: Future[T] = Future()
        self._jobs.put((future, work))  # type: ignore[arg-type]  # what it gives is what comes out
        self._begin()
        waiting = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait({waiting}, timeout=within_seconds)
        except asyncio.CancelledError:
            if not future.cancel():  # Not begun, it never will be.
                self._left = future  # type: ignore[assignment]  # as below
                waiting.add_done_callback(_forget)
            raise
        if not done:
            self._given_up = future  # type: ignore[assignment]  # the same
            waiting.add_done_callback(_forget)
            raise TimeoutError
        return waiting.result()

    def _begin(self) -> None:
        if self._thread is None:
            work = threading.Thread(target=_work, args=(self._jobs,), name=self._name, daemon=True)
            self._thread = work
            work.start()

    def close(self) -> None:
        """Let the thread end once it has done what it was given; once more does no harm."""
        if self._thread is not None:
            self._thread = None
            self._jobs.put(None)


def _is_under_way(future: Future[object] | None) -> bool:
    return future is not None and not future.done()


def _work(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        _do(*job)
        del job  # What it holds is not held until the next one comes.


def start_alone[T](name: str, work: Callable[[], T]) -> Future[T]:
    """What `work` will give, in a thread of its own that may hang for ever."""
    future: Future[T] = Future()
    threading.Thread(target=_do, args=(future, work), name=name, daemon=True).start()
    return future


def _do[T](future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 the caller that awaits it gets it
        future.set_exception(error)
    else:
        future.set_result(result)


def _forget[T](future: asyncio.Future[T]) -> None:
    """Take the result of what is not awaited any more, so that an error of it is not logged."""
    if not future.cancelled():
        future.exception()
