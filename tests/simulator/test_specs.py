"""What the simulated systems answer validates against the official specifications."""

import pytest

from episodarr.simulator import Scenario
from episodarr.simulator.scenarios.default import SPY_X_FAMILY
from episodarr.simulator.state.jellyfin import JellyfinOptions
from episodarr.simulator.state.seerr import SeerrOptions
from tests.simulator.drive import play
from tests.specs import JELLYFINS, SEERRS, SONARR, check, schema_of


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


@pytest.mark.parametrize("spec", JELLYFINS)
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
async def test_jellyfin(spec: str, path: str, template: str) -> None:
    scenario = Scenario.default()
    scenario.jellyfin = JellyfinOptions(version=spec.removeprefix("jellyfin-"))
    async with play(scenario) as stage:
        assert stage.world.jellyfin is not None
        stage.world.jellyfin.start_scan()
        stage.wait(10)
        series = next(iter(stage.world.jellyfin.series.values()))
        answer = await stage.ask("jellyfin", path.replace("{id}", series.id))
        body = answer.json()
        assert body
        check(spec, schema_of(spec, template), body)


@pytest.mark.parametrize("spec", SEERRS)
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
async def test_seerr(spec: str, path: str, template: str) -> None:
    scenario = Scenario.default()
    scenario.jellyseerr = SeerrOptions(version=spec.rpartition("-")[2])
    async with play(scenario) as stage:
        body = (await stage.ask("jellyseerr", f"/api/v1{path}")).json()
        assert body
        for null_in_recorded_answers in ("plexUsername", "serverId", "rootFolder"):
            drop_nulls(body, null_in_recorded_answers)
        check(spec, schema_of(spec, template), body)


def test_the_check_finds_what_is_wrong() -> None:
    with pytest.raises(AssertionError, match="series"):
        check(SONARR, schema_of(SONARR, "/api/v3/series"), [{"title": "X", "series": 1}])
