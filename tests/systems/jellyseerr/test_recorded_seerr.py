"""The client against what a real Seerr 3.1.0 and a Jellyseerr 2.7.3 answered."""

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from episodarr.errors import BadPayload, BadStatus, NotFound, ServerFailed, TimedOut, Unauthorized
from episodarr.model.ids import SonarrName, TvdbId
from episodarr.model.request import MediaStatus, RequestStatus, SeerrMedia
from episodarr.stages.requests import named_servers
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.jellyseerr import wire
from episodarr.systems.jellyseerr.client import JellyseerrClient

RECORDED = Path(__file__).resolve().parents[2] / "recorded" / "seerr"


def recorded(name: str) -> bytes:
    return (RECORDED / f"{name}.json").read_bytes()


def rows(name: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(recorded(name))["results"]
    return listed


class RecordedSeerr:
    """Answers with recorded records, cut into pages as the real one does."""

    def __init__(self) -> None:
        self.requests = rows("requests-first-page") + rows("requests-second-page")
        self.media = rows("media-page")
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        self.asked.append(path)
        return self._refusal(request) or self._answer(path, request)

    @staticmethod
    def _refusal(request: httpx.Request) -> httpx.Response | None:
        if "x-api-key" not in request.headers:
            return httpx.Response(401, content=recorded("no-key-401"))
        if request.headers["x-api-key"] != "right":
            return httpx.Response(403, content=recorded("wrong-key-403"))
        if "bogus" in request.url.params:
            return httpx.Response(400, content=recorded("unknown-parameter-400"))
        return None

    def _answer(self, path: str, request: httpx.Request) -> httpx.Response:
        match path:
            case "/request":
                return self._page(request, self.requests, most=7)
            case "/media":
                return self._page(request, self.media, most=5)
            case "/status":
                raise httpx.ReadTimeout("GitHub cannot be reached")
            case "/tv/31337":
                return httpx.Response(500, content=recorded("tv-404"))
            case _:
                return self._single(path)

    @staticmethod
    def _single(path: str) -> httpx.Response:
        name = {
            "/settings/about": "about",
            "/settings/sonarr": "settings-sonarr",
            "/tv/999001": "tv-title",
        }.get(path)
        if name is None:
            return httpx.Response(404, content=recorded("request-404"))
        return httpx.Response(200, content=recorded(name))

    @staticmethod
    def _page(request: httpx.Request, every: list[dict[str, Any]], most: int) -> httpx.Response:
        """A page no longer than `most`, so that a few records make several."""
        skip, take = (int(request.url.params[name]) for name in ("skip", "take"))
        listed = every[skip : skip + min(take, most)]
        return httpx.Response(
            200, json={"pageInfo": {"results": len(every), "page": 1}, "results": listed}
        )


async def ask[T](
    seerr: RecordedSeerr,
    question: Callable[[JellyseerrClient], Coroutine[Any, Any, T]],
    key: str = "right",
) -> T:
    client = JellyseerrClient(
        ConnectionOptions(base_url="http://seerr.test:5055", timeout_seconds=5),
        api_key=key,
        observer=ignore_requests,
        keeps_requester=True,
        transport=httpx.MockTransport(seerr),
    )
    try:
        return await question(client)
    finally:
        await client.aclose()


async def test_the_recorded_requests_are_all_read_over_several_pages() -> None:
    seerr = RecordedSeerr()
    found = await ask(seerr, lambda c: c.fetch_requests())
    assert [r.request_id for r in found] == sorted(row["id"] for row in seerr.requests)
    assert len(seerr.asked) > 3
    assert {r.status for r in found} == {
        RequestStatus.PENDING,
        RequestStatus.APPROVED,
        RequestStatus.DECLINED,
        RequestStatus.FAILED,
        RequestStatus.COMPLETED,
    }
    assert {r.is_4k for r in found} == {False, True}
    assert any(r.tvdb_id is None and r.tmdb_id for r in found)
    assert {MediaStatus.DELETED, MediaStatus.AVAILABLE, MediaStatus.PROCESSING} <= {
        r.media_status for r in found
    }
    assert found.unread == ()
    assert all("@" not in (r.requested_by or "") for r in found)


def test_the_recorded_list_of_2_7_3_is_read_alike() -> None:
    page = wire.parse_request_page("x", recorded("requests-2.7.3"), keeps_requester=False)
    assert page.total == len(page.ids) == len(page.entries) == 16
    assert page.entries.unread == ()


def test_films_between_the_recorded_requests_are_counted_and_not_shown() -> None:
    page = wire.parse_request_page("x", recorded("requests-with-movies"), keeps_requester=False)
    assert (len(page.ids), len(page.entries), page.entries.unread) == (12, 6, ())


async def test_the_recorded_media_tell_of_kinds_and_seasons() -> None:
    seerr = RecordedSeerr()
    found = await ask(seerr, lambda c: c.fetch_media())
    assert [m.media_id for m in found] == sorted(
        row["id"] for row in seerr.media if row["mediaType"] == "tv"
    )
    by_id = {m.media_id: m for m in found}
    deleted = by_id[270]
    assert (deleted.tvdb_id, deleted.status) == (TvdbId(800001), MediaStatus.DELETED)
    assert deleted.status_of(is_4k=True) is MediaStatus.UNKNOWN
    assert [(s.season, s.status) for s in deleted.seasons] == [(1, MediaStatus.DELETED)]
    assert {m.status for m in found} >= {MediaStatus.PENDING, MediaStatus.UNKNOWN}
    assert all(isinstance(m, SeerrMedia) for m in found)


async def test_a_seerr_that_cannot_reach_github_is_asked_for_its_version_elsewhere() -> None:
    seerr = RecordedSeerr()
    assert await ask(seerr, lambda c: c.fetch_version()) == "3.1.0"
    assert seerr.asked == ["/settings/about"]


async def test_the_recorded_servers_are_distinguished_by_kind_and_address() -> None:
    hd, uhd = await ask(RecordedSeerr(), lambda c: c.fetch_sonarr_servers())
    assert (hd.server_id, hd.is_4k, hd.is_default) == (0, False, True)
    assert (uhd.server_id, uhd.is_4k, uhd.is_default) == (1, True, True)
    ours = {SonarrName("tv"): "http://localhost:24100", SonarrName("uhd"): "http://[::1]:24101/"}
    servers = named_servers((hd, uhd), ours)
    assert dict(servers.name_by_server) == {0: "tv", 1: "uhd"}


async def test_a_recorded_title_is_kept_and_one_that_tmdb_does_not_know_is_an_error() -> None:
    assert await ask(RecordedSeerr(), lambda c: c.fetch_title(999001)) == "Nowhere & <Show>"
    with pytest.raises(ServerFailed):
        await ask(RecordedSeerr(), lambda c: c.fetch_title(31337))


async def test_a_wrong_key_is_refused_as_such() -> None:
    with pytest.raises(Unauthorized):
        await ask(RecordedSeerr(), lambda c: c.fetch_requests(), key="wrong")


async def test_what_hangs_is_a_timeout_and_no_answer() -> None:
    async def status(client: JellyseerrClient) -> bytes:
        return await client._http.get("status", "/api/v1/status")

    with pytest.raises(TimedOut):
        await ask(RecordedSeerr(), status)


@pytest.mark.parametrize(
    ("path", "params", "error"),
    [
        ("/api/v1/request/99999", {}, NotFound),
        ("/api/v1/request", {"bogus": "1"}, BadStatus),
    ],
)
async def test_recorded_refusals_are_errors(
    path: str, params: dict[str, str], error: type[Exception]
) -> None:
    async def read(client: JellyseerrClient) -> bytes:
        return await client._http.get("x", path, params)

    with pytest.raises(error):
        await ask(RecordedSeerr(), read)


NO_LISTS = (
    "no-key-401",
    "wrong-key-403",
    "request-404",
    "unknown-parameter-400",
    "request-count",
    "request-one",
    "job-run",
    "tv-404",
)


@pytest.mark.parametrize("name", NO_LISTS)
def test_other_recorded_answers_are_no_lists(name: str) -> None:
    with pytest.raises(BadPayload):
        wire.parse_request_page("x", recorded(name), keeps_requester=False)
    with pytest.raises(BadPayload):
        wire.parse_media_page("x", recorded(name))
    with pytest.raises(BadPayload):
        wire.parse_sonarr_servers("x", recorded(name))
