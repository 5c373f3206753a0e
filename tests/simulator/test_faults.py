"""Each fault does to an answer what it says, to its system and paths only, until it is cleared."""

import asyncio
import time

import httpx
import pytest

from episodarr.simulator import Scenario, SeasonPlan
from tests.simulator.drive import play

SERIES = "/api/v3/series"


def library() -> Scenario:
    scenario = Scenario.empty()
    for number in range(3):
        scenario.add_series(70_000 + number, f"Show {number}", {1: SeasonPlan(episodes=2)})
    return scenario


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503])
async def test_status(status: int) -> None:
    async with play(library()) as stage:
        stage.simulation.fault("sonarr.tv", "status", status=status)
        assert (await stage.ask("sonarr.tv", SERIES)).status_code == status
        assert (await stage.ask("shoko", "/api/v3/Init/Status")).status_code == 200
        stage.simulation.clear_faults()
        assert len(await stage.rows("sonarr.tv", SERIES)) == 3


async def test_half_a_body_announces_the_whole_and_breaks_off() -> None:
    async with play(library()) as stage:
        stage.simulation.fault("sonarr.tv", "half_body")
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            await stage.ask("sonarr.tv", SERIES)


async def test_bodies_that_are_wrong_in_themselves() -> None:
    async with play(library()) as stage:
        whole = (await stage.ask("sonarr.tv", SERIES)).content
        for kind, expected in (
            ("truncated_json", whole[: len(whole) // 2]),
            ("empty_body", b""),
            ("wrong_type", b"42"),
        ):
            stage.simulation.fault("sonarr.tv", kind)
            answer = await stage.ask("sonarr.tv", SERIES)
            assert (answer.status_code, answer.content) == (200, expected)
        stage.simulation.fault("sonarr.tv", "html")
        answer = await stage.ask("sonarr.tv", SERIES)
        assert (answer.status_code, answer.headers["content-type"][:9]) == (200, "text/html")
        stage.simulation.fault("sonarr.tv", "login_redirect")
        answer = await stage.ask("sonarr.tv", SERIES)
        assert answer.status_code == 302
        page = await stage.ask("sonarr.tv", answer.headers["location"])
        assert (page.status_code, "Sign in" in page.text) == (200, True)


async def test_refused_and_back_on_the_same_port() -> None:
    async with play(library()) as stage:
        url = stage.simulation.urls["sonarr.tv"]
        stage.simulation.fault("sonarr.tv", "refused")
        stage.client._transport = httpx.AsyncHTTPTransport()
        with pytest.raises(httpx.ConnectError):
            await stage.ask("sonarr.tv", SERIES)
        stage.simulation.clear_faults("sonarr.tv")
        assert stage.simulation.urls["sonarr.tv"] == url
        assert len(await stage.rows("sonarr.tv", SERIES)) == 3


async def test_slow_is_right_but_late_and_counts_what_is_in_flight() -> None:
    async with play(library()) as stage:
        stage.simulation.fault("sonarr.tv", "slow", seconds=0.15)
        begun = time.monotonic()
        answers = await asyncio.gather(*(stage.rows("sonarr.tv", SERIES) for _ in range(3)))
        assert [len(rows) for rows in answers] == [3, 3, 3]
        assert time.monotonic() - begun >= 0.15
        assert stage.simulation.requests.peak("sonarr.tv") == 3
        assert stage.simulation.requests.in_flight("sonarr.tv") == 0


async def test_an_empty_server_is_healthy_takes_the_key_and_is_another() -> None:
    async with play(library()) as stage:
        own = (await stage.ask("jellyfin", "/System/Info")).json()["Id"]
        for system in ("sonarr.tv", "jellyfin", "shoko", "jellyseerr", "qbittorrent.main"):
            stage.simulation.fault(system, "empty_server")
        assert await stage.rows("sonarr.tv", SERIES) == []
        assert await stage.rows("sonarr.tv", "/api/v3/queue/details") == []
        assert (await stage.ask("jellyfin", "/System/Info")).json()["Id"] != own
        path = "/Items?recursive=true&includeItemTypes=Series"
        assert (await stage.ask("jellyfin", path)).json()["Items"] == []
        assert (await stage.ask("shoko", "/api/v3/Series?pageSize=0")).json()["Total"] == 0
        requests = (await stage.ask("jellyseerr", "/api/v1/request")).json()
        assert requests["results"] == []
        assert await stage.log_in() == 200
        assert await stage.rows("qbittorrent.main", "/api/v2/torrents/info") == []


async def test_a_fault_may_hit_one_path_only() -> None:
    async with play(library()) as stage:
        stage.simulation.fault("sonarr.tv", "status", status=500, path_prefix="/api/v3/queue")
        assert (await stage.ask("sonarr.tv", "/api/v3/queue/details")).status_code == 500
        assert (await stage.ask("sonarr.tv", SERIES)).status_code == 200
        assert stage.world.unreachable == set()


async def test_unknown_faults_and_systems_are_errors() -> None:
    async with play(library()) as stage:
        with pytest.raises(ValueError, match="no fault is called 'tired'"):
            stage.simulation.fault("sonarr.tv", "tired")
        with pytest.raises(KeyError):
            stage.simulation.fault("sonarr.none", "html")


async def test_requests_are_counted_by_normalized_path() -> None:
    async with play(library()) as stage:
        for number in (1, 2, 3):
            await stage.ask("sonarr.tv", f"/api/v3/series/{number}")
        await stage.ask("sonarr.tv", SERIES)
        counts = stage.simulation.requests
        assert counts.by_path("sonarr.tv") == {
            "GET /api/v3/series": 1,
            "GET /api/v3/series/{id}": 3,
        }
        assert counts.count("sonarr") == 4
        assert counts.count("sonarr.tv", "/api/v3/series/{id}") == 3
        assert counts.count(method="POST") == 0
        counts.reset()
        assert counts.count() == 0
