"""Keep the garbage collector from holding everything up.

A full pass looks at every object there is: with 100,000 episodes a quarter of a second, in which
nothing else runs. Yet nearly all of these objects are records without cycles, which go by themselves
when the last reference does. So what survived a pass that took too long is left out of the next ones.
A cycle among such survivors that is dropped later, such as a connection's, is found by the pass over
everything that comes after every so many of them.
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

LONGEST_PASS_SECONDS = 0.005
EVERYTHING_AFTER = 2_000
"""Freezes before everything is passed over once: with 100,000 episodes that holds everything up for
80 ms (`census` of `tests/bench/watched.py`), so it has to be rare."""


class PassWatch:
    """Is called by the collector around each pass, and freezes what survived a long one."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        freeze: Callable[[], None],
        unfreeze: Callable[[], None],
    ) -> None:
        self._monotonic = monotonic
        self._freeze = freeze
        self._unfreeze = unfreeze
        self._began = 0.0
        self._freezes = 0

    def __call__(self, phase: str, info: Mapping[str, int]) -> None:
        """`phase` is "start" or "stop"; `info` names the generation."""
        if phase == "start":
            self._began = self._monotonic()
        elif info["generation"] == 2 and self._monotonic() - self._began > LONGEST_PASS_SECONDS:
            self._freezes += 1
            if self._freezes % EVERYTHING_AFTER == 0:
                self._unfreeze()
            else:
                # Nothing but what is in use is left at this moment, so no garbage is kept by it.
                self._freeze()


@contextmanager
def short_collections() -> Iterator[None]:
    """Within this block no pass of the collector takes long."""
    # The modules are most of what there is at a start, and stay: one pass over them is enough.
    gc.collect()
    gc.freeze()
    watch = PassWatch(time.perf_counter, gc.freeze, gc.unfreeze)
    gc.callbacks.append(watch)
    try:
        yield
    finally:
        gc.callbacks.remove(watch)
        gc.unfreeze()
