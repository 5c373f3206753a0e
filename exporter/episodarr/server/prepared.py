"""A response whose body is ready in many parts, sent a few at a time."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import override

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_LARGE_BYTES = 131_072
"""Size in bytes from which a part is sent as it is; smaller ones are joined, since each send costs."""
_STEP_BYTES = 1_048_576
"""Most bytes joined at once: a fraction of a millisecond."""

_SENT_PER_TURN = 16
"""Sends in a row before other tasks run."""


class PreparedResponse(Response):
    """Sends the parts in order; its size is known."""

    def __init__(self, parts: Sequence[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(headers={**headers, "Content-Length": str(sum(map(len, parts)))})
        self._parts = parts

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        steps = list(_steps(self._parts))
        for number, step in enumerate(steps, start=1):
            body = b"".join(step)
            more = number < len(steps)
            await send({"type": "http.response.body", "body": body, "more_body": more})
            if more and number % _SENT_PER_TURN == 0:
                await asyncio.sleep(0)  # A reader as fast as we are would leave others no turn.


def _steps(parts: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The parts in order, large ones alone; at least one step."""
    step: list[bytes] = []
    size = 0
    for part in parts:
        is_alone = len(part) >= _LARGE_BYTES or (len(step) == 1 and size >= _LARGE_BYTES)
        if step and (is_alone or size >= _STEP_BYTES):
            yield step
            step, size = [], 0
        step.append(part)
        size += len(part)
    yield step
