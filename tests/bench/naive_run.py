"""Run the naive poller in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass

from tests.bench.processes import Simulated


@dataclass(frozen=True)
class Naive:
    """What one poll of two requests per series took."""

    requests: int
    episodes: int
    seconds: float
    cpu_seconds: float


def poll_naively(systems: Simulated) -> Naive:
    """One poll of the first Sonarr."""
    key = systems.environment["EPISODARR_SONARR__TV__API_KEY"]
    command = [sys.executable, "-m", "tests.bench.naive", systems.urls["sonarr.tv"], key]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    figures = json.loads(done.stdout)
    return Naive(
        requests=int(figures["requests"]),
        episodes=int(figures["episodes"]),
        seconds=float(figures["seconds"]),
        cpu_seconds=float(figures["cpu_seconds"]),
    )
