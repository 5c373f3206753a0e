"""The transport below `httpx.AsyncClient` that every exchange with an upstream passes.

Its rules are those of `http.py`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, override
from urllib.parse import unquote, urlsplit

import httpx

from episodarr.errors import (
    BadPayload,
    Redirected,
    SettingsError,
    TimedOut,
    Unreachable,
    UpstreamError,
)
from episodarr.model.reading import FailureReason
from episodarr.systems.payload import describe_non_json
from episodarr.systems.refusals import (
    describe_connection_trouble,
    describe_redirect,
    error_of_status,
    sent_secrets,
    server_words,
    showable_url,
    shown_authority,
)
from episodarr.systems.unpacking import Unpacker, refuse_a_swarm

MIB = 1024 * 1024
LONGEST_CONNECT_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 60.0
"""Longer than a cycle, so that a quiet cycle opens no connection."""


class RequestObserver(Protocol):
    """Called once for each finished exchange, good or bad; cancelled ones are not reported."""

    def __call__(
        self, endpoint: str, duration_seconds: float, reason: FailureReason | None
    ) -> None:
        """`reason` is None for a good answer."""
        ...


def ignore_requests(endpoint: str, duration_seconds: float, reason: FailureReason | None) -> None:
    """Does nothing; the observer where nothing is measured: `episodarr check`, tests."""
    del endpoint, duration_seconds, reason


type OnDate = Callable[[str], None]
"""Called with the `Date` of an answer as soon as its headers have arrived."""


def ignore_date(date: str) -> None:
    """Does nothing, for callers that compare no clocks: `episodarr check`, tests."""
    del date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConnectionOptions:
    """Where an upstream is and how to reach it."""

    base_url: str
    """With scheme, port and base path; `user:password@` becomes HTTP Basic and is never shown."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Sent with every request; their values count as secrets."""
    timeout_seconds: float = 30.0
    """For one whole exchange."""
    ca_file: Path | None = None
    """PEM; trusted in addition to the system's."""
    verify_tls: bool = True
    max_connections: int = 4
    max_body_bytes: int = 128 * MIB
    """Unpacked; a list of a hundred thousand episodes has 90."""
    on_date: OnDate = ignore_date

    @override
    def __repr__(self) -> str:
        return (
            f"ConnectionOptions({self.address!r}, headers={sorted(self.headers)}, "
            f"timeout_seconds={self.timeout_seconds}, verify_tls={self.verify_tls})"
        )

    @property
    def address(self) -> str:
        """The base URL as it may be shown: without user, password and query."""
        return showable_url(self.base_url).rstrip("/")

    @property
    def basic_auth(self) -> tuple[str, str] | None:
        """User and password of the base URL, if it has them: for HTTP Basic."""
        parts = urlsplit(self.base_url)
        if not parts.username:
            return None
        return unquote(parts.username), unquote(parts.password or "")

    def with_headers(self, headers: Mapping[str, str]) -> "ConnectionOptions":
        """The same options with more headers."""
        return replace(self, headers=MappingProxyType({**self.headers, **headers}))

    def ssl_context(self) -> ssl.SSLContext:
        """What TLS connections to this upstream must satisfy.

        Raises:
            SettingsError: the CA file cannot be used.
        """
        context = ssl.create_default_context()
        if not self.verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif self.ca_file is not None:
            try:
                context.load_verify_locations(self.ca_file)
            except OSError as error:
                what = "is no PEM certificate" if isinstance(error, ssl.SSLError) else "unreadable"
                problem = f"{self.address}: CA file {self.ca_file}: {what}; give a PEM file"
                raise SettingsError([problem]) from error
        return context


@dataclass(frozen=True, slots=True)
class Call:
    """The name of the request under way, and the statuses that it accepts besides 2xx."""

    endpoint: str
    accepted: frozenset[int]


CALL: ContextVar[Call | None] = ContextVar("CALL", default=None)


class GuardedTransport(httpx.AsyncBaseTransport):
    """Turns everything that is not a complete good answer into an `UpstreamError`."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        options: ConnectionOptions,
        observer: RequestObserver,
        monotonic: Callable[[], float],
    ) -> None:
        self._inner = inner
        self._options = options
        self._observer = observer
        self._monotonic = monotonic
        self._slots = asyncio.Semaphore(options.max_connections)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = CALL.get() or Call("other", frozenset())
        async with self._slots:
            started = self._monotonic()
            try:
                response = await self._within_deadline(request, call)
            except UpstreamError as error:
                self._observer(call.endpoint, self._monotonic() - started, error.reason)
                error.is_counted = True
                raise
            self._observer(call.endpoint, self._monotonic() - started, None)
            return response

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _within_deadline(self, request: httpx.Request, call: Call) -> httpx.Response:
        limit = self._options.timeout_seconds
        try:
            async with asyncio.timeout(limit):
                return await self._exchange(request, call)
        except httpx.ConnectTimeout as error:
            message = f"no connection to {shown_authority(request.url)} within the timeout"
            raise TimedOut(call.endpoint, message) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            message = (
                f"no complete answer within {limit:g} s; if it is only slow, raise the timeout"
            )
            raise TimedOut(call.endpoint, message) from error
        except httpx.HTTPError as error:
            message = describe_connection_trouble(
                error, shown_authority(request.url), scheme=request.url.scheme
            )
            raise Unreachable(call.endpoint, message) from error

    async def _exchange(self, request: httpx.Request, call: Call) -> httpx.Response:
        received = await self._inner.handle_async_request(request)
        received.request = request
        if "Date" in received.headers and "Age" not in received.headers:  # A cache's is old.
            self._options.on_date(received.headers["Date"])
        try:
            body = await self._read(received, call)
        finally:
            await received.aclose()
        status = received.status_code
        if len(body) >= MIB:
            await asyncio.sleep(0)  # Putting it together took its time, and so does what follows.
        refuse_a_swarm(call.endpoint, body)
        if status not in call.accepted:
            self._refuse(received, body, call)
        headers = [
            (name, value)
            for name, value in received.headers.raw
            if name.lower() not in {b"content-encoding", b"content-length", b"transfer-encoding"}
        ]
        return httpx.Response(status, headers=headers, content=body, request=request)

    async def _read(self, response: httpx.Response, call: Call) -> bytes:
        limit = self._options.max_body_bytes
        unpacker = Unpacker(call.endpoint, response.headers.get("Content-Encoding", ""))
        chunks: list[bytes] = []
        size = packed_size = unrested = 0
        async for packed in _raw(response):
            packed_size += len(packed)
            for chunk in unpacker.feed(packed):
                size += len(chunk)
                unrested += len(chunk)
                if max(size, packed_size) > limit:
                    message = f"the body is larger than {limit // MIB} MiB"
                    raise BadPayload(call.endpoint, message)
                chunks.append(chunk)
                if unrested >= MIB:
                    unrested = 0
                    await asyncio.sleep(0)
        unpacker.end()
        return b"".join(chunks)

    def _refuse(self, response: httpx.Response, body: bytes, call: Call) -> None:
        status = response.status_code
        if 300 <= status < 400 and "Location" in response.headers:
            message = describe_redirect(response.request.url, response.headers["Location"], status)
            raise Redirected(call.endpoint, message)
        if not 200 <= status < 300:
            sent = sent_secrets(response.request.headers, response.request.content)
            message = server_words(body, sent)
            after = response.headers.get("Retry-After", "")
            raise error_of_status(call.endpoint, status, message, retry_after=after)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in {"text/html", "application/xhtml+xml"} or body[:64].lstrip().startswith(b"<"):
            raise BadPayload(call.endpoint, describe_non_json(body or b"<"))


async def let_go(response: httpx.Response) -> None:
    """Free the body as soon as its last reference is dropped.

    httpx ties an answer to its stream and the stream to the answer, so that bodies of megabytes
    would wait for the garbage collector. Ours are read whole before httpx sees them.
    """
    response.stream = httpx.ByteStream(b"")


def _raw(response: httpx.Response) -> AsyncIterable[bytes]:
    """The body in pieces, as it came."""
    stream = response.stream
    return stream if isinstance(stream, httpx.AsyncByteStream) else response.aiter_raw()


def sent_at(date: str) -> datetime | None:
    """The moment of a `Date` header; None if it is none, or one that no calendar has."""
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def network_transport(options: ConnectionOptions) -> httpx.AsyncHTTPTransport:
    """The transport over the network, with these options."""
    is_tls = urlsplit(options.base_url).scheme.lower() == "https"
    return httpx.AsyncHTTPTransport(
        verify=options.ssl_context() if is_tls else False,
        trust_env=False,
        limits=httpx.Limits(
            max_connections=options.max_connections,
            max_keepalive_connections=options.max_connections,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
        ),
    )
