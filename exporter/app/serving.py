"""Serve and poll until asked to stop."""

import asyncio
import errno
import socket
import ssl

import uvicorn
from starlette.types import ASGIApp

from exporter.app import Application
from exporter.app.courtesy import short_turns
from exporter.app.memory import short_collections
from exporter.errors import SettingsError
from exporter.settings import Settings

_BACKLOG = 128


def bound_socket(settings: Settings) -> socket.socket:
    """The socket the server listens on: whoever comes before it answers has to wait, not to retry.

    Raises:
        SettingsError: the address cannot be bound; says so with the remedy.
    """
    host = settings.web.host
    family = socket.AF_INET6 if ":" in host or not host else socket.AF_INET
    try:
        # Naming the protocol lets asyncio switch Nagle off: without it an answer takes 40 ms more.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and not host:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((host, settings.web.port))
        sock.listen(_BACKLOG)
    except OSError as error:
        if family == socket.AF_INET6 and not host:
            return _bound_ipv4(settings)
        raise _cannot_listen(settings, error) from None
    return sock


def _bound_ipv4(settings: Settings) -> socket.socket:
    """For machines without IPv6."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("", settings.web.port))
        sock.listen(_BACKLOG)
    except OSError as error:
        raise _cannot_listen(settings, error) from None
    return sock


def _cannot_listen(settings: Settings, error: OSError) -> SettingsError:
    match error.errno:
        case errno.EADDRINUSE:
            remedy = "stop the program that has it, or choose another (for example: :10988)"
        case errno.EACCES:
            remedy = "ports below 1024 are not for every user; choose another (for example: :10987)"
        case _:
            remedy = "give an address of this machine, or none for all (for example: :10987)"
    why = error.strerror or str(error)
    return SettingsError(
        [f"EPISODARR_WEB__LISTEN: cannot listen on {settings.web.listen}: {why}; {remedy}"]
    )


class WebServer(uvicorn.Server):
    """Uvicorn, on a socket that is bound already, leaving signals to us."""

    @classmethod
    def on(cls, app: ASGIApp, settings: Settings) -> "WebServer":
        """A server for this application.

        Raises:
            SettingsError: the certificate or its key cannot be used.
        """
        web = settings.web
        config = uvicorn.Config(
            app,
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


async def run(application: Application, sock: socket.socket, stop: asyncio.Event) -> None:
    """Serve and poll until `stop` is set; then close everything in order."""
    server = WebServer.on(application.web, application.settings)
    serving = asyncio.create_task(server._serve([sock]), name="web")  # noqa: SLF001  `serve` would take our signals
    polling = asyncio.create_task(application.poller.run(), name="poller")
    following = asyncio.create_task(_follow(application), name="deletions")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        with short_collections(), short_turns():
            await asyncio.wait(
                {serving, polling, following, stopping}, return_when=asyncio.FIRST_COMPLETED
            )
    finally:
        server.should_exit = True
        for task in (polling, following, stopping):
            task.cancel()
        results = await asyncio.gather(
            serving, polling, following, stopping, return_exceptions=True
        )
        await application.aclose()
        for result in results:
            if isinstance(result, Exception):
                raise result


async def _follow(application: Application) -> None:
    """Follow deletions; where that cannot be, wait for the others to end."""
    if application.deletions is None:
        await asyncio.Event().wait()
    else:
        await application.deletions.run()
