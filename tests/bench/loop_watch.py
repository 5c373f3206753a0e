"""Watches within the process that is measured: its event loop, its collector, and where it computes."""

import asyncio
import collections
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

TICK_SECONDS = 0.005
SAMPLE_SECONDS = 0.002
LATE_SECONDS = 0.02
_SHOWN = 40
_STALLS = 8
_DEPTH = 12


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
