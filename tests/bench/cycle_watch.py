"""Watch an exporter's cycles, and what each asked of the simulated systems."""

import time
from collections import Counter
from collections.abc import Sequence

from tests.bench.figures import Cycle, Period
from tests.bench.processes import Exporter, Simulated

SETTLES_WITHIN_SECONDS = 600.0
"""What is measured as quiet has every inventory, and every answer of Jellyfin and Shoko."""
_QUIET_REQUESTS = 7
"""A cycle that asks no more than this, of all systems, has nothing left to catch up on."""
READS_SERIES = "GET /api/v3/series"


class CycleWatch:
    """Tells the requests of each cycle apart by the simulated systems' own counts."""

    def __init__(self, systems: Simulated, running: Exporter) -> None:
        self._systems = systems
        self._running = running
        self._before = self._totals()

    def _totals(self) -> Counter[str]:
        totals: Counter[str] = Counter()
        for system, paths in self._systems.requests().items():
            kind = system.partition(".")[0]
            totals[kind] += paths["total"]
            totals[READS_SERIES] += paths.get(READS_SERIES, 0)
        return totals

    def next(self) -> Cycle:
        """The next cycle that ends."""
        cycle = self._running.next_cycle()
        after = self._totals()
        asked = after - self._before
        self._before = after
        reads = asked.pop(READS_SERIES, 0)
        return Cycle(
            seconds=float(str(cycle["seconds"])),
            cpu_seconds=float(str(cycle["cpu_seconds"])),
            series_pending=int(str(cycle["pending"])),
            reads_series=bool(cycle["read_series"]) or reads > 0,
            requests=asked,
        )

    def skip(self) -> None:
        """Forget the cycles that have ended already."""
        self._running.skip_cycles()
        self._before = self._totals()

    def wait_until_settled(self) -> None:
        """Until nothing is left to catch up on, or the time is over."""
        ends = time.perf_counter() + SETTLES_WITHIN_SECONDS
        calm = 0
        while calm < 6 and time.perf_counter() < ends:
            cycle = self.next()
            is_calm = not cycle.series_pending and sum(cycle.requests.values()) <= _QUIET_REQUESTS
            calm = calm + 1 if is_calm else 0

    def period(self, cycles: int) -> Period:
        """So many cycles from now."""
        self.skip()
        self._running.mark()
        found = [self.next() for _ in range(cycles)]
        return self._period(found)

    def period_of(self, seconds: float) -> Period:
        """The cycles of so many seconds from now, at least one."""
        self.skip()
        self._running.mark()
        ends = time.perf_counter() + seconds
        found = [self.next()]
        while time.perf_counter() < ends:
            found.append(self.next())
        return self._period(found)

    def _period(self, cycles: Sequence[Cycle]) -> Period:
        mark = self._running.mark()
        return Period(cycles, mark, self._running.status()["resident_bytes"])
