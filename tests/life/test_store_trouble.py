"""The program while its store cannot be read, and after: nothing of the log is written over."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from episodarr.app.storing import FILE_NAME
from episodarr.model.deletion import DeletionStatus, Verdict
from episodarr.model.deletion_log import Counters
from episodarr.model.ids import EpisodeKey, SonarrName, TvdbId
from episodarr.model.stage import Stage
from episodarr.server.access import SECRET_HEADER
from episodarr.simulator.simulation import WEB_SECRET
from episodarr.store.store import Store
from episodarr.store.writing import Changes
from tests.life.test_outages import still_library
from tests.rig import Rig, rig, value
from tests.store.test_store import a_record

LONG_AGO = datetime(2026, 2, 1, tzinfo=UTC)
LOST = EpisodeKey(SonarrName("tv"), TvdbId(405920), 1, 4)
SEVERANCE = 371980


def a_bad_log(path: Path) -> None:
    """A failed deletion that is not acknowledged, its counters, and since when one is missing."""
    record = a_record("tv-299963-1")
    episodes = tuple(replace(e, verdict=Verdict.FAILED) for e in record.episodes)
    bad = replace(record, status=DeletionStatus.FAILED, episodes=episodes, due_by_system={})
    counters = Counters(
        deletions_by_status={DeletionStatus.FAILED: 4}, episodes_failed=40, rescans_by_result={}
    )
    store = Store.open(path, LONG_AGO)
    store.commit(Changes(deletions=(bad,), counters=counters), LONG_AGO)
    store.save_stage_clocks({LOST: (Stage.QUEUED, LONG_AGO)}, (), LONG_AGO)
    store.close()


async def get(running: Rig, path: str) -> tuple[int, str]:
    async with running.browser() as browser:
        answer = await browser.get(path)
        return answer.status_code, answer.text


def deletion_counters(running: Rig) -> dict[str, float | None]:
    samples = running.samples()
    return {
        name: value(samples, name)
        for name in (
            "episodarr_deletion_episodes_failed_total",
            "episodarr_deletions_partial_total",
            "episodarr_inventory_pending_series",
            "episodarr_held_disappearances",
        )
    }


async def test_a_log_that_can_be_read_only_later_is_unknown_till_then_and_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("episodarr.deletions.service.service.READ_AGAIN_SECONDS", 0.0)
    file, away = tmp_path / FILE_NAME, tmp_path / "away"
    a_bad_log(file)
    file.rename(away)
    file.mkdir()  # What is there cannot be opened.
    environment = {"EPISODARR_STATE_DIR": str(tmp_path)}
    without = ("EPISODARR_SONARR__ANIME",)
    async with rig(still_library(), environment=environment, without=without, speed=0.0) as running:
        running.simulation.world.lose_files("tv", 405920, [(1, 4)])
        deletions = running.application.deletions
        for _ in range(3):
            await running.cycle()
            await deletions.pass_over()
        assert set(deletion_counters(running).values()) == {None}
        status, body = await get(running, "/api/v1/deletions")
        assert status == 503
        assert "unknown" in body
        assert (await get(running, "/api/v1/deletions/tv-299963-1"))[0] == 503
        assert "Deletions are unknown" in (await get(running, "/-/healthy"))[1]
        assert "Deletions are unknown" in (await get(running, "/"))[1]
        async with running.browser() as browser:
            headers = {SECRET_HEADER: WEB_SECRET}
            refused = await browser.post(
                "/api/v1/deletions/tv-299963-1/ack", json={}, headers=headers
            )
            assert refused.status_code == 409
            hook = {
                "eventType": "SeriesDelete",
                "series": {"id": 3, "tvdbId": SEVERANCE, "title": "Severance"},
                "deletedFiles": True,
            }
            taken = await browser.post("/webhooks/sonarr/tv", json=hook, headers=headers)
            assert taken.status_code == 202

        file.rmdir()
        away.rename(file)
        await deletions.pass_over()
        await running.cycle(2)
        assert deletion_counters(running)["episodarr_deletion_episodes_failed_total"] == 40
        listed = (await get(running, "/api/v1/deletions"))[1]
        assert "tv-299963-1" in listed
        assert "unknown:" not in (await get(running, "/-/healthy"))[1]
        await running.settle()
        episode = running.episode("tv", 405920, 1, 4)
        assert (episode.stage, episode.stage_entered_at) == (Stage.QUEUED, LONG_AGO)
    store = Store.open(file, LONG_AGO)
    assert "tv-299963-1" in {record.deletion_id for record in store.load_deletions()}
    assert store.load_counters().episodes_failed == 40
    store.close()


async def test_a_damaged_row_is_shown_and_counted(tmp_path: Path) -> None:
    a_bad_log(tmp_path / FILE_NAME)
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("UPDATE deletion SET inventory = x'00'")
    connection.commit()
    connection.close()
    environment = {"EPISODARR_STATE_DIR": str(tmp_path)}
    async with rig(still_library(), environment=environment, speed=0.0) as running:
        await running.cycle()
        assert "deletion tv-299963-1" in (await get(running, "/-/healthy"))[1]
        dropped = value(running.samples(), "episodarr_dropped_objects", family="store_rows")
        assert dropped == 1
        failed = value(running.samples(), "episodarr_deletion_episodes_failed_total")
        assert failed == 40
