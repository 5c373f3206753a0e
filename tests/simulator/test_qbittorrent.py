"""The simulated qBittorrent answers as the versions 4.5 to 5.2 do."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import qbittorrentapi

from episodarr.simulator import Scenario, SeasonPlan, TorrentFile
from episodarr.simulator.state.qbittorrent import WEB_API_VERSIONS, QBittorrentOptions
from tests.simulator.drive import START, Stage, play

SHOW = 70_001
INFO = "/api/v2/torrents/info"
VERSIONS = ("4.5.5", "4.6.7", "5.0.5", "5.1.4", "5.2.3")


def downloads(version: str = "5.1.4", **options: object) -> Scenario:
    scenario = Scenario(
        qbittorrents=[QBittorrentOptions(version=version, **options)]  # type: ignore[arg-type]
    )
    scenario.add_series(SHOW, "A Show", {1: SeasonPlan(episodes=6)})
    files = [
        TorrentFile(f"pack/e{n}.mkv", 1_000_000, 100_000.0 * n, episodes=((1, n),))
        for n in range(1, 4)
    ]
    files.append(TorrentFile("pack/skipped.mkv", 1_000_000, priority=0))
    scenario.add_download(SHOW, [(1, 1), (1, 2), (1, 3)], files=files, rate=1000.0)
    scenario.add_download(SHOW, [(1, 4)], rate=0, phase="stopped", progress=0.5)
    return scenario


@pytest.mark.parametrize("version", VERSIONS)
async def test_login_differs_by_version(version: str) -> None:
    modern = version.startswith("5.2")
    async with play(downloads(version)) as stage:
        base = stage.simulation.urls["qbittorrent.main"]
        assert (await stage.ask("qbittorrent.main", "/api/v2/app/version")).status_code == 403
        bad = await stage.client.post(f"{base}/api/v2/auth/login", data={"username": "demo"})
        assert (bad.status_code, bad.text) == ((401, "Fails.") if modern else (200, "Fails."))
        assert not stage.client.cookies
        assert await stage.log_in() == (204 if modern else 200)
        (name,) = stage.client.cookies
        port = base.rpartition(":")[2]
        assert name == (f"QBT_SID_{port}" if modern else "SID")
        answer = await stage.ask("qbittorrent.main", "/api/v2/app/version")
        assert answer.text == f"v{version}"
        major, minor = version.split(".")[:2]
        api = await stage.ask("qbittorrent.main", "/api/v2/app/webapiVersion")
        assert api.text == WEB_API_VERSIONS[int(major), int(minor)]


@pytest.mark.parametrize(
    ("version", "state"), [("4.6.7", "pausedDL"), ("5.0.5", "stoppedDL"), ("5.2.3", "stoppedDL")]
)
async def test_states_are_in_the_words_of_the_version(version: str, state: str) -> None:
    async with play(downloads(version)) as stage:
        await stage.log_in()
        rows = await stage.rows("qbittorrent.main", INFO)
        assert [row["state"] for row in rows] == ["downloading", state]
        assert ("has_metadata" in rows[0]) == (version >= "5")
        assert ("pieces_num" in rows[0]) == (version >= "5.2")
        assert rows[1]["eta"] == 8_640_000


async def test_the_fifth_wrong_password_bans_for_an_hour() -> None:
    async with play(downloads()) as stage:
        assert await stage.log_in() == 200
        cookies = dict(stage.client.cookies)
        stage.client.cookies.clear()
        assert [await stage.log_in(password="wrong") for _ in range(5)] == [200] * 5
        assert await stage.log_in() == 403
        stage.client.cookies.update(cookies)
        assert (await stage.ask("qbittorrent.main", INFO)).status_code == 200
        stage.client.cookies.clear()
        stage.now += timedelta(seconds=3601)
        assert await stage.log_in() == 200


async def test_a_session_runs_out_when_unused_for_an_hour() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()
        stage.wait(3000)
        assert (await stage.ask("qbittorrent.main", INFO)).status_code == 200
        stage.wait(3601)
        assert (await stage.ask("qbittorrent.main", INFO)).status_code == 403


async def test_an_api_key_needs_no_login_from_5_2_on() -> None:
    async with play(downloads("5.2.3", api_key="qbt_demo")) as stage:
        for key, status in (("qbt_demo", 200), ("qbt_wrong", 403)):
            headers = {"Authorization": f"Bearer {key}"}
            answer = await stage.ask("qbittorrent.main", INFO, headers=headers)
            assert answer.status_code == status
        assert stage.simulation.requests.count("qbittorrent", "/api/v2/auth/login") == 0


async def test_maindata_gives_everything_once_and_then_what_changed() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()

        async def sync(rid: int) -> dict[str, object]:
            answer = await stage.ask("qbittorrent.main", f"/api/v2/sync/maindata?rid={rid}")
            body = answer.json()
            assert isinstance(body, dict)
            return body

        full = await sync(0)
        assert full["full_update"] is True
        torrents = full["torrents"]
        assert isinstance(torrents, dict)
        assert len(torrents) == 2
        assert all("hash" not in fields for fields in torrents.values())
        assert full["rid"] == 1
        quiet = await sync(1)
        assert set(quiet) == {"rid"}
        stage.wait(10)
        moved = await sync(2)
        changed = moved["torrents"]
        assert isinstance(changed, dict)
        (fields,) = changed.values()
        assert fields["completed"] == 610_000
        assert "name" not in fields
        gone = next(key for key in torrents if key not in changed)
        stage.world.clients["main"].remove(gone)
        removed = await sync(3)
        assert removed["torrents_removed"] == [gone]
        assert (await sync(77))["full_update"] is True


async def test_what_a_lost_delta_held_is_never_sent_again() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()
        path = "/api/v2/sync/maindata?rid="
        await stage.ask("qbittorrent.main", f"{path}0")
        await stage.ask("qbittorrent.main", f"{path}1")
        stage.wait(10)
        lost = (await stage.ask("qbittorrent.main", f"{path}2")).json()
        assert lost["torrents"]
        again = (await stage.ask("qbittorrent.main", f"{path}2")).json()
        assert "full_update" not in again
        assert "torrents" not in again


async def test_each_session_has_its_own_deltas() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()
        first = await stage.ask("qbittorrent.main", "/api/v2/sync/maindata?rid=0")
        stage.client.cookies.clear()
        await stage.log_in()
        answer = await stage.ask(
            "qbittorrent.main", f"/api/v2/sync/maindata?rid={first.json()['rid']}"
        )
        assert answer.json()["full_update"] is True


async def test_files_have_each_a_progress_and_only_the_first_says_is_seed() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()
        rows = await stage.rows("qbittorrent.main", INFO)
        pack = next(
            row for row in rows if row["name"] == "A.Show.S01.1080p.WEB-DL.DDP5.1.H.264-NTb"
        )
        path = f"/api/v2/torrents/files?hash={pack['hash']}"
        files = await stage.rows("qbittorrent.main", path)
        assert [file["progress"] for file in files] == [0.1, 0.2, 0.3, 0.0]
        assert [file["priority"] for file in files] == [1, 1, 1, 0]
        assert ["is_seed" in file for file in files] == [True, False, False, False]
        assert pack["size"] == 3_000_000
        assert pack["total_size"] == 4_000_000
        (second,) = await stage.rows("qbittorrent.main", f"{path}&indexes=1")
        assert (second["index"], second["is_seed"]) == (1, False)
        assert (await stage.ask("qbittorrent.main", f"{path}&indexes=9")).status_code == 409
        unknown = await stage.ask("qbittorrent.main", "/api/v2/torrents/files?hash=" + "0" * 40)
        assert unknown.status_code == 404


async def test_files_are_unknown_before_the_metadata_is() -> None:
    scenario = Scenario.empty().add_series(SHOW, "A Show", {1: SeasonPlan(episodes=1)})
    scenario.add_download(SHOW, [(1, 1)], metadata_seconds=60)
    async with play(scenario) as stage:
        await stage.log_in()
        (row,) = await stage.rows("qbittorrent.main", INFO)
        assert (row["state"], row["total_size"], row["content_path"]) == ("metaDL", -1, "")
        path = f"/api/v2/torrents/files?hash={row['hash']}"
        assert await stage.rows("qbittorrent.main", path) == []
        stage.wait(61)
        (row,) = await stage.rows("qbittorrent.main", INFO)
        assert row["state"] == "downloading"
        assert len(await stage.rows("qbittorrent.main", path)) == 1


async def test_another_port_in_the_host_header_is_refused() -> None:
    async with play(downloads()) as stage:
        headers = {"Host": "qbittorrent:1"}
        answer = await stage.ask("qbittorrent.main", INFO, headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_usual_client_library_reads_it(version: str) -> None:
    async with play(downloads(version)) as stage:

        def read() -> tuple[int, int, int]:
            client = qbittorrentapi.Client(
                host=stage.simulation.urls["qbittorrent.main"],
                username="demo",
                password="demo-qbittorrent-password",
                FORCE_SCHEME_FROM_HOST=True,
                SIMPLE_RESPONSES=True,
            )
            torrents: Any = client.sync_maindata(rid=0)["torrents"]
            some: Any = client.torrents_info(torrent_hashes=list(torrents)[:1])
            files = client.torrents_files(torrent_hash=some[0]["hash"])
            client.auth_log_out()
            return len(torrents), len(some), len(files)

        assert await asyncio.to_thread(read) == (2, 1, 4)


async def test_progress_follows_the_clock_and_ends_complete() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()
        seen = []
        for _ in range(5):
            rows = await stage.rows("qbittorrent.main", INFO)
            seen.append(rows[0]["progress"])
            stage.wait(600)
        assert seen == [0.2, 0.4, 0.6, 0.8, 1.0]
        (first, _) = await stage.rows("qbittorrent.main", INFO)
        assert (first["state"], first["amount_left"]) == ("stalledUP", 0)
        assert first["completion_on"] == int((START + timedelta(seconds=2400)).timestamp())


async def test_lists_are_filtered_sorted_and_cut() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()

        async def states(query: str) -> list[object]:
            rows = await stage.rows("qbittorrent.main", f"{INFO}?{query}")
            return [row["state"] for row in rows]

        assert await states("filter=downloading") == ["downloading"]
        assert await states("filter=stopped") == ["stoppedDL"]
        assert await states("filter=nonsense") == ["downloading", "stoppedDL"]
        assert await states("sort=progress&reverse=true") == ["stoppedDL", "downloading"]
        assert await states("sort=state") == ["downloading", "stoppedDL"]
        assert await states("limit=1&offset=1") == ["stoppedDL"]
        assert await states("category=none") == []
        (row, *_) = await stage.rows("qbittorrent.main", INFO)
        assert await states(f"hashes={row['hash']}|{'0' * 40}") == ["downloading"]
        # Only the torrent's own id is looked up, and what is unknown is just missing.
        assert await states(f"hashes={'0' * 40}") == []
        base = stage.simulation.urls["qbittorrent.main"]
        posted = await stage.client.post(f"{base}{INFO}", data={"filter": "stopped"})
        assert [row["state"] for row in posted.json()] == ["stoppedDL"]


async def test_torrents_are_stopped_started_and_deleted() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()
        base = stage.simulation.urls["qbittorrent.main"] + "/api/v2/torrents"
        (first, second) = await stage.rows("qbittorrent.main", INFO)

        async def states() -> list[object]:
            return [row["state"] for row in await stage.rows("qbittorrent.main", INFO)]

        await stage.client.post(f"{base}/stop", data={"hashes": first["hash"]})
        assert await states() == ["stoppedDL", "stoppedDL"]
        await stage.client.post(f"{base}/start", data={"hashes": first["hash"]})
        assert await states() == ["downloading", "stoppedDL"]
        await stage.client.post(f"{base}/delete", data={"hashes": second["hash"]})
        assert await states() == ["downloading"]
        count = await stage.ask("qbittorrent.main", "/api/v2/torrents/count")
        assert count.text == "1"
        await stage.ask("qbittorrent.main", "/api/v2/auth/logout", method="POST")
        assert (await stage.ask("qbittorrent.main", INFO)).status_code == 403


async def test_the_small_routes_answer() -> None:
    async with play(downloads()) as stage:
        await stage.log_in()

        async def ask(path: str) -> Any:
            answer = await stage.ask("qbittorrent.main", f"/api/v2/{path}")
            assert answer.status_code == 200
            return answer.json()

        (row, *_) = await stage.rows("qbittorrent.main", INFO)
        assert (await ask("app/buildInfo"))["libtorrent"].startswith("2.")
        assert (await ask("app/preferences"))["incomplete_files_ext"] is True
        assert (await ask("transfer/info"))["dl_info_speed"] == 1000
        assert list(await ask("torrents/categories")) == ["tv-sonarr"]
        properties = await ask(f"torrents/properties?hash={row['hash']}")
        assert properties["total_size"] == 4_000_000
        (tracker,) = await ask(f"torrents/trackers?hash={row['hash']}")
        assert tracker["status"] == 2
        for path in ("torrents/properties?hash=0", "torrents/trackers?hash=0", "app/nothing"):
            answer = await stage.ask("qbittorrent.main", f"/api/v2/{path}")
            assert answer.status_code == 404
        assert (await stage.ask("qbittorrent.main", "/api/v3/x")).status_code == 404
        lacking = await stage.ask("qbittorrent.main", "/api/v2/torrents/files")
        assert lacking.status_code == 400
        assert "qBittorrent" in (await stage.ask("qbittorrent.main", "/")).text


async def test_files_may_come_with_the_list_from_5_2_on() -> None:
    async def ask(stage: Stage) -> bool:
        await stage.log_in()
        rows = await stage.rows("qbittorrent.main", f"{INFO}?includeFiles=true")
        return "files" in rows[0]

    async with play(downloads("5.2.3")) as stage:
        assert await ask(stage)
    async with play(downloads("5.1.4")) as stage:
        assert not await ask(stage)


async def test_without_authentication_a_session_comes_with_any_answer() -> None:
    async with play(downloads(bypass_auth=True)) as stage:
        first = await stage.ask("qbittorrent.main", "/api/v2/sync/maindata")
        assert first.json()["full_update"] is True
        assert stage.client.cookies
        second = await stage.ask("qbittorrent.main", "/api/v2/sync/maindata?rid=1")
        assert "full_update" not in second.json()


async def test_name_and_password_may_come_with_each_request_from_5_2_on() -> None:
    async with play(downloads("5.2.3")) as stage:
        url = stage.simulation.urls["qbittorrent.main"] + "/api/v2/sync/maindata"
        auth = ("demo", "demo-qbittorrent-password")
        answer = await stage.client.get(url, auth=auth)
        assert answer.json()["full_update"] is True
        assert (await stage.client.get(url, auth=("demo", "wrong"))).status_code == 403


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        ("checking", "checkingDL"),
        ("queued", "queuedDL"),
        ("moving", "moving"),
        ("error", "error"),
        ("missing", "missingFiles"),
        ("stalled", "stalledDL"),
    ],
)
async def test_every_phase_has_its_state_in_the_client_and_in_sonarrs_queue(
    phase: str, state: str
) -> None:
    statuses = {"checking": "queued", "queued": "queued", "moving": "downloading"}
    async with play(downloads()) as stage:
        await stage.log_in()
        (download, *_) = stage.world.sonarr("tv").tracked
        stage.world.set_phase("tv", download, phase, rate=0)
        stage.world.set_progress("tv", download, [0.25, 0.5, 0.75, 0.0])
        stage.world.refresh_queue("tv")
        rows = await stage.rows("qbittorrent.main", INFO)
        assert rows[0]["state"] == state
        queue = await stage.rows("sonarr.tv", "/api/v3/queue/details")
        assert queue[0]["status"] == statuses.get(phase, "warning")
        assert ("errorMessage" in queue[0]) == (phase not in statuses)
