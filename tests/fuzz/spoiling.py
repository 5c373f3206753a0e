"""One spoiled body for a parser, many spoiled requests for the web server; what comes of them."""

import asyncio
import logging
import traceback
from typing import override

from episodarr.runtime.connections import Limits
from tests.fuzz.mutating import Mutator
from tests.fuzz.targets import Target
from tests.runtime.test_connections import HEALTHY, POST, Place, serving

_REQUESTS = (
    HEALTHY,
    POST,
    b"GET /?q=%F0%9F%98%80&page=9&stage=queued HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip;q=0\r\n\r\n",
    b"GET /api/v1/series/tv:405920 HTTP/1.1\r\nHost: [::1]:1\r\nIf-None-Match: W/\"x\"\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: application/openmetrics-text;q=0.5\r\n\r\n",
    b"POST /api/v1/deletions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Authorization: Bearer a-secret-of-the-test\r\nContent-Length: 17\r\n\r\n{\"series\": \"x:1\"}",
    b"POST /webhooks/sonarr/tv HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/json\r\nAuthorization: Basic eDphLXNlY3JldA==\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"GET /static/..%2f..%2fapp.py HTTP/1.0\r\n\r\n",
)  # fmt: skip
_AT_ONCE = 20


def spoil(target: Target, mutator: Mutator) -> tuple[str, str]:
    """How one spoiled body was taken, and what was wrong with that; empty for nothing."""
    good = mutator.chance.choice(target.good)
    body = mutator.body(good)
    try:
        target.read(body)
    except target.errors:
        return "refused", ""
    except Exception:  # noqa: BLE001  whatever it is, it is what we look for
        return "fault", f"{target.name}: {body[:300]!r}\n{traceback.format_exc(limit=-4)}"
    return "read", ""


class _Tracebacks(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.levelno >= logging.ERROR:
            self.seen.append(logging.Formatter().format(record))


def spoil_the_server(mutator: Mutator, seconds: float, faults: list[str]) -> int:
    """Send spoiled requests for so long; how many."""
    handler = _Tracebacks()
    logging.getLogger().addHandler(handler)

    async def ask(place: Place) -> None:
        good = b"".join(mutator.chance.choices(_REQUESTS, k=mutator.chance.randrange(1, 3)))
        sent = mutator.bytes_of(good) if mutator.chance.random() < 0.9 else good
        answer = await place.send(sent)
        if answer.startswith(b"HTTP/1.1 500") or b"Traceback" in answer:
            faults.append(f"web server: {sent[:300]!r}: {answer[:300]!r}")

    async def run() -> int:
        asked = 0
        limits = Limits(header_seconds=0.1, body_seconds=0.1, connections=50)
        async with serving(limits) as place, asyncio.timeout(seconds + 60):
            until = asyncio.get_running_loop().time() + seconds
            while asyncio.get_running_loop().time() < until:
                await asyncio.gather(*(ask(place) for _ in range(_AT_ONCE)))
                asked += _AT_ONCE
            if b"200 OK" not in await place.send(HEALTHY):
                faults.append("web server: it does not answer any more")
        return asked

    try:
        return asyncio.run(run())
    finally:
        logging.getLogger().removeHandler(handler)
        faults.extend(f"web server: {seen}" for seen in handler.seen)
