"""Bounded connections: a time limit for each step of one, and a limit on their number.

Uvicorn waits without limit for the rest of a header or a body, and writes a traceback where a
client breaks the protocol at a moment that h11 does not foresee.
"""

import asyncio
import resource
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast, override

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

_SPARED_FILES = 128
"""For everything but connections: the store, the systems, the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one connection, and all of them, may take."""

    header_seconds: float = 10.0
    """For a whole request header, from its first byte or from connecting on."""
    body_seconds: float = 30.0
    """For a whole request body."""
    sending_seconds: float = 60.0
    """For a client to take what waits to be sent."""
    connections: int = 200
    """At once; where one more comes, the one that has kept us waiting longest goes."""


def limits_here() -> Limits:
    """The limits for this process: it may open few files where it runs."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = 1024 if soft == resource.RLIM_INFINITY else soft
    return Limits(connections=max(8, min(Limits().connections, (files - _SPARED_FILES) // 2)))


class BoundedProtocol(H11Protocol):
    """One connection within `Limits`; what breaks the protocol ends it without a traceback."""

    limits = Limits()

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer: asyncio.TimerHandle | None = None
        self._waits_for: object = None
        self._waits_since = self.loop.time()
        self._await(h11.IDLE, self.limits.header_seconds)
        if len(self.connections) > self.limits.connections:
            others = cast("Iterable[BoundedProtocol]", self.connections - {self})
            waiting = [one for one in others if one.keeps_us_waiting]
            victim = min(waiting, key=lambda one: one._waits_since, default=self)  # noqa: SLF001
            victim.transport.abort()

    @property
    def keeps_us_waiting(self) -> bool:
        """Whether the client is to act next: to send a request or the rest of it, or to read."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete or self._waits_for is not None

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waits_for is not self.flow:
            self._watch()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    @override
    def handle_events(self) -> None:
        try:
            super().handle_events()
        except h11.ProtocolError:
            self._give_up_answer()
            self.transport.abort()

    @override
    def send_400_response(self, msg: str) -> None:
        self._give_up_answer()
        super().send_400_response(msg)

    def _give_up_answer(self) -> None:
        """End an answer that is under way as if the client had disconnected."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._await(self.flow, self.limits.sending_seconds)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._await(None, 0)
        super().connection_lost(exc)

    @override
    def shutdown(self) -> None:
        with suppress(h11.ProtocolError):
            super().shutdown()
            return
        self.transport.close()

    @override
    def timeout_keep_alive_handler(self) -> None:
        with suppress(h11.ProtocolError):
            super().timeout_keep_alive_handler()
            return
        self.transport.close()

    def _watch(self) -> None:
        match self.conn.their_state:
            case h11.IDLE:
                self._await(h11.IDLE, self.limits.header_seconds)
            case h11.SEND_BODY:
                self._await(h11.SEND_BODY, self.limits.body_seconds)
            case _:
                self._await(None, 0)

    def _await(self, what: object, seconds: float) -> None:
        """Give the client a time for this, which it has from now on only if it is something new."""
        if what is self._waits_for:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._waits_for = what
        self._waits_since = self.loop.time()
        self._timer = None
        if what is not None:
            self._timer = self.loop.call_later(seconds, self.transport.abort)


def without_protocol_errors(app: ASGIApp) -> ASGIApp:
    """The application, whose answers go nowhere once the client has broken the protocol."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_quietly(message: Message) -> None:
            with suppress(h11.ProtocolError):
                await send(message)

        await app(scope, receive, send_quietly)

    return served
