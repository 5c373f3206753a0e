"""Events happen in the order in which the real systems let them happen."""

import asyncio
import json

import pytest

from episodarr.simulator import Scenario, SeasonPlan, SeriesPlan, TorrentFile, World
from episodarr.simulator.world import EVENTS
from tests.simulator.drive import START, play

SHOW = 70_001
OTHER = 70_002
DOUBLE = 70_003


def library() -> Scenario:
    scenario = Scenario.empty()
    scenario.add_series(
        SHOW, "Drawn", {1: SeasonPlan(episodes=4, files=3)}, series_type="anime", root="/anime"
    )
    return scenario.add_series(
        OTHER, "Other", {1: SeasonPlan(episodes=1, files=1)}, series_type="anime", root="/anime"
    )


def built(scenario: Scenario) -> World:
    world = scenario.build(START)
    for state in world.sonarrs.values():
        state.options.webhook_url = "http://127.0.0.1:1/"
    return world


def sent(world: World) -> list[str]:
    """The names of the webhooks that wait, which are then forgotten."""
    names = [str(message.body["eventType"]) for message in world.outbox]
    world.outbox.clear()
    return names


async def receive(messages: list[tuple[str, dict[str, object]]]) -> tuple[asyncio.Server, int]:
    """A server that takes webhooks and notes their authorization and body."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        lowered = {key.lower(): value for key, value in fields.items()}
        body = await reader.readexactly(int(lowered["content-length"]))
        line = head.split("\r\n")[0]
        messages.append((f"{line} {lowered.get('authorization')}", json.loads(body)))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_an_episode_goes_through_its_whole_life() -> None:
    async with play(library()) as stage:

        async def queue() -> list[tuple[object, object]]:
            rows = await stage.rows("sonarr.tv", "/api/v3/queue/details")
            return [(row["status"], row["trackedDownloadState"]) for row in rows]

        world = stage.world
        world.search("tv", SHOW, [(1, 4)], seconds=10)
        stage.wait(10)
        world.grab("tv", SHOW, [(1, 4)], size_bytes=1_050_000, rate=10_000, metadata_seconds=10)
        stage.wait(6)
        assert await queue() == [("queued", "downloading")]
        stage.wait(60)
        assert await queue() == [("downloading", "downloading")]
        stage.wait(105)
        assert await queue() == [("completed", "importPending")]
        stage.wait(4)
        assert await queue() == [("completed", "importing")]
        stage.wait(3)
        assert await queue() == []
        episode = (await stage.ask("sonarr.tv", "/api/v3/episode/4")).json()
        assert episode["hasFile"]
        path = episode["episodeFile"]["path"]
        assert world.disk.exists(path)
        assert path == "/anime/Drawn/Season 01/Drawn - S01E04 - Episode 4 WEBDL-1080p.mkv"
        assert world.shoko is not None
        assert path not in world.shoko.files
        stage.wait(10)
        assert world.shoko.files[path].series is not None
        assert world.jellyfin is not None
        assert path in world.jellyfin.series["/anime/Drawn"].episodes
        history = await stage.rows("sonarr.tv", "/api/v3/history/since?date=2026-03-14T12:00:00Z")
        mine = [row["eventType"] for row in history if row["episodeId"] == 4]
        assert mine == ["grabbed", "downloadFolderImported"]


async def test_speed_shortens_the_wait_and_keeps_the_clock() -> None:
    async with play(library(), speed=10) as stage:
        stage.world.grab("tv", SHOW, [(1, 4)], size_bytes=6_000_000, rate=10_000)
        stage.wait(60.7)
        (row, *_) = reversed(
            await stage.rows("sonarr.tv", "/api/v3/history/since?date=2026-03-14T12:00:00Z")
        )
        assert row["eventType"] == "downloadFolderImported"
        # 600 s of download at 10 kB/s, then pending and importing, ten times as fast.
        assert str(row["date"]) == "2026-03-14T12:01:00Z"


def test_a_deleted_series_goes_row_first_then_webhook_then_files() -> None:
    world = built(library())
    _, series = world.find_series("tv", SHOW)
    paths = [series.file_path(file) for file in series.files.values()]
    world.delete_series("tv", SHOW)
    assert SHOW not in world.sonarr("tv").by_tvdb
    (message,) = world.outbox
    assert message.body["eventType"] == "SeriesDelete"
    assert message.body["deletedFiles"] is True
    assert all(world.disk.exists(path) for path in paths)
    world.advance(START.replace(second=3))
    assert not any(world.disk.exists(path) for path in paths)
    assert world.jellyfin is not None
    assert "/anime/Drawn" in world.jellyfin.series
    assert world.shoko is not None
    assert paths[0] in world.shoko.files
    world.advance(START.replace(minute=2))
    assert "/anime/Drawn" not in world.jellyfin.series
    # Nothing but a removal of missing files takes them out of Shoko.
    assert paths[0] in world.shoko.files
    assert sent(world) == ["SeriesDelete"]


def test_files_may_stay_by_wish_or_by_refusal() -> None:
    world = built(library())
    _, series = world.find_series("tv", SHOW)
    paths = [series.file_path(file) for file in series.files.values()]
    stuck = world.pin_files("tv", SHOW, [(1, 2)])
    world.delete_series("tv", SHOW)
    world.delete_series("tv", OTHER, delete_files=False)
    world.advance(START.replace(minute=1))
    assert [path for path in paths if world.disk.exists(path)] == stuck
    assert world.disk.exists("/anime/Other/Season 01/Other - S01E01 - Episode 1 WEBDL-1080p.mkv")
    world.release_files(stuck)
    assert not world.disk.exists(stuck[0])


def test_a_season_is_deleted_file_by_file() -> None:
    world = built(library())
    world.delete_season("tv", SHOW, 1)
    assert sent(world) == ["EpisodeFileDelete"] * 3
    rows = [row for row in world.sonarr("tv").history if row.event == "episodeFileDeleted"]
    assert [row.data["reason"] for row in rows] == ["Manual"] * 3
    assert {row.download_id for row in rows} == {None}
    _, series = world.find_series("tv", SHOW)
    assert not any(episode.file_id for episode in series.episodes)


def test_an_upgrade_says_so_in_history_and_webhook() -> None:
    world = built(library())
    _, series = world.find_series("tv", SHOW)
    old = series.files[1]
    world.upgrade("tv", SHOW, [(1, 1)])
    assert sent(world) == ["Grab", "EpisodeFileDelete", "Download", "Download"]
    reasons = [row.data.get("reason") for row in world.sonarr("tv").history]
    assert [reason for reason in reasons if reason] == ["Upgrade"]
    assert series.numbered[1, 1].file_id not in {0, old.id}
    assert not world.disk.exists(series.file_path(old))


def test_lost_files_are_missing_from_disk() -> None:
    world = built(library())
    world.lose_files("tv", SHOW, [(1, 3)])
    (message,) = world.outbox
    assert message.body["deleteReason"] == "missingFromDisk"
    (row,) = [row for row in world.sonarr("tv").history if row.event == "episodeFileDeleted"]
    assert row.data["reason"] == "MissingFromDisk"


async def test_a_rename_changes_paths_and_no_statistics() -> None:
    async with play(library()) as stage:
        (before, _) = await stage.rows("sonarr.tv", "/api/v3/series")
        stage.world.rename_files("tv", SHOW)
        (after, _) = await stage.rows("sonarr.tv", "/api/v3/series")
        assert before["statistics"] == after["statistics"]
        files = await stage.rows("sonarr.tv", "/api/v3/episodefile?seriesId=1")
        assert all(str(row["path"]).endswith(" [renamed].mkv") for row in files)
        assert all(stage.world.disk.exists(str(row["path"])) for row in files)
        assert stage.world.shoko is not None
        old = "/anime/Drawn/Season 01/Drawn - S01E01 - Episode 1 WEBDL-1080p.mkv"
        assert not stage.world.disk.exists(old)
        stage.wait(20)
        assert stage.world.jellyfin is not None
        assert set(stage.world.jellyfin.series["/anime/Drawn"].episodes) == {
            str(row["path"]) for row in files
        }


def test_a_series_that_comes_back_has_other_ids() -> None:
    world = built(library())
    _, first = world.find_series("tv", SHOW)
    world.delete_series("tv", SHOW, lag_seconds=0)
    plan = SeriesPlan(tvdb_id=SHOW, title="Drawn", seasons={1: SeasonPlan(episodes=4)})
    second = world.readd_series("tv", plan)
    assert second.id != first.id
    assert {ep.id for ep in second.episodes}.isdisjoint({ep.id for ep in first.episodes})
    assert sent(world) == ["SeriesDelete", "SeriesAdd"]
    with pytest.raises(ValueError, match="already"):
        world.add_series("tv", plan)


def test_a_failed_download_leaves_queue_and_client_and_a_reason() -> None:
    world = built(library())
    download = world.grab("tv", SHOW, [(1, 4)])
    world.fail_download("tv", download, message="no seeds")
    state = world.sonarr("tv")
    assert (state.tracked, world.clients["main"].torrents) == ({}, {})
    assert [row.event for row in state.history[-2:]] == ["grabbed", "downloadFailed"]
    assert state.history[-1].data["message"] == "no seeds"


def test_a_blocked_import_stays_with_its_reasons() -> None:
    world = built(library())
    download = world.grab("tv", SHOW, [(1, 4)], blocked_by=["Sample"])
    world.finish_download("tv", download)
    world.advance(START.replace(minute=30))
    tracked = world.sonarr("tv").tracked[download]
    assert (tracked.state, tracked.health) == ("importBlocked", "warning")
    assert tracked.messages == [(tracked.title, ["Sample"])]
    assert "ManualInteractionRequired" in sent(world)


async def test_webhooks_arrive_in_order_with_the_secret() -> None:
    async with play(library()) as stage:
        messages: list[tuple[str, dict[str, object]]] = []
        server, port = await receive(messages)
        async with server:
            stage.simulation.send_webhooks_to(f"http://127.0.0.1:{port}/webhooks/sonarr/")
            stage.world.grab("tv", SHOW, [(1, 4)])
            stage.world.delete_series("tv", SHOW)
            await stage.simulation.flush_webhooks()
        assert [body["eventType"] for _, body in messages] == ["Grab", "SeriesDelete"]
        head = messages[0][0]
        assert head.startswith("POST /webhooks/sonarr/tv HTTP/1.1 Basic ")
        assert stage.simulation.deliveries.delivered == 2


async def test_a_webhook_that_cannot_be_delivered_is_lost_for_good() -> None:
    async with play(library()) as stage:
        stage.simulation.send_webhooks_to("http://127.0.0.1:9/")
        stage.world.delete_series("tv", SHOW)
        await stage.simulation.flush_webhooks()
        assert (stage.simulation.deliveries.lost, stage.simulation.deliveries.delivered) == (1, 0)
        assert not stage.world.outbox


def test_every_event_can_be_triggered_by_name_and_bad_ones_say_why() -> None:
    world = built(library())
    assert all(callable(getattr(world, name)) for name in EVENTS)
    result = world.trigger(
        "grab", {"sonarr": "tv", "tvdb_id": SHOW, "episodes": [[1, 4]], "progress": 0.5}
    )
    assert result in world.sonarr("tv").tracked
    for name, arguments, error in (
        ("explode", {}, LookupError),
        ("delete_series", {"sonarr": "tv", "tvdb_id": 1}, LookupError),
        ("delete_series", {"sonarr": "tv"}, TypeError),
        ("delete_series", {"sonarr": "tv", "tvdb_id": "x"}, TypeError),
        ("delete_series", {"sonarr": "tv", "tvdb_id": SHOW, "now": True}, TypeError),
    ):
        with pytest.raises(error):
            world.trigger(name, arguments)
    plan = {"tvdb_id": 5, "title": "New", "seasons": {"1": {"episodes": 3}}}
    world.trigger("add_series", {"sonarr": "tv", "plan": plan})
    assert world.find_series("tv", 5)[1].title == "New"


async def test_one_file_may_hold_two_episodes() -> None:
    scenario = library().add_series(DOUBLE, "Double", {2: SeasonPlan(episodes=2)})
    async with play(scenario) as stage:
        world = stage.world
        codes = [(2, 1), (2, 2)]
        files = [TorrentFile("Double.S02E01E02.mkv", 1000, episodes=tuple(codes))]
        download = world.grab("tv", DOUBLE, codes, files=files, automatic=False)
        world.finish_download("tv", download)
        world.import_download("tv", download)
        (row,) = await stage.rows("sonarr.tv", "/api/v3/episodefile?seriesId=3")
        assert "S02E01-E02" in str(row["relativePath"])
        episodes = await stage.rows("sonarr.tv", "/api/v3/episode?seriesId=3")
        assert {episode["episodeFileId"] for episode in episodes} == {row["id"]}
        series = (await stage.ask("sonarr.tv", "/api/v3/series/3")).json()
        assert series["statistics"]["episodeFileCount"] == 2
        stage.wait(10)
        path = "/Items?recursive=true&includeItemTypes=Episode&isMissing=false&searchTerm=episode 1"
        items = (await stage.ask("jellyfin", path)).json()["Items"]
        (item,) = [item for item in items if item["SeriesName"] == "Double"]
        assert (item["IndexNumber"], item["IndexNumberEnd"]) == (1, 2)
        world.delete_files("tv", DOUBLE, [(2, 1)])
        assert not any(ep.file_id for ep in world.find_series("tv", DOUBLE)[1].episodes)


def test_files_are_renamed_and_deselected_in_the_client() -> None:
    world = built(library())
    files = [
        TorrentFile(f"pack/{n}.mkv", 1000, 500.0 * (n - 1), episodes=((1, n),)) for n in (1, 2, 3)
    ]
    download = world.grab("tv", SHOW, [(1, 1), (1, 2), (1, 3)], files=files, rate=0)
    torrent = world.sonarr("tv").tracked[download].torrent
    before = torrent.revision
    world.change_file("tv", download, 0, name="pack/first.mkv", priority=0)
    assert (torrent.wanted_bytes, torrent.left_bytes) == (2000, 500)
    assert torrent.files[0].name == "pack/first.mkv"
    assert torrent.revision > before
    world.finish_download("tv", download)
    world.import_download("tv", download)
    _, series = world.find_series("tv", SHOW)
    replaced = [f for f in series.files.values() if f.scene_name == torrent.name]
    # What was deselected is not there to be imported.
    assert [f.episode_ids for f in replaced] == [(2,), (3,)]
