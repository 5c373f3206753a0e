"""The surfaces on a free port of this machine, in a thread of this process."""

import socket
import threading
import time

import uvicorn
from starlette.applications import Starlette

from episodarr.server.app import build_app
from episodarr.server.contract import ServerOptions
from tests.server.published import Clock, FakeActions, FakePublishedState


class Served:
    """A running exporter's surfaces, whose published state a test may change."""

    def __init__(self, options: ServerOptions, app: Starlette | None = None) -> None:
        self.published = FakePublishedState()
        self.actions = FakeActions()
        app = app or build_app(self.published, self.actions, options, clock=Clock())
        config = uvicorn.Config(app, log_level="critical", date_header=False, lifespan="off")
        self._server = uvicorn.Server(config)
        # asyncio only turns Nagle's delay of 40 ms off where the protocol is named.
        self._socket = socket.socket(proto=socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
