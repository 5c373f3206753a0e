"""Faults of a system's answers, switched on and off at run time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = (
    "slow",
    "status",
    "half_body",
    "truncated_json",
    "html",
    "empty_body",
    "wrong_type",
    "refused",
    "login_redirect",
    "empty_server",
    "half_list",
)
"""Every kind of fault; ``Fault`` describes each."""

_LOGIN_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of one system.

    - ``slow``: the right answer, ``seconds`` late.
    - ``status``: an error of that ``status`` with a short text.
    - ``half_body``: announces the whole length, sends half, closes the connection.
    - ``truncated_json``: half the body as if it were all of it.
    - ``html``: 200 with a page instead of data.
    - ``empty_body``: 200 with nothing.
    - ``wrong_type``: 200 with JSON that is neither a list nor an object.
    - ``refused``: the port is closed.
    - ``login_redirect``: 302 to a login page, which is answered with 200.
    - ``empty_server``: another, healthy server of the same kind that holds nothing.
    - ``half_list``: 200 with the first half of a list, as if that were all of it.
    """

    kind: str
    seconds: float = 0.0
    status: int = 500
    path_prefix: str = "/"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            msg = f"no fault is called {self.kind!r}; there are {', '.join(KINDS)}"
            raise ValueError(msg)

    @property
    def breaks(self) -> bool:
        """Whether another program cannot use the system while this lasts."""
        return self.kind not in {"slow", "half_list"} and self.path_prefix == "/"

    def applies(self, path: str) -> bool:
        """Whether a request for the path is hit."""
        return path.startswith(self.path_prefix)


@dataclass(slots=True)
class ActiveFaults:
    """The faults of one system that are on."""

    faults: list[Fault] = field(default_factory=list)

    def match(self, path: str) -> Fault | None:
        """The fault that a request for the path meets: the one switched on last."""
        return next((fault for fault in reversed(self.faults) if fault.applies(path)), None)

    @property
    def refused(self) -> bool:
        """Whether the listener is closed."""
        return any(fault.kind == "refused" for fault in self.faults)


async def answer_with_fault(
    fault: Fault, apps: tuple[ASGIApp, ASGIApp], scope: Scope, receive: Receive, send: Send
) -> None:
    """Answers a request under a fault.

    Args:
        fault: What is wrong.
        apps: The system itself and its empty double.
        scope: The request.
        receive: Gives the request's body.
        send: Takes the answer.
    """
    app, empty = apps
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        await app(scope, receive, send)
    elif fault.kind == "empty_server":
        await empty(scope, receive, send)
    elif fault.kind == "half_list":
        start, body = await _recorded(app, scope, receive)
        listed = msgspec.json.decode(body)
        half = msgspec.json.encode(
            listed[: len(listed) // 2] if isinstance(listed, list) else listed
        )
        await _send(send, start, half, half)
    elif fault.kind in {"half_body", "truncated_json"}:
        start, body = await _recorded(app, scope, receive)
        half = body[: len(body) // 2]
        await _send(send, start, body if fault.kind == "half_body" else half, half)
    else:
        await _canned(fault, scope, send)


async def _recorded(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    starts: list[Message] = []
    parts: list[bytes] = []

    async def record(message: Message) -> None:
        if message["type"] == "http.response.start":
            starts.append(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, record)
    return starts[0], b"".join(parts)


async def _send(send: Send, start: Message, announced: bytes, sent: bytes) -> None:
    headers = [(key, value) for key, value in start["headers"] if key != b"content-length"]
    headers.append((b"content-length", str(len(announced)).encode()))
    await send({**start, "headers": headers})
    # A body shorter than announced makes the server drop the connection, which is the point.
    complete = len(announced) == len(sent)
    await send({"type": "http.response.body", "body": sent, "more_body": not complete})


async def _canned(fault: Fault, scope: Scope, send: Send) -> None:
    status, kind, body = 200, b"text/html; charset=utf-8", _LOGIN_PAGE
    extra: list[tuple[bytes, bytes]] = []
    if fault.kind == "status":
        status, kind, body = fault.status, b"text/plain", b"simulated failure"
    elif fault.kind == "empty_body":
        kind, body = b"application/json", b""
    elif fault.kind == "wrong_type":
        kind, body = b"application/json", b"42"
    elif fault.kind == "login_redirect" and not scope["path"].startswith("/login"):
        status, body = 302, b""
        extra = [(b"location", b"/login?returnUrl=" + scope["path"].encode())]
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
