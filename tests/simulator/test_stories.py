"""Chains of events run by themselves and leave a world that is consistent."""

import resource
from datetime import timedelta

from episodarr.simulator import Scenario, SeasonPlan, SeriesPlan, World
from episodarr.simulator.servers.jellyfin.wire import virtual_rows
from episodarr.simulator.servers.sonarr.wire.activity import queue_rows
from tests.simulator.drive import START, play

SHOW = 70_001


def assert_consistent(world: World) -> None:
    """What must hold in every world, whatever happened to it."""
    state = world.sonarr("tv")
    assert set(state.by_tvdb) == {series.tvdb_id for series in state.series.values()}
    for series in state.series.values():
        held = {episode.file_id for episode in series.episodes if episode.file_id}
        assert held == set(series.files)
        assert all(world.disk.exists(series.file_path(f)) for f in series.files.values())
    dates = [row.at for row in state.history]
    assert dates == sorted(dates)
    assert all(row.episode_id in state.by_episode for row in state.history)
    ids = [row["id"] for row in queue_rows(state, world.now)]
    assert len(ids) == len(set(ids))


async def test_a_request_is_fulfilled_from_end_to_end() -> None:
    plan = SeriesPlan(
        tvdb_id=SHOW,
        title="Wanted",
        seasons={1: SeasonPlan(episodes=3), 2: SeasonPlan(episodes=4, aired=2)},
        series_type="anime",
        root="/anime",
        file_bytes=1_000_000,
    )
    async with play(Scenario.empty()) as stage:

        async def request() -> tuple[int, int]:
            row = (await stage.ask("jellyseerr", "/api/v1/request/1")).json()
            return row["status"], row["media"]["status"]

        stage.world.request_and_download("tv", plan, [1, 2], seconds=60)
        assert await request() == (2, 3)
        stage.wait(6)
        commands = await stage.rows("sonarr.tv", "/api/v3/command")
        assert [row["name"] for row in commands] == ["SeasonSearch"] * 2
        stage.wait(31)
        rows = await stage.rows("sonarr.tv", "/api/v3/queue/details")
        assert len(rows) == 5
        stage.wait(200)
        assert await stage.rows("sonarr.tv", "/api/v3/queue/details") == []
        series = stage.world.find_series("tv", SHOW)[1]
        assert len(series.files) == 5
        assert stage.world.jellyfin is not None
        assert len(stage.world.jellyfin.series["/anime/Wanted"].episodes) == 5
        assert stage.world.shoko is not None
        assert all(file.series for file in stage.world.shoko.files.values())
        stage.wait(300)
        assert await request() == (5, 5)
        assert_consistent(stage.world)


def test_a_day_of_churn_stays_consistent_and_flat() -> None:
    world = Scenario.sized(series=12, episodes=300, active=6, torrents=6, seed=5).build(START)
    world.start_churn("tv", seconds=60)
    memory = []
    for hour in range(1, 25):
        world.advance(START + timedelta(hours=hour))
        assert_consistent(world)
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    state = world.sonarr("tv")
    events = {row.event for row in state.history}
    assert events >= {"grabbed", "downloadFolderImported", "episodeFileDeleted"}
    assert len(state.series) >= 11
    assert len(world.clients["main"].torrents) < 150
    assert memory[-1] - memory[5] < 20_000


def test_churn_follows_the_seed() -> None:
    def play_once(seed: int) -> list[tuple[str, str]]:
        world = Scenario.sized(series=5, episodes=60, seed=seed).build(START)
        world.start_churn("tv", seconds=60)
        world.advance(START + timedelta(hours=2))
        return [(row.event, row.source_title) for row in world.sonarr("tv").history]

    assert play_once(1) == play_once(1)
    assert play_once(1) != play_once(2)


def test_a_series_that_comes_back_before_jellyfin_noticed_is_listed_once() -> None:
    plan = SeriesPlan(tvdb_id=SHOW, title="Back", seasons={1: SeasonPlan(episodes=3, files=2)})
    world = Scenario.empty().then(lambda w: w.add_series("tv", plan)).build(START)
    world.delete_series("tv", SHOW, delete_files=False)
    world.readd_series("tv", plan)
    world.advance(START + timedelta(minutes=1))
    assert world.jellyfin is not None
    (series,) = world.jellyfin.series.values()
    assert len(series.episodes) == 2
    assert [row.number for row in virtual_rows(series)] == [3]


def test_health_and_the_test_button_send_webhooks() -> None:
    world = Scenario.empty().build(START)
    state = world.sonarr("tv")
    state.options.webhook_url = "http://127.0.0.1:1/"
    world.set_health("tv", "Indexers unavailable")
    assert [row["message"] for row in state.health] == ["Indexers unavailable"]
    world.set_health("tv", "Indexers unavailable", restored=True)
    assert state.health == []
    world.send_test("tv")
    names = [message.body["eventType"] for message in world.outbox]
    assert names == ["Health", "HealthRestored", "Test"]
    assert "release" not in world.outbox[-1].body
