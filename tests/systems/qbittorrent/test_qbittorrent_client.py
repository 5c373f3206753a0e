"""What is asked of qBittorrent, how often it is logged in to, and what every trouble becomes."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from episodarr.errors import (
    BadPayload,
    BadStatus,
    NotFound,
    RateLimited,
    Redirected,
    ServerFailed,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from episodarr.model.ids import InfoHash
from episodarr.model.reading import FailureReason
from episodarr.simulator.scenarios.scenario import Scenario
from episodarr.simulator.simulation import Simulation
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.qbittorrent.client import QbittorrentClient
from episodarr.systems.qbittorrent.logins import LoginGate, LoginGates
from tests.systems.observed import Observed
from tests.systems.qbittorrent.qbittorrent_stub import (
    API_KEY,
    PASSWORD,
    USERNAME,
    StubQbittorrent,
    Trouble,
    a_torrent,
    answers,
    cuts,
    drips,
    full,
    hangs,
    hangs_up,
    speaks_tls,
    stalls,
)

A, B = InfoHash("a" * 40), InfoHash("b" * 40)


class Clock:
    """A monotonic clock that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def tell(
    stub: StubQbittorrent, *, timeout_seconds: float = 5.0, **more: Any
) -> AsyncIterator[QbittorrentClient]:
    """Runs a story with a client of the running stub."""
    options = ConnectionOptions(base_url=stub.url, timeout_seconds=timeout_seconds)
    given: dict[str, Any] = {
        "observer": ignore_requests,
        "username": USERNAME,
        "password": PASSWORD,
        **more,
    }
    client = QbittorrentClient("main", options, **given)
    try:
        yield client
    finally:
        await client.aclose()


async def refused(question: Awaitable[object], kind: type[UpstreamError]) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await question
    assert type(caught.value) is kind, caught.value
    assert PASSWORD not in str(caught.value)
    return caught.value


# --- login ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_52", [False, True])
async def test_one_login_serves_all_questions_over_one_connection(is_52: bool) -> None:
    observed = Observed()
    with StubQbittorrent(is_52=is_52, files={A: []}).running() as stub:
        async with tell(stub, observer=observed) as client:
            assert await client.fetch_version() == ("5.2.1" if is_52 else "4.5.2")
            for _ in range(3):
                await client.fetch_torrents()
            await client.fetch_files(A)
        assert stub.logins == 1
        assert stub.connections <= 2
    assert observed.seen == [
        ("login", None),
        ("version", None),
        *[("maindata", None)] * 3,
        ("files", None),
    ]


async def test_a_session_that_ran_out_is_renewed_once_and_asks_for_everything() -> None:
    with StubQbittorrent(maindata=lambda rid: full(rid + 1, **{A: a_torrent()})).running() as stub:
        async with tell(stub) as client:
            before = await client.fetch_torrents()
            stub.sessions.clear()
            assert await client.fetch_torrents() is before
        assert stub.logins == 2


async def test_an_api_key_needs_no_login() -> None:
    with StubQbittorrent(is_52=True).running() as stub:
        async with tell(stub, username="", password="", api_key=API_KEY) as client:
            assert await client.fetch_torrents() == {}
        assert stub.logins == 0


async def test_a_refused_api_key_is_reported_and_makes_no_login() -> None:
    observed = Observed()
    with StubQbittorrent(is_52=True).running() as stub:
        async with tell(stub, api_key="qbt_wrong", observer=observed) as client:
            for _ in range(3):
                error = await refused(client.fetch_torrents(), Unauthorized)
                assert "API key is refused" in str(error)
                assert "qbt_wrong" not in str(error)
        assert stub.logins == 0
        assert stub.asked["sync/maindata"] == 3
    assert observed.seen == [("maindata", FailureReason.UNAUTHORIZED)] * 3


async def test_no_credentials_are_needed_where_none_are_asked_for() -> None:
    with StubQbittorrent(asks_for_login=False).running() as stub:
        async with tell(stub, username="", password="") as client:
            assert await client.fetch_torrents() == {}
        assert stub.logins == 0


async def test_credentials_that_are_needed_and_not_set_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the library would take these on its own
    monkeypatch.setenv("QBITTORRENTAPI_USERNAME", USERNAME)
    monkeypatch.setenv("QBITTORRENTAPI_PASSWORD", PASSWORD)
    monkeypatch.setenv("QBITTORRENTAPI_API_KEY", API_KEY)
    with StubQbittorrent(is_52=True).running() as stub:
        async with tell(stub, username="", password="") as client:
            error = await refused(client.fetch_torrents(), Unauthorized)
            assert "set the user name and password" in str(error)
        assert stub.logins == 0
        assert all("Authorization" not in headers for headers in stub.seen_headers)


@pytest.mark.parametrize("is_52", [False, True])
async def test_a_wrong_password_left_alone_is_tried_twice_and_never_gets_the_address_banned(
    is_52: bool,
) -> None:
    """One try in a quarter of an hour were five after an hour, and qBittorrent forgets none."""
    clock = Clock()
    observed = Observed()
    with StubQbittorrent(is_52=is_52).running() as stub:
        async with tell(stub, password="wrong", monotonic=clock, observer=observed) as client:
            first = await refused(client.fetch_torrents(), Unauthorized)
            assert "check the user name and password; five refused logins ban" in str(first)
            assert "next try in 15 min" in str(first)
            for _ in range(20):
                clock.now += 40
                await refused(client.fetch_torrents(), Unauthorized)
            error = await refused(client.fetch_version(), Unauthorized)
            assert "next try in 2 min" in str(error)
            assert stub.logins == 1
            clock.now += 101
            for _ in range(3 * 60):
                error = await refused(client.fetch_torrents(), Unauthorized)
                assert "SIGHUP" in str(error)
                clock.now += 60
            assert stub.logins == 2
    assert observed.seen.count(("login", FailureReason.UNAUTHORIZED)) == 2


async def test_refusals_that_are_forgotten_give_two_more_tries() -> None:
    clock = Clock()
    with StubQbittorrent().running() as stub:
        async with tell(stub, password="wrong", monotonic=clock) as client:
            for _ in range(3):
                await refused(client.fetch_torrents(), Unauthorized)
                clock.now += 901
            assert stub.logins == 2
            client.forget_refusals()
            for _ in range(3):
                await refused(client.fetch_torrents(), Unauthorized)
                clock.now += 901
            assert stub.logins == 4


async def test_all_clients_of_one_server_have_two_refused_logins_together() -> None:
    """It counts by address, whichever client tried; one that is let in is not kept out by the others."""
    clock = Clock()
    with StubQbittorrent().running() as stub:
        gates = LoginGates(clock)
        port = stub.url.rpartition(":")[2]

        def a_client(password: str, host: str = "127.0.0.1") -> QbittorrentClient:
            url = f"http://{host}:{port}"
            return QbittorrentClient(
                "main",
                ConnectionOptions(base_url=url),
                observer=ignore_requests,
                username=USERNAME,
                password=password,
                monotonic=clock,
                gate=gates.of(url),
            )

        right = a_client(PASSWORD)
        wrong = [a_client("one"), a_client("two", "localhost"), a_client("three")]
        await right.fetch_torrents()
        for _ in range(12):
            for client in wrong:
                await refused(client.fetch_torrents(), Unauthorized)
            clock.now += 901
        assert stub.logins == 1 + 2
        stub.sessions.clear()
        assert await right.fetch_torrents() == {}
        for client in (right, *wrong):
            await client.aclose()


async def test_many_at_once_are_not_more_than_two_refused_logins() -> None:
    with StubQbittorrent().running() as stub:
        gate = LoginGate()
        clients = [
            QbittorrentClient(
                f"client {n}",
                ConnectionOptions(base_url=stub.url),
                observer=ignore_requests,
                username=USERNAME,
                password=f"wrong {n}",
                gate=gate,
            )
            for n in range(4)
        ]
        await asyncio.gather(*(refused(c.fetch_torrents(), Unauthorized) for c in clients))
        for client in clients:
            await client.aclose()
        assert stub.logins == 2


async def test_a_right_login_after_the_wait_heals_without_a_restart() -> None:
    clock = Clock()
    with StubQbittorrent(is_banned=True).running() as stub:
        async with tell(stub, monotonic=clock) as client:
            await refused(client.fetch_torrents(), Unauthorized)
            stub.is_banned = False
            clock.now += 3601
            assert await client.fetch_torrents() == {}
        assert stub.logins == 2


async def test_a_banned_address_waits_an_hour_whatever_the_language() -> None:
    clock = Clock()
    with StubQbittorrent(is_banned=True).running() as stub:
        async with tell(stub, monotonic=clock) as client:
            error = await refused(client.fetch_torrents(), Unauthorized)
            assert "banned this address" in str(error)
            assert "next try in 60 min" in str(error)
            for _ in range(11):
                clock.now += 300
                await refused(client.fetch_torrents(), Unauthorized)
            assert stub.logins == 1


async def test_access_that_is_granted_while_waiting_is_taken() -> None:
    with StubQbittorrent().running() as stub:
        async with tell(stub, password="wrong") as client:
            await refused(client.fetch_torrents(), Unauthorized)
            stub.asks_for_login = False
            assert await client.fetch_torrents() == {}
        assert stub.logins == 1


async def test_a_login_that_does_not_last_is_not_repeated_for_each_question() -> None:
    with StubQbittorrent(keeps_sessions=False).running() as stub:
        async with tell(stub) as client:
            for _ in range(5):
                error = await refused(client.fetch_torrents(), Unauthorized)
                assert "drop qBittorrent's cookie" in str(error)
        assert stub.logins == 1


# --- troubles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_that_fails_is_not_unauthorised_and_sees_no_logins(status: int) -> None:
    with StubQbittorrent().running() as stub:
        async with tell(stub) as client:
            await client.fetch_torrents()
            stub.trouble = answers(status)
            stub.asked.clear()
            for _ in range(4):
                await refused(client.fetch_torrents(), ServerFailed)
            assert stub.asked == {"sync/maindata": 4}
            stub.trouble = None
            await client.fetch_torrents()
            assert stub.logins == 0, "the session was kept"


async def test_a_login_that_fails_by_a_server_error_is_tried_again() -> None:
    observed = Observed()
    with StubQbittorrent(trouble=answers(503), trouble_at="auth/login").running() as stub:
        async with tell(stub, observer=observed) as client:
            await refused(client.fetch_torrents(), ServerFailed)
            stub.trouble = None
            await client.fetch_torrents()
    assert observed.seen == [
        ("login", FailureReason.SERVER_ERROR),
        ("maindata", FailureReason.SERVER_ERROR),
        ("login", None),
        ("maindata", None),
    ]


NGINX = b"<html><h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port</html>"
PAGE = b"<!doctype html><html><title>Authelia</title></html>"
TROUBLES: dict[str, tuple[Trouble, type[UpstreamError], str]] = {
    "host header": (answers(401, b"Unauthorized"), Unauthorized, "refuses this host name"),
    "not found": (answers(404, b"Not Found"), NotFound, "404.*set its base path"),
    "bad request": (answers(400), BadStatus, "400"),
    "conflict": (answers(409), BadStatus, "409"),
    "rate limit": (answers(429, Retry_After="9"), RateLimited, "wait 9 s"),
    "odd header": (answers(429, Retry_After="\xb2"), RateLimited, "429"),
    "a proxy of another language": (answers(502, Server="Pförtner"), ServerFailed, "502"),
    "redirect": (answers(302, Location="/login?rd=secret"), Redirected, "a login page"),
    "elsewhere": (answers(307, Location="https://x.example/"), Redirected, "another host"),
    "page": (answers(200, PAGE), BadPayload, 'titled "Authelia"'),
    "empty": (answers(200), BadPayload, "an empty body|no version"),
    "no json": (answers(200, b"Ok."), BadPayload, "not JSON|no version"),
    "other json": (answers(200, b"[]"), BadPayload, "Expected `object`|no version"),
    "half a body": (cuts, Unreachable, "cut the connection"),
    "hung up": (hangs_up, Unreachable, "cut the connection.*set the URL to https://"),
    "TLS": (speaks_tls, Unreachable, "cut the connection.*set the URL to https://"),
    "TLS by nginx": (answers(400, NGINX), BadStatus, "set the URL to https://"),
}


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("question", ["maindata", "version"])
async def test_every_trouble_has_its_error_and_is_tried_once(name: str, question: str) -> None:
    trouble, kind, says = TROUBLES[name]
    observed = Observed()
    with StubQbittorrent(asks_for_login=False, trouble=trouble).running() as stub:
        async with tell(stub, observer=observed) as client:
            ask = client.fetch_torrents() if question == "maindata" else client.fetch_version()
            with pytest.raises(kind, match=says) as caught:
                await ask
            assert type(caught.value) is kind
            assert "secret" not in str(caught.value)
        assert sum(stub.asked.values()) == 1
    assert observed.seen == [(question, kind.reason)]


@pytest.mark.parametrize("trouble", [drips, hangs, stalls])
async def test_the_deadline_holds_for_slow_bodies_too(trouble: Trouble) -> None:
    with StubQbittorrent(asks_for_login=False, trouble=trouble).running() as stub:
        async with tell(stub, timeout_seconds=0.3) as client:
            loop = asyncio.get_running_loop()
            started = loop.time()
            error = await refused(client.fetch_torrents(), TimedOut)
            assert "within 0.3 s" in str(error)
            assert loop.time() - started < 1.2
            stub.trouble = None
            assert await client.fetch_torrents() == {}


async def test_one_deadline_covers_the_question_and_its_login() -> None:
    with StubQbittorrent(trouble=hangs, trouble_at="auth/login").running() as stub:
        async with tell(stub, timeout_seconds=0.4) as client:
            loop = asyncio.get_running_loop()
            started = loop.time()
            await refused(client.fetch_torrents(), TimedOut)
            assert loop.time() - started < 1.2


async def test_a_refused_connection_says_where_and_what_to_do() -> None:
    with StubQbittorrent().running() as stub:
        pass
    async with tell(stub) as client:
        error = await refused(client.fetch_torrents(), Unreachable)
        assert "127.0.0.1" in str(error)
        assert "is it running" in str(error)


async def test_the_other_scheme_is_never_tried() -> None:
    with StubQbittorrent(asks_for_login=False).running() as stub:
        stub.url = stub.url.replace("http://", "https://")
        async with tell(stub) as client:
            error = await refused(client.fetch_torrents(), Unreachable)
            assert "is it really https" in str(error)
        assert not stub.asked


async def test_a_certificate_is_trusted_only_with_its_ca_or_without_verification(
    certificate: tuple[Path, Path],
) -> None:
    key, cert = certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    with StubQbittorrent(asks_for_login=False).running(tls) as stub:

        async def fetch(**more: Any) -> str:
            options = ConnectionOptions(base_url=stub.url, timeout_seconds=5, **more)
            client = QbittorrentClient("main", options, observer=ignore_requests)
            try:
                return await client.fetch_version()
            finally:
                await client.aclose()

        error = await refused(fetch(), Unreachable)
        assert "set the CA file" in str(error)
        assert await fetch(ca_file=cert) == "4.5.2"
        assert await fetch(verify_tls=False) == "4.5.2"


async def test_a_body_over_the_limit_is_refused() -> None:
    with StubQbittorrent(
        asks_for_login=False, trouble=answers(200, b"1" * 2_000_000)
    ).running() as stub:
        options = ConnectionOptions(base_url=stub.url, max_body_bytes=1024 * 1024)
        client = QbittorrentClient("main", options, observer=ignore_requests)
        error = await refused(client.fetch_torrents(), BadPayload)
        assert "larger than 1 MiB" in str(error)
        await client.aclose()


@pytest.mark.parametrize(
    ("body", "headers", "message"),
    [
        (
            gzip.compress(gzip.compress(b"0" * 9_000_000, mtime=0), mtime=0),
            "gzip, gzip",
            "was not asked for",
        ),
        (gzip.compress(b"0" * 9_000_000, mtime=0), "gzip", "larger than 1 MiB"),
        (gzip.compress(b"{}", mtime=0)[:-9], "gzip", "ends early"),
        (b"[" + b"1," * 510_000 + b"1]", "identity", "more than any list"),
    ],
)
async def test_a_body_that_would_swell_is_given_up(body: bytes, headers: str, message: str) -> None:
    trouble = answers(200, body, Content_Encoding=headers)
    with StubQbittorrent(asks_for_login=False, trouble=trouble).running() as stub:
        options = ConnectionOptions(base_url=stub.url, max_body_bytes=1024 * 1024)
        client = QbittorrentClient("main", options, observer=ignore_requests)
        error = await refused(client.fetch_torrents(), BadPayload)
        assert message in str(error)
        await client.aclose()


async def test_a_base_path_and_headers_are_used_and_the_environment_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("QBITTORRENTAPI_DO_NOT_VERIFY_WEBUI_CERTIFICATE", "1")
    with StubQbittorrent(asks_for_login=False).running() as stub:
        options = ConnectionOptions(
            base_url=stub.url.replace("://", "://me:pw@") + "/qb/", headers={"X-Token": "t0"}
        )
        client = QbittorrentClient("main", options, observer=ignore_requests)
        assert await client.fetch_torrents() == {}
        assert client._library._VERIFY_WEBUI_CERTIFICATE is True
        await client.aclose()
    assert stub.seen_headers[0]["X-Token"] == "t0"
    assert stub.seen_headers[0]["Authorization"].startswith("Basic ")


# --- facts ------------------------------------------------------------------------------------------


async def test_changes_build_on_the_last_answer() -> None:
    answers = iter(
        [
            full(1, **{A: a_torrent(), B: a_torrent()}),
            {"rid": 2, "torrents": {A: {"progress": 0.5}}},
            {"rid": 3, "torrents_removed": [B]},
            {"rid": 4},
        ]
    )
    with StubQbittorrent(maindata=lambda _: next(answers)).running() as stub:
        async with tell(stub) as client:
            first = await client.fetch_torrents()
            second = await client.fetch_torrents()
            assert second[A].progress_ratio == 0.5
            assert second[B] is first[B]
            third = await client.fetch_torrents()
            assert set(third) == {A}
            assert await client.fetch_torrents() is third
        assert stub.rids == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "trouble",
    [answers(503), answers(200, b'{"rid": 9, "torrents": 1}'), cuts],
    ids=["fails", "malformed", "cut"],
)
async def test_after_an_error_everything_is_asked_for_and_identity_kept(trouble: Trouble) -> None:
    with StubQbittorrent(maindata=lambda rid: full(rid + 1, **{A: a_torrent()})).running() as stub:
        async with tell(stub) as client:
            before = await client.fetch_torrents()
            await client.fetch_torrents()
            stub.trouble = trouble
            with pytest.raises(UpstreamError):
                await client.fetch_torrents()
            stub.trouble = None
            assert (await client.fetch_torrents())[A] is before[A]
        assert stub.rids[-1] == 0


async def test_everything_is_asked_for_every_ten_minutes() -> None:
    clock = Clock()
    with StubQbittorrent(
        asks_for_login=False,
        maindata=lambda rid: full(1) if rid == 0 else {"rid": rid + 1},
    ).running() as stub:
        async with tell(stub, monotonic=clock) as client:
            for _ in range(100):
                await client.fetch_torrents()
                clock.now += 15
    assert [index for index, rid in enumerate(stub.rids) if rid == 0] == [0, 40, 80]


async def test_changes_without_a_base_are_refused_and_asked_for_again() -> None:
    answers = iter([{"rid": 7, "torrents": {A: a_torrent()}}, full(8, **{A: a_torrent()})])
    with StubQbittorrent(maindata=lambda _: next(answers)).running() as stub:
        async with tell(stub) as client:
            await refused(client.fetch_torrents(), BadPayload)
            assert set(await client.fetch_torrents()) == {A}
        assert stub.rids == [0, 0]


async def test_the_session_is_ended_at_the_end() -> None:
    """QBittorrent 5.3 keeps no more than fifteen sessions."""
    with StubQbittorrent().running() as stub:
        async with tell(stub) as client:
            await client.fetch_torrents()
            assert stub.sessions
        assert stub.asked["auth/logout"] == 1
        assert not stub.sessions


@pytest.mark.parametrize(
    "trouble",
    [hangs, answers(404), answers(500), hangs_up],
    ids=["it hangs", "404", "500", "it hangs up"],
)
async def test_an_end_does_not_wait_for_a_client_that_does_not_answer(trouble: Trouble) -> None:
    with StubQbittorrent(trouble=trouble, trouble_at="auth/logout").running() as stub:
        async with tell(stub) as client:
            await client.fetch_torrents()
            started = asyncio.get_running_loop().time()
            await client.aclose()
            assert asyncio.get_running_loop().time() - started < 1.9
        assert stub.asked["auth/logout"] == 1


async def test_a_missing_login_page_does_not_make_a_torrent_gone() -> None:
    with StubQbittorrent(trouble=answers(404), trouble_at="auth/login").running() as stub:
        async with tell(stub) as client:
            await refused(client.fetch_files(A), BadStatus)


async def test_a_torrent_that_is_gone_is_not_found_and_not_empty() -> None:
    files = [{"index": 0, "name": "E01.mkv", "size": 5, "progress": 0.5, "priority": 1}]
    with StubQbittorrent(files={A: files}).running() as stub:
        async with tell(stub) as client:
            assert (await client.fetch_files(A))[0].progress_ratio == 0.5
            await refused(client.fetch_files(B), NotFound)
        assert stub.logins == 1


async def test_questions_asked_at_once_are_answered_one_after_the_other() -> None:
    files: dict[str, Any] = {f"{number:040x}": [] for number in range(25)}
    with StubQbittorrent(files=files).running() as stub:
        async with tell(stub) as client:
            answers = await asyncio.gather(
                client.fetch_torrents(), *(client.fetch_files(InfoHash(text)) for text in files)
            )
            assert answers[1:] == [()] * 25
        assert stub.logins == 1
        assert stub.connections <= 2


async def test_a_cancelled_question_does_not_spoil_the_next() -> None:
    with StubQbittorrent(asks_for_login=False, trouble=hangs).running() as stub:
        async with tell(stub, timeout_seconds=0.3) as client:
            task = asyncio.create_task(client.fetch_torrents())
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            stub.trouble = None
            assert await client.fetch_torrents() == {}


# --- against the simulated qBittorrent --------------------------------------------------------------


async def test_the_simulated_qbittorrent_is_read_whole() -> None:
    async with Simulation(Scenario.default(seed=1)) as simulation:
        one = simulation.scenario.qbittorrents[0]
        client = QbittorrentClient(
            one.name,
            ConnectionOptions(base_url=simulation.urls[f"qbittorrent.{one.name}"]),
            observer=ignore_requests,
            username=one.username,
            password=one.password,
        )
        try:
            torrents = await client.fetch_torrents()
            assert torrents
            for info_hash in torrents:
                assert await client.fetch_files(info_hash)
            simulation.fault(f"qbittorrent.{one.name}", "truncated_json")
            with pytest.raises(BadPayload):
                await client.fetch_torrents()
            simulation.clear_faults(f"qbittorrent.{one.name}")
            assert set(await client.fetch_torrents()) == set(torrents)
        finally:
            await client.aclose()


async def test_closing_it_once_more_does_no_harm() -> None:
    options = ConnectionOptions(base_url="http://127.0.0.1:1")
    client = QbittorrentClient("main", options, observer=ignore_requests)
    await client.aclose()
    await client.aclose()
