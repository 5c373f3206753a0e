"""The guarded connection: a complete good body, or the error that says what came back."""

import asyncio
import contextlib
import gc
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import override

import httpx
import pytest

from episodarr.errors import (
    BadPayload,
    BadStatus,
    NotFound,
    RateLimited,
    Redirected,
    ServerFailed,
    SettingsError,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from episodarr.instruments import Instruments
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.http import HttpConnection
from tests.turns import turns_of_others

SECRET = "0123456789abcdef0123456789abcdef"

type Reply = Callable[[httpx.Request], httpx.Response]
type Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Observed:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, float, FailureReason | None]] = []

    def __call__(
        self, endpoint: str, duration_seconds: float, reason: FailureReason | None
    ) -> None:
        self.seen.append((endpoint, duration_seconds, reason))


def options(base_url: str = "http://sonarr:8989/sonarr/", **more: object) -> ConnectionOptions:
    given: dict[str, object] = {"headers": {"X-Api-Key": SECRET, "X-Flag": "1"}, **more}
    return ConnectionOptions(base_url=base_url, **given)  # type: ignore[arg-type]  # a test's words


async def ask(
    reply: Reply, observer: Observed | None = None, given: ConnectionOptions | None = None
) -> bytes:
    connection = HttpConnection(
        given or options(),
        observer=observer or ignore_requests,
        transport=httpx.MockTransport(reply),
    )
    try:
        return await connection.get("series", "/api/v3/series", {"a": True, "ids": (1, 2)})
    finally:
        await connection.aclose()


async def refusal(reply: Reply) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await ask(reply)
    return caught.value


async def test_asks_below_the_base_path_with_secrets_in_headers_only() -> None:
    asked: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=[1])

    assert await ask(reply) == b"[1]"
    assert str(asked[0].url) == "http://sonarr:8989/sonarr/api/v3/series?a=true&ids=1&ids=2"
    assert asked[0].headers["X-Api-Key"] == SECRET
    assert asked[0].headers["Accept"] == "application/json"


async def test_others_have_their_turn_once_a_long_body_was_put_together() -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b" " * 1_100_000)

    connection = HttpConnection(
        options(), observer=ignore_requests, transport=httpx.MockTransport(reply)
    )
    async with turns_of_others() as turns:
        await connection.get("series", "/")
        # One after each whole MiB that came, one before it is gone through.
        assert turns.count >= 2
    await connection.aclose()


async def test_posts_json_and_may_get_nothing_back() -> None:
    asked: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(204)

    connection = HttpConnection(
        options(), observer=ignore_requests, transport=httpx.MockTransport(reply)
    )
    assert await connection.post("command", "/api/v3/command", json={"name": "X"}) == b""
    assert asked[0].content == b'{"name":"X"}'
    assert asked[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, BadStatus, FailureReason.BAD_STATUS),
        (401, Unauthorized, FailureReason.UNAUTHORIZED),
        (403, Unauthorized, FailureReason.UNAUTHORIZED),
        (404, NotFound, FailureReason.NOT_FOUND),
        (409, BadStatus, FailureReason.BAD_STATUS),
        (429, RateLimited, FailureReason.RATE_LIMITED),
        (500, ServerFailed, FailureReason.SERVER_ERROR),
        (503, ServerFailed, FailureReason.SERVER_ERROR),
        (520, ServerFailed, FailureReason.SERVER_ERROR),
        (304, BadStatus, FailureReason.BAD_STATUS),
        (307, Redirected, FailureReason.REDIRECTED),
    ],
)
async def test_every_status_has_its_error_and_its_reason(
    status: int, kind: type[UpstreamError], reason: FailureReason
) -> None:
    observed = Observed()
    headers = {"Location": "/elsewhere"} if status == 307 else {}
    with pytest.raises(UpstreamError) as caught:
        await ask(lambda _: httpx.Response(status, headers=headers), observed)
    assert type(caught.value) is kind
    assert str(status) in str(caught.value)
    assert [(endpoint, why) for endpoint, _, why in observed.seen] == [("series", reason)]


async def test_the_upstreams_own_words_are_quoted_without_secrets_and_queries() -> None:
    words = f"11 tables locked by {SECRET} at http://indexer/api?apikey=77 now"
    text = str(await refusal(lambda _: httpx.Response(500, json={"message": words})))
    assert text == (
        "series: 500 Internal Server Error: 11 tables locked by … at http://indexer/api now; "
        "see the log of that system"
    )


@pytest.mark.parametrize(
    ("trouble", "cause", "says"),
    [
        (
            httpx.ConnectError("x"),
            socket.gaierror(-2, "x"),
            "host name in sonarr:8989 is not known",
        ),
        (httpx.ConnectError("x"), OSError(113, "no route"), "no connection to sonarr:8989; check"),
        (httpx.ReadError("x"), ConnectionResetError(104, "x"), "sonarr:8989 cut the connection"),
        (httpx.ReadError("x"), None, r"connection to sonarr:8989 broke \(ReadError\)"),
    ],
    ids=["name", "route", "reset", "other"],
)
async def test_connection_troubles_are_reported_by_their_cause(
    trouble: Exception, cause: Exception | None, says: str
) -> None:
    def reply(_: httpx.Request) -> httpx.Response:
        raise trouble from cause

    with pytest.raises(Unreachable, match=says):
        await ask(reply)


@pytest.mark.parametrize("after", ["²", "9" * 5000, "-5", "soon"])
async def test_a_rate_limit_that_gives_no_seconds_says_none(after: str) -> None:
    headers = [(b"Retry-After", after.encode("latin-1"))]
    assert "wait" not in str(await refusal(lambda _: httpx.Response(429, headers=headers)))


@pytest.mark.parametrize("zone", ["+" + "9" * 20, "+9999"])
async def test_a_date_that_no_calendar_has_spoils_no_answer(zone: str) -> None:
    """It was an error of the program, though the answer was good."""
    observer = Instruments().observer("tv", System.SONARR)
    given = options(on_date=lambda date: observer.dated(lambda: datetime.now(UTC), date))
    headers = {"Date": f"Fri, 01 Jan 2027 00:00:00 {zone}"}
    body = await ask(lambda _: httpx.Response(200, content=b"[]", headers=headers), given=given)
    assert body == b"[]"


async def test_a_rate_limit_says_how_long() -> None:
    assert "wait 30 s" in str(
        await refusal(lambda _: httpx.Response(429, headers={"Retry-After": "30"}))
    )


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("/tv/sonarr/api/v3/series?x=1", "set the base path /tv in the URL"),
        ("/other", "set the base path in the URL"),
        ("/sonarr/login?returnUrl=%2F", "a login page"),
        ("https://sonarr:8989/sonarr/api/v3/series", "set the URL to https://"),
        ("https://auth.example/?rd=secret", "another host answers"),
        ("http://sonarr:port/", "no URL"),
    ],
)
async def test_redirects_are_refused_with_the_place_and_the_remedy(
    location: str, says: str
) -> None:
    asked: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": location})

    error = await refusal(reply)
    assert type(error) is Redirected
    assert says in str(error)
    assert "?" not in str(error)
    assert len(asked) == 1


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json"])
async def test_an_html_page_is_no_answer_whatever_it_is_declared_as(kind: str) -> None:
    page = b"<!DOCTYPE html><html><title>Authelia</title></html>"
    error = await refusal(
        lambda _: httpx.Response(200, content=page, headers={"Content-Type": kind})
    )
    assert type(error) is BadPayload
    assert 'titled "Authelia"' in str(error)


async def test_a_caller_may_ask_to_see_a_status() -> None:
    observed = Observed()
    transport = httpx.MockTransport(lambda _: httpx.Response(404, json={"message": "no"}))
    connection = HttpConnection(options(), observer=observed, transport=transport)
    answer = await connection.send("series", "GET", "/x", accepted=frozenset({404}))
    assert (answer.status, answer.body) == (404, b'{"message":"no"}')
    assert observed.seen[0][2] is None


async def test_durations_come_from_the_given_clock() -> None:
    observed = Observed()
    ticks = iter([100.0, 103.5])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[]))
    connection = HttpConnection(
        options(), observer=observed, transport=transport, monotonic=lambda: next(ticks)
    )
    await connection.get("queue", "/x")
    assert observed.seen == [("queue", 3.5, None)]


async def test_a_body_over_the_limit_is_refused() -> None:
    given = options(max_body_bytes=1024 * 1024)
    with pytest.raises(BadPayload, match="larger than 1 MiB"):
        await ask(lambda _: httpx.Response(200, content=b"1" * (1024 * 1024 + 1)), given=given)


async def test_a_small_compressed_body_cannot_hide_a_large_one() -> None:
    bomb = gzip.compress(b"1" * 3 * 1024 * 1024)
    given = options(max_body_bytes=1024 * 1024)
    with pytest.raises(BadPayload, match="larger than 1 MiB"):
        await ask(
            lambda _: httpx.Response(200, content=bomb, headers={"Content-Encoding": "gzip"}),
            given=given,
        )


async def test_a_body_that_was_packed_twice_is_refused_unread() -> None:
    bomb = gzip.compress(gzip.compress(b"0" * 32 * 1024 * 1024))
    headers = {"Content-Encoding": "gzip, gzip"}
    error = await refusal(lambda _: httpx.Response(200, stream=_Bytes(bomb), headers=headers))
    assert "was not asked for" in str(error)


async def test_a_list_of_ten_million_numbers_is_refused_before_it_is_read() -> None:
    body = b"[" + b"1," * 10_000_000 + b"1]"
    error = await refusal(lambda _: httpx.Response(200, content=body))
    assert "more than any list" in str(error)


async def test_others_have_their_turn_while_a_large_body_is_unpacked() -> None:
    packed = gzip.compress(b"[" + b" " * 16 * 1024 * 1024 + b"]", compresslevel=1)
    headers = {"Content-Encoding": "gzip"}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, stream=_Bytes(packed), headers=headers)
    )
    connection = HttpConnection(options(), observer=ignore_requests, transport=transport)
    async with turns_of_others() as turns:
        assert len(await connection.get("series", "/x")) > 16 * 1024 * 1024
    assert turns.count >= 16


async def test_compressed_bodies_are_unpacked_and_broken_ones_refused() -> None:
    packed = gzip.compress(b"[1, 2]")
    headers = {"Content-Encoding": "gzip"}
    assert await ask(lambda _: httpx.Response(200, content=packed, headers=headers)) == b"[1, 2]"
    error = await refusal(lambda _: httpx.Response(200, stream=_Bytes(b"no gzip"), headers=headers))
    assert type(error) is BadPayload


class _Bytes(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


async def test_at_most_four_exchanges_at_once() -> None:
    running = 0
    most = 0

    async def reply(_: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _turn in range(5):
            await asyncio.sleep(0)
        running -= 1
        return httpx.Response(200, json=[])

    connection = HttpConnection(
        options(), observer=ignore_requests, transport=httpx.MockTransport(reply)
    )
    await asyncio.gather(*(connection.get("episode", "/x") for _ in range(20)))
    assert most == 4


async def test_requests_outside_calling_are_still_counted() -> None:
    observed = Observed()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[]))
    connection = HttpConnection(options(), observer=observed, transport=transport)
    await connection.session.get("/x")
    assert observed.seen[0][0] == "other"


def responses() -> int:
    return sum(isinstance(one, httpx.Response) for one in gc.get_objects())


async def test_an_answer_goes_without_the_garbage_collector() -> None:

    def bodies(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[1])

    gc.collect()
    before = responses()
    gc.disable()
    try:
        async with httpx.AsyncClient(transport=httpx.MockTransport(bodies)) as plain:
            await plain.get("http://sonarr/x")
        assert responses() == before + 1, "httpx itself would leave it"
        connection = HttpConnection(
            options(), observer=ignore_requests, transport=httpx.MockTransport(bodies)
        )
        with connection.calling("series"):
            assert (await connection.session.get("/x")).content == b"[1]"
        assert await connection.get("series", "/x") == b"[1]"
        assert responses() == before + 1
        await connection.aclose()
    finally:
        gc.enable()


def test_options_never_show_secrets() -> None:
    given = options("http://me:hunter2@sonarr:8989/tv?apikey=1")
    assert repr(given).count("X-Api-Key") == 1
    for text in (repr(given), str(given), given.address):
        assert SECRET not in text
        assert "hunter2" not in text
        assert "apikey=1" not in text
    assert given.address == "http://sonarr:8989/tv"


async def test_user_and_password_of_the_url_become_basic_auth() -> None:
    asked: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=[])

    await ask(reply, given=options("http://me:p%40ss@sonarr:8989"))
    assert asked[0].headers["Authorization"] == httpx.BasicAuth("me", "p@ss")._auth_header
    assert asked[0].url.userinfo == b""


# --- over real sockets ----------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def peer_at(answer: Peer, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    conversations: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await answer(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.close()
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)


async def fetch(url: str, **more: object) -> bytes:
    connection = HttpConnection(options(url, **more), observer=ignore_requests)
    try:
        return await connection.get("series", "/api/v3/series")
    finally:
        await connection.aclose()


async def test_a_body_that_drips_ends_at_the_deadline() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with peer_at(drip) as url:
        started = asyncio.get_running_loop().time()
        with pytest.raises(TimedOut, match=r"within 0\.3 s"):
            await fetch(url, timeout_seconds=0.3)
        assert 0.29 < (asyncio.get_running_loop().time() - started) < 1.5


@pytest.mark.parametrize(
    "half",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{"id": 1},',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
)
async def test_half_an_answer_is_no_answer(half: bytes) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(half)
        await writer.drain()

    async with peer_at(cut) as url:
        with pytest.raises(Unreachable, match="cut the connection"):
            await fetch(url)


async def test_a_refused_connection_names_the_place_and_the_remedy() -> None:
    async with peer_at(lambda *_: asyncio.sleep(0)) as url:
        pass
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:\d+ refused the connection; is it"):
        await fetch(url)


async def test_a_cancelled_request_frees_its_place() -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        arrived.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        await asyncio.sleep(30)

    async with peer_at(hang) as url:
        given = options(url, max_connections=1)
        connection = HttpConnection(given, observer=ignore_requests)
        for _ in range(2):
            request = asyncio.create_task(connection.get("series", "/"))
            async with asyncio.timeout(5):
                await arrived.get()
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
        await connection.aclose()


async def _answer_empty_list(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)  # a TLS greeting too is answered in plain text
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
    await writer.drain()


async def test_a_certificate_is_trusted_only_with_its_ca_or_without_verification(
    certificate: tuple[Path, Path],
) -> None:
    key, cert = certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    async with peer_at(_answer_empty_list, tls) as url:
        with pytest.raises(Unreachable, match=r"is not trusted .* set the CA file"):
            await fetch(url)
        assert await fetch(url, ca_file=cert) == b"[]"
        assert await fetch(url, verify_tls=False) == b"[]"


async def test_https_to_a_plain_port_says_so() -> None:
    async with peer_at(_answer_empty_list) as url:
        with pytest.raises(Unreachable, match="is it really https"):
            await fetch(url.replace("http://", "https://"))


def test_an_unusable_ca_file_is_a_problem_of_the_settings(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "none.pem", "unreadable"), (tmp_path / "bad.pem", "no PEM")):
        if says == "no PEM":
            path.write_text("not a certificate")
        with pytest.raises(SettingsError, match=says):
            HttpConnection(options("https://sonarr", ca_file=path), observer=ignore_requests)
