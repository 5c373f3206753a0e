"""The long run in a few seconds: it moves the simulated systems, and shows memory hour by hour."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.day import HOURS
from tests.bench.day_picture import HEIGHT, WIDTH, picture

pytestmark = pytest.mark.e2e


def test_the_long_run_shows_what_is_left_after_each_hour(tmp_path: Path) -> None:
    curve, report = tmp_path / "day.svg", tmp_path / "day.json"
    command = [sys.executable, "-m", "tests.bench.day", "--series", "16", "--minutes", "0.15"]
    command += ["--picture", str(curve), "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    # How much a process grows in its first seconds proves nothing, so neither does how this ends.
    assert done.returncode in {0, 1}, done.stderr
    _, *rows, _, verdict = done.stdout.splitlines()
    assert len(rows) == HOURS + 1
    cycles = [int(row.split()[2]) for row in rows]
    assert cycles == sorted(cycles)
    assert cycles[-1] >= HOURS
    assert verdict.startswith("resident in the last hour over that in the first: ")
    hours = json.loads(report.read_text())["hours"]
    assert [one["cycles"] for one in hours] == cycles
    assert all(one["log_mib"] < one["resident_mib"] for one in hours)
    assert hours[-1]["log_mib"] > 0 or not hours[-1]["deletions"]
    assert len(points_of(curve.read_text(), "curve")) == HOURS + 1


def points_of(svg: str, kind: str) -> list[tuple[float, float]]:
    """The points of a curve; y counts downwards."""
    (points,) = re.findall(rf'class="{kind}" points="(.*)"', svg)
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


def test_the_curve_rises_with_memory_and_stays_in_the_picture() -> None:
    svg = picture([100.0, 200.0, 150.0, 200.0], [100.0, 190.0, 140.0, 150.0])
    points = points_of(svg, "curve")
    (_, low), (_, high), (_, middle), _ = points
    assert low - high == pytest.approx(2 * (middle - high), abs=0.2)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in points)
    assert points_of(svg, "rest")[0] == points[0]
    assert points_of(svg, "rest")[3][1] == middle
