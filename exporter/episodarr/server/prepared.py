"""A response whose body is ready in many parts, sent a few at a time."""

import asyncio
from collections.abc import Mapping
from typing import override

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from episodarr.metrics.rendering.bodies import Body
from episodarr.metrics.rendering.deflate import grouped

SENT_BYTES = 131_072
"""Smaller parts are joined, since each send costs; so does the copy of a large one."""


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
        for step in grouped(self._body, SENT_BYTES):
            await send({"type": "http.response.body", "body": step, "more_body": True})
            await asyncio.sleep(0)  # A reader as fast as we are would leave others no turn.
        await send({"type": "http.response.body", "body": b"", "more_body": False})
