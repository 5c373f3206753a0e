"""The libraries that come with the package hold what they promise."""

import json
from pathlib import Path

import pytest

from episodarr.simulator import Scenario
from episodarr.simulator.scenarios.default import (
    ANDOR,
    CHARLOTTE,
    LYCORIS_RECOIL,
    SECOND_SONARR,
    SEVERANCE,
    SHOGUN,
    SPY_X_FAMILY,
    TORADORA,
)
from episodarr.simulator.servers.sonarr.wire.activity import queue_rows
from episodarr.simulator.servers.sonarr.wire.library import series_json
from tests.simulator.drive import START, Stage, play


def minutes(stage: Stage, count: float) -> None:
    stage.wait(60 * count)


@pytest.mark.parametrize("after_seconds", [0, 60])
async def test_the_first_picture_holds_for_a_minute(after_seconds: int) -> None:
    async with play(Scenario.default()) as stage:
        stage.wait(after_seconds)
        await stage.log_in()
        rows = await stage.rows("qbittorrent.main", "/api/v2/torrents/info")
        torrents = {str(row["name"]): row for row in rows}
        first = torrents["[Group] SPY x FAMILY S02E01 1080p"]
        second = torrents["[Group] SPY x FAMILY S02E02 1080p"]
        progress = first["progress"]
        assert isinstance(progress, float)
        assert 0.45 <= progress < 0.5
        assert (first["state"], second["state"]) == ("downloading", "stalledDL")
        eta = first["eta"]
        assert isinstance(eta, int)
        assert 600 < eta <= 721
        assert (second["progress"], second["num_seeds"]) == (0.12, 0)
        last = second["last_activity"]
        assert isinstance(last, int)
        assert START.timestamp() - last > 2_000
        commands = await stage.rows("sonarr.tv", "/api/v3/command")
        assert [(row["name"], row["status"]) for row in commands] == [("EpisodeSearch", "started")]
        (series, *_) = await stage.rows("sonarr.tv", "/api/v3/series")
        assert series["title"] == "SPY x FAMILY"
        episodes = await stage.rows("sonarr.tv", "/api/v3/episode?seriesId=1")
        held = [(row["seasonNumber"], row["hasFile"]) for row in episodes]
        assert held.count((1, True)) == 12
        assert held.count((2, False)) == 12
        searched = [row["episodeNumber"] for row in episodes if "lastSearchTime" in row]
        assert searched == [], "a search leaves its time when it ends"


def test_the_default_library_shows_every_stage() -> None:
    world = Scenario.default().build(START)
    state = world.sonarr("tv")
    rows = queue_rows(state, START)

    def states(tvdb_id: int) -> list[object]:
        series = state.by_tvdb[tvdb_id]
        mine = [row for row in rows if row.get("seriesId") == series.id]
        return [row.get("trackedDownloadState", row["status"]) for row in mine]

    assert states(SHOGUN) == ["importBlocked"]
    assert states(SEVERANCE) == ["delay"]
    assert len(states(LYCORIS_RECOIL)) == 13
    assert states(ANDOR) == []
    andor = state.by_tvdb[ANDOR]
    events = [row.event for row in state.history if row.series_id == andor.id]
    assert events == ["grabbed", "downloadFailed"]
    severance = series_json(state.by_tvdb[SEVERANCE], START)
    assert severance["nextAiring"]
    other = world.sonarr(SECOND_SONARR)
    assert {1, 2} <= set(state.series) & set(other.series)
    assert world.seerr is not None
    spy = next(r for r in world.seerr.requests.values() if r.media.tvdb_id == SPY_X_FAMILY)
    assert (sorted(spy.seasons), (START - spy.created_at).days) == ([1, 2], 3)


def test_the_pack_has_a_progress_for_each_of_its_episodes() -> None:
    world = Scenario.default().build(START)
    pack = next(t for t in world.clients["main"].torrents.values() if len(t.files) > 1)
    episodes = [file for file in pack.files if file.episodes]
    assert len(episodes) == 13
    assert len({round(file.progress, 3) for file in episodes}) == 13
    assert all(0 < file.progress < 1 for file in episodes)
    assert len(pack.files) == 15


def test_one_series_goes_whole_and_one_in_part() -> None:
    world = Scenario.default().build(START)
    whole, partly = (world.sonarr("tv").by_tvdb[tvdb] for tvdb in (CHARLOTTE, TORADORA))
    assert (len(whole.files), len(partly.files)) == (13, 25)
    world.advance(START.replace(second=24))
    assert CHARLOTTE in world.sonarr("tv").by_tvdb
    world.advance(START.replace(second=28))
    assert CHARLOTTE not in world.sonarr("tv").by_tvdb
    assert not any(world.disk.exists(whole.file_path(f)) for f in whole.files.values())
    world.advance(START.replace(minute=1))
    left = [f for f in partly.files.values() if world.disk.exists(partly.file_path(f))]
    assert [f.relative_path.split(" - ")[1] for f in left] == ["S01E11", "S01E12"]
    world.advance(START.replace(minute=2))
    assert world.jellyfin is not None
    assert whole.path not in world.jellyfin.series
    assert len(world.jellyfin.series[partly.path].episodes) == 2
    assert world.seerr is not None
    statuses = {m.tvdb_id: m.status for m in world.seerr.media.values()}
    assert (statuses[CHARLOTTE], statuses[TORADORA]) == (7, 5)


async def test_the_same_seed_gives_the_same_answers() -> None:
    answers: list[list[bytes]] = []

    for seed in (1, 1, 2):
        async with play(Scenario.default(seed=seed)) as stage:
            await stage.log_in()
            paths = (
                ("sonarr.tv", "/api/v3/series"),
                ("sonarr.tv", "/api/v3/queue/details"),
                ("sonarr.tv", "/api/v3/history/since?date=2020-01-01"),
                ("jellyfin", "/Items?recursive=true&fields=Path"),
                ("shoko", "/api/v3/File?pageSize=0&include=XRefs"),
                ("jellyseerr", "/api/v1/request?take=100"),
                ("qbittorrent.main", "/api/v2/torrents/info"),
            )
            stage.wait(30)
            answers.append([(await stage.ask(system, path)).content for system, path in paths])
    assert answers[0] == answers[1]
    assert answers[0] != answers[2]


def test_a_sized_library_has_the_size_asked_for() -> None:
    scenario = Scenario.sized(
        series=20, episodes=501, active=60, torrents=15, seed=3, moving=0.4, requests=7
    )
    world = scenario.build(START)
    state = world.sonarr("tv")
    torrents = world.clients["main"].torrents.values()
    assert (len(state.series), len(state.by_episode)) == (20, 501)
    assert sum(len(series.files) for series in state.series.values()) == 441
    assert sum(len(tracked.episode_ids) for tracked in state.tracked.values()) == 60
    assert len(torrents) == len(state.tracked) == 15
    assert sum(torrent.moving_bytes for torrent in torrents) == 6
    assert world.seerr is not None
    assert len(world.seerr.requests) == 7
    assert world.move_torrents("main", ratio=1.0) == 15


@pytest.mark.parametrize(
    "numbers",
    [
        {"series": 0, "episodes": 5},
        {"series": 5, "episodes": 4},
        {"series": 2, "episodes": 9, "active": 10, "torrents": 1},
        {"series": 2, "episodes": 9, "active": 3, "torrents": 4},
        {"series": 2, "episodes": 9, "active": 3, "torrents": 0},
        {"series": 2, "episodes": 9, "requests": 3},
    ],
)
def test_sizes_that_contradict_each_other_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot"):
        Scenario.sized(**numbers, all_active=False)


async def test_the_environment_names_every_system_and_its_key(tmp_path: Path) -> None:
    async with play(Scenario.default(), media_root=tmp_path) as stage:
        environment = stage.simulation.environment()
        urls = stage.simulation.urls
        assert environment["EPISODARR_SONARR__TV__URL"] == urls["sonarr.tv"]
        assert environment["EPISODARR_SONARR__ANIME4K__API_KEY"] == "demo-sonarr-4k-key"
        assert environment["EPISODARR_QBITTORRENT__MAIN__USERNAME"] == "demo"
        for name in ("JELLYFIN", "SHOKO", "JELLYSEERR"):
            assert environment[f"EPISODARR_{name}__URL"] == urls[name.lower()]
            assert environment[f"EPISODARR_{name}__API_KEY"] == f"demo-{name.lower()}-key"
        assert set(json.loads(environment["EPISODARR_PATHS"])) == {"/tv", "/anime", "/anime-4k"}
        assert set(urls) >= {"control", "sonarr.anime4k", "qbittorrent.main"}


async def test_a_system_that_is_not_there_is_in_no_list() -> None:
    scenario = Scenario.empty()
    scenario.jellyfin = scenario.shoko = scenario.jellyseerr = None
    async with play(scenario) as stage:
        assert set(stage.simulation.urls) == {"sonarr.tv", "qbittorrent.main", "control"}
        assert not any("JELLY" in key or "SHOKO" in key for key in stage.simulation.environment())
