"""Slow, many and broken connections cost no answer, no traceback and no memory."""

import asyncio
import logging
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from episodarr.runtime.connections import Limits
from episodarr.runtime.web_server import WebServer
from episodarr.server.app import build_app
from episodarr.server.contract import ServerOptions
from tests.server.published import Clock, FakeActions, FakePublishedState

SECRET = "a-secret-of-the-test"
QUICK = Limits(header_seconds=0.2, body_seconds=0.2, sending_seconds=0.2, connections=20)
HEALTHY = b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
POST = (
    b"POST /webhooks/sonarr/tv HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"X-Episodarr-Secret: " + SECRET.encode() + b"\r\nContent-Length: 100\r\n\r\n{"
)


@dataclass
class Place:
    """A running server, and how to reach it."""

    port: int
    server: WebServer
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.stack.callback(writer.close)
        return reader, writer

    async def send(self, data: bytes) -> bytes:
        """What comes back until the server closes."""
        reader, writer = await self.connect()
        writer.write(data)
        try:
            async with asyncio.timeout(5):
                return await reader.read()
        except ConnectionResetError:
            return b""


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110  the server has no event for it
            await asyncio.sleep(0.001)


@asynccontextmanager
async def serving(limits: Limits) -> AsyncIterator[Place]:
    app = build_app(
        FakePublishedState(), FakeActions(), ServerOptions(secret=SECRET), clock=Clock()
    )
    server = WebServer.on(app, limits)
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    task = asyncio.create_task(server._serve([sock]))
    await until(lambda: server.started)
    place = Place(sock.getsockname()[1], server)
    try:
        async with place.stack:
            yield place
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def run(limits: Limits = QUICK) -> AsyncIterator[Place]:
    async with serving(limits) as place:
        yield place


@pytest.mark.parametrize(
    "beginning", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", POST, HEALTHY.replace(b"close", b"keep-alive")[:-2]]
)  # fmt: skip
async def test_a_client_that_drips_has_its_time_and_no_more(beginning: bytes) -> None:
    async with run() as place:
        reader, writer = await place.connect()
        writer.write(beginning)

        async def drip() -> None:
            while True:
                writer.write(b"a")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(5):
            with suppress(ConnectionResetError):
                await reader.read()
        dripping.cancel()
        assert b"200 OK" in await place.send(HEALTHY)


async def test_a_client_that_does_not_read_has_its_time_and_no_more() -> None:
    async def endless(
        scope: object, receive: object, send: Callable[[object], Awaitable[None]]
    ) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            await asyncio.sleep(0)

    server = WebServer.on(endless, QUICK)  # type: ignore[arg-type]
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    task = asyncio.create_task(server._serve([sock]))
    await until(lambda: server.started)
    _, writer = await asyncio.open_connection("127.0.0.1", sock.getsockname()[1], limit=1024)
    writer.write(HEALTHY)
    await until(lambda: bool(server.server_state.connections))
    await until(lambda: not server.server_state.connections)
    writer.transport.abort()
    server.should_exit = True
    await task


async def test_three_hundred_dripping_connections_leave_room_for_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    patient = Limits(header_seconds=60, body_seconds=60, connections=20)

    with caplog.at_level(logging.INFO):
        async with run(patient) as place:
            for number in range(300):
                _, writer = await place.connect()
                writer.write(POST if number % 2 else b"GET / HTTP/1.1\r\nX-A: ")
                if number % 50 == 49:
                    assert b"200 OK" in await place.send(HEALTHY)
            assert len(place.server.server_state.connections) <= 20
    assert not [record for record in caplog.records if record.exc_info]
    assert len(caplog.records) < 20


async def test_what_breaks_the_protocol_writes_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pieces = (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", POST, b"\0\xff", b"GET  /", b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n", b"\r\n\r\n", b"zz\r\n", b"0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\n",
        b"GET /%ff HTTP/1.0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"A" * 70_000,
        b"Connection: upgrade\r\nUpgrade: websocket\r\n", b"Expect: 100-continue\r\n",
    )  # fmt: skip
    chance = random.Random(16)  # noqa: S311  no secret

    async def once(place: Place) -> None:
        data = b"".join(chance.choices(pieces, k=chance.randrange(1, 6)))
        answer = await place.send(data)
        assert b"Traceback" not in answer
        assert not answer.startswith(b"HTTP/1.1 500")

    with caplog.at_level(logging.DEBUG):
        async with run() as place:
            for _ in range(6):
                await asyncio.gather(*(once(place) for _ in range(19)))
            assert b"200 OK" in await place.send(HEALTHY)
    assert not [record for record in caplog.records if record.exc_info]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
