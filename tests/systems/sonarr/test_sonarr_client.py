"""What is asked of Sonarr, and what every kind of answer becomes."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import respx

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
from episodarr.model.ids import SonarrName, SonarrSeriesId
from episodarr.simulator.scenarios.scenario import Scenario
from episodarr.simulator.simulation import Simulation
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.sonarr.client import SonarrClient
from episodarr.systems.sonarr.wire import UnreachableClients
from tests.systems.observed import Observed
from tests.systems.sonarr.sonarr_payloads import (
    a_command,
    a_health_check,
    a_history_record,
    a_queue_row,
    a_series,
    an_episode,
    an_episode_file,
)

KEY = "0123456789abcdef0123456789abcdef"
BASE = "http://sonarr:8989/tv"
SERIES = SonarrSeriesId(7)
ABROAD = timezone(timedelta(hours=2))

type Fetch = Callable[[SonarrClient], Awaitable[object]]

FETCHES: dict[str, tuple[str, Fetch]] = {
    "status": ("/api/v3/system/status", lambda client: client.fetch_status()),
    "command": ("/api/v3/command", lambda client: client.fetch_commands()),
    "health": ("/api/v3/health", lambda client: client.fetch_unreachable_clients()),
    "rootfolder": ("/api/v3/rootfolder", lambda client: client.fetch_root_folders()),
    "config": ("/api/v3/config/mediamanagement", lambda client: client.fetch_recycle_bin()),
    "queue": ("/api/v3/queue/details", lambda client: client.fetch_queue()),
    "series": ("/api/v3/series", lambda client: client.fetch_series()),
    "episode": ("/api/v3/episode", lambda client: client.fetch_episodes(SERIES)),
    "episodefile": ("/api/v3/episodefile", lambda client: client.fetch_episode_files(SERIES)),
    "history_series": (
        "/api/v3/history/series",
        lambda client: client.fetch_history_of_series(SERIES),
    ),
    "history": (
        "/api/v3/history/since",
        lambda client: client.fetch_history_since(datetime(2026, 1, 31, 20, 0, 0, 999999, ABROAD)),
    ),
}
GOOD: dict[str, object] = {
    "status": {"appName": "Sonarr", "version": "4.0.19.2979"},
    "command": [a_command()],
    "health": [a_health_check("DownloadClientStatusCheck", "error", "All")],
    "rootfolder": [{"id": 1, "path": "/tv", "accessible": True, "freeSpace": 1}],
    "config": {"id": 1, "recycleBin": "/recycle", "recycleBinCleanupDays": 7},
    "queue": [a_queue_row()],
    "series": [a_series()],
    "episode": [an_episode()],
    "episodefile": [an_episode_file()],
    "history_series": [a_history_record()],
    "history": [a_history_record()],
}


@asynccontextmanager
async def a_client(**more: Any) -> AsyncIterator[SonarrClient]:
    options = ConnectionOptions(base_url=BASE, timeout_seconds=5)
    given: dict[str, Any] = {"api_key": KEY, "observer": ignore_requests, **more}
    client = SonarrClient(SonarrName("tv"), options, **given)
    try:
        yield client
    finally:
        await client.aclose()


async def ask(fetch: Fetch, **more: Any) -> object:
    async with a_client(**more) as client:
        return await fetch(client)


def sonarr() -> respx.MockRouter:
    return respx.mock(base_url=BASE, assert_all_called=True, assert_all_mocked=True)


@pytest.mark.parametrize("endpoint", FETCHES)
async def test_each_fact_is_one_request_with_the_key_in_a_header(endpoint: str) -> None:
    path, fetch = FETCHES[endpoint]
    observed = Observed()
    with sonarr() as router:
        route = router.get(path).respond(json=GOOD[endpoint])
        assert await ask(fetch, observer=observed)
    assert route.call_count == 1
    request = route.calls.last.request
    assert request.headers["X-Api-Key"] == KEY
    assert KEY not in str(request.url)
    assert observed.seen == [(endpoint, None)]


async def test_the_questions_are_narrow() -> None:
    asked: dict[str, str] = {}
    for endpoint, (path, fetch) in FETCHES.items():
        with sonarr() as router:
            route = router.get(path).respond(json=GOOD[endpoint])
            await ask(fetch)
            asked[endpoint] = route.calls.last.request.url.query.decode()
    assert {endpoint: query for endpoint, query in asked.items() if query} == {
        "episode": "seriesId=7",
        "episodefile": "seriesId=7",
        "history_series": "seriesId=7",
        "history": "date=2026-01-31T18%3A00%3A00Z",
    }


@pytest.mark.parametrize("endpoint", FETCHES)
@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx.Response(401), Unauthorized),
        (httpx.Response(403), Unauthorized),
        (httpx.Response(404, json={"message": "NotFound"}), NotFound),
        (httpx.Response(409), BadStatus),
        (httpx.Response(429), RateLimited),
        (httpx.Response(500, json={"message": "database is locked"}), ServerFailed),
        (httpx.Response(503), ServerFailed),
        (httpx.Response(504), ServerFailed),
        (httpx.Response(307, headers={"Location": "/x/api"}), Redirected),
        (httpx.Response(302, headers={"Location": "https://auth.example/"}), Redirected),
        (httpx.Response(200, html="<html><title>Login</title></html>"), BadPayload),
        (httpx.Response(200, text="OK"), BadPayload),
        (httpx.Response(200, content=b"", headers={"Content-Type": "application/json"}), BadPayload),
        (httpx.Response(200, text='[{"id": 1', headers={"Content-Type": "application/json"}), BadPayload),
        (httpx.Response(200, json={"records": []}), BadPayload),
        (httpx.Response(200, json=None), BadPayload),
        (httpx.Response(200, json=["x"]), BadPayload),
        (httpx.Response(204), BadPayload),
    ],
)  # fmt: skip
async def test_whatever_is_no_good_answer_is_an_error_and_never_a_fact(
    endpoint: str, response: httpx.Response, kind: type[UpstreamError]
) -> None:
    path, fetch = FETCHES[endpoint]
    observed = Observed()
    with sonarr() as router:
        router.get(path).mock(return_value=response)
        with pytest.raises(UpstreamError) as caught:
            await ask(fetch, observer=observed)
    assert type(caught.value) is kind
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("endpoint", FETCHES)
@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpx.ConnectError("refused"), Unreachable),
        (httpx.ConnectTimeout("slow"), TimedOut),
        (httpx.ReadTimeout("slow"), TimedOut),
        (httpx.RemoteProtocolError("cut"), Unreachable),
    ],
)
async def test_no_answer_is_an_error_with_its_own_reason(
    endpoint: str, trouble: Exception, kind: type[UpstreamError]
) -> None:
    path, fetch = FETCHES[endpoint]
    observed = Observed()
    with sonarr() as router:
        router.get(path).mock(side_effect=trouble)
        with pytest.raises(kind):
            await ask(fetch, observer=observed)
    assert observed.seen == [(endpoint, kind.reason)]


async def test_a_fact_that_only_pyarr_would_accept_is_refused() -> None:
    with sonarr() as router:
        router.get("/api/v3/system/status").respond(
            text='{"appName": "Sonarr", "version": "4.0.19.2979"}'
        )
        with pytest.raises(BadPayload):
            await ask(lambda client: client.fetch_status())


# --- identity ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint", ["queue", "series", "episode", "episodefile", "history", "history_series"]
)
async def test_what_did_not_change_is_the_same_object(endpoint: str) -> None:
    path, fetch = FETCHES[endpoint]
    with sonarr() as router:
        router.get(path).respond(json=GOOD[endpoint])
        async with a_client() as client:
            assert await fetch(client) is await fetch(client)


async def test_after_an_error_the_next_good_answer_keeps_identity() -> None:
    with sonarr() as router:
        router.get("/api/v3/series").mock(
            side_effect=[
                httpx.Response(200, json=[a_series()]),
                httpx.Response(503),
                httpx.Response(200, content=json.dumps([a_series()]).encode()[:-9]),
                httpx.Response(200, json=[a_series()]),
            ]
        )
        async with a_client() as client:
            before = await client.fetch_series()
            for kind in (ServerFailed, BadPayload):
                with pytest.raises(kind):
                    await client.fetch_series()
            assert await client.fetch_series() is before


# --- against the simulated Sonarr -------------------------------------------------------------------


async def test_the_simulated_sonarr_is_read_whole() -> None:
    async with Simulation(Scenario.default(seed=1)) as simulation:
        one = simulation.scenario.sonarrs[0]
        options = ConnectionOptions(base_url=simulation.urls[f"sonarr.{one.name}"])
        client = SonarrClient(
            SonarrName(one.name), options, api_key=one.api_key, observer=ignore_requests
        )
        try:
            assert (await client.fetch_status()).started_at is not None
            library = await client.fetch_series()
            assert any(series.title == "SPY x FAMILY" for series in library)
            for series in library:
                episodes = await client.fetch_episodes(series.sonarr_id)
                files = await client.fetch_episode_files(series.sonarr_id)
                with_file = {episode.file_id for episode in episodes} - {None}
                assert with_file == {file.file_id for file in files}
                assert sum(s.total_episode_count for s in series.seasons) == len(episodes)
            assert await client.fetch_queue()
            assert await client.fetch_unreachable_clients() == UnreachableClients()
            assert await client.fetch_root_folders()
            simulation.fault(f"sonarr.{one.name}", "status", status=500)
            with pytest.raises(ServerFailed):
                await client.fetch_queue()
        finally:
            await client.aclose()
