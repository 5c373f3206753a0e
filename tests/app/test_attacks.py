"""Memory, threads, open files and lines of the log stay where they are, however often one attacks."""

import asyncio
import gc
import gzip
import json
import logging
import threading
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import override

import httpx
import pytest

from episodarr.errors import UpstreamError
from episodarr.logs import OncePerMinute, UnreadLog
from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.runtime.connections import Limits
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.sonarr.client import SonarrClient
from tests.runtime.test_connections import HEALTHY, POST, SECRET, Place, serving
from tests.systems.sonarr.sonarr_payloads import a_series

MIB = 1024 * 1024
ATTACKS = 5
KEPT_BYTES = ATTACKS * MIB // 8
"""Less than this is kept of all attacks together: not even a part of each."""
QUICK = Limits(header_seconds=0.1, body_seconds=0.1, sending_seconds=0.1, connections=20)


class Lines(logging.Handler):
    """What the log would have written."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.addFilter(OncePerMinute())

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


@dataclass(frozen=True)
class Weight:
    """What this process has of everything that an attack could use up."""

    memory_bytes: int
    peak_bytes: int
    threads: int
    files: int

    @classmethod
    def now(cls) -> "Weight":
        gc.collect()
        memory, peak = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        return cls(
            memory, peak, threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
        )


async def hold_flat(attack: Callable[[], Awaitable[object]], *, peak_mib: int) -> None:
    """Attack, weigh, attack again and again, weigh again."""
    lines = Lines()
    logging.getLogger().addHandler(lines)
    tracemalloc.start()
    try:
        for _ in range(2):
            await attack()
        before, lines.count = Weight.now(), 0
        for _ in range(ATTACKS):
            await attack()
        await asyncio.sleep(0.2)
        after = Weight.now()
    finally:
        tracemalloc.stop()
        logging.getLogger().removeHandler(lines)
    assert after.memory_bytes - before.memory_bytes < KEPT_BYTES
    assert after.peak_bytes - before.memory_bytes < peak_mib * MIB
    assert after.threads <= before.threads
    assert after.files <= before.files + 2
    assert lines.count <= 3


CLOSED_JSON = b"Host: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
REQUESTS = {
    "drips a header": b"GET / HTTP/1.1\r\nX-A: ",
    "drips a body": POST,
    "a header without end": b"GET / HTTP/1.1\r\nX-A: " + b"a" * 300_000,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01" * 50,
    "a rebound name": b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "nested JSON": b"POST /webhooks/sonarr/tv HTTP/1.1\r\n" + CLOSED_JSON
    + f"X-Episodarr-Secret: {SECRET}\r\nContent-Length: 100000\r\n\r\n".encode() + b"[" * 100_000,
    "a body that is too large": b"POST /webhooks/sonarr/tv HTTP/1.1\r\n" + CLOSED_JSON
    + f"X-Episodarr-Secret: {SECRET}\r\nContent-Length: 99999999\r\n\r\n".encode() + b"x" * 200_000,
    "a wrong secret": b"POST /api/v1/deletions HTTP/1.1\r\n" + CLOSED_JSON
    + b"X-Episodarr-Secret: no\r\nContent-Length: 2\r\n\r\n{}",
}  # fmt: skip


@pytest.mark.parametrize("kind", REQUESTS)
async def test_attacks_on_the_web_server_leave_nothing_behind(kind: str) -> None:
    async with serving(QUICK) as place:

        async def attack() -> None:
            await asyncio.gather(*(_send(place, REQUESTS[kind]) for _ in range(10)))

        await hold_flat(attack, peak_mib=16)
        assert b"200 OK" in await place.send(HEALTHY)


async def _send(place: Place, data: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(data)
    with suppress(OSError):
        async with asyncio.timeout(5):
            await reader.read()
    writer.transport.abort()


ODD = [a_series(n, tvdbId=0 if n % 3 else n) for n in range(1, 300)]
BODIES = {
    "packed twice": (gzip.compress(gzip.compress(b"0" * 30 * MIB)), "gzip, gzip"),
    "packed very small": (gzip.compress(b"[" + b" " * 200 * MIB, compresslevel=1), "gzip"),
    "numbers": (b"[" + b"1," * 5_000_000 + b"1]", "identity"),
    "empty objects": (b"[" + b"{}," * 3_000_000 + b"{}]", "identity"),
    "nested without end": (b"[" * MIB, "identity"),
    "odd records": (json.dumps(ODD).encode(), "identity"),
}


@asynccontextmanager
async def a_sonarr_that_answers(body: bytes, encoding: str) -> AsyncIterator[SonarrClient]:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, stream=httpx.ByteStream(body), headers=headers)
    )
    named = UnreadLog("tv", System.SONARR)
    client = SonarrClient(
        SonarrName("tv"),
        ConnectionOptions(base_url="http://sonarr", max_body_bytes=24 * MIB),
        api_key="k",
        observer=ignore_requests,
        on_unread=named.report,
        transport=transport,
    )
    try:
        yield client
    finally:
        await client.aclose()


@pytest.mark.parametrize("kind", BODIES)
async def test_answers_that_attack_leave_nothing_behind(kind: str) -> None:
    async with a_sonarr_that_answers(*BODIES[kind]) as client:

        async def attack() -> None:
            with suppress(UpstreamError):
                await client.fetch_series()

        await hold_flat(attack, peak_mib=80)
