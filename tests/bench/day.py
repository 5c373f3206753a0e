"""`python -m tests.bench.day`: what a day leaves in memory, at full size.

Everything moves, the exporter's cycles follow each other as fast as they can, and a day's events come
one after the other: grabs, imports, upgrades, deletions. An hour has about as many cycles as a day of
the settings as shipped. The log of deletions grows with each of them, and goes after ninety days: it is
shown beside what is resident, and taken off. Ends with 1 if the last hour of the day has more of the rest
in memory than the first one, or memory was ever above what is allowed.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from tests.bench.cycle_watch import CycleWatch
from tests.bench.day_picture import picture
from tests.bench.phases import FAST
from tests.bench.processes import Exporter, Simulated, exporter, simulated
from tests.bench.scenes import furnish, move, size_of
from tests.bench.targets import PEAK_MIB

EVENTS = 360
"""One every four minutes of the day."""
HOURS = 24
MIB = 1024 * 1024
GROWTH = 1.05
"""Of what is no log of deletions: what moves just then, and what the allocator keeps in reserve."""


@dataclass(frozen=True)
class Hour:
    """The process at the end of an hour of the day."""

    hour: int
    minutes: float
    cycles: int
    imports: int
    deletions: int
    resident_mib: float
    """The median over the hour's cycles; of hour 0, at its end."""
    log_mib: float
    """What of it the log of deletions takes at the end of the hour."""
    peak_mib: float
    descriptors: int
    threads: int
    state_mib: float

    @property
    def rest_mib(self) -> float:
        """What is resident without the log of deletions."""
        return self.resident_mib - self.log_mib

    @property
    def row(self) -> str:
        """One line of the table."""
        return (
            f"{self.hour:>5}{self.minutes:>9.1f}{self.cycles:>8}{self.imports:>9}"
            f"{self.deletions:>11}{self.resident_mib:>16.1f}{self.log_mib:>11.1f}"
            f"{self.rest_mib:>12.1f}{self.peak_mib:>12.1f}"
            f"{self.descriptors:>13}{self.threads:>9}{self.state_mib:>12.1f}"
        )


HEAD = (
    " hour  minutes  cycles  imports  deletions  resident [MiB]  log of them  without it  peak [MiB]  descriptors  threads"
    " state [MiB]"
)


def hours(running: Exporter, minutes: float) -> Iterator[Hour]:
    """The process at equal intervals, which stand for the hours of a day."""
    began = time.monotonic()
    cycles = 0
    for hour in range(HOURS + 1):
        resident: list[int] = []
        ends = began + hour * minutes * 60 / HOURS
        while hour and (not resident or time.monotonic() < ends):
            running.next_cycle()
            cycles += 1
            resident.append(running.status()["resident_bytes"])
        status = running.status()
        counts = _counts(running.port)
        yield Hour(
            hour=hour,
            minutes=(time.monotonic() - began) / 60,
            cycles=cycles,
            imports=counts["episodarr_imports_total"],
            deletions=counts["episodarr_deletions_total"],
            resident_mib=statistics.median(resident or [status["resident_bytes"]]) / MIB,
            log_mib=int(str(running.command("deletions", "deletions")["bytes"])) / MIB,
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


def measure(series: int, minutes: float) -> list[Hour]:
    """A day in so many minutes, after everything was read; a line is printed at each measurement."""
    size = size_of(series)
    found = []
    with (
        tempfile.TemporaryDirectory(prefix="episodarr-day-") as folder,
        simulated(size.arguments) as systems,
    ):
        furnish(systems, size)
        with exporter(Path(folder), {**systems.environment, **FAST}) as running:
            while not running.next_cycle()["series"]:
                pass
            CycleWatch(systems, running).wait_until_settled()
            stir(systems, minutes)
            sys.stdout.write(HEAD + "\n")
            for one in hours(running, minutes):
                found.append(one)
                sys.stdout.write(one.row + "\n")
                sys.stdout.flush()
    return found


def growth(mib_by_hour: Sequence[float]) -> float:
    """What there is in the last hour over what was there in the first."""
    return mib_by_hour[-1] / mib_by_hour[1]


def main() -> None:
    """Measure, and write the curve where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1_700)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was seen there")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw it there, as SVG")
    options = parser.parse_args()
    found = measure(options.series, options.minutes)
    resident, rest = [one.resident_mib for one in found], [one.rest_mib for one in found]
    if options.json is not None:
        report = {"series": options.series, "hours": [asdict(one) for one in found]}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    if options.picture is not None:
        options.picture.write_text(picture(resident, rest))
    grown = growth(rest)
    sys.stdout.write(
        f"\nresident in the last hour over that in the first: {growth(resident):.3f};"
        f" without the log of deletions: {grown:.3f}\n"
    )
    most = PEAK_MIB.get((options.series, False), math.inf)
    sys.exit(int(grown > GROWTH or found[-1].peak_mib > most))


if __name__ == "__main__":
    main()
