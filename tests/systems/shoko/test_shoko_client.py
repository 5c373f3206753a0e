"""Shoko's client against the shapes and routes of 4.2, 5.3 and 6."""

import itertools
import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import (
    BadPayload,
    BadStatus,
    NotFound,
    ServerFailed,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from episodarr.model.ids import ShokoFileId
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.shoko import wire
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.records import ShokoFolderId, ShokoSeriesId
from episodarr.systems.shoko.session import ShokoCredentials, ShokoKey, ShokoLogin
from tests.systems.any_json import any_json

BASE = "http://shoko.test:8111"
STARTED = {"State": "Started", "DatabaseBlocked": {"Blocked": False, "Reason": ""}}
VERSIONS = ["4.2.2.0", "5.3.3.0", "6.0.0-dev.425"]
KEY = ShokoKey(api_key="not-to-be-shown")


def a_series(number: int) -> dict[str, Any]:
    return {
        "IDs": {"ID": number, "AniDB": 10000 + number, "TvDB": [299963]},
        "Name": f"Series {number}",
        "Size": 13,
        "Sizes": {"Local": {"Episodes": 12, "Specials": 1, "Credits": 0}, "Missing": 0},
    }


def a_file(number: int, name: str | None = None, *, linked: bool | None = True) -> dict[str, Any]:
    file: dict[str, Any] = {
        "ID": number,
        "Size": 1000 + number,
        "Locations": [
            {
                "ID": number,
                "ImportFolderID": 2,
                "RelativePath": f"/Show/Season 01/{name or f'{number:02}.mkv'}",
                "IsAccessible": True,
            }
        ],
    }
    if linked is not None:
        link = {"SeriesID": {"ID": 84, "AniDB": 1}, "EpisodeIDs": [{"ID": None, "AniDB": 7}]}
        file["SeriesIDs"] = [link] if linked else []
    return file


def a_list(rows: list[dict[str, Any]], version: str = "5.3.3.0") -> object:
    return rows if version.startswith("4") else {"Total": len(rows), "List": rows}


async def ask[T](
    router: respx.Router,
    question: Callable[[ShokoClient], Coroutine[Any, Any, T]],
    *,
    version: str = "5.3.3.0",
    credentials: ShokoCredentials = KEY,
) -> T:
    for name, answer in (("Version", {"Server": {"Version": version}}), ("Status", STARTED)):
        if not any(f"Init/{name}" in str(route.pattern) for route in router.routes):
            router.get(f"/api/v3/Init/{name}").respond(json=answer)
    client = ShokoClient(
        ConnectionOptions(base_url=BASE, timeout_seconds=5),
        credentials=credentials,
        observer=ignore_requests,
        transport=httpx.MockTransport(router.async_handler),
    )
    async with aclosing(client):
        return await question(client)


@pytest.fixture
def router() -> respx.Router:
    return respx.Router(base_url=BASE)


@pytest.mark.parametrize(("version", "major"), list(zip(VERSIONS, (4, 5, 6), strict=True)))
async def test_version_and_readiness(router: respx.Router, version: str, major: int) -> None:
    server = await ask(router, lambda c: c.fetch_server(), version=version)
    assert (server.version, server.major, server.is_ready) == (version, major, True)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"State": "Starting", "StartupMessage": "Migrating"}, "Starting Migrating"),
        ({"State": "Failed", "StartupMessage": None}, "Failed"),
        (
            {"State": "Started", "DatabaseBlocked": {"Blocked": True, "Reason": "backup"}},
            "database blocked: backup",
        ),
    ],
)
async def test_before_it_has_started_nothing_is_believed(
    router: respx.Router, status: dict[str, Any], words: str
) -> None:
    router.get("/api/v3/Init/Status").respond(json=status)
    server = await ask(router, lambda c: c.fetch_server())
    assert not server.is_ready
    assert server.state == words
    with pytest.raises(ServerFailed, match="not ready"):
        await ask(router, lambda c: c.fetch_folders())


async def test_the_version_is_asked_once_and_again_after_shoko_was_away(
    router: respx.Router,
) -> None:
    away = {"State": "Starting"}
    status = router.get("/api/v3/Init/Status").mock(
        side_effect=[
            httpx.Response(200, json=STARTED),
            httpx.Response(200, json=STARTED),
            httpx.Response(200, json=away),
            httpx.Response(200, json=STARTED),
            httpx.Response(502),
            httpx.Response(200, json=STARTED),
        ]
    )
    numbers = iter(["5.3.3.0", "5.3.3.0", "6.0.0.0", "7.0.0.0"])
    version = router.get("/api/v3/Init/Version").mock(
        side_effect=lambda _: httpx.Response(200, json={"Server": {"Version": next(numbers)}})
    )

    async def six_fetches(client: ShokoClient) -> list[int]:
        majors: list[int] = []
        for _ in range(6):
            with suppress(ServerFailed):
                majors.append((await client.fetch_server()).major)
        return majors

    assert await ask(router, six_fetches) == [5, 5, 5, 5, 6]
    assert (status.call_count, version.call_count) == (6, 3)


async def test_a_version_without_a_number_is_refused(router: respx.Router) -> None:
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_server(), version="dev")


async def test_the_key_goes_into_its_header_and_nowhere_else(router: respx.Router) -> None:
    route = router.get("/api/v3/ImportFolder").respond(json=[])
    assert await ask(router, lambda c: c.fetch_folders()) == ()
    sent = route.calls.last.request
    assert sent.headers["apikey"] == "not-to-be-shown"
    assert "not-to-be-shown" not in str(sent.url)
    assert "not-to-be-shown" not in repr(KEY)


async def test_a_login_is_made_once_and_again_after_a_refusal(router: respx.Router) -> None:
    login = router.post("/api/auth").mock(
        side_effect=[httpx.Response(200, json={"apikey": key}) for key in ("one", "two")]
    )
    folders = router.get("/api/v3/ImportFolder").mock(
        side_effect=[
            httpx.Response(200, json=[]),
            httpx.Response(401),
            httpx.Response(200, json=[]),
        ]
    )

    async def three_fetches(client: ShokoClient) -> None:
        await client.fetch_folders()
        with pytest.raises(Unauthorized):
            await client.fetch_folders()
        await client.fetch_folders()

    user = ShokoLogin(username="Default", password="")
    await ask(router, three_fetches, credentials=user)
    assert [json.loads(call.request.content) for call in login.calls] == [
        {"user": "Default", "pass": "", "device": "episodarr"}
    ] * 2
    assert [call.request.headers["apikey"] for call in folders.calls] == ["one", "one", "two"]


@pytest.mark.parametrize("answer", [httpx.Response(401), httpx.Response(200, json={"apikey": ""})])
async def test_a_refused_login_is_an_error(router: respx.Router, answer: httpx.Response) -> None:
    router.post("/api/auth").mock(side_effect=[answer])
    user = ShokoLogin(username="Default", password="wrong-word")
    with pytest.raises((Unauthorized, BadPayload)) as refused:
        await ask(router, lambda c: c.fetch_folders(), credentials=user)
    assert "wrong-word" not in str(refused.value)
    assert "wrong-word" not in repr(user)


@pytest.mark.parametrize("answer", [{"Name": "x"}, {"IDs": {"ID": 0}}, {"IDs": {}}, [], "x"])
async def test_a_series_without_an_id_is_none(router: respx.Router, answer: object) -> None:
    router.get("/api/v3/Series/84").respond(json=answer)
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_series(ShokoSeriesId(84)))


@pytest.mark.parametrize("answer", [{"Total": 2, "List": [a_file(1)]}, {"Total": 1}, "x"])
async def test_half_a_list_of_files_is_none(router: respx.Router, answer: object) -> None:
    router.get("/api/v3/Series/84/File").respond(json=answer)
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_series_files(ShokoSeriesId(84)))


@pytest.mark.parametrize("version", VERSIONS)
async def test_files_of_a_series_with_places_and_links(router: respx.Router, version: str) -> None:
    rows = a_list([a_file(1), a_file(2, linked=False), a_file(3, linked=None)], version)
    route = router.get("/api/v3/Series/84/File").respond(json=rows)
    check = await ask(router, lambda c: c.fetch_series_files(ShokoSeriesId(84)), version=version)
    assert check.is_there
    assert [file.is_matched for file in check.files] == [True, False, None]
    (place,) = check.files[0].places
    assert (place.folder_id, place.relative_path) == (2, "Show/Season 01/01.mkv")
    assert place.is_accessible is True
    assert check.files[0].links is not None
    assert check.files[0].links[0].series_id == 84
    asked = route.calls.last.request.url.params
    assert (asked["includeXRefs"], asked["include"].split(",")[0]) == ("true", "XRefs")
    hidden = {"Ignored", "ImportLimbo"} if version.startswith("6") else {"Ignored"}
    assert {"Ignored", "ImportLimbo"} & set(asked["include"].split(",")) == hidden


async def test_places_of_shoko_6_and_of_older_words(router: respx.Router) -> None:
    file = a_file(1)
    file["Locations"] = [
        {"ManagedFolderID": 5, "RelativePath": "Show\\01.mkv", "Accessible": False},
        {"RelativePath": "x"},
    ]
    router.get("/api/v3/Series/84/File").respond(json=a_list([file]))
    check = await ask(router, lambda c: c.fetch_series_files(ShokoSeriesId(84)))
    new, bare = check.files[0].places
    assert (new.folder_id, new.relative_path, new.is_accessible) == (5, "Show/01.mkv", False)
    assert (bare.folder_id, bare.is_accessible) == (None, None)


async def test_a_series_that_shoko_does_not_have(router: respx.Router) -> None:
    router.get("/api/v3/Series/84/File").respond(404, json="No Series entry")
    router.get("/api/v3/Series/84").respond(404)
    check = await ask(router, lambda c: c.fetch_series_files(ShokoSeriesId(84)))
    assert (check.is_there, check.files) == (False, ())
    assert await ask(router, lambda c: c.fetch_series(ShokoSeriesId(84))) is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, html="<html>nginx</html>"),
        httpx.Response(404, text="404 page not found\n"),
    ],
    ids=["nginx", "Traefik"],
)
async def test_a_404_that_is_a_proxys_is_not_shokos_answer(
    router: respx.Router, answer: httpx.Response
) -> None:
    router.get("/api/v3/Series/84").mock(return_value=answer)
    with pytest.raises(NotFound):
        await ask(router, lambda c: c.fetch_series(ShokoSeriesId(84)))


async def test_one_series_and_its_sizes(router: respx.Router) -> None:
    router.get("/api/v3/Series/84").respond(json=a_series(84))
    found = await ask(router, lambda c: c.fetch_series(ShokoSeriesId(84)))
    assert found is not None
    assert found.local_episode_count == 13


async def test_files_by_id_leave_out_what_is_gone(router: respx.Router) -> None:
    router.get("/api/v3/File/1").respond(json=a_file(1))
    router.get("/api/v3/File/2").respond(404, json="No File entry")
    found = await ask(router, lambda c: c.fetch_files([ShokoFileId(1), ShokoFileId(2)]))
    assert set(found) == {1}


async def test_a_file_by_id_that_fails_is_not_gone(router: respx.Router) -> None:
    router.get("/api/v3/File/1").respond(json=a_file(1))
    router.get("/api/v3/File/2").respond(500)
    with pytest.raises(ServerFailed):
        await ask(router, lambda c: c.fetch_files([ShokoFileId(1), ShokoFileId(2)]))


def paths(*numbers: int) -> list[str]:
    return [f"/anime/Show/Season 01/{n:02}.mkv" for n in numbers]


def by_name(request: httpx.Request) -> httpx.Response:
    name = request.url.params["path"]
    number = int(name.rpartition("/")[2].partition(".")[0])
    return httpx.Response(200, json=[a_file(number)] if number < 50 else [])


async def test_a_single_waiting_file_is_one_request(router: respx.Router) -> None:
    route = router.get("/api/v3/File/PathEndsWith").mock(side_effect=by_name)
    check = await ask(router, lambda c: c.fetch_files_at(paths(1)))
    assert check.asked_paths == set(paths(1))
    assert [f.file_id for f in check.files] == [1]
    assert route.calls.last.request.url.params["path"] == "Season 01/01.mkv"


async def test_a_season_is_listed_by_its_folder(router: respx.Router) -> None:
    one = router.get("/api/v3/File/PathEndsWith").mock(side_effect=by_name)
    folder = router.get("/api/v3/ImportFolder/2/File").respond(
        json=a_list([a_file(n) for n in range(1, 13)])
    )
    check = await ask(router, lambda c: c.fetch_files_at(paths(*range(1, 14))))
    assert len(check.asked_paths) == 13
    assert {f.file_id for f in check.files} == set(range(1, 14))
    assert (one.call_count, folder.call_count) == (1, 1)
    asked = folder.calls.last.request.url.params
    assert (asked["folderPath"], asked["pageSize"]) == ("Show/Season 01", "0")


async def test_shoko_4_cannot_list_a_folder_and_is_asked_file_by_file(router: respx.Router) -> None:
    one = router.get("/api/v3/File/PathEndsWith").mock(side_effect=by_name)
    check = await ask(router, lambda c: c.fetch_files_at(paths(1, 2, 3, 99)), version="4.2.2.0")
    assert {f.file_id for f in check.files} == {1, 2, 3}
    assert one.call_count == 4


@pytest.mark.parametrize("folders", [[None, None], [2, 3]])
async def test_files_in_several_folders_are_asked_for_one_by_one(
    router: respx.Router, folders: list[int | None]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        file = by_name(request).json()[0]
        places = [{**file["Locations"][0], "ImportFolderID": folder} for folder in folders]
        return httpx.Response(200, json=[{**file, "Locations": places}])

    one = router.get("/api/v3/File/PathEndsWith").mock(side_effect=answer)
    check = await ask(router, lambda c: c.fetch_files_at(paths(1, 2, 3, 4)))
    assert len(check.files) == one.call_count == 4


async def test_the_client_shows_where_it_looks_and_no_secret() -> None:
    client = ShokoClient(
        ConnectionOptions(base_url="http://user:word@shoko.test:8111"),
        credentials=KEY,
        observer=ignore_requests,
    )
    assert repr(client) == "ShokoClient('http://shoko.test:8111')"
    await client.aclose()


async def test_half_a_check_of_paths_is_none(router: respx.Router) -> None:
    router.get("/api/v3/File/PathEndsWith").mock(
        side_effect=[httpx.Response(200, json=[a_file(1)]), httpx.Response(503)]
    )
    with pytest.raises(ServerFailed):
        await ask(router, lambda c: c.fetch_files_at(paths(1, 2)))


@pytest.mark.parametrize(
    ("version", "route"),
    [("5.3.3.0", "/api/v3/ImportFolder"), ("6.0.0-dev.425", "/api/v3/ManagedFolder")],
)
async def test_folders_and_a_sample_of_their_files(
    router: respx.Router, version: str, route: str
) -> None:
    router.get(route).respond(json=[{"ID": 2, "Name": "anime", "Path": "/data/anime/"}])
    router.get(f"{route}/2/File").respond(json={"Total": 400, "List": [a_file(1)]})
    (folder,) = await ask(router, lambda c: c.fetch_folders(), version=version)
    assert (folder.folder_id, folder.path) == (2, "/data/anime/")
    sample = await ask(router, lambda c: c.fetch_folder_sample(ShokoFolderId(2)), version=version)
    assert [f.file_id for f in sample] == [1]


@pytest.mark.parametrize(
    ("total", "limit", "pages"),
    [(0, 1_000, [1]), (20, 20, [1]), (350, 1_000, [1, 2, 3, 4]), (10_000, 400, [1, 34, 67, 100])],
)
async def test_a_sample_is_taken_evenly_from_the_whole_list(
    router: respx.Router, total: int, limit: int, pages: list[int]
) -> None:
    """One mounted disk among two shows its files side by side: the first thousand prove nothing."""

    def answer(request: httpx.Request) -> httpx.Response:
        page, size = (int(request.url.params[name]) for name in ("page", "pageSize"))
        numbers = range((page - 1) * size + 1, min(page * size, total) + 1)
        return httpx.Response(200, json={"Total": total, "List": [a_file(n) for n in numbers]})

    route = router.get("/api/v3/ImportFolder/2/File").mock(side_effect=answer)
    sample = await ask(router, lambda c: c.fetch_folder_sample(ShokoFolderId(2), limit=limit))
    assert [int(call.request.url.params["page"]) for call in route.calls] == pages
    assert len(sample) == min(total, limit)


@pytest.mark.parametrize(
    ("version", "size"), [("4.2.2.0", 100), ("5.3.3.0", 500), ("6.0.0-dev.425", 500)]
)
async def test_all_files_are_listed_page_by_page_and_again_where_the_total_changes(
    router: respx.Router, version: str, size: int
) -> None:
    totals = iter([size + 1, size + 2, *([size + 2] * 9)])

    def answer(request: httpx.Request) -> httpx.Response:
        page, wanted = (int(request.url.params[name]) for name in ("page", "pageSize"))
        assert wanted == size
        total = next(totals)
        numbers = range((page - 1) * size + 1, min(page * size, total) + 1)
        return httpx.Response(200, json={"Total": total, "List": [a_file(n) for n in numbers]})

    folders = "/api/v3/ManagedFolder" if version.startswith("6") else "/api/v3/ImportFolder"
    router.get(folders).respond(json=[{"ID": 2, "Name": "anime", "Path": "/data/anime/"}])
    route = router.get(f"{folders}/2/File").mock(side_effect=answer)
    pages = await ask(router, lambda c: c.fetch_all_files(len), version=version)
    assert pages == [size, 2]
    assert route.call_count == 4


async def test_a_list_of_files_that_changes_each_time_is_none(router: respx.Router) -> None:
    totals = itertools.count(501)

    def answer(request: httpx.Request) -> httpx.Response:
        total, page = next(totals), int(request.url.params["page"])
        numbers = range((page - 1) * 500 + 1, min(page * 500, total) + 1)
        return httpx.Response(200, json={"Total": total, "List": [a_file(n) for n in numbers]})

    router.get("/api/v3/ImportFolder").respond(json=[{"ID": 2, "Path": "/data/anime/"}])
    router.get("/api/v3/ImportFolder/2/File").mock(side_effect=answer)
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_all_files(len))


async def test_a_folder_without_a_path_is_refused(router: respx.Router) -> None:
    router.get("/api/v3/ImportFolder").respond(json=[{"ID": 2, "Path": None}])
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_folders())


@pytest.mark.parametrize(
    ("user", "is_unrestricted"),
    [({"RestrictedTags": []}, True), ({"RestrictedTags": [1]}, False), ({}, False)],
)
async def test_a_user_from_whom_nothing_is_hidden(
    router: respx.Router, user: dict[str, Any], is_unrestricted: bool
) -> None:
    router.get("/api/v3/User/Current").respond(json=user)
    assert await ask(router, lambda c: c.fetch_is_unrestricted()) is is_unrestricted


async def test_missing_files_are_removed_without_mylist(router: respx.Router) -> None:
    route = router.get("/api/v3/Action/RemoveMissingFiles/false").respond(200)
    await ask(router, lambda c: c.remove_missing_files())
    assert route.call_count == 1
    assert route.calls.last.request.extensions["timeout"]["read"] >= 1800


async def test_shoko_4_is_never_asked_to_remove_missing_files(router: respx.Router) -> None:
    route = router.get(path__startswith="/api/v3/Action").respond(200)
    with pytest.raises(BadStatus, match="MyList"):
        await ask(router, lambda c: c.remove_missing_files(), version="4.2.2.0")
    assert not route.called


async def test_shoko_6_checks_one_path(router: respx.Router) -> None:
    route = router.post("/api/v3/ManagedFolder/NotifyChangeDetected").respond(204)
    await ask(router, lambda c: c.notify_change("/data/x.mkv"), version="6.0.0-dev.425")
    assert json.loads(route.calls.last.request.content) == {
        "Path": "/data/x.mkv",
        "UpdateMyList": False,
    }
    with pytest.raises(BadStatus):
        await ask(respx.Router(base_url=BASE), lambda c: c.notify_change("/data/x.mkv"))
    assert route.call_count == 1


READS: tuple[Callable[[ShokoClient], Coroutine[Any, Any, object]], ...] = (
    lambda c: c.fetch_series(ShokoSeriesId(1)),
    lambda c: c.fetch_series_files(ShokoSeriesId(1)),
    lambda c: c.fetch_files([ShokoFileId(1)]),
    lambda c: c.fetch_files_at(paths(1)),
    lambda c: c.fetch_folders(),
    lambda c: c.fetch_folder_sample(ShokoFolderId(1)),
)


@pytest.mark.parametrize("read", READS, ids=range(len(READS)))
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401), Unauthorized),
        (httpx.Response(500), ServerFailed),
        (httpx.Response(400), BadStatus),
        (httpx.Response(200, content=b'{"Total":'), BadPayload),
        (httpx.Response(200, text="<html></html>"), BadPayload),
        (httpx.ConnectError("refused"), Unreachable),
        (httpx.ReadTimeout("slow"), TimedOut),
    ],
)
async def test_every_failure_is_an_error_and_reading_changes_nothing(
    router: respx.Router,
    read: Callable[[ShokoClient], Coroutine[Any, Any, object]],
    answer: httpx.Response | Exception,
    error: type[UpstreamError],
) -> None:
    router.get("/api/v3/Init/Status").respond(json=STARTED)
    action = router.get(path__startswith="/api/v3/Action").respond(200)
    scan = router.get(path__regex=r"/Scan$").respond(200)
    router.get("/api/v3/Init/Version").respond(json={"Server": {"Version": "5.3.3"}})
    router.get(path__startswith="/api/v3/").mock(side_effect=[answer])
    with pytest.raises(error):
        await ask(router, read)
    assert not action.called
    assert not scan.called


PARSERS: tuple[Callable[[str, bytes], object], ...] = (
    wire.parse_status,
    wire.parse_key,
    wire.parse_is_unrestricted,
    wire.parse_series,
    wire.parse_files,
    wire.parse_file_page,
    wire.parse_file,
    wire.parse_folders,
)
_KEYS = st.sampled_from(
    ["IDs", "Name", "Sizes", "Locations", "SeriesIDs", "Path", "State", "Total", "List", "Size"]
)


@given(st.sampled_from(PARSERS), st.binary(max_size=40))
def test_any_bytes(parse: Callable[[str, bytes], object], raw: bytes) -> None:
    with suppress(BadPayload):
        parse("x", raw)


@given(st.sampled_from(PARSERS), st.dictionaries(_KEYS, any_json, max_size=4))
def test_any_record(parse: Callable[[str, bytes], object], fields: dict[str, Any]) -> None:
    for template in (a_series(1), a_file(1), {"ID": 1, "Path": "/x"}, STARTED):
        record = {**template, **fields}
        for answer in (record, [record], {"Total": 1, "List": [record]}):
            with suppress(BadPayload):
                parse("x", json.dumps(answer).encode())
