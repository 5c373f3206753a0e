"""What the simulated systems answer validates against the official specifications."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator

from episodarr.simulator import Scenario
from episodarr.simulator.scenarios.default import SPY_X_FAMILY
from episodarr.simulator.state.jellyfin import JellyfinOptions
from episodarr.simulator.state.seerr import SeerrOptions
from tests.simulator.drive import play

SPECS = Path(__file__).resolve().parents[2].parent / "shared" / "specs"

pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="the specifications are not here")


@cache
def load(name: str) -> dict[str, Any]:
    text = (SPECS / name).read_text()
    document = json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
    assert isinstance(document, dict)
    return document


def check(spec: str, schema: dict[str, Any], answer: object) -> None:
    whole = {**schema, "components": load(spec)["components"]}
    errors = sorted(OAS30Validator(whole).iter_errors(answer), key=str)
    assert not errors, "\n".join(f"{list(e.absolute_path)}: {e.message[:200]}" for e in errors[:5])


def drop_nulls(answer: object, key: str) -> None:
    """Takes out a property that is null in reality and not nullable in the specification."""
    if isinstance(answer, dict):
        if answer.get(key, "") is None:
            del answer[key]
        for value in answer.values():
            drop_nulls(value, key)
    elif isinstance(answer, list):
        for value in answer:
            drop_nulls(value, key)


def schema_of(spec: str, path: str) -> dict[str, Any]:
    answer = load(spec)["paths"][path]["get"]["responses"]["200"]
    content = answer["content"]
    found = content.get("application/json") or next(iter(content.values()))
    schema = found["schema"]
    assert isinstance(schema, dict)
    return schema


SONARR = "sonarr-v3-openapi.json"
SONARR_PATHS = [
    ("/api/v3/system/status", ""),
    ("/api/v3/series", ""),
    ("/api/v3/episode", "?seriesId=1&includeEpisodeFile=true&includeSeries=true"),
    ("/api/v3/episodefile", "?seriesId=1"),
    ("/api/v3/queue", "?pageSize=100&includeEpisode=true&includeSeries=true"),
    ("/api/v3/queue/details", ""),
    ("/api/v3/queue/status", ""),
    ("/api/v3/history", "?pageSize=100"),
    ("/api/v3/history/since", "?date=2020-01-01&includeEpisode=true&includeSeries=true"),
    ("/api/v3/history/series", "?seriesId=1"),
    ("/api/v3/rootfolder", ""),
    ("/api/v3/wanted/missing", "?pageSize=50"),
    ("/api/v3/calendar", ""),
]


@pytest.mark.parametrize(("path", "query"), SONARR_PATHS)
async def test_sonarr(path: str, query: str) -> None:
    async with play(Scenario.default()) as stage:
        stage.world.upgrade("tv", SPY_X_FAMILY, [(1, 1)])
        stage.world.rename_files("tv", SPY_X_FAMILY)
        answer = await stage.ask("sonarr.tv", path + query)
        body = answer.json()
        assert body
        check(SONARR, schema_of(SONARR, path), body)


async def test_sonarr_commands_but_for_the_parameters_that_the_specification_forgets() -> None:
    async with play(Scenario.default()) as stage:
        body = (await stage.ask("sonarr.tv", "/api/v3/command")).json()
        assert [command["body"].pop("episodeIds") for command in body]
        check(SONARR, schema_of(SONARR, "/api/v3/command"), body)


async def test_sonarr_health_but_for_the_link_that_the_specification_calls_an_object() -> None:
    async with play(Scenario.default()) as stage:
        stage.simulation.fault("qbittorrent.main", "refused")
        body = (await stage.ask("sonarr.tv", "/api/v3/health")).json()
        assert [row.pop("wikiUrl") for row in body]
        check(SONARR, schema_of(SONARR, "/api/v3/health"), body)


@pytest.mark.parametrize("version", ["10.11.11", "12.0.0"])
@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/System/Info", "/System/Info"),
        ("/System/Info/Public", "/System/Info/Public"),
        ("/Items?recursive=true&fields=Path,ProviderIds,DateCreated,MediaSources", "/Items"),
        ("/Items", "/Items"),
        ("/Shows/{id}/Episodes?fields=Path,MediaSources", "/Shows/{seriesId}/Episodes"),
        ("/Shows/{id}/Seasons", "/Shows/{seriesId}/Seasons"),
        ("/ScheduledTasks", "/ScheduledTasks"),
        ("/Library/VirtualFolders", "/Library/VirtualFolders"),
    ],
)
async def test_jellyfin(version: str, path: str, template: str) -> None:
    spec = f"jellyfin-{version}-openapi.json"
    scenario = Scenario.default()
    scenario.jellyfin = JellyfinOptions(version=version)
    async with play(scenario) as stage:
        assert stage.world.jellyfin is not None
        stage.world.jellyfin.start_scan()
        stage.wait(10)
        series = next(iter(stage.world.jellyfin.series.values()))
        answer = await stage.ask("jellyfin", path.replace("{id}", series.id))
        body = answer.json()
        assert body
        check(spec, schema_of(spec, template), body)


@pytest.mark.parametrize(
    ("spec", "version"), [("jellyseerr-2.7.3-api.yml", "2.7.3"), ("seerr-3.1.0-api.yml", "3.1.0")]
)
@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/status", "/status"),
        ("/request?take=100", "/request"),
        ("/request/1", "/request/{requestId}"),
        ("/request/count", "/request/count"),
        ("/media?take=100", "/media"),
        ("/tv/209867", "/tv/{tvId}"),
        ("/settings/jobs", "/settings/jobs"),
    ],
)
async def test_seerr(spec: str, version: str, path: str, template: str) -> None:
    scenario = Scenario.default()
    scenario.jellyseerr = SeerrOptions(version=version)
    async with play(scenario) as stage:
        body = (await stage.ask("jellyseerr", f"/api/v1{path}")).json()
        assert body
        for null_in_recorded_answers in ("plexUsername", "serverId", "rootFolder"):
            drop_nulls(body, null_in_recorded_answers)
        check(spec, schema_of(spec, template), body)


def test_the_check_finds_what_is_wrong() -> None:
    with pytest.raises(AssertionError, match="series"):
        check(SONARR, schema_of(SONARR, "/api/v3/series"), [{"title": "X", "series": 1}])
