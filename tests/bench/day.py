"""`python -m tests.bench.day`: what a day leaves in memory, at full size.

Everything moves, the exporter's cycles follow each other as fast as they can, and a day's events come
one after the other: grabs, imports, upgrades, deletions. An hour has about as many cycles as a day of
the settings as shipped. Ends with 1 if the second half left more behind than the log of deletions may
take, or memory was ever above what is allowed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.bench.phases import FAST, CycleWatch
from tests.bench.processes import Exporter, Simulated, exporter, simulated
from tests.bench.scenes import furnish, move, size_of

EVENTS = 360
"""One every four minutes of the day."""
LOOKS = 12
MIB = 1024 * 1024
MOST_MIB = 300
GROWTH = 1.05
"""The log of deletions, and what the allocator keeps in reserve."""


@dataclass(frozen=True)
class Look:
    """The process at one moment."""

    minutes: float
    cycles: int
    imports: int
    deletions: int
    resident_mib: float
    peak_mib: float
    descriptors: int
    threads: int
    state_mib: float

    @property
    def row(self) -> str:
        """One line of the table."""
        return (
            f"{self.minutes:>8.1f}{self.cycles:>8}{self.imports:>9}{self.deletions:>11}"
            f"{self.resident_mib:>15.1f}{self.peak_mib:>11.1f}{self.descriptors:>13}"
            f"{self.threads:>9}{self.state_mib:>12.1f}"
        )


HEAD = " minutes  cycles  imports  deletions  resident [MiB] peak [MiB]  descriptors  threads state [MiB]"


def looks(running: Exporter, minutes: float) -> Iterator[Look]:
    """The process at equal intervals."""
    began = time.monotonic()
    cycles = 0
    for number in range(LOOKS + 1):
        while time.monotonic() < began + number * minutes * 60 / LOOKS:
            running.next_cycle()
            cycles += 1
        status = running.status()
        counts = _counts(running.port)
        yield Look(
            minutes=(time.monotonic() - began) / 60,
            cycles=cycles,
            imports=counts["episodarr_imports_total"],
            deletions=counts["episodarr_deletions_total"],
            resident_mib=status["resident_bytes"] / MIB,
            peak_mib=status["peak_bytes"] / MIB,
            descriptors=status["descriptors"],
            threads=status["threads"],
            state_mib=status["state_bytes"] / MIB,
        )


def _counts(port: int) -> dict[str, int]:
    """The sums over all series of some counters; a deletion counts once it has ended."""
    found = {"episodarr_imports_total": 0, "episodarr_deletions_total": 0}
    for line in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text.splitlines():
        name = line.partition("{")[0]
        if name in found:
            found[name] += int(float(line.rpartition(" ")[2]))
    return found


def stir(systems: Simulated, minutes: float) -> None:
    """Let a day's events happen within so many minutes from now."""
    move(systems, 1.0)
    systems.event("start_churn", sonarr="tv", seconds=minutes * 60 / EVENTS)


def main() -> None:
    """Show a line at each look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1_700)
    parser.add_argument("--minutes", type=float, default=60.0)
    options = parser.parse_args()
    size = size_of(options.series)
    with (
        tempfile.TemporaryDirectory(prefix="episodarr-day-") as folder,
        simulated(size.arguments) as systems,
    ):
        furnish(systems, size)
        with exporter(Path(folder), {**systems.environment, **FAST}) as running:
            while not running.next_cycle()["series"]:
                pass
            CycleWatch(systems, running).wait_until_settled()
            stir(systems, options.minutes)
            sys.stdout.write(HEAD + "\n")
            found = []
            for look in looks(running, options.minutes):
                found.append(look)
                sys.stdout.write(look.row + "\n")
                sys.stdout.flush()
    half, last = found[LOOKS // 2], found[-1]
    grown = last.resident_mib / half.resident_mib
    sys.stdout.write(f"\nresident at the end over that at half time: {grown:.3f}\n")
    sys.exit(int(grown > GROWTH or last.peak_mib > MOST_MIB))


if __name__ == "__main__":
    main()
