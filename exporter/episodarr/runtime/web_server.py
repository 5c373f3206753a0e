"""The web server: uvicorn within limits, on a socket that is bound already."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import override

import uvicorn
from starlette.types import ASGIApp

from episodarr.errors import SettingsError
from episodarr.runtime.connections import (
    BoundedProtocol,
    Limits,
    limits_here,
    without_protocol_errors,
)


class WebServer(uvicorn.Server):
    """Uvicorn, on a socket that is bound already, without its own signal handlers."""

    @classmethod
    def on(
        cls,
        app: ASGIApp,
        limits: Limits | None = None,
        *,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> "WebServer":
        """A server for this application, with TLS if it has a certificate and its key.

        `limits` are those of this process if not given.

        Raises:
            SettingsError: the certificate or its key cannot be used.
        """
        config = uvicorn.Config(
            without_protocol_errors(app),
            http=_protocol(limits),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ssl_certfile=str(certificate) if certificate else None,
            ssl_keyfile=str(key) if key else None,
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
                lambda: config.http_protocol_class(  # type: ignore[call-arg]  # typed as any protocol
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
