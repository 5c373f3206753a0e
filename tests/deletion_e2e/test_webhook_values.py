"""A webhook is no fact: what it reports of a series has to be borne out by a list."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.model.deletion import DeletionStatus, NoticedBy
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.simulator.simulation import WEB_SECRET
from tests.deletion_e2e.following import Following, following, small
from tests.deletion_e2e.test_what_counts import two_sonarrs
from tests.rig import value

SHOW = 1001
KEY = SeriesKey(SonarrName("tv"), TvdbId(SHOW))
WITHOUT_SERVERS = ("EPISODARR_JELLYFIN", "EPISODARR_SHOKO", "EPISODARR_JELLYSEERR")
CONTRADICTIONS = "episodarr_webhook_contradictions_total"


async def say_deleted(
    running: Following, sonarr_id: int, tvdb_id: int = SHOW, *, to: str = "tv", files: bool = True
) -> None:
    """A SeriesDelete webhook, whatever there is in Sonarr."""
    series = {"id": sonarr_id, "title": "Show", "path": "/anime/Show", "tvdbId": tvdb_id}
    body = {"eventType": "SeriesDelete", "series": series, "deletedFiles": files}
    headers = {"X-Episodarr-Secret": WEB_SECRET, "Content-Type": "application/json"}
    async with running.rig.browser() as browser:
        answer = await browser.post(
            f"/webhooks/sonarr/{to}", content=json.dumps(body).encode(), headers=headers
        )
    assert answer.status_code == 202


async def contradicted(running: Following, name: str = "tv") -> float | None:
    return value(await running.samples(), CONTRADICTIONS, upstream=name)


def number(running: Following, name: str = "tv") -> int:
    return running.world.find_series(name, SHOW)[1].id


async def test_a_series_that_stays_listed_is_not_deleted_whatever_a_webhook_says(
    tmp_path: Path,
) -> None:
    async with following(small(episodes=3), tmp_path, without=WITHOUT_SERVERS) as running:
        await running.ready()
        assert await contradicted(running) == 0
        await say_deleted(running, number(running))
        for _ in range(4):
            await running.step(seconds=15)
            assert running.views() == ()
        assert await contradicted(running) == 1
        sonarr_id = number(running)
        running.world.delete_series("tv", SHOW)
        await say_deleted(running, sonarr_id)
        await running.step(seconds=15)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.COMPLETE), within=timedelta(minutes=5)
        )
        assert running.view(SHOW).expected == 3


async def test_two_sonarrs_that_send_to_one_address_delete_nothing_of_each_other(
    tmp_path: Path,
) -> None:
    async with following(two_sonarrs(), tmp_path, without=WITHOUT_SERVERS) as running:
        await running.ready()
        running.world.grab("tv", SHOW, [(1, 1)])  # Something goes on in the one that stays.
        gone = number(running, "uhd")
        running.world.delete_series("uhd", SHOW, webhook=False)
        await say_deleted(running, gone, to="tv")
        await running.last(timedelta(minutes=8), every=30)
        assert [(v.sonarr, v.noticed_by) for v in running.views()] == [("uhd", NoticedBy.POLL)]
        assert await contradicted(running, "tv") == 1


async def test_a_series_that_was_never_listed_opens_nothing_and_is_counted(tmp_path: Path) -> None:
    async with following(small(episodes=3), tmp_path, without=WITHOUT_SERVERS) as running:
        await running.ready()
        await say_deleted(running, 77, 4711)
        await running.last(timedelta(minutes=2), every=30)
        assert running.views() == ()
        assert await contradicted(running) == 1


async def test_a_series_without_an_inventory_is_not_superseded_by_a_list_that_is_out_of_date(
    tmp_path: Path,
) -> None:
    async with following(small(episodes=3), tmp_path, without=WITHOUT_SERVERS) as running:
        await running.rig.settle()  # Read, and nothing inventoried.
        await say_deleted(running, number(running))
        await running.rig.cycle()  # A list that still has it.
        running.world.delete_series("tv", SHOW, webhook=False)
        await running.last(timedelta(minutes=3), every=15)
        view = running.view(SHOW)
        assert view.noticed_by is NoticedBy.WEBHOOK
        assert view.status is DeletionStatus.VERIFYING
        await running.last(timedelta(minutes=20), every=240)
        assert running.view(SHOW).status is not DeletionStatus.SUPERSEDED


@pytest.mark.parametrize("files", [True, False])
async def test_the_same_webhook_again_opens_nothing_and_changes_no_verdict(
    tmp_path: Path, files: bool
) -> None:
    async with following(small(episodes=3), tmp_path, without=WITHOUT_SERVERS) as running:
        await running.ready()
        sonarr_id = number(running)
        stuck = running.world.pin_files("tv", SHOW, [(1, 2)])
        running.world.delete_series("tv", SHOW, webhook=False)
        await say_deleted(running, sonarr_id)
        await say_deleted(running, sonarr_id, files=files)
        await running.step(seconds=15)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.PARTIAL),
            within=timedelta(minutes=20),
            every=120,
        )
        await say_deleted(running, sonarr_id, files=files)
        await running.step(seconds=15)
        assert running.has(SHOW, DeletionStatus.PARTIAL)
        running.world.release_files(stuck)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.COMPLETE),
            within=timedelta(hours=3),
            every=1200,
        )
        await say_deleted(running, sonarr_id, files=files)
        await running.last(timedelta(minutes=2), every=30)
        assert len(running.views()) == 1
        assert await contradicted(running) == 1


async def test_a_webhook_that_was_written_down_counts_after_a_restart(tmp_path: Path) -> None:
    async with following(small(episodes=3), tmp_path, without=WITHOUT_SERVERS) as running:
        await running.ready()
        sonarr_id = number(running)
        running.world.delete_series("tv", SHOW, webhook=False)
        await say_deleted(running, sonarr_id)
        await running.restart()
        await running.rig.cycle()
        await running.settle_deletions()
        assert running.view(SHOW).noticed_by is NoticedBy.WEBHOOK
