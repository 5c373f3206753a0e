"""The simulated Sonarr answers as the real one does, traps included."""

from episodarr.simulator import Scenario, SeasonPlan, TorrentFile
from episodarr.simulator.state.sonarr import sonarr_options
from tests.simulator.drive import START, play

SHOW = 70_001


def a_show() -> Scenario:
    return Scenario.empty().add_series(SHOW, "A Show", {1: SeasonPlan(episodes=4, files=1)})


def pack(count: int) -> list[TorrentFile]:
    return [
        TorrentFile(f"pack/e{n}.mkv", 1000 * n, done_bytes=100.0 * n, episodes=((1, n),))
        for n in range(1, count + 1)
    ]


async def test_the_key_may_come_three_ways_and_no_other() -> None:
    async with play(a_show()) as stage:
        path = "/api/v3/series"
        for headers, suffix, status in (
            ({"X-Api-Key": "demo-sonarr-key"}, "", 200),
            ({"Authorization": "Bearer demo-sonarr-key"}, "", 200),
            ({}, "?apikey=demo-sonarr-key", 200),
            ({"X-Api-Key": "demo-sonarr-key"}, "?apikey=wrong", 401),
            ({"X-Api-Key": "wrong"}, "", 401),
            ({}, "", 401),
        ):
            answer = await stage.ask("sonarr.tv", path + suffix, headers=headers)
            assert (answer.status_code, headers, suffix) == (status, headers, suffix)
            if status == 401:
                assert answer.content == b""
        assert (await stage.ask("sonarr.tv", "/ping", headers={})).json() == {"status": "OK"}


async def test_a_missing_url_base_is_redirected_with_its_query() -> None:
    scenario = Scenario(sonarrs=[sonarr_options("tv", url_base="/sonarr")])
    async with play(scenario) as stage:
        url = stage.simulation.urls["sonarr.tv"]
        assert url.endswith("/sonarr")
        root = url.removesuffix("/sonarr")
        answer = await stage.client.get(f"{root}/api/v3/queue?page=2")
        assert answer.status_code == 307
        assert answer.headers["location"] == "/sonarr/api/v3/queue?page=2"
        assert (await stage.ask("sonarr.tv", "/api/v3/series")).json() == []


async def test_statistics_count_aired_and_held_episodes() -> None:
    scenario = Scenario.empty().add_series(
        SHOW,
        "A Show",
        {
            0: SeasonPlan(episodes=2, monitored=False),
            1: SeasonPlan(episodes=6, aired=4, files=3, next_airing_hours=1),
        },
    )
    async with play(scenario) as stage:
        (series,) = await stage.rows("sonarr.tv", "/api/v3/series")
        statistics = series["statistics"]
        assert isinstance(statistics, dict)
        counts = {k: statistics[k] for k in ("episodeFileCount", "episodeCount", "seasonCount")}
        assert counts == {"episodeFileCount": 3, "episodeCount": 4, "seasonCount": 1}
        assert statistics["totalEpisodeCount"] == 8
        assert series["nextAiring"] == "2026-03-14T13:00:00Z"
        stage.wait(3601)
        (series,) = await stage.rows("sonarr.tv", f"/api/v3/series?tvdbId={SHOW}")
        statistics = series["statistics"]
        assert isinstance(statistics, dict)
        assert statistics["episodeCount"] == 5
        assert await stage.rows("sonarr.tv", "/api/v3/series?tvdbId=1") == []
        # Only the TVDB id filters; everything else is ignored.
        assert len(await stage.rows("sonarr.tv", "/api/v3/series?tmdbId=1")) == 1


async def test_every_row_of_a_pack_repeats_the_whole_size() -> None:
    scenario = a_show().add_download(SHOW, [(1, 2), (1, 3), (1, 4)], files=pack(4), rate=0)
    async with play(scenario) as stage:
        rows = await stage.rows("sonarr.tv", "/api/v3/queue/details")
        assert [row["size"] for row in rows] == [10_000] * 3
        assert [row["sizeleft"] for row in rows] == [9_000] * 3
        assert len({str(row["downloadId"]) for row in rows}) == 1
        assert len({row["id"] for row in rows}) == 3
        assert "timeleft" not in rows[0]
        await stage.log_in()
        (torrent,) = await stage.rows("qbittorrent.main", "/api/v2/torrents/info")
        assert str(torrent["hash"]).upper() == rows[0]["downloadId"]
        assert str(torrent["hash"]).islower()


async def test_a_page_past_the_end_of_the_queue_is_the_last_page_again() -> None:
    scenario = a_show().add_download(SHOW, [(1, 2), (1, 3), (1, 4)], files=pack(4), rate=0)
    async with play(scenario) as stage:
        first = (await stage.ask("sonarr.tv", "/api/v3/queue?page=1&pageSize=2")).json()
        past = (await stage.ask("sonarr.tv", "/api/v3/queue?page=7&pageSize=2")).json()
        assert (first["page"], len(first["records"])) == (1, 2)
        assert (past["page"], len(past["records"]), past["totalRecords"]) == (2, 1, 3)
        history = (await stage.ask("sonarr.tv", "/api/v3/history?page=99")).json()
        assert (history["page"], history["records"]) == (99, [])


async def test_a_pending_release_has_no_download_id_and_nothing_tracked() -> None:
    scenario = a_show().then(lambda world: world.delay_release("tv", SHOW, [(1, 2)], minutes=30))
    async with play(scenario) as stage:
        (row,) = await stage.rows("sonarr.tv", "/api/v3/queue/details")
        assert row["status"] == "delay"
        assert row["size"] == row["sizeleft"]
        assert row["timeleft"] == "00:30:00"
        unwanted = {"downloadId", "trackedDownloadState", "trackedDownloadStatus", "outputPath"}
        assert not unwanted & set(row)


async def test_a_hybrid_torrent_has_two_hashes_and_no_indexer_in_the_queue() -> None:
    scenario = a_show().add_download(SHOW, [(1, 2)], hybrid=True)
    async with play(scenario) as stage:
        (row,) = await stage.rows("sonarr.tv", "/api/v3/queue/details")
        history = await stage.rows("sonarr.tv", "/api/v3/history/since?date=2020-01-01")
        (grab,) = [one for one in history if one["eventType"] == "grabbed"]
        assert row["downloadId"] != grab["downloadId"]
        assert not {"indexer", "added"} & set(row)
        await stage.log_in()
        (torrent,) = await stage.rows("qbittorrent.main", "/api/v2/torrents/info")
        assert torrent["infohash_v1"] == str(grab["downloadId"]).lower()
        assert str(torrent["infohash_v2"])[:40] == torrent["hash"]
        data = grab["data"]
        assert isinstance(data, dict)
        assert "torrentInfoHash" in data
        assert data["torrentInfoHash"] is None


async def test_the_queue_empties_while_its_client_does_not_answer() -> None:
    async with play(a_show().add_download(SHOW, [(1, 2)])) as stage:
        assert len(await stage.rows("sonarr.tv", "/api/v3/queue/details")) == 1
        stage.simulation.fault("qbittorrent.main", "status", status=502)
        stage.wait(6)
        assert await stage.rows("sonarr.tv", "/api/v3/queue/details") == []
        health = await stage.rows("sonarr.tv", "/api/v3/health")
        assert [row["source"] for row in health] == ["DownloadClientCheck"]
        stage.simulation.clear_faults()
        stage.wait(6)
        assert len(await stage.rows("sonarr.tv", "/api/v3/queue/details")) == 1


async def test_the_queue_follows_a_grab_after_five_seconds_only() -> None:
    async with play(a_show()) as stage:
        stage.world.grab("tv", SHOW, [(1, 2)])
        assert await stage.rows("sonarr.tv", "/api/v3/queue/details") == []
        stage.wait(5.1)
        assert len(await stage.rows("sonarr.tv", "/api/v3/queue/details")) == 1


async def test_a_deleted_series_leaves_its_download_as_unknown_and_no_history() -> None:
    async with play(a_show().add_download(SHOW, [(1, 2)])) as stage:
        (series,) = await stage.rows("sonarr.tv", "/api/v3/series")
        gone = await stage.ask("sonarr.tv", f"/api/v3/series/{series['id']}", method="DELETE")
        assert gone.status_code == 200
        again = await stage.ask("sonarr.tv", f"/api/v3/series/{series['id']}", method="DELETE")
        assert again.status_code == 500
        (row,) = await stage.rows("sonarr.tv", "/api/v3/queue/details")
        assert not {"seriesId", "episodeId"} & set(row)
        shown = (await stage.ask("sonarr.tv", "/api/v3/queue")).json()
        assert shown["totalRecords"] == 0
        every = await stage.ask("sonarr.tv", "/api/v3/queue?includeUnknownSeriesItems=true")
        assert every.json()["totalRecords"] == 1
        status = (await stage.ask("sonarr.tv", "/api/v3/queue/status")).json()
        assert (status["totalCount"], status["count"], status["unknownCount"]) == (1, 0, 1)
        assert await stage.rows("sonarr.tv", "/api/v3/history/since?date=2020-01-01") == []
        path = f"/api/v3/history/series?seriesId={series['id']}"
        assert (await stage.ask("sonarr.tv", path)).status_code == 404


async def test_history_since_ascends_and_filters_by_name_or_number() -> None:
    scenario = (
        a_show()
        .add_download(SHOW, [(1, 3)], age_seconds=7200)
        .add_download(SHOW, [(1, 2)], age_seconds=60)
    )
    async with play(scenario) as stage:
        stage.world.upgrade("tv", SHOW, [(1, 1)])
        everything = await stage.rows("sonarr.tv", "/api/v3/history/since?date=2020-01-01")
        dates = [str(row["date"]) for row in everything]
        assert dates == sorted(dates)
        late = await stage.rows("sonarr.tv", "/api/v3/history/since?date=2026-03-14T11:30:00Z")
        assert len(late) == len(everything) - 1
        for word in ("grabbed", "1"):
            path = f"/api/v3/history/since?date=2020-01-01&eventType={word}"
            rows = await stage.rows("sonarr.tv", path)
            assert {row["eventType"] for row in rows} == {"grabbed"}
            assert len(rows) == 3
        bad = await stage.ask("sonarr.tv", "/api/v3/history/since?date=yesterday")
        assert bad.status_code == 400


async def test_episodes_need_a_filter_and_unknown_series_differ_by_route() -> None:
    async with play(a_show()) as stage:
        assert (await stage.ask("sonarr.tv", "/api/v3/episode")).status_code == 400
        assert await stage.rows("sonarr.tv", "/api/v3/episode?seriesId=99") == []
        assert (await stage.ask("sonarr.tv", "/api/v3/episodefile?seriesId=99")).status_code == 404
        assert (await stage.ask("sonarr.tv", "/api/v3/series/99")).status_code == 404
        rows = await stage.rows("sonarr.tv", "/api/v3/episode?seriesId=1&includeEpisodeFile=true")
        assert [row["hasFile"] for row in rows] == [True, False, False, False]
        assert ["episodeFile" in row for row in rows] == [True, False, False, False]
        assert "lastSearchTime" not in rows[1]


async def test_commands_start_deduplicate_end_and_are_forgotten() -> None:
    async with play(a_show()) as stage:
        url = stage.simulation.urls["sonarr.tv"] + "/api/v3/command"
        key = {"X-Api-Key": "demo-sonarr-key"}

        async def post(body: dict[str, object]) -> tuple[int, int]:
            answer = await stage.client.post(url, json=body, headers=key)
            return answer.status_code, answer.json().get("id", 0)

        first = await post({"name": "episodesearch", "episodeIds": [2]})
        assert first == (201, 1)
        assert await post({"name": "EpisodeSearch", "episodeIds": [2]}) == first
        assert (await post({"name": "NoSuchThing"}))[0] == 500
        (command,) = await stage.rows("sonarr.tv", "/api/v3/command")
        body = command["body"]
        assert isinstance(body, dict)
        assert (command["name"], command["status"], body["episodeIds"]) == (
            "EpisodeSearch",
            "started",
            [2],
        )
        stage.wait(19)
        assert "lastSearchTime" not in (await stage.ask("sonarr.tv", "/api/v3/episode/2")).json()
        stage.wait(11)
        episode = (await stage.ask("sonarr.tv", "/api/v3/episode/2")).json()
        assert episode["lastSearchTime"] == "2026-03-14T12:00:20Z", "written when a search ends"
        (command,) = await stage.rows("sonarr.tv", "/api/v3/command")
        assert (command["status"], command["duration"]) == ("completed", "00:00:20")
        stage.wait(301)
        assert await stage.rows("sonarr.tv", "/api/v3/command") == []


async def test_two_instances_use_the_same_ids_for_different_series() -> None:
    scenario = Scenario(
        sonarrs=[sonarr_options("tv"), sonarr_options("other", root_folders=("/other",))]
    )
    scenario.add_series(1_001, "One", {1: SeasonPlan(episodes=2)})
    scenario.add_series(1_002, "Two", {1: SeasonPlan(episodes=2)}, sonarr="other")
    async with play(scenario) as stage:
        (one,) = await stage.rows("sonarr.tv", "/api/v3/series")
        (two,) = await stage.rows("sonarr.other", "/api/v3/series")
        assert (one["id"], one["title"]) == (1, "One")
        assert (two["id"], two["title"]) == (1, "Two")


async def test_files_are_listed_by_id_and_deleted_with_a_reason() -> None:
    async with play(a_show()) as stage:
        (row,) = await stage.rows("sonarr.tv", "/api/v3/episodefile?episodeFileIds=1")
        assert row["relativePath"] == "Season 01/A Show - S01E01 - Episode 1 WEBDL-1080p.mkv"
        (episode,) = await stage.rows("sonarr.tv", "/api/v3/episode?episodeFileId=1")
        assert episode["episodeNumber"] == 1
        assert len(await stage.rows("sonarr.tv", "/api/v3/episode?episodeIds=1&episodeIds=3")) == 2
        assert (await stage.ask("sonarr.tv", "/api/v3/episodefile")).status_code == 400
        assert (await stage.ask("sonarr.tv", "/api/v3/episodefile/1")).json() == row
        path = "/api/v3/episodefile/1"
        assert (await stage.ask("sonarr.tv", path, method="DELETE")).status_code == 200
        assert (await stage.ask("sonarr.tv", path, method="DELETE")).status_code == 404
        assert (await stage.ask("sonarr.tv", path)).status_code == 404
        (history,) = await stage.rows("sonarr.tv", "/api/v3/history/series?seriesId=1&eventType=5")
        assert isinstance(history["data"], dict)
        assert history["data"]["reason"] == "Manual"
        assert (await stage.ask("sonarr.tv", "/api/v3/episode/99")).status_code == 404


async def test_series_are_deleted_in_bulk_and_may_keep_their_files() -> None:
    async with play(a_show()) as stage:
        url = stage.simulation.urls["sonarr.tv"] + "/api/v3/series/editor"
        body = {"seriesIds": [1, 9], "deleteFiles": False}
        key = {"X-Api-Key": "demo-sonarr-key"}
        answer = await stage.client.request("DELETE", url, json=body, headers=key)
        assert answer.status_code == 200
        stage.wait(60)
        assert await stage.rows("sonarr.tv", "/api/v3/series") == []
        assert len(list(stage.world.disk.files("/tv"))) == 1


async def test_wanted_and_calendar_show_what_is_missing_and_what_comes() -> None:
    scenario = Scenario.empty().add_series(
        SHOW, "A Show", {1: SeasonPlan(episodes=5, aired=3, files=1, next_airing_hours=5)}
    )
    async with play(scenario) as stage:
        wanted = (await stage.ask("sonarr.tv", "/api/v3/wanted/missing?pageSize=1")).json()
        assert wanted["totalRecords"] == 2
        assert [row["episodeNumber"] for row in wanted["records"]] == [3]
        none = await stage.ask("sonarr.tv", "/api/v3/wanted/missing?monitored=false")
        assert none.json()["totalRecords"] == 0
        soon = await stage.rows("sonarr.tv", "/api/v3/calendar")
        assert [row["episodeNumber"] for row in soon] == [4]
        path = "/api/v3/calendar?start=2026-03-14&end=2026-04-14&unmonitored=true"
        later = await stage.rows("sonarr.tv", path)
        assert [row["episodeNumber"] for row in later] == [4, 5]


async def test_a_command_can_be_asked_for_and_a_running_one_not_be_cancelled() -> None:
    async with play(a_show()) as stage:
        url = stage.simulation.urls["sonarr.tv"] + "/api/v3/command"
        key = {"X-Api-Key": "demo-sonarr-key"}
        for body in (
            {"name": "SeasonSearch", "seriesId": 1, "seasonNumber": 1},
            {"name": "RefreshMonitoredDownloads"},
            {"name": "MissingEpisodeSearch"},
        ):
            assert (await stage.client.post(url, json=body, headers=key)).status_code == 201
        assert (await stage.ask("sonarr.tv", "/api/v3/command/1")).json()["name"] == "SeasonSearch"
        assert (await stage.ask("sonarr.tv", "/api/v3/command/9")).status_code == 404
        cancel = await stage.ask("sonarr.tv", "/api/v3/command/1", method="DELETE")
        assert cancel.status_code == 409
        unknown = await stage.ask("sonarr.tv", "/api/v3/command/9", method="DELETE")
        assert unknown.status_code == 404
        stage.wait(30)
        episodes = await stage.rows("sonarr.tv", "/api/v3/episode?seriesId=1")
        assert ["lastSearchTime" in row for row in episodes] == [False, True, True, True]


async def test_a_queue_refresh_by_command_shows_a_grab_at_once() -> None:
    async with play(a_show()) as stage:
        stage.world.grab("tv", SHOW, [(1, 2)])
        url = stage.simulation.urls["sonarr.tv"] + "/api/v3/command"
        key = {"X-Api-Key": "demo-sonarr-key"}
        await stage.client.post(url, json={"name": "RefreshMonitoredDownloads"}, headers=key)
        stage.wait(1.1)
        path = "/api/v3/queue/details?seriesId=1&episodeIds=2&includeEpisode=true"
        (row,) = await stage.rows("sonarr.tv", path)
        assert isinstance(row["episode"], dict)
        assert row["episode"]["episodeNumber"] == 2
        assert await stage.rows("sonarr.tv", "/api/v3/queue/details?episodeIds=3") == []
        filtered = await stage.ask("sonarr.tv", "/api/v3/queue?seriesIds=7")
        assert filtered.json()["totalRecords"] == 0


async def test_a_usenet_download_is_in_no_qbittorrent() -> None:
    async with play(a_show().add_download(SHOW, [(1, 2)], protocol="usenet")) as stage:
        (row,) = await stage.rows("sonarr.tv", "/api/v3/queue/details")
        assert (row["protocol"], row["downloadClient"]) == ("usenet", "SABnzbd")
        await stage.log_in()
        assert await stage.rows("qbittorrent.main", "/api/v2/torrents/info") == []


async def test_an_unmounted_root_is_not_accessible() -> None:
    async with play(a_show()) as stage:
        stage.world.set_mount("/tv", "unmounted")
        rows = await stage.rows("sonarr.tv", "/api/v3/rootfolder")
        assert [row["accessible"] for row in rows] == [False, True]
        assert ["freeSpace" in row for row in rows] == [False, True]
        assert (await stage.ask("sonarr.tv", "/api")).json()["current"] == "v3"
        assert "Sonarr" in (await stage.ask("sonarr.tv", "/settings")).text


async def test_an_import_is_blocked_by_hand() -> None:
    async with play(a_show().add_download(SHOW, [(1, 2)])) as stage:
        (download,) = stage.world.sonarr("tv").tracked
        stage.world.finish_download("tv", download)
        stage.world.block_import("tv", download, reasons=["Not an upgrade"])
        stage.world.refresh_queue("tv")
        (row,) = await stage.rows("sonarr.tv", "/api/v3/queue/details")
        assert (row["trackedDownloadState"], row["trackedDownloadStatus"]) == (
            "importBlocked",
            "warning",
        )
        assert row["statusMessages"] == [
            {"title": row["title"], "messages": ["Not an upgrade"]},
        ]


def test_history_gets_older_by_decree() -> None:
    world = a_show().add_download(SHOW, [(1, 2)]).build(START)
    (before,) = [row.at for row in world.sonarr("tv").history]
    world.age_history("tv", days=8)
    (after,) = [row.at for row in world.sonarr("tv").history]
    assert (before - after).days == 8
