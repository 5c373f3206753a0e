"""The long run in a few seconds: it moves the simulated systems, and shows memory look by look."""

import subprocess
import sys

import pytest

from tests.bench.day import LOOKS

pytestmark = pytest.mark.e2e


def test_the_long_run_shows_what_is_left_at_each_look() -> None:
    command = [sys.executable, "-m", "tests.bench.day", "--series", "16", "--minutes", "0.15"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    # How much a process grows in its first seconds says nothing, so neither does how this ends.
    assert done.returncode in {0, 1}, done.stderr
    _, *rows, _, verdict = done.stdout.splitlines()
    assert len(rows) == LOOKS + 1
    cycles = [int(row.split()[1]) for row in rows]
    assert cycles == sorted(cycles)
    assert cycles[-1] > LOOKS
    assert verdict.startswith("resident at the end over that at half time: ")
