"""The control port lets other processes read counts, switch faults and trigger events."""

import httpx

from episodarr.simulator import Scenario, SeasonPlan
from tests.simulator.drive import Stage, play

SHOW = 70_001


def library() -> Scenario:
    return Scenario.empty().add_series(SHOW, "A Show", {1: SeasonPlan(episodes=2, files=1)})


async def post(stage: Stage, path: str, body: object) -> httpx.Response:
    return await stage.client.post(f"{stage.simulation.urls['control']}{path}", json=body)


async def test_requests_are_reported_and_reset() -> None:
    async with play(library()) as stage:
        await stage.ask("sonarr.tv", "/api/v3/series/1")
        report = (await stage.ask("control", "/control/requests")).json()
        assert report == {
            "sonarr.tv": {
                "total": 1,
                "peak": 1,
                "in_flight": 0,
                "paths": {"GET /api/v3/series/{id}": 1},
            }
        }
        assert (await post(stage, "/control/requests/reset", {})).status_code == 200
        assert (await stage.ask("control", "/control/requests")).json() == {}


async def test_faults_are_switched_on_and_off() -> None:
    async with play(library()) as stage:
        order = {"system": "sonarr.tv", "kind": "status", "status": 503}
        assert (await post(stage, "/control/faults", order)).status_code == 200
        assert (await stage.ask("sonarr.tv", "/ping")).status_code == 503
        shown = (await stage.ask("control", "/control/faults")).json()
        assert shown["sonarr.tv"][0]["status"] == 503
        await post(stage, "/control/faults", {"system": "all", "kind": "none"})
        assert (await stage.ask("sonarr.tv", "/ping")).status_code == 200
        for body, status in (
            ({"system": "plex", "kind": "html"}, 404),
            ({"system": "sonarr.tv", "kind": "tired"}, 400),
            ({"system": "sonarr.tv", "kind": "html", "wrong": 1}, 400),
            ([], 400),
        ):
            assert (await post(stage, "/control/faults", body)).status_code == status


async def test_events_are_triggered_by_name() -> None:
    async with play(library()) as stage:
        names = (await stage.ask("control", "/control/events")).json()
        assert "delete_series" in names
        arguments = {"sonarr": "tv", "tvdb_id": SHOW}
        done = await post(
            stage, "/control/events", {"event": "delete_series", "arguments": arguments}
        )
        assert done.json() == {"event": "delete_series", "result": None}
        assert await stage.rows("sonarr.tv", "/api/v3/series") == []
        again = await post(
            stage, "/control/events", {"event": "delete_series", "arguments": arguments}
        )
        assert again.status_code == 404
        unknown = await post(stage, "/control/events", {"event": "explode"})
        assert unknown.status_code == 404
        lacking = await post(stage, "/control/events", {"event": "delete_series"})
        assert lacking.status_code == 400


async def test_state_and_speed() -> None:
    async with play(library()) as stage:
        assert (await post(stage, "/control/speed", {"speed": 20})).json() == {"speed": 20.0}
        assert (await post(stage, "/control/speed", {"speed": -1})).status_code == 400
        assert (await post(stage, "/control/speed", {"speed": "fast"})).status_code == 400
        state = (await stage.ask("control", "/control/state")).json()
        assert state["speed"] == 20
        assert state["sonarr"]["tv"]["files"] == 1
        assert state["urls"] == stage.simulation.urls
        stage.world.grab("tv", SHOW, [(1, 2)], size_bytes=1_000, rate=10.0)
        stage.wait(5)
        (torrent,) = stage.world.clients["main"].torrents.values()
        assert torrent.progress == 1.0
