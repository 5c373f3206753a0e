"""Jellyfin's client against answers of the shape of the official specification."""

import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

from episodarr.errors import (
    BadPayload,
    RateLimited,
    Redirected,
    ServerFailed,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from episodarr.model.reading import FailureReason
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.jellyfin.client import EpisodeList, JellyfinClient
from episodarr.systems.jellyfin.records import JellyfinEpisode, JellyfinId
from tests.specs import JELLYFINS, check, load, named, parameters_of
from tests.turns import turns_of_others

BASE = "http://jellyfin.test:8096/media"
SERIES_ID = "f" * 31 + "1"


def hex_id(number: int) -> JellyfinId:
    return JellyfinId(f"{number:032x}")


def a_series(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "Id": hex_id(number),
        "Name": f"Show {number}",
        "Type": "Series",
        "LocationType": "FileSystem",
        "Path": f"/media/tv/Show {number}",
        "ProviderIds": {"Tvdb": str(1000 + number)},
        **fields,
    }


def an_episode(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "Id": hex_id(500 + number),
        "Name": f"Episode {number}",
        "Type": "Episode",
        "LocationType": "FileSystem",
        "Path": f"/media/tv/Show/Season 1/Show - S01E{number:02}.mkv",
        "SeriesId": SERIES_ID,
        "SeasonId": "e" * 32,
        "ParentIndexNumber": 1,
        "IndexNumber": number,
        "ProviderIds": {"Tvdb": str(9000 + number)},
        **fields,
    }


def a_page(items: list[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    return {
        "Items": items,
        "TotalRecordCount": len(items) if total is None else total,
        "StartIndex": 0,
    }


def items_of(listed: EpisodeList) -> dict[JellyfinId, JellyfinEpisode | None]:
    """All items by id; None for one that is no file."""
    episodes = (e for part in listed.by_series.values() for e in part.unpacked())
    return {**dict.fromkeys(listed.others), **{e.item_id: e for e in episodes}}


async def ask[T](
    router: respx.Router,
    question: Callable[[JellyfinClient], Coroutine[Any, Any, T]],
    *,
    api_key: str = "0123abcd",
    timeout_seconds: float = 5.0,
) -> T:
    client = JellyfinClient(
        ConnectionOptions(base_url=BASE, timeout_seconds=timeout_seconds),
        api_key=api_key,
        observer=ignore_requests,
        transport=httpx.MockTransport(router.async_handler),
    )
    async with aclosing(client):
        answer = await question(client)
    router.assert_all_called()
    return answer


@pytest.fixture
def router() -> respx.Router:
    return respx.Router(base_url=BASE)


@pytest.mark.parametrize("spec", JELLYFINS)
def test_the_answers_below_are_what_the_specification_promises(spec: str) -> None:
    page = named("BaseItemDtoQueryResult")
    check(spec, page, a_page([a_series(1), an_episode(1, IndexNumberEnd=2)]))
    check(spec, page, a_page([an_episode(1, MediaSourceCount=2)]))
    check(spec, named("SystemInfo"), SYSTEM)
    for task in TASKS:
        check(spec, named("TaskInfo"), task)
    for folder in LIBRARIES:
        check(spec, named("VirtualFolderInfo"), folder)


@pytest.mark.parametrize("spec", JELLYFINS)
async def test_what_is_asked_is_what_the_specification_takes(
    router: respx.Router, spec: str
) -> None:
    fields = set(load(spec)["components"]["schemas"]["ItemFields"]["enum"])
    items = router.get("/Items").respond(json=a_page([]))

    async def every_question(client: JellyfinClient) -> None:
        await client.fetch_all_series()
        await client.fetch_episodes()
        await client.fetch_episodes(datetime(2026, 1, 31, 18, 0, 0, 5, tzinfo=UTC))
        await client.count_episodes()
        await client.fetch_items([hex_id(1)])

    await ask(router, every_question)
    known = parameters_of(spec, "/Items")
    for call in items.calls:
        sent = call.request.url.params
        assert set(sent) <= known
        assert set(sent["fields"].split(",")) <= fields


SYSTEM = {"Id": "a" * 32, "Version": "10.11.11", "ServerName": "attic", "IsShuttingDown": False}
TASKS = [
    {"Key": "TasksRefreshChapterImages", "State": "Running", "Name": "x", "Id": "1"},
    {
        "Key": "RefreshLibrary",
        "State": "Running",
        "Name": "Alle Bibliotheken scannen",
        "Id": "2",
        "CurrentProgressPercentage": 12.5,
        "LastExecutionResult": {
            "StartTimeUtc": "2026-01-31T04:00:00.1234567Z",
            "EndTimeUtc": "2026-01-31T04:05:00.0000000Z",
            "Status": "Completed",
        },
    },
]
LIBRARIES = [{"Name": "TV", "Locations": ["/media/tv"], "ItemId": "b" * 32}]


async def test_identity_needs_the_key_and_sends_it_in_the_one_header(router: respx.Router) -> None:
    route = router.get("/System/Info").respond(json=SYSTEM)
    server = await ask(router, lambda c: c.fetch_identity(), api_key="k y")
    assert (server.server_id, server.version, server.name) == ("a" * 32, "10.11.11", "attic")
    sent = route.calls.last.request
    assert sent.headers["Authorization"].endswith('Token="k%20y"')
    assert sent.headers["Authorization"].startswith("MediaBrowser ")
    assert not any(name.lower().startswith("x-") for name in sent.headers)
    assert "k" not in sent.url.query.decode()


@pytest.mark.parametrize("system", [{**SYSTEM, "Id": ""}, {**SYSTEM, "Version": ""}, {}])
async def test_a_server_without_an_identity_is_refused(
    router: respx.Router, system: dict[str, Any]
) -> None:
    router.get("/System/Info").respond(json=system)
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_identity())


async def test_all_series_of_all_pages(router: respx.Router) -> None:
    pages = {0: [a_series(n) for n in range(1, 3)], 1: [a_series(2), a_series(3)]}
    route = router.get("/Items").mock(
        side_effect=lambda request: httpx.Response(
            200, json=a_page(pages[int(request.url.params["startIndex"])], total=3)
        )
    )
    found = await ask(router, lambda c: c.fetch_all_series())
    assert [series.item_id for series in found] == [hex_id(n) for n in (1, 2, 3)]
    assert found[0].path == "/media/tv/Show 1"
    assert route.call_count == 2
    asked = route.calls[0].request.url.params
    assert asked["recursive"] == "true"
    assert asked["fields"] == "Path,ProviderIds"
    assert asked["includeItemTypes"] == "Series"


async def test_a_good_answer_without_series_is_empty(router: respx.Router) -> None:
    router.get("/Items").respond(json=a_page([]))
    assert await ask(router, lambda c: c.fetch_all_series()) == ()


@pytest.mark.parametrize(
    "answers",
    [
        [a_page([a_series(1)], total=2), a_page([], total=2)],
        [a_page([a_series(1), a_series(2)], total=1)],
        [a_page([a_series(1)], total=2), a_page([a_series(1), a_series(2)], total=3)],
        [a_page([a_series(1)], total=2), a_page([a_series(1)], total=2)],
        [a_page([a_series(1)], total=2), a_page([a_series(2)], total=2)],
        [a_page([an_episode(1)])],
        [a_page([a_series(1, Id="not a guid")])],
        [a_page([], total=-1)],
        [{"Items": [a_series(1)]}],
        [{"TotalRecordCount": 0}],
        [[]],
    ],
)
async def test_half_an_answer_is_no_list(router: respx.Router, answers: list[Any]) -> None:
    several = [httpx.Response(200, json=a) for a in answers] * 3
    router.get("/Items").mock(side_effect=several)
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_all_series())


async def test_provider_ids_are_found_whatever_their_case(router: respx.Router) -> None:
    ids = {"TVDB": " 42 ", "tmdb": "7", "IMDB": "TT0001", "AniDB": "11", "Shoko Series": "84"}
    ids_with_null: dict[str, str | None] = {**ids, "TvMaze": None}
    router.get("/Items").respond(json=a_page([a_series(1, ProviderIds=ids_with_null)]))
    (found,) = await ask(router, lambda c: c.fetch_all_series())
    assert found.provider_ids.tvdb == 42
    assert found.provider_ids.tmdb == 7
    assert found.provider_ids.imdb == "tt0001"
    assert found.provider_ids.anidb == 11
    assert found.provider_ids.shoko_series == 84


@pytest.mark.parametrize("text", ["", "0", "tv-42", "42.0", "-42"])
async def test_an_id_that_is_no_number_is_no_id(router: respx.Router, text: str) -> None:
    router.get("/Items").respond(json=a_page([a_series(1, ProviderIds={"Tvdb": text})]))
    (found,) = await ask(router, lambda c: c.fetch_all_series())
    assert found.provider_ids.tvdb is None


async def test_only_files_count_as_episodes(router: respx.Router) -> None:
    virtual = an_episode(2, LocationType="Virtual")
    del virtual["Path"]
    route = router.get("/Items").respond(
        json=a_page([an_episode(1), virtual, an_episode(3, LocationType="Remote")])
    )
    found = items_of(await ask(router, lambda c: c.fetch_episodes()))
    assert [found[hex_id(500 + n)] for n in (2, 3)] == [None, None]
    episode = found[hex_id(501)]
    assert episode is not None
    assert (episode.season, episode.episodes) == (1, (1,))
    assert episode.paths == ("/media/tv/Show/Season 1/Show - S01E01.mkv",)
    asked = route.calls.last.request.url.params
    assert (asked["isMissing"], asked["recursive"]) == ("false", "true")
    assert asked["includeItemTypes"] == "Episode"
    assert "parentId" not in asked


@pytest.mark.parametrize("broken", [{"LocationType": None}, {"Path": None}, {"Path": ""}])
async def test_what_may_be_a_file_or_not_has_no_path_and_spoils_nothing_else(
    router: respx.Router, broken: dict[str, Any]
) -> None:
    router.get("/Items").respond(json=a_page([an_episode(1, **broken), an_episode(2)]))
    found = items_of(await ask(router, lambda c: c.fetch_episodes()))
    unclear, other = found[hex_id(501)], found[hex_id(502)]
    assert unclear is not None
    assert unclear.paths == ()
    assert other is not None
    assert other.paths


async def test_one_that_went_and_one_that_came_between_two_pages_do_not_hide_a_third(
    router: respx.Router,
) -> None:
    """The number is the same in the end; the page that follows does not begin where the last ended."""
    first, second, third, late = (an_episode(n) for n in (1, 2, 3, 4))
    pages = [
        a_page([first, second], total=3),
        a_page([late], total=3),
        a_page([second, third], total=3),
        a_page([third, late], total=3),
    ]
    router.get("/Items").mock(side_effect=[httpx.Response(200, json=page) for page in pages])
    found = items_of(await ask(router, lambda c: c.fetch_episodes()))
    assert set(found) == {hex_id(502), hex_id(503), hex_id(504)}


async def test_a_list_that_grows_while_it_is_read_is_complete(router: respx.Router) -> None:
    """Jellyfin adds files for hours when it scans a library for the first time."""
    first, second, third = (an_episode(n) for n in (1, 2, 3))
    pages = [a_page([first, second], total=3), a_page([first, second, third], total=4)]
    router.get("/Items").mock(side_effect=[httpx.Response(200, json=page) for page in pages])
    found = await ask(router, lambda c: c.fetch_episodes())
    assert found.has_changed
    assert set(items_of(found)) == {hex_id(501), hex_id(502), hex_id(503)}


async def test_others_have_their_turn_while_a_page_is_read_and_put_together(
    router: respx.Router,
) -> None:
    """Episodes come in the order of their dates, so those of one series lie on many pages."""
    of_series = [{"SeriesId": f"{number:032x}"} for number in range(100)]
    listed = [an_episode(n, **of_series[n % 100]) for n in range(1100)]
    pages = [a_page(listed[:1000], total=1100), a_page(listed[999:], total=1100)]
    router.get("/Items").mock(side_effect=[httpx.Response(200, json=page) for page in pages])
    async with turns_of_others() as turns:
        found = await ask(router, lambda c: c.fetch_episodes())
    assert len(items_of(found)) == 1100
    assert turns.count >= 1000 // 200 + 100


async def test_what_was_saved_since_and_how_many_there_are(router: respx.Router) -> None:
    route = router.get("/Items").respond(
        json=a_page([an_episode(1)]), headers={"Date": "Sat, 31 Jan 2026 18:00:00 GMT"}
    )
    since = datetime(2026, 1, 31, 17, 0, 0, 5, tzinfo=UTC)
    saved = await ask(router, lambda c: c.fetch_episodes(since))
    assert saved.asked_at == datetime(2026, 1, 31, 18, tzinfo=UTC)
    assert route.calls.last.request.url.params["minDateLastSaved"] == "2026-01-31T17:00:00Z"
    assert await ask(router, lambda c: c.count_episodes()) == 1
    assert route.calls.last.request.url.params["limit"] == "0"


@pytest.mark.parametrize(
    ("fields", "episodes"),
    [
        ({"IndexNumberEnd": 3}, (1, 2, 3)),
        ({"IndexNumberEnd": 1}, (1,)),
        ({"IndexNumberEnd": 1080}, (1,)),
        ({"IndexNumber": None}, ()),
    ],
)
async def test_episode_numbers(
    router: respx.Router, fields: dict[str, Any], episodes: tuple[int, ...]
) -> None:
    router.get("/Items").respond(json=a_page([an_episode(1, **fields)]))
    (found,) = items_of(await ask(router, lambda c: c.fetch_episodes())).values()
    assert found is not None
    assert found.episodes == episodes


async def test_versions_of_an_episode_are_asked_for_by_id(router: respx.Router) -> None:
    other = "/media/tv/Show/Season 1/Show - S01E01 - 2160p.mkv"
    versions = [{"Path": an_episode(1)["Path"]}, {"Path": other}]
    one = router.get("/Items", params={"ids": hex_id(501)}).respond(
        json=a_page([an_episode(1, MediaSources=versions)])
    )
    router.get("/Items").respond(json=a_page([an_episode(1, MediaSourceCount=2), an_episode(2)]))
    found = items_of(await ask(router, lambda c: c.fetch_episodes()))[hex_id(501)]
    assert found is not None
    assert found.paths == (an_episode(1)["Path"], other)
    assert one.call_count == 1


async def test_shokofins_virtual_names_give_the_file_number(router: respx.Router) -> None:
    path = "/config/data/Shokofin/VFS/ab/X [Shoko Series=84]/Season 01/X S01E05 [Shoko Series=84]"
    router.get("/Items").respond(
        json=a_page([an_episode(5, Path=f"{path} [Shoko File=123].mkv", ProviderIds=None)])
    )
    (found,) = items_of(await ask(router, lambda c: c.fetch_episodes())).values()
    assert found is not None
    assert found.provider_ids.shoko_file == 123
    assert found.provider_ids.shoko_series == 84


async def test_items_by_id_in_chunks(router: respx.Router) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        ids = request.url.params["ids"].split(",")
        there = [i for i in ids if int(i, 16) % 2]
        return httpx.Response(200, json=a_page([a_series(int(i, 16)) for i in there]))

    route = router.get("/Items").mock(side_effect=answer)
    found = await ask(router, lambda c: c.fetch_items([hex_id(n) for n in range(1, 251)]))
    assert set(found) == {hex_id(n) for n in range(1, 251, 2)}
    assert route.call_count == 3
    assert all(len(str(call.request.url)) < 4000 for call in route.calls)


async def test_items_of_no_ids_ask_nothing(router: respx.Router) -> None:
    assert dict(await ask(router, lambda c: c.fetch_items([]))) == {}


async def test_an_item_nobody_asked_for_spoils_the_answer(router: respx.Router) -> None:
    router.get("/Items").respond(json=a_page([a_series(1), a_series(2)]))
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_items([hex_id(1)]))


async def test_a_virtual_item_is_there_but_is_no_file(router: respx.Router) -> None:
    router.get("/Items").respond(json=a_page([an_episode(1, LocationType="Virtual", Path=None)]))
    found = await ask(router, lambda c: c.fetch_items([hex_id(501)]))
    assert not found[hex_id(501)].is_file
    assert found[hex_id(501)].kind == "Episode"


async def test_the_library_scan_is_found_by_its_key(router: respx.Router) -> None:
    router.get("/ScheduledTasks").respond(json=TASKS)
    scan = await ask(router, lambda c: c.fetch_library_scan())
    assert scan.is_running
    assert scan.progress_ratio == 0.125
    assert scan.has_completed
    assert scan.last_started_at is not None
    assert scan.last_started_at.isoformat() == "2026-01-31T04:00:00.123457+00:00"


@pytest.mark.parametrize("tasks", [TASKS[:1], [{"Key": "RefreshLibrary"}]])
async def test_no_scan_task_is_an_error(router: respx.Router, tasks: list[dict[str, Any]]) -> None:
    router.get("/ScheduledTasks").respond(json=tasks)
    with pytest.raises(BadPayload):
        await ask(router, lambda c: c.fetch_library_scan())


async def test_libraries(router: respx.Router) -> None:
    router.get("/Library/VirtualFolders").respond(json=LIBRARIES)
    (library,) = await ask(router, lambda c: c.fetch_libraries())
    assert (library.name, library.locations) == ("TV", ("/media/tv",))
    assert library.library_id == "b" * 32


async def test_media_updates_are_reported_with_their_paths(router: respx.Router) -> None:
    route = router.post("/Library/Media/Updated").respond(204)
    await ask(router, lambda c: c.report_media_updated(["/media/tv/Show/a.mkv"]))
    sent = json.loads(route.calls.last.request.content)
    assert sent == {"Updates": [{"Path": "/media/tv/Show/a.mkv", "UpdateType": "Deleted"}]}


async def test_nothing_to_report_sends_nothing(router: respx.Router) -> None:
    await ask(router, lambda c: c.report_media_updated([]))


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (httpx.Response(401), Unauthorized, FailureReason.UNAUTHORIZED),
        (httpx.Response(403), Unauthorized, FailureReason.UNAUTHORIZED),
        (httpx.Response(503, text="starting"), ServerFailed, FailureReason.SERVER_ERROR),
        (httpx.Response(429), RateLimited, FailureReason.RATE_LIMITED),
        (
            httpx.Response(302, headers={"Location": "/web/"}),
            Redirected,
            FailureReason.REDIRECTED,
        ),
        (httpx.Response(200, text="<html>login</html>"), BadPayload, FailureReason.BAD_PAYLOAD),
        (httpx.Response(200, content=b'{"Items":['), BadPayload, FailureReason.BAD_PAYLOAD),
        (httpx.Response(204), BadPayload, FailureReason.BAD_PAYLOAD),
        (httpx.ConnectError("refused"), Unreachable, FailureReason.UNREACHABLE),
        (httpx.ReadTimeout("slow"), TimedOut, FailureReason.TIMEOUT),
    ],
)
async def test_every_failure_is_an_error_and_never_an_empty_list(
    router: respx.Router,
    answer: httpx.Response | Exception,
    error: type[UpstreamError],
    reason: FailureReason,
) -> None:
    router.get("/Items").mock(side_effect=[answer] * 3)
    for question in (
        lambda c: c.fetch_all_series(),
        lambda c: c.fetch_episodes(),
        lambda c: c.count_episodes(),
    ):
        with pytest.raises(error) as failed:
            await ask(router, question, api_key="not-to-be-shown")
        assert failed.value.reason is reason
        assert "not-to-be-shown" not in str(failed.value)


async def test_one_failing_chunk_spoils_the_whole_answer(router: respx.Router) -> None:
    router.get("/Items").mock(
        side_effect=[httpx.Response(200, json=a_page([])), httpx.Response(500)]
    )
    with pytest.raises(ServerFailed):
        await ask(router, lambda c: c.fetch_items([hex_id(n) for n in range(101)]))
