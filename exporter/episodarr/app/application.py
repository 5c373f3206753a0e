"""The composed program: run until it is stopped, renewed on SIGHUP, closed in order."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from episodarr.cycle.publish.published import PublishedState
from episodarr.cycle.run import Poller
from episodarr.deletions.service.service import Deletions
from episodarr.logs import reopen_files
from episodarr.runtime.backpressure import short_turns
from episodarr.runtime.garbage import FULL_PASS_SECONDS, full_passes, short_collections
from episodarr.runtime.heap import keep_heap_small
from episodarr.runtime.web_server import WebServer
from episodarr.settings import Settings

log = logging.getLogger(__name__)

CLOSED_WITHIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Application:
    """All parts of the program, built and not yet running."""

    settings: Settings
    published: PublishedState
    poller: Poller
    deletions: Deletions
    web: ASGIApp
    yield_to_responses: Callable[[], Awaitable[None]]
    """Awaited before work that can wait until answers are out."""
    closers: tuple[Callable[[], object], ...]
    forget_refusals: Callable[[], None]
    """Allow refused logins again, after the operator mended their cause."""

    async def run(self, sock: socket.socket, stop: asyncio.Event) -> None:
        """Serve and poll until `stop` is set; then close everything in order."""
        keep_heap_small()
        web = self.settings.web
        server = WebServer.on(self.web, certificate=web.tls_cert_file, key=web.tls_key_file)
        serving = asyncio.create_task(server._serve([sock]), name="web")  # noqa: SLF001  `serve` would take our signals
        polling = asyncio.create_task(self.poller.run(), name="poller")
        following = asyncio.create_task(self.deletions.run(), name="deletions")
        collecting = asyncio.create_task(
            full_passes(FULL_PASS_SECONDS, self.yield_to_responses), name="memory"
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
            await self.aclose()
            for result in results:
                if isinstance(result, Exception):
                    raise result

    def renew(self) -> None:
        """Handle SIGHUP: open the log's file again, allow refused logins, begin a cycle at once."""
        reopen_files()
        self.forget_refusals()
        log.info("SIGHUP: the log is opened anew, and refused logins are tried again")
        self.poller.begin_now()

    async def aclose(self) -> None:
        """Close every connection; one that hangs or fails keeps none of the others open."""
        for close in self.closers:
            try:
                async with asyncio.timeout(CLOSED_WITHIN_SECONDS):
                    result = close()
                    if asyncio.iscoroutine(result):
                        await result
            except TimeoutError:
                log.warning("%s did not end in time", getattr(close, "__qualname__", close))
            except Exception:
                log.exception("something could not be closed")
