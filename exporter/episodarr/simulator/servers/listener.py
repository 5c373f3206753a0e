"""One port: it can be closed and opened again without losing its number."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Generator
from datetime import datetime
from email.utils import format_datetime
from typing import override

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from episodarr.simulator.servers.faults import ActiveFaults, answer_with_fault
from episodarr.simulator.servers.request_counts import RequestCounts
from episodarr.simulator.times import Clock

HOST = "127.0.0.1"
_log = logging.getLogger(__name__)
_connections = logging.getLogger(f"{__name__}.connections")
# Answers that are cut short on purpose are errors to the server; they are not logged.
_connections.propagate = False
_connections.addHandler(logging.NullHandler())


class _Protocol(H11Protocol):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # passed on as uvicorn gives it
        self.logger = _connections


class _Server(uvicorn.Server):
    """Waits to be stopped instead of polling ten times a second, for there are many of them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    @override
    async def main_loop(self) -> None:
        while not self.stopping.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 1.0)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.stop()
        for sock in sockets or ():
            sock.close()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Stops listening at once and drops every open connection."""
        self.stopping.set()
        for listening in getattr(self, "servers", ()):
            listening.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, H11Protocol):
                connection.transport.abort()

    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Gate:
    """Wraps a system's application: moves the world on, counts requests, applies faults."""

    def __init__(
        self,
        system: str,
        apps: tuple[ASGIApp, ASGIApp],
        request_counts: RequestCounts,
        tick: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._system = system
        self._apps = apps
        self._request_counts = request_counts
        self._tick = tick
        self.active = ActiveFaults()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        send = _dated(send, self._clock())
        query = scope["query_string"].decode("latin-1")
        self._request_counts.begin(self._system, scope["method"], scope["path"], query)
        try:
            self._tick()
            fault = self.active.match(scope["path"])
            if fault is None:
                await self._apps[0](scope, receive, send)
            else:
                await answer_with_fault(fault, self._apps, scope, receive, send)
        except Exception:
            _log.exception("the simulated %s failed on %s", self._system, scope["path"])
            raise
        finally:
            self._request_counts.end(self._system)


def _dated(send: Send, now: datetime) -> Send:
    """The time of the answer by the system's own clock, which the server under it does not know."""

    async def send_dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            date = (b"date", format_datetime(now, usegmt=True).encode())
            message = {**message, "headers": [*message["headers"], date]}
        await send(message)

    return send_dated


class Listener:
    """An HTTP server on one port of `HOST`, in the running event loop."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self.port = port
        self._server: _Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Binds the port, a free one the first time if it is 0, and accepts connections."""
        if self._server is not None:
            return
        # The protocol by name: asyncio switches Nagle off only for sockets of IPPROTO_TCP.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, self.port))
        except OSError:
            sock.close()
            raise
        # Listening at once, so that a client that connects before the server task runs only waits.
        sock.listen(256)
        sock.settimeout(0)
        self.port = sock.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        task = asyncio.get_running_loop().create_task(self._server.serve(sockets=[sock]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Stops listening at once and drops every open connection."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    async def aclose(self) -> None:
        """Closes and waits until nothing is left."""
        self.close()
        if self._tasks:
            await asyncio.wait(self._tasks)
