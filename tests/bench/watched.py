"""The exporter as `episodarr serve` runs it, in a process that tells how its event loop fares.

Nothing of this is in the shipped program. Every cycle is told as a line of JSON on standard output;
commands come one a line on standard input:

- `mark`: tell what happened since the last mark, and begin anew
- `watch on`, `watch off`: look for stalls; costs 200 wakeups a second, so off while CPU is counted
- `hold`, `go on`: begin no cycle; `held` is told when none is under way
- `profile on`, `profile off`: sample the event loop's thread and tell where it was
- `census`: tell which kinds of objects there are and what they take, how long a full pass of the
  collector is, and what it goes over; stops everything for seconds
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
from dataclasses import dataclass, field
from types import FrameType

from episodarr.app import Application, build
from episodarr.logs import set_up
from episodarr.runtime.listening import bound_socket
from episodarr.settings import load_settings, secrets_of
from tests.heap import every_object, kind_of

TICK_SECONDS = 0.005
SAMPLE_SECONDS = 0.002
LATE_SECONDS = 0.02
_SHOWN = 40
_STALLS = 8
_DEPTH = 12


def tell(kind: str, **facts: object) -> None:
    """One line for the parent."""
    sys.stdout.write(json.dumps({"kind": kind, **facts}) + "\n")
    sys.stdout.flush()


@dataclass
class LoopWatch:
    """How late the event loop comes back to a timer.

    `by_own_work` is what of it this process spent computing: on a shared machine the rest is the
    machine's.
    """

    loop: asyncio.AbstractEventLoop
    on_tick: Callable[[float], None]
    longest_seconds: float = 0.0
    longest_by_own_work_seconds: float = 0.0
    over_50_ms: int = 0
    is_on: bool = False
    _due: float = 0.0
    _cpu: float = 0.0

    def start(self) -> None:
        self.is_on = True
        self._plan()

    def reset(self) -> None:
        self.longest_seconds = self.longest_by_own_work_seconds = 0.0
        self.over_50_ms = 0

    def _plan(self) -> None:
        self._due = time.perf_counter() + TICK_SECONDS
        self._cpu = time.process_time()
        self.loop.call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        late = time.perf_counter() - self._due
        own = min(late, time.process_time() - self._cpu)
        self.longest_seconds = max(self.longest_seconds, late)
        self.longest_by_own_work_seconds = max(self.longest_by_own_work_seconds, own)
        self.over_50_ms += own > 0.05
        self.on_tick(late)
        if self.is_on:
            self._plan()


@dataclass
class CollectorWatch:
    """How long the garbage collector held everything up."""

    longest_seconds: float = 0.0
    total_seconds: float = 0.0
    _began: float = 0.0

    def __call__(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
            return
        took = time.perf_counter() - self._began
        self.total_seconds += took
        self.longest_seconds = max(self.longest_seconds, took)

    def reset(self) -> None:
        self.longest_seconds = self.total_seconds = 0.0


@dataclass
class Profile:
    """Where the main thread was each time that this process had computed for so long."""

    leaves: collections.Counter[str] = field(default_factory=collections.Counter)
    cumulative: collections.Counter[str] = field(default_factory=collections.Counter)
    stalls: list[tuple[float, collections.Counter[str]]] = field(default_factory=list)
    """How late the loop was, and the stacks, outermost first, that were seen meanwhile."""
    samples: int = 0
    _since_tick: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.leaves.clear()
        self.cumulative.clear()
        self.stalls.clear()
        self.samples = 0
        signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _take(self, _number: int, frame: FrameType | None) -> None:
        names = []
        while frame is not None:
            names.append(
                f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_code.co_qualname}"
            )
            frame = frame.f_back
        self.samples += 1
        self.leaves[names[0]] += 1
        self.cumulative.update(dict.fromkeys(names, 1))
        self._since_tick.append(" ".join(reversed(names[:_DEPTH])))

    def ticked(self, late_seconds: float) -> None:
        """The loop came back to its timer."""
        if late_seconds > LATE_SECONDS and self._since_tick:
            self.stalls.append((late_seconds, collections.Counter(self._since_tick)))
        self._since_tick.clear()

    def report(self) -> dict[str, object]:
        return {
            "samples": self.samples,
            "leaves": self.leaves.most_common(_SHOWN),
            "cumulative": self.cumulative.most_common(2 * _SHOWN),
            "stalls": [
                (late, stacks.most_common(_SHOWN))
                for late, stacks in sorted(self.stalls, key=lambda s: -s[0])[:_STALLS]
            ],
        }


def census() -> dict[str, object]:
    """Objects by kind, the heaviest first: how many, and bytes without what they refer to."""
    counts: collections.Counter[str] = collections.Counter()
    sizes: collections.Counter[str] = collections.Counter()
    began = time.perf_counter()
    gc.collect()
    full_pass_seconds = time.perf_counter() - began
    tracked = collections.Counter(kind_of(one) for one in gc.get_objects())
    for found in every_object():
        counts[kind_of(found)] += 1
        sizes[kind_of(found)] += sys.getsizeof(found)
    return {
        "full_pass_seconds": full_pass_seconds,
        "tracked": tracked.total(),
        "tracked_kinds": tracked.most_common(_SHOWN),
        "total_bytes": sizes.total(),
        "kinds": [(kind, counts[kind], size) for kind, size in sizes.most_common(_SHOWN)],
    }


class Watch:
    """Everything that is measured inside the process."""

    def __init__(self, application: Application, loop: asyncio.AbstractEventLoop) -> None:
        self._application = application
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
            "census": lambda: tell("census", **census()),
        }
        actions[" ".join(words)]()
        tell("done")

    def _hold(self) -> None:
        async def hold() -> None:
            await self._turn.acquire()
            tell("held")

        self._holding = asyncio.create_task(hold(), name="hold")

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
    settings = load_settings()
    set_up(settings.log_level, secrets_of(settings))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    sock = bound_socket(settings.web.host, settings.web.port)
    application = build(settings)
    watch = Watch(application, loop)
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
