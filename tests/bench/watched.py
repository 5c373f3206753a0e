"""The exporter as `episodarr serve` runs it, in a process that tells how its event loop fares.

Nothing of this is in the shipped program. Every cycle is printed as a line of JSON on standard output;
commands come one a line on standard input:

- `mark`: tell what happened since the last mark, and begin anew
- `watch on`, `watch off`: look for stalls; costs 200 wakeups a second, so off while CPU is counted
- `hold`, `go on`: begin no cycle; `held` is printed when none is under way
- `profile on`, `profile off`: sample the event loop's thread and tell where it was
- `memory`: tell what of the memory belongs to what; stops everything for seconds
- `deletions`: tell what of the memory the log of deletions takes
- `collect`: tell how long a full pass of the collector is, and what it goes over
- `census`: tell which kinds of objects there are and what they take; stops everything for seconds
"""

import asyncio
import collections
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable

from episodarr.app import Application, build
from episodarr.logs import set_up
from episodarr.runtime.listening import bound_socket
from episodarr.settings import load_settings, secrets_of
from tests.bench.loop_watch import CollectorWatch, LoopWatch, Profile
from tests.bench.memory import deletion_bytes, report
from tests.heap import by_class, every_object, name_of, resident_bytes

_SHOWN = 40


def tell(kind: str, **facts: object) -> None:
    """One line for the parent."""
    sys.stdout.write(json.dumps({"kind": kind, **facts}) + "\n")
    sys.stdout.flush()


def collector_passes() -> dict[str, object]:
    """How long the passes take that the program makes each minute and every six hours.

    The first goes over what came since the minute before, so many objects, the other over all.
    """
    began = time.perf_counter()
    gc.collect()
    minute, tracked = time.perf_counter() - began, len(gc.get_objects())
    gc.unfreeze()
    began = time.perf_counter()
    gc.collect()
    full = time.perf_counter() - began
    gc.freeze()
    return {"minute_pass_seconds": minute, "full_pass_seconds": full, "tracked": tracked}


def census() -> dict[str, object]:
    """Objects by kind, the heaviest first: how many, and bytes without what they refer to."""
    gc.unfreeze()
    tracked = by_class(gc.get_objects())
    found = by_class(every_object())
    sizes = collections.Counter(
        {kind: sum(map(sys.getsizeof, several)) for kind, several in found.items()}
    )
    most = collections.Counter({kind: len(several) for kind, several in tracked.items()})
    return {
        "tracked_kinds": [(name_of(kind), count) for kind, count in most.most_common(_SHOWN)],
        "total_bytes": sizes.total(),
        "kinds": [
            (name_of(kind), len(found[kind]), size) for kind, size in sizes.most_common(_SHOWN)
        ],
    }


class Watch:
    """Everything that is measured inside the process."""

    def __init__(
        self, application: Application, loop: asyncio.AbstractEventLoop, imported_bytes: int
    ) -> None:
        self._application = application
        self._imported_bytes = imported_bytes
        self._profile = Profile()
        self._loop_watch = LoopWatch(loop, self._profile.ticked)
        self._collector = CollectorWatch()
        self._cpu = time.process_time()
        self._began = time.perf_counter()
        self._cycle = application.poller.cycle
        self._turn = asyncio.Lock()
        self._holding: asyncio.Task[None] | None = None
        gc.callbacks.append(self._collector)

    async def cycle(self) -> None:
        """A cycle of the poller, timed, unless cycles are held."""
        async with self._turn:
            await self._timed_cycle()

    async def _timed_cycle(self) -> None:
        series_before = self._series_reads()
        began, cpu = time.perf_counter(), time.process_time()
        await self._cycle()
        tell(
            "cycle",
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - cpu,
            read_series=self._series_reads() != series_before,
            pending=sum(self._application.published.snapshot.inventory_pending_by_sonarr.values()),
            series=len(self._application.published.snapshot.series_by_key),
        )

    def _series_reads(self) -> list[object]:
        return [joiner.state.library.listed_at for joiner in self._application.poller._sonarrs]

    def command(self, words: list[str]) -> None:
        actions: dict[str, Callable[[], None]] = {
            "mark": self.mark,
            "watch on": self._loop_watch.start,
            "watch off": lambda: setattr(self._loop_watch, "is_on", False),
            "hold": self._hold,
            "go on": self._turn.release,
            "profile on": self._profile.start,
            "profile off": self._end_profile,
            "memory": self._memory,
            "deletions": lambda: tell("deletions", bytes=deletion_bytes(self._application)),
            "collect": lambda: tell("collect", **collector_passes()),
            "census": lambda: tell("census", **census()),
        }
        actions[" ".join(words)]()
        tell("done")

    def _hold(self) -> None:
        async def hold() -> None:
            await self._turn.acquire()
            tell("held")

        self._holding = asyncio.create_task(hold(), name="hold")

    def _memory(self) -> None:
        tell("memory", imported_bytes=self._imported_bytes, **report(self._application))

    def _end_profile(self) -> None:
        self._profile.stop()
        tell("profile", **self._profile.report())

    def mark(self) -> None:
        now, cpu = time.perf_counter(), time.process_time()
        tell(
            "mark",
            seconds=now - self._began,
            cpu_seconds=cpu - self._cpu,
            longest_stall_seconds=self._loop_watch.longest_seconds,
            longest_stall_by_own_work_seconds=self._loop_watch.longest_by_own_work_seconds,
            stalls_over_50_ms=self._loop_watch.over_50_ms,
            longest_collection_seconds=self._collector.longest_seconds,
            collections_seconds=self._collector.total_seconds,
            tasks=len(asyncio.all_tasks()),
        )
        self._loop_watch.reset()
        self._collector.reset()
        self._began, self._cpu = now, cpu


async def serve() -> None:
    """What `episodarr serve` does, with the watch around it."""
    imported_bytes = resident_bytes()
    settings = load_settings()
    set_up(settings.log_level, secrets_of(settings))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    sock = bound_socket(settings.web.host, settings.web.port)
    application = build(settings)
    watch = Watch(application, loop, imported_bytes)
    setattr(application.poller, "cycle", watch.cycle)  # noqa: B010  mypy allows no other way
    loop.add_reader(sys.stdin.fileno(), _read_commands, watch, stop)
    watch.command(["watch", "on"])
    tell("listening", port=sock.getsockname()[1])
    await application.run(sock, stop)


def _read_commands(watch: Watch, stop: asyncio.Event) -> None:
    """The parent waits for the answer to each command, so one read is one line."""
    line = os.read(sys.stdin.fileno(), 4096).decode()
    if not line:
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()
        return
    watch.command(line.split())


if __name__ == "__main__":
    asyncio.run(serve())
