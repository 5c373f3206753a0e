"""A response whose body is ready in many parts, sent a few at a time."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import override

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from episodarr.metrics.rendering.bodies import STEP_BYTES, Body


class PreparedResponse(Response):
    """Sends the parts in order; its size is known."""

    def __init__(self, body: Body, headers: Mapping[str, str]) -> None:
        super().__init__(headers={**headers, "Content-Length": str(body.size)})
        self._body = body

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        for step in _steps(self._body):
            await send({"type": "http.response.body", "body": step, "more_body": True})
            await asyncio.sleep(0)  # A reader as fast as we are would leave others no turn.
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _steps(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts in order, small ones joined, since each send costs; so does a large one's copy."""
    step: list[bytes] = []
    size = 0
    for part in parts:
        if len(part) >= STEP_BYTES // 2:
            if step:
                yield b"".join(step)
                step, size = [], 0
            yield part
            continue
        step.append(part)
        size += len(part)
        if size >= STEP_BYTES:
            yield b"".join(step)
            step, size = [], 0
    if step:
        yield b"".join(step)
