"""Seerr's client: whole lists or none, old versions, and no e-mail address anywhere."""

import itertools
import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import (
    BadPayload,
    BadStatus,
    ServerFailed,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from episodarr.model.request import MediaStatus, RequestStatus
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.jellyseerr import wire
from episodarr.systems.jellyseerr.client import JellyseerrClient
from tests.specs import SEERRS, check, parameters_of, schema_of
from tests.systems.any_json import any_json

BASE = "http://seerr.test:5055"
ADDRESS = "someone@example.org"


def a_user(**fields: Any) -> dict[str, Any]:
    return {
        "id": 4,
        "email": ADDRESS,
        "username": "",
        "jellyfinUsername": "anya",
        "displayName": "anya",
        "createdAt": "2025-01-01T00:00:00.000Z",
        "updatedAt": "2025-01-01T00:00:00.000Z",
        **fields,
    }


def a_media(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "mediaType": "tv",
        "tmdbId": 120089 + number,
        "tvdbId": 405920 + number,
        "status": 3,
        "status4k": 7,
        "serviceId": 0,
        "serviceId4k": 1,
        "externalServiceId": 7,
        "externalServiceId4k": 8,
        "externalServiceSlug": "spy-x-family",
        "externalServiceSlug4k": "spy-x-family-uhd",
        "createdAt": "2025-01-01T00:00:00.000Z",
        "updatedAt": "2025-01-01T00:00:00.000Z",
        **fields,
    }


def a_request(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": 2,
        "type": "tv",
        "is4k": False,
        "serverId": 5,
        "createdAt": "2026-01-28T17:59:27.123Z",
        "updatedAt": "2026-01-29T00:00:00.000Z",
        "media": a_media(number),
        "seasons": [{"id": 1, "seasonNumber": n, "status": 2} for n in (2, 1, 2)],
        "requestedBy": a_user(),
        **fields,
    }


def a_page(rows: list[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    count = len(rows) if total is None else total
    return {
        "pageInfo": {"page": 1, "pages": 1, "pageSize": 100, "results": count},
        "results": rows,
        "serviceErrors": {"radarr": [], "sonarr": []},
    }


async def ask[T](
    router: respx.Router,
    question: Callable[[JellyseerrClient], Coroutine[Any, Any, T]],
    *,
    keeps_requester: bool = False,
) -> T:
    client = JellyseerrClient(
        ConnectionOptions(base_url=BASE, timeout_seconds=5),
        api_key="not-to-be-shown",
        observer=ignore_requests,
        keeps_requester=keeps_requester,
        transport=httpx.MockTransport(router.async_handler),
    )
    async with aclosing(client):
        answer = await question(client)
    router.assert_all_called()
    return answer


@pytest.fixture
def router() -> respx.Router:
    return respx.Router(base_url=BASE)


@pytest.mark.parametrize("spec", SEERRS)
def test_the_answers_below_are_what_the_specification_promises(spec: str) -> None:
    check(spec, schema_of(spec, "/request"), a_page([a_request(), a_request(2, is4k=True)]))
    check(spec, schema_of(spec, "/media"), a_page([a_media()]))
    about = {"version": "3.1.0", "totalRequests": 1, "totalMediaItems": 2}
    check(spec, schema_of(spec, "/settings/about"), about)
    check(spec, schema_of(spec, "/settings/sonarr"), [SERVER])
    check(spec, schema_of(spec, "/tv/{tvId}"), {"id": 209867, "name": "Frieren"})
    asked = {"take", "skip", "filter", "sort", "sortDirection", "mediaType"}
    assert asked <= parameters_of(spec, "/request")


SERVER = {
    "id": 0,
    "name": "Sonarr",
    "hostname": "sonarr",
    "port": 8989,
    "apiKey": "secret-of-sonarr",
    "useSsl": True,
    "baseUrl": "/tv/",
    "activeProfileId": 1,
    "activeProfileName": "HD",
    "activeDirectory": "/tv",
    "is4k": True,
    "enableSeasonFolders": True,
    "isDefault": True,
}


async def test_a_request_in_our_words(router: respx.Router) -> None:
    route = router.get("/api/v1/request").respond(json=a_page([a_request()]))
    (found,) = await ask(router, lambda c: c.fetch_requests())
    assert (found.request_id, found.status) == (1, RequestStatus.APPROVED)
    assert found.media_status is MediaStatus.PROCESSING
    assert (found.tvdb_id, found.tmdb_id) == (405921, 120090)
    assert (found.server_id, found.sonarr_series_id) == (0, 7)
    assert found.seasons == (1, 2)
    assert found.created_at == datetime(2026, 1, 28, 17, 59, 27, 123_000, tzinfo=UTC)
    assert found.title_slug == "spy-x-family"
    sent = route.calls.last.request
    assert sent.headers["X-Api-Key"] == "not-to-be-shown"
    assert dict(sent.url.params) == {
        "filter": "all",
        "sort": "added",
        "sortDirection": "asc",
        "mediaType": "tv",
        "take": "100",
        "skip": "0",
    }


async def test_the_title_of_a_series_that_no_sonarr_has(router: respx.Router) -> None:
    router.get("/api/v1/tv/209867").respond(json={"id": 209867, "name": " Frieren "})
    assert await ask(router, lambda c: c.fetch_title(209867)) == "Frieren"


@pytest.mark.parametrize("body", [{"id": 1}, {"name": " "}, {"name": None}, []])
async def test_a_series_without_a_title_is_no_answer(router: respx.Router, body: object) -> None:
    router.get("/api/v1/tv/1").respond(json=body)
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_title(1))


async def test_a_request_for_4k_is_about_the_4k_media(router: respx.Router) -> None:
    router.get("/api/v1/request").respond(json=a_page([a_request(is4k=True)]))
    (found,) = await ask(router, lambda c: c.fetch_requests())
    assert found.is_4k
    assert found.media_status is MediaStatus.DELETED
    assert (found.server_id, found.sonarr_series_id) == (1, 8)
    assert found.title_slug == "spy-x-family-uhd"


async def test_a_request_that_nobody_has_approved_yet(router: respx.Router) -> None:
    media = a_media(tvdbId=None, serviceId=None, externalServiceId=None, externalServiceSlug=None)
    router.get("/api/v1/request").respond(
        json=a_page([a_request(status=1, media=media), a_request(2, media=None, status=9)])
    )
    pending, odd = await ask(router, lambda c: c.fetch_requests())
    assert pending.status is RequestStatus.PENDING
    assert (pending.tvdb_id, pending.sonarr_series_id, pending.server_id) == (None, None, 5)
    assert (odd.status, odd.media_status) == (RequestStatus.UNKNOWN, MediaStatus.OTHER)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (1, MediaStatus.UNKNOWN),
        (2, MediaStatus.PENDING),
        (4, MediaStatus.PARTIALLY_AVAILABLE),
        (5, MediaStatus.AVAILABLE),
        (6, MediaStatus.BLOCKLISTED),
        (7, MediaStatus.DELETED),
        (8, MediaStatus.OTHER),
        (0, MediaStatus.OTHER),
    ],
)
async def test_media_statuses(router: respx.Router, number: int, status: MediaStatus) -> None:
    router.get("/api/v1/request").respond(json=a_page([a_request(media=a_media(status=number))]))
    (found,) = await ask(router, lambda c: c.fetch_requests())
    assert found.media_status is status


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (a_user(), "anya"),
        (a_user(username="Loid"), "Loid"),
        (a_user(jellyfinUsername=None, plexUsername="yor"), "yor"),
        (a_user(jellyfinUsername=None, displayName=ADDRESS), "user 4"),
        (a_user(username=ADDRESS, jellyfinUsername="", displayName=ADDRESS), "user 4"),
        (None, None),
    ],
)
async def test_who_asked_is_a_name_and_only_if_wanted(
    router: respx.Router, user: dict[str, Any] | None, name: str | None
) -> None:
    router.get("/api/v1/request").respond(json=a_page([a_request(requestedBy=user)]))
    (kept,) = await ask(router, lambda c: c.fetch_requests(), keeps_requester=True)
    (dropped,) = await ask(router, lambda c: c.fetch_requests())
    assert kept.requested_by == name
    assert dropped.requested_by is None
    assert ADDRESS not in repr(kept)


async def test_films_are_counted_but_not_shown(router: respx.Router) -> None:
    film = a_request(2, type="movie", seasons=[])
    router.get("/api/v1/request").respond(json=a_page([a_request(), film]))
    assert [r.request_id for r in await ask(router, lambda c: c.fetch_requests())] == [1]


def paged(rows: list[dict[str, Any]]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        skip, take = (int(request.url.params[key]) for key in ("skip", "take"))
        return httpx.Response(200, json=a_page(rows[skip : skip + take], total=len(rows)))

    return answer


class Changing:
    """A Seerr whose requests change between the first page and the second, so many times."""

    def __init__(self, change: Callable[[list[dict[str, Any]]], None], times: int = 1) -> None:
        self.rows = [a_request(n) for n in range(1, 151)]
        self._change = change
        self._times = times

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = paged(self.rows)(request)
        if int(request.url.params["skip"]) == 0 and self._times:
            self._times -= 1
            self._change(self.rows)
        return answer


def _one_goes(rows: list[dict[str, Any]]) -> None:
    del rows[4]


def _one_comes(rows: list[dict[str, Any]]) -> None:
    rows.append(a_request(1_000 + len(rows)))


def _one_goes_and_one_comes(rows: list[dict[str, Any]]) -> None:
    _one_goes(rows)
    _one_comes(rows)


@pytest.mark.parametrize("change", [_one_goes, _one_comes, _one_goes_and_one_comes])
async def test_a_list_that_changes_between_two_pages_is_read_again_at_once_and_loses_nothing(
    router: respx.Router, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    seerr = Changing(change)
    router.get("/api/v1/request").mock(side_effect=seerr)
    found = await ask(router, lambda c: c.fetch_requests())
    assert [r.request_id for r in found] == [row["id"] for row in seerr.rows]


async def test_a_list_that_changes_every_time_is_no_list(router: respx.Router) -> None:
    router.get("/api/v1/request").mock(side_effect=Changing(_one_goes_and_one_comes, times=9))
    with pytest.raises(BadPayload, match="the list changed each time"):
        await ask(router, lambda c: c.fetch_requests())


async def test_a_request_that_was_not_sent_yet_is_for_the_server_it_names(
    router: respx.Router,
) -> None:
    """The media's server is where an earlier request of the same series went."""
    rows = [a_request(1, status=1, serverId=5), a_request(2, status=1, serverId=None)]
    router.get("/api/v1/request").respond(json=a_page(rows))
    first, second = await ask(router, lambda c: c.fetch_requests())
    assert (first.server_id, first.sonarr_series_id) == (5, None)
    assert (second.server_id, second.sonarr_series_id) == (0, 7)


async def test_all_pages_are_read(router: respx.Router) -> None:
    route = router.get("/api/v1/request").mock(
        side_effect=paged([a_request(n) for n in range(1, 251)])
    )
    found = await ask(router, lambda c: c.fetch_requests())
    assert [r.request_id for r in found] == list(range(1, 251))
    assert route.call_count == 3


async def test_old_versions_refuse_what_they_do_not_know_and_are_asked_simply(
    router: respx.Router,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        for name in ("mediaType", "sortDirection"):
            if name in request.url.params:
                return httpx.Response(400, json={"message": f"Unknown query parameter '{name}'"})
        return paged([a_request(n) for n in range(1, 151)])(request)

    route = router.get("/api/v1/request").mock(side_effect=answer)

    async def twice(client: JellyseerrClient) -> list[int]:
        return [len(await client.fetch_requests()) for _ in range(2)]

    assert await ask(router, twice) == [150, 150]
    assert route.call_count == 5, "refused once, and not tried again"


@pytest.mark.parametrize(
    "odd",
    [
        {"createdAt": "0001-01-01T00:00:00+01:00"},
        {"createdAt": "9999-12-31T23:59:59-14:00"},
        {"createdAt": "yesterday"},
        {"status": None},
        {"media": {"id": 10**30, "status": 1}},
    ],
)
async def test_one_odd_request_is_left_out_and_named_and_costs_no_other(
    router: respx.Router, odd: dict[str, Any]
) -> None:
    page = a_page([a_request(1), a_request(2, **odd), a_request(3)])
    router.get("/api/v1/request").respond(json=page)
    found = await ask(router, lambda c: c.fetch_requests())
    assert [request.request_id for request in found] == [1, 3]
    assert [one.key for one in found.unread] == [2]


async def test_what_is_refused_either_way_is_an_error(router: respx.Router) -> None:
    router.get("/api/v1/request").respond(400, json={"message": "no"})
    with pytest.raises(BadStatus):
        await ask(router, lambda c: c.fetch_requests())


@pytest.mark.parametrize(
    "answers",
    [
        [a_page([a_request(1)], total=2), a_page([], total=2)],
        [a_page([a_request(1)], total=2), a_page([a_request(1)], total=2)],
        [a_page([a_request(1)], total=2), a_page([a_request(2)], total=3)],
        [a_page([a_request(1), a_request(2)], total=1)],
        [{"results": []}],
        [{"pageInfo": {"results": 0}}],
    ],
)
async def test_half_a_list_is_no_list(router: respx.Router, answers: list[Any]) -> None:
    router.get("/api/v1/request").mock(
        side_effect=itertools.cycle(httpx.Response(200, json=a) for a in answers)
    )
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_requests())


async def test_one_failing_page_spoils_the_list(router: respx.Router) -> None:
    router.get("/api/v1/request").mock(
        side_effect=[
            httpx.Response(200, json=a_page([a_request(1)], total=2)),
            httpx.Response(500),
        ]
    )
    with pytest.raises(ServerFailed):
        await ask(router, lambda c: c.fetch_requests())


async def test_media_of_series_and_of_no_film(router: respx.Router) -> None:
    seasons = [{"seasonNumber": 1, "status": 5, "status4k": 1}]
    rows = [
        a_media(1, mediaType="movie"),
        a_media(2, tvdbId=None, seasons=seasons),
        a_media(3, status=7, externalServiceId=None),
    ]
    router.get("/api/v1/media").mock(side_effect=paged(rows))

    without_tvdb_id, gone = await ask(router, lambda c: c.fetch_media())
    assert (gone.media_id, gone.status) == (3, MediaStatus.DELETED)
    assert (without_tvdb_id.media_id, without_tvdb_id.tvdb_id) == (2, None)
    assert without_tvdb_id.tmdb_id == 120091
    assert without_tvdb_id.seasons[0].status is MediaStatus.AVAILABLE
    assert without_tvdb_id.seasons[0].status_4k is MediaStatus.UNKNOWN


async def test_version_and_servers(router: respx.Router) -> None:
    router.get("/api/v1/settings/about").respond(json={"version": "3.1.0"})
    assert await ask(router, lambda c: c.fetch_version()) == "3.1.0"
    with pytest.raises(BadPayload):
        wire.parse_version("x", b'{"version": ""}')
    router.get("/api/v1/settings/sonarr").respond(json=[SERVER])
    (server,) = await ask(router, lambda c: c.fetch_sonarr_servers())
    assert (server.server_id, server.url, server.is_4k) == (0, "https://sonarr:8989/tv", True)
    assert "secret-of-sonarr" not in repr(server)


READS: dict[str, Callable[[JellyseerrClient], Coroutine[Any, Any, object]]] = {
    "requests": lambda c: c.fetch_requests(),
    "media": lambda c: c.fetch_media(),
    "servers": lambda c: c.fetch_sonarr_servers(),
    "version": lambda c: c.fetch_version(),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"message": "cookie 'connect.sid' required"}), Unauthorized),
        (httpx.Response(403, json={"status": 403, "error": "no"}), Unauthorized),
        (httpx.Response(500), ServerFailed),
        (httpx.Response(200, content=b'{"results":['), BadPayload),
        (httpx.Response(200, text="<html></html>"), BadPayload),
        (httpx.Response(200, json={}), BadPayload),
        (httpx.ConnectError("refused"), Unreachable),
        (httpx.ReadTimeout("slow"), TimedOut),
    ],
)
async def test_every_failure_is_an_error(
    router: respx.Router,
    read: str,
    answer: httpx.Response | Exception,
    error: type[UpstreamError],
) -> None:
    router.get(path__startswith="/api/v1/").mock(side_effect=[answer])
    with pytest.raises(error) as failed:
        await ask(router, READS[read])
    assert "not-to-be-shown" not in str(failed.value)


PARSERS: tuple[Callable[[str, bytes], object], ...] = (
    lambda e, b: wire.parse_request_page(e, b, keeps_requester=True),
    wire.parse_media_page,
    wire.parse_sonarr_servers,
    wire.parse_version,
)
_KEYS = st.sampled_from(
    ["id", "status", "media", "seasons", "requestedBy", "createdAt", "type", "port", "tvdbId"]
)


@given(st.sampled_from(PARSERS), st.binary(max_size=40))
def test_any_bytes(parse: Callable[[str, bytes], object], raw: bytes) -> None:
    with suppress(BadPayload):
        parse("x", raw)


@given(st.sampled_from(PARSERS), st.dictionaries(_KEYS, any_json, max_size=4))
def test_any_record(parse: Callable[[str, bytes], object], fields: dict[str, Any]) -> None:
    for template in (a_request(), a_media(), SERVER):
        record = {**template, **fields}
        for answer in (a_page([record]), [record], record):
            with suppress(BadPayload):
                parse("x", json.dumps(answer).encode())
