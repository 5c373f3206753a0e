"""The real program beside simulated systems in a process of their own: how fast, how firm."""

import asyncio
import logging
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from episodarr.cycle.wakeups import APART_SECONDS
from episodarr.model.stage import Stage
from episodarr.simulator.simulation import WEB_SECRET
from tests.bench.processes import Simulated, simulated
from tests.e2e.servers import wait_for
from tests.life.test_webhooks import URL, message
from tests.processes import free_port

pytestmark = pytest.mark.e2e

FIGURES = logging.getLogger(__name__)
"""What was measured; `pytest --log-cli-level=info` shows it."""

SPY, ANDOR = 405920, 393189
CONNECTIONS = 8
STORMS, STORMY_SERIES = 5, 100
SLOW_MACHINE = 3.0 if os.getloadavg()[0] > 2 * (os.cpu_count() or 1) else 1.0
"""Limits of time are for a machine that has nothing else to do."""


@contextmanager
def served(
    folder: Path, environment: Mapping[str, str], port: int
) -> Iterator[subprocess.Popen[bytes]]:
    """`episodarr serve`; it may be killed meanwhile."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("EPISODARR_")}
    variables = {
        **own,
        **environment,
        "EPISODARR_WEB__LISTEN": f"127.0.0.1:{port}",
        "EPISODARR_STATE_DIR": str(folder / "state"),
    }
    log = folder / "episodarr.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "episodarr", "serve"],
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=variables,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/-/ready", process, log)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=15)


def sample(port: int, name: str, **labels: str) -> float | None:
    """One sample, found as text: to parse the whole page would slow down what is measured."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    marks = [f'{label}="{wanted}"' for label, wanted in labels.items()]
    found = [
        line
        for line in text.splitlines()
        if line.startswith(name + "{") and all(mark in line for mark in marks)
    ]
    assert len(found) <= 1, found
    return float(found[0].rpartition(" ")[2]) if found else None


def episode(port: int, name: str, season: int, number: int, tvdb_id: int = SPY) -> float | None:
    return sample(
        port, name, tvdb_id=str(tvdb_id), season=str(season), episode=str(number), sonarr="tv"
    )


def stage(port: int, season: int, number: int, tvdb_id: int = SPY) -> float | None:
    return episode(port, "episodarr_episode_stage_code", season, number, tvdb_id)


def since(port: int, season: int, number: int) -> float | None:
    name = "episodarr_episode_stage_entered_timestamp_seconds"
    return episode(port, name, season, number)


def wait_until(is_so: Callable[[], bool], within_seconds: float = 30.0) -> float:
    """How long it took, in seconds."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < within_seconds, "it never came about"
        time.sleep(0.03)
    return time.monotonic() - started


def is_in(
    port: int, season: int, number: int, wanted: Stage, tvdb_id: int = SPY
) -> Callable[[], bool]:
    return lambda: stage(port, season, number, tvdb_id) == wanted


@pytest.mark.alone
def test_a_grab_is_in_the_metrics_within_two_seconds_by_its_webhook(tmp_path: Path) -> None:
    port = free_port()
    hook = f"http://127.0.0.1:{port}/webhooks/sonarr"
    with (
        simulated(["--speed", "1", "--webhook-url", hook]) as world,
        served(tmp_path, world.environment, port),
    ):
        wait_until(is_in(port, 2, 7, Stage.QUEUED))
        taken = []
        # One series is read every five seconds, whatever it shows: so each is grabbed for once.
        for tvdb_id, number in ((SPY, 7), (ANDOR, 7)):
            world.event("grab", sonarr="tv", tvdb_id=tvdb_id, episodes=[[2, number]], rate=0.0)
            taken.append(wait_until(is_in(port, 2, number, Stage.FOUND, tvdb_id)))
        FIGURES.info("grab to /metrics with the webhook: %s s", [round(one, 2) for one in taken])
        assert max(taken) < 2 * SLOW_MACHINE


@pytest.mark.alone
def test_a_grab_is_in_the_metrics_within_one_cycle_without_a_webhook(tmp_path: Path) -> None:
    port, cycle = free_port(), 1.5
    with (
        simulated(["--speed", "1"]) as world,
        served(tmp_path, {**world.environment, "EPISODARR_CYCLE_SECONDS": str(cycle)}, port),
    ):
        wait_until(is_in(port, 2, 7, Stage.QUEUED))
        taken = []
        for number in (7, 8, 9):
            time.sleep(0.2 * number)  # Not always at the same point of a cycle.
            world.event("grab", sonarr="tv", tvdb_id=SPY, episodes=[[2, number]], rate=0.0)
            taken.append(wait_until(is_in(port, 2, number, Stage.FOUND)))
        found = [round(one, 2) for one in taken]
        FIGURES.info("grab to /metrics, cycles of %g s: %s s", cycle, found)
        assert max(taken) < cycle + 0.5 * SLOW_MACHINE  # The cycle itself takes a moment too.


@pytest.mark.alone
async def test_a_thousand_webhooks_in_a_second_are_answered_at_once(tmp_path: Path) -> None:
    port = free_port()
    with (
        simulated(["--series", "150", "--episodes", "3000", "--requests", "20"]) as world,
        served(tmp_path, world.environment, port),
    ):
        wait_until(lambda: pending(port) == 0, 90)
        world.forget_requests()
        started = time.monotonic()
        measured: list[tuple[float, float]] = []
        while len(measured) < STORMS and not any(is_quick(*one) for one in measured):
            measured.append(await one_storm(port))
            idle, busy = measured[-1]
            FIGURES.info("p99 %.1f ms in the storm, %.1f ms before", busy * 1000, idle * 1000)
        assert any(is_quick(*one) for one in measured), measured
        asked = world.requests()["sonarr.tv"]
        FIGURES.info("Sonarr was asked %s", asked)
        reads = 1 + (time.monotonic() - started) / APART_SECONDS
        assert 0 < asked["GET /api/v3/episode"] <= reads * STORMY_SERIES


def is_quick(idle: float, busy: float) -> bool:
    """Others may use this machine: then not even the quietest page is answered in 50 ms."""
    return busy < max(0.050, 2 * idle)


async def one_storm(port: int) -> tuple[float, float]:
    """The p99 of a thousand idle answers, then that of a thousand webhooks for a hundred series."""
    alive = [b"GET /-/healthy HTTP/1.1\r\nHost: episodarr\r\n\r\n"] * 1_000
    idle = p99(await storm(port, alive))
    webhooks = [raw(message("Grab", 1 + number % STORMY_SERIES)) for number in range(1_000)]
    return idle, p99(await storm(port, webhooks))


def pending(port: int) -> float | None:
    return sample(port, "episodarr_inventory_pending_series", sonarr="tv")


async def storm(port: int, requests: Sequence[bytes], seconds: float = 1.0) -> list[float]:
    """How long each answer took, of requests sent evenly over a few connections.

    Written bytes and nothing else: a client library would take longer than the server.
    """
    shares = [requests[first::CONNECTIONS] for first in range(CONNECTIONS)]
    every = seconds * CONNECTIONS / len(requests)
    found = await asyncio.gather(*(_send(port, share, every) for share in shares))
    return [one for times in found for one in times]


async def _send(port: int, requests: Sequence[bytes], every: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found: list[float] = []
    started = time.perf_counter()
    for number, request in enumerate(requests):
        await asyncio.sleep(max(0.0, started + number * every - time.perf_counter()))
        sent = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 202 ", b"HTTP/1.1 200 ")), head
        length = next(
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        await reader.readexactly(int(length.split(b":")[1]))
        found.append(time.perf_counter() - sent)
    writer.close()
    await writer.wait_closed()
    return found


def raw(body: bytes) -> bytes:
    """The webhook as it goes over the wire."""
    head = (
        f"POST {URL} HTTP/1.1\r\nHost: episodarr\r\nContent-Type: application/json\r\n"
        f"X-Episodarr-Secret: {WEB_SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def p99(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def test_a_killed_process_goes_on_where_it_was(tmp_path: Path) -> None:
    """What no upstream says: since when an episode is missing again whose file was lost."""
    port = free_port()
    with simulated(["--speed", "1"]) as world:
        environment = {**world.environment, "EPISODARR_CYCLE_SECONDS": "0.5"}
        with served(tmp_path, environment, port) as process:
            wait_until(is_in(port, 2, 1, Stage.DOWNLOADING))
            lost(world)
            wait_until(is_in(port, 1, 4, Stage.QUEUED))
            before = {place: (stage(port, *place), since(port, *place)) for place in PLACES}
            assert time.time() - (before[1, 4][1] or 0) < 60
            time.sleep(1)
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert process.returncode == -signal.SIGKILL
        with served(tmp_path, environment, port):
            wait_until(is_in(port, 2, 1, Stage.DOWNLOADING))
            after = {place: (stage(port, *place), since(port, *place)) for place in PLACES}
            assert after == before


PLACES = ((1, 4), (2, 1), (2, 2), (2, 3), (2, 5))


def lost(world: Simulated) -> None:
    """A file is gone from the disk, and Sonarr notices."""
    world.event("lose_files", sonarr="tv", tvdb_id=SPY, episodes=[[1, 4]])
