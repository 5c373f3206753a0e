"""What people do by hand, and restarts: the simulated Sonarr answers as the real one was seen to."""

import pytest

from episodarr.simulator import Scenario, SeasonPlan, TorrentFile
from episodarr.simulator.state.sonarr import sonarr_options
from tests.simulator.drive import play

SHOW = 70_001
QUEUE = "/api/v3/queue/details"


def a_show(version: str = "4.0.19.2979") -> Scenario:
    scenario = Scenario(sonarrs=[sonarr_options("tv", version=version)])
    plan = {1: SeasonPlan(episodes=3, files=1), 2: SeasonPlan(episodes=2)}
    return scenario.add_series(SHOW, "A Show", plan)


def both_seasons() -> list[TorrentFile]:
    codes = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    return [
        TorrentFile(f"A Show/A.Show.S{s:02d}E{e:02d}.mkv", 1000, episodes=((s, e),))
        for s, e in codes
    ]


async def test_after_a_start_the_queue_holds_delayed_ones_only_until_clients_are_read() -> None:
    scenario = a_show().add_download(SHOW, [(1, 2)], rate=0)
    scenario.then(lambda world: world.delay_release("tv", SHOW, [(1, 3)]))
    async with play(scenario) as stage:
        assert len(await stage.rows("sonarr.tv", QUEUE)) == 2
        before = (await stage.ask("sonarr.tv", "/api/v3/system/status")).json()["startTime"]
        stage.wait(50)
        stage.world.restart_sonarr("tv")
        status = (await stage.ask("sonarr.tv", "/api/v3/system/status")).json()
        assert status["startTime"] > before
        for _ in range(6):
            stage.wait(10)
            assert [r["status"] for r in await stage.rows("sonarr.tv", QUEUE)] == ["delay"]
        stage.wait(3)
        assert len(await stage.rows("sonarr.tv", QUEUE)) == 2


async def test_a_pack_of_seasons_has_rows_of_the_first_and_is_imported_by_hand() -> None:
    async with play(a_show()) as stage:
        download = stage.world.add_torrent("tv", "A.Show.S01-S02", both_seasons(), tvdb_id=SHOW)
        stage.wait(70)
        rows = await stage.rows("sonarr.tv", QUEUE)
        assert [r["seasonNumber"] for r in rows] == [1, 1, 1]
        assert {r["trackedDownloadState"] for r in rows} == {"importBlocked"}
        assert not {"added", "indexer"} & set(rows[0]), "no grab tells of it"
        stage.wait(600)
        assert await stage.rows("sonarr.tv", QUEUE) == rows, "what is blocked stays"
        stage.world.manual_import("tv", download, tvdb_id=SHOW)
        assert await stage.rows("sonarr.tv", QUEUE) == []
        episodes = await stage.rows("sonarr.tv", "/api/v3/episode?seriesId=1")
        assert all(row["hasFile"] for row in episodes)


async def test_a_release_of_several_seasons_is_refused_at_the_grab() -> None:
    async with play(a_show()) as stage:
        with pytest.raises(ValueError, match="Multi-season releases are not supported"):
            stage.world.grab("tv", SHOW, [(1, 2), (2, 1)])
        assert stage.world.sonarrs["tv"].tracked == {}


async def test_what_belongs_to_no_series_has_one_row_without_series_and_is_blocked() -> None:
    async with play(a_show()) as stage:
        stage.world.add_torrent("tv", "Another Show 06", [TorrentFile("Another Show 06.mkv", 9)])
        stage.wait(70)
        (row,) = await stage.rows("sonarr.tv", QUEUE)
        assert not {"seriesId", "episodeId", "seasonNumber"} & set(row)
        assert row["trackedDownloadState"] == "importBlocked"
        assert (await stage.ask("sonarr.tv", "/api/v3/queue")).json()["records"] == []


async def test_imported_torrents_of_a_deleted_series_come_back_as_rows_without_series() -> None:
    async with play(a_show()) as stage:
        download = stage.world.grab("tv", SHOW, [(1, 2)])
        stage.world.finish_download("tv", download)
        stage.wait(120)
        assert await stage.rows("sonarr.tv", QUEUE) == []
        stage.world.delete_series("tv", SHOW)
        stage.wait(70)
        (row,) = await stage.rows("sonarr.tv", QUEUE)
        assert "seriesId" not in row
        assert row["downloadId"] == download
        stage.world.remove_download("tv", download)
        assert await stage.rows("sonarr.tv", QUEUE) == []


async def test_a_download_that_is_taken_out_leaves_its_grab_as_the_last_event() -> None:
    async with play(a_show()) as stage:
        stage.world.remove_download("tv", stage.world.grab("tv", SHOW, [(1, 2)]))
        stage.wait(70)
        assert await stage.rows("sonarr.tv", QUEUE) == []
        history = await stage.rows("sonarr.tv", "/api/v3/history/since?date=2026-03-14T11:00:00Z")
        assert [row["eventType"] for row in history] == ["grabbed"]


async def test_a_refresh_adds_and_removes_rows_and_leaves_the_others_numbers() -> None:
    async with play(a_show()) as stage:
        before = await stage.rows("sonarr.tv", "/api/v3/episode?seriesId=1")
        stage.world.refresh_series("tv", SHOW, add=[(2, 3)], remove=[(1, 2)])
        after = await stage.rows("sonarr.tv", "/api/v3/episode?seriesId=1")
        assert [r for r in before if r in after] == [r for r in before if r["id"] != 2]
        assert (after[-1]["seasonNumber"], after[-1]["episodeNumber"]) == (2, 3)
        (series,) = await stage.rows("sonarr.tv", "/api/v3/series")
        seasons = series["seasons"]
        assert isinstance(seasons, list)
        assert [s["statistics"]["totalEpisodeCount"] for s in seasons] == [2, 3]


@pytest.mark.parametrize(("version", "names_episodes"), [("4.0.19.2979", True), ("5.0.0.1", False)])
async def test_details_of_sonarr_5_name_no_episode_of_a_pending_release(
    version: str, names_episodes: bool
) -> None:
    scenario = a_show(version).then(lambda world: world.delay_release("tv", SHOW, [(1, 2)]))
    async with play(scenario) as stage:
        (detail,) = await stage.rows("sonarr.tv", QUEUE)
        assert ("episodeId" in detail, "seasonNumber" in detail) == (names_episodes,) * 2
        (row,) = (await stage.ask("sonarr.tv", "/api/v3/queue")).json()["records"]
        assert (row["episodeId"], row["seasonNumber"]) == (2, 1)
        assert (row["id"] == detail["id"]) is names_episodes
