"""One long-lived HTTP connection per upstream: a complete 2xx body, or an `UpstreamError`.

All the rules sit in a transport *below* `httpx.AsyncClient`, so that a library that is given our
session (pyarr) is bound by them too, however it handles errors itself:

- a deadline for the whole exchange, headers and body; a slow body cannot delay a cycle
- at most `max_connections` exchanges at once; waiting for one of them is not part of the deadline
- redirects are never followed: the answer would be another server's
- a body larger than `max_body_bytes` when unpacked, or an HTML page, is refused; a body is unpacked
  in steps, and refused before more than that is in memory
- messages name what came back and a remedy, and hold neither secrets nor query strings
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import httpx
import msgspec

from episodarr.systems.guard import (
    CALL,
    LONGEST_CONNECT_SECONDS,
    Call,
    ConnectionOptions,
    GuardedTransport,
    RequestObserver,
    let_go,
    network_transport,
    sent_at,
)
from episodarr.systems.unpacking import ACCEPTED_ENCODING

type QueryValue = str | int | float | bool | None
type QueryParams = Mapping[str, str | int | bool | tuple[str | int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One complete HTTP answer that the caller accepts, whatever its status."""

    status: int
    content_type: str
    body: bytes
    sent_at: datetime | None = None
    """By the server's own clock, in whole seconds; None without a valid `Date`."""


class HttpConnection:
    """The one HTTP client of one upstream; use it from one event loop only."""

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        observer: RequestObserver,
        monotonic: Callable[[], float] = time.perf_counter,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        inner = transport if transport is not None else network_transport(options)
        self._client = httpx.AsyncClient(
            base_url=options.address,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": ACCEPTED_ENCODING,
                "User-Agent": "episodarr",
                **options.headers,
            },
            auth=options.basic_auth,
            timeout=httpx.Timeout(
                options.timeout_seconds,
                connect=min(options.timeout_seconds, LONGEST_CONNECT_SECONDS),
                pool=None,
            ),
            transport=GuardedTransport(inner, options, observer, monotonic),
            event_hooks={"response": [let_go]},
            follow_redirects=False,
            trust_env=False,
        )

    async def get(self, endpoint: str, path: str, params: QueryParams | None = None) -> bytes:
        """The body of a good answer to GET.

        `endpoint` is a short, bounded name for metrics and messages: "series", never an id.

        Raises:
            UpstreamError: in every other case; `NotFound` for 404.
        """
        return (await self.send(endpoint, "GET", path, params=params)).body

    async def post(
        self,
        endpoint: str,
        path: str,
        *,
        json: object = None,
        params: QueryParams | None = None,
    ) -> bytes:
        """The body of a good answer to POST, maybe empty (204).

        Raises:
            UpstreamError: in every other case.
        """
        return (await self.send(endpoint, "POST", path, params=params, json=json)).body

    async def send(
        self,
        endpoint: str,
        method: str,
        path: str,
        *,
        params: QueryParams | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        accepted: frozenset[int] = frozenset(),
    ) -> Answer:
        """A good answer, or one whose status is in `accepted`.

        `accepted` is for callers that must see which server answers 404 before they rely on it;
        such an answer counts as a success for the observer.

        Raises:
            UpstreamError: in every other case.
        """
        content = None if json is None else msgspec.json.encode(json)
        sent = dict(headers or {})
        if content is not None:
            sent["Content-Type"] = "application/json"
        with self.calling(endpoint, accepted=accepted):
            response = await self._client.request(
                method, path, params=_query(params), content=content, headers=sent
            )
        return Answer(
            status=response.status_code,
            content_type=response.headers.get("Content-Type", ""),
            body=response.content,
            sent_at=sent_at(response.headers.get("Date", "")),
        )

    @property
    def session(self) -> httpx.AsyncClient:
        """The session to lend to a client library; every use belongs inside `calling`."""
        return self._client

    @staticmethod
    @contextmanager
    def calling(endpoint: str, *, accepted: frozenset[int] = frozenset()) -> Iterator[None]:
        """Names the requests that are made inside, for errors and for the observer."""
        token = CALL.set(Call(endpoint, accepted))
        try:
            yield
        finally:
            CALL.reset(token)

    async def aclose(self) -> None:
        """Closes all connections; the object cannot be used afterwards."""
        await self._client.aclose()


def _query(params: QueryParams | None) -> list[tuple[str, QueryValue]]:
    """Booleans as the .NET systems write them, several values as a repeated key."""
    pairs: list[tuple[str, QueryValue]] = []
    for name, given in (params or {}).items():
        for value in given if isinstance(given, tuple) else (given,):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            pairs.append((name, text))
    return pairs
