"""Serve and poll until `stop` is set."""

import asyncio
import socket
import ssl
from typing import override

import uvicorn
from starlette.types import ASGIApp

from episodarr.app import Application
from episodarr.app.backpressure import short_turns
from episodarr.app.connections import (
    BoundedProtocol,
    Limits,
    limits_here,
    without_protocol_errors,
)
from episodarr.app.memory import FULL_PASS_SECONDS, full_passes, short_collections
from episodarr.errors import SettingsError
from episodarr.settings import Settings


class WebServer(uvicorn.Server):
    """Uvicorn, on a socket that is bound already, without its own signal handlers."""

    @classmethod
    def on(cls, app: ASGIApp, settings: Settings, limits: Limits | None = None) -> "WebServer":
        """A server for this application; `limits` are those of this process if not given.

        Raises:
            SettingsError: the certificate or its key cannot be used.
        """
        web = settings.web
        config = uvicorn.Config(
            without_protocol_errors(app),
            http=_protocol(limits),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ssl_certfile=str(web.tls_cert_file) if web.tls_cert_file else None,
            ssl_keyfile=str(web.tls_key_file) if web.tls_key_file else None,
            timeout_graceful_shutdown=2,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                [f"EPISODARR_WEB__TLS_CERT_FILE: cannot use certificate and key: {error.strerror}"]
            ) from None
        return cls(config)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; a TLS handshake has as long as a header."""
        config, state = self.config, self.server_state
        loop = asyncio.get_running_loop()
        self.servers = [
            await loop.create_server(
                lambda: config.http_protocol_class(  # type: ignore[call-arg]
                    config=config, server_state=state, app_state={}, _loop=loop
                ),
                sock=sock,
                ssl=config.ssl,
                ssl_handshake_timeout=Limits().header_seconds if config.ssl else None,
                backlog=config.backlog,
            )
            for sock in sockets or ()
        ]
        self.started = True


def _protocol(limits: Limits | None) -> type[BoundedProtocol]:
    given = limits or limits_here()

    class WithinLimits(BoundedProtocol):
        limits = given

    return WithinLimits


async def run(application: Application, sock: socket.socket, stop: asyncio.Event) -> None:
    """Serve and poll until `stop` is set; then close everything in order."""
    server = WebServer.on(application.web, application.settings)
    serving = asyncio.create_task(server._serve([sock]), name="web")  # noqa: SLF001  `serve` would take our signals
    polling = asyncio.create_task(application.poller.run(), name="poller")
    following = asyncio.create_task(application.deletions.run(), name="deletions")
    collecting = asyncio.create_task(
        full_passes(FULL_PASS_SECONDS, application.yield_to_responses), name="memory"
    )
    stopping = asyncio.create_task(stop.wait(), name="stop")
    others = (polling, following, collecting, stopping)
    try:
        with short_collections(), short_turns():
            await asyncio.wait({serving, *others}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        for task in others:
            task.cancel()
        results = await asyncio.gather(serving, *others, return_exceptions=True)
        await application.aclose()
        for result in results:
            if isinstance(result, Exception):
                raise result
