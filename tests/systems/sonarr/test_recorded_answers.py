"""The parsers read what real Sonarrs of both versions answered, whole and right."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from episodarr.model.download import HistoryEvent, QueueRow, QueueStatus, TrackedState
from episodarr.model.ids import SonarrName
from episodarr.model.webhook import WebhookEvent
from episodarr.systems.sonarr import wire
from episodarr.systems.sonarr.pending_releases import PendingEpisodes
from episodarr.systems.sonarr.webhook import parse_webhook
from tests.rig import DrivenClock

RECORDED = Path(__file__).resolve().parents[2] / "recorded" / "sonarr"
VERSIONS = ("4.0.19", "5-develop")
WEBHOOKS = sorted((RECORDED / "5-develop" / "webhooks").glob("*.json"))


def body(version: str, name: str) -> bytes:
    return (RECORDED / version / f"{name}.json").read_bytes()


def plain(version: str, name: str) -> Any:
    return json.loads(body(version, name))


def queue(version: str, name: str) -> tuple[QueueRow, ...]:
    return tuple(map(wire.parse_queue_row, wire.split_list("queue", body(version, name))))


def recorded(pattern: str) -> list[tuple[str, str]]:
    return [(v, p.stem) for v in VERSIONS for p in sorted((RECORDED / v).glob(pattern))]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_status_says_which_sonarr_it_is_and_since_when(version: str) -> None:
    status = wire.parse_status(plain(version, "system-status"))
    assert status.version == plain(version, "system-status")["version"]
    assert status.started_at is not None


@pytest.mark.parametrize(("version", "name"), recorded("series*.json"))
def test_every_series_has_the_statistics_of_its_seasons(version: str, name: str) -> None:
    listed = plain(version, name)
    assert listed
    for raw, item in zip(listed, wire.split_list("series", body(version, name)), strict=True):
        series = wire.parse_series(item, SonarrName("tv"))
        assert (series.title, series.key.tvdb_id) == (raw["title"], raw["tvdbId"])
        total = raw["statistics"]
        assert sum(s.total_episode_count for s in series.seasons) == total["totalEpisodeCount"]
        assert sum(s.size_on_disk_bytes for s in series.seasons) == total["sizeOnDisk"]


@pytest.mark.parametrize("version", VERSIONS)
def test_episodes_and_files_of_a_series_belong_together_and_agree_with_its_statistics(
    version: str,
) -> None:
    episodes = [
        wire.parse_episode(e) for e in wire.split_list("episode", body(version, "episode-series"))
    ]
    files = [
        wire.parse_episode_file(f)
        for f in wire.split_list("episodefile", body(version, "episodefile-series"))
    ]
    assert {e.file_id for e in episodes} - {None} == {f.file_id for f in files}
    (first, *_) = wire.split_list("series", body(version, "series"))
    series = wire.parse_series(first, SonarrName("tv"))
    listed = Counter(e.season for e in episodes)
    assert listed == {s.season: s.total_episode_count for s in series.seasons}


@pytest.mark.parametrize(("version", "name"), recorded("queue-details*.json"))
def test_every_row_of_every_queue_is_read_with_words_that_are_known(
    version: str, name: str
) -> None:
    rows = queue(version, name)
    assert len(rows) == len(plain(version, name))
    assert QueueStatus.UNKNOWN not in {row.status for row in rows}
    assert TrackedState.UNKNOWN not in {row.tracked_state for row in rows}


def test_rows_of_a_blocked_import_carry_sonarrs_sentences() -> None:
    rows = queue("5-develop", "queue-details-after-imports")
    blocked = {row.title: row.messages for row in rows}
    assert {row.tracked_state for row in rows} == {TrackedState.IMPORT_BLOCKED}
    joined = {title.split(".")[0]: " ".join(messages) for title, messages in blocked.items()}
    assert "Multi-season download" in joined["Glass"]
    assert "already imported" in joined["Paper"]
    (stranger,) = [row for row in rows if row.series_id is None]
    assert (stranger.episode_id, stranger.season) == (None, None)
    assert any(text.startswith("Series title mismatch") for text in stranger.messages)


def test_of_a_pack_of_three_seasons_only_the_first_has_rows() -> None:
    rows = queue("5-develop", "queue-details-many")
    pack = [row for row in rows if row.title.startswith("Glass.Orchard.S01-S03")]
    assert [row.season for row in pack] == [1] * 5
    assert {row.added_at for row in pack} == {None}, "added by hand, so Sonarr knows no grab"


@pytest.mark.parametrize(
    ("version", "details"),
    [("4.0.19", "queue-details-many"), ("5-develop", "queue-details-delay")],
)
async def test_a_delayed_release_gets_its_episode_from_the_paged_queue(
    version: str, details: str
) -> None:
    asked: list[object] = []

    async def fetch(series_ids: object) -> tuple[QueueRow, ...]:
        asked.append(series_ids)
        rows, total = wire.parse_queue_page(body(version, "queue-paged"))
        assert len(rows) == total
        return rows

    pending = PendingEpisodes(fetch, clock=DrivenClock())
    rows = queue(version, details)
    is_nameless = version == "5-develop"
    assert pending.is_missing(rows) is is_nameless
    if is_nameless:
        await pending.ask(rows)
    assert not pending.is_missing(rows)
    named = pending.named(rows)
    (delayed,) = [row for row in named if row.status is QueueStatus.DELAY]
    (listed,) = [
        row
        for row in wire.parse_queue_page(body(version, "queue-paged"))[0]
        if row.status is QueueStatus.DELAY
    ]
    assert listed.episode_id is not None
    assert (delayed.episode_id, delayed.season) == (listed.episode_id, listed.season)
    assert len(asked) == is_nameless
    assert pending.named(rows) is named


@pytest.mark.parametrize(("version", "name"), recorded("history*.json"))
def test_every_record_of_history_is_read_with_an_event_that_is_known(
    version: str, name: str
) -> None:
    raws = plain(version, name)
    records = [
        wire.parse_history_record(r) for r in wire.split_list("history", body(version, name))
    ]
    assert [r.event.value for r in records] == [raw["eventType"] for raw in raws]
    assert HistoryEvent.UNKNOWN not in {r.event for r in records}
    brought = {HistoryEvent.GRABBED, HistoryEvent.IMPORTED, HistoryEvent.FAILED}
    assert all(r.download_id and r.client for r in records if r.event in brought)


def test_a_season_search_is_seen_while_it_runs_and_not_after() -> None:
    running = wire.parse_commands(plain("5-develop", "command-season-search-0"))
    assert [(c.series_id, c.season) for c in running] == [(1, 2)]
    assert wire.parse_commands(plain("5-develop", "command-season-search-3")) == ()
    assert wire.parse_commands(plain("4.0.19", "command")) == ()


def test_a_client_that_sonarr_cannot_reach_is_named() -> None:
    report = wire.parse_unreachable_clients(plain("5-develop", "health-client-down"))
    assert report.covers("qBittorrent")
    for version in ("5-develop", "4.0.19"):
        fine = wire.parse_unreachable_clients(plain(version, "health"))
        assert fine == wire.UnreachableClients()


@pytest.mark.parametrize("version", VERSIONS)
def test_root_folders_are_read(version: str) -> None:
    folders = wire.parse_root_folders(plain(version, "rootfolder"))
    assert list(folders) == [raw["path"] for raw in plain(version, "rootfolder")]


@pytest.mark.parametrize("path", WEBHOOKS, ids=lambda path: path.stem)
def test_every_recorded_webhook_is_read(path: Path) -> None:
    webhook, raw = parse_webhook(path.read_bytes()), json.loads(path.read_bytes())
    assert webhook.event_word == raw["eventType"]
    assert webhook.series is not None
    assert (webhook.series.sonarr_id, webhook.series.tvdb_id) == (
        raw["series"]["id"],
        raw["series"]["tvdbId"],
    )
    assert len(webhook.episodes) == len(raw.get("episodes", ()))
    assert (webhook.file.path if webhook.file else None) == raw.get("episodeFile", {}).get("path")
    if webhook.event is WebhookEvent.SERIES_DELETE:
        assert webhook.are_files_deleted is raw["deletedFiles"]
