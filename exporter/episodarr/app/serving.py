"""Serve and poll until `stop` is set."""

import asyncio
import socket

from episodarr.app import Application
from episodarr.runtime.backpressure import short_turns
from episodarr.runtime.garbage import FULL_PASS_SECONDS, full_passes, short_collections
from episodarr.runtime.web_server import WebServer


async def run(application: Application, sock: socket.socket, stop: asyncio.Event) -> None:
    """Serve and poll until `stop` is set; then close everything in order."""
    web = application.settings.web
    server = WebServer.on(application.web, certificate=web.tls_cert_file, key=web.tls_key_file)
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
