"""Deletions of requested series with the real clients and a simulated Seerr, from end to end."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.deletions.policy import Policy
from episodarr.model.deletion import Answer, DeletionStatus, DeletionView
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, TvdbId
from episodarr.model.notice import SeriesDeleted
from episodarr.simulator import Scenario, SeasonPlan, SeerrOptions
from episodarr.simulator.state.seerr import SeerrDatabase
from episodarr.systems.jellyseerr.state import JellyseerrState
from tests.deletions.service.test_against_simulation import TV, Following, follow
from tests.simulator.drive import play

pytestmark = pytest.mark.e2e

SHOWS = [TvdbId(299_900 + n) for n in range(1, 6)]
CHARLOTTE, OTHER = SHOWS[0], SHOWS[1]
NEVER_SYNCED = SeerrOptions(availability_seconds=1e9)
POLICY = Policy(rescan_shoko=True)


def a_scenario(requested: list[TvdbId], shows: int = 2) -> Scenario:
    scenario = Scenario.empty()
    scenario.jellyseerr = NEVER_SYNCED
    for tvdb_id in SHOWS[:shows]:
        plan = {1: SeasonPlan(episodes=2, files=2)}
        scenario.add_series(tvdb_id, f"Show {tvdb_id}", plan, root="/tv")
    for tvdb_id in requested:
        scenario.add_request(tvdb_id, [1])
    return scenario


def seerr_of(following: Following) -> SeerrDatabase:
    seerr = following.stage.world.seerr
    assert seerr is not None
    return seerr


async def delete(following: Following, *tvdb_ids: TvdbId) -> None:
    """They go from Sonarr, the disk and Jellyfin."""
    for tvdb_id in tvdb_ids:
        following.stage.world.delete_series("tv", tvdb_id)
    following.stage.wait(5)
    following.stage.world.jellyfin_scan()
    for tvdb_id in tvdb_ids:
        await following.verification.notices.take(
            SeriesDeleted(key=SeriesKey(TV, tvdb_id), title="", year=2015, has_deleted_files=True),
            following.stage.now,
        )
    await following.poll()


async def pass_time(following: Following, length: timedelta) -> list[DeletionView]:
    """Verification goes on for so long; every deletion as it then stands."""
    step = max(length / 40, timedelta(seconds=30))
    passed = timedelta()
    while passed < length:
        passed += step
        following.stage.wait(step.total_seconds())
        await following.verification.passes.run(following.stage.now)
    return list(following.reports.views())


def notes(view: DeletionView) -> str:
    return " ".join(view.notes)


async def test_a_request_made_after_the_inventory_is_found_in_the_list_read_afterwards(
    tmp_path: Path,
) -> None:
    """Inventoried without one, requested 89 s before the deletion: COMPLETE, nothing requested."""
    async with follow(tmp_path, a_scenario([]), POLICY) as following:
        following.stage.wait(1)
        number = following.stage.world.request_series("tv", CHARLOTTE, [1], pending=True)
        following.stage.wait(89)
        await delete(following, CHARLOTTE)
        (view,) = await pass_time(following, timedelta(minutes=20))
        assert view.record_by_system[System.JELLYSEERR] is Answer.REMAINING
        assert view.status is not DeletionStatus.COMPLETE
        assert f"request {number} is pending" in notes(view)
        seerr_of(following).delete_media(1)
        (view,) = await pass_time(following, timedelta(hours=3))
        assert view.status is DeletionStatus.COMPLETE


async def test_the_media_record_stays_when_all_requests_are_gone_until_seerrs_own_sync(
    tmp_path: Path,
) -> None:
    async with follow(tmp_path, a_scenario([CHARLOTTE, OTHER]), POLICY) as following:
        seerr = seerr_of(following)
        for number in [r.id for r in seerr.requests.values() if r.media.tvdb_id == CHARLOTTE]:
            assert seerr.delete_request(number)
        await delete(following, CHARLOTTE)
        (view,) = await pass_time(following, timedelta(minutes=20))
        assert view.record_by_system[System.JELLYSEERR] in {Answer.REMAINING, Answer.STALE}
        assert "its media is available" in notes(view)
        seerr.sync_availability()
        (view,) = await pass_time(following, timedelta(hours=3))
        assert view.record_by_system[System.JELLYSEERR] is Answer.REMOVED
        assert view.status is DeletionStatus.COMPLETE


async def test_all_requested_series_go_with_their_requests_and_a_younger_request_is_the_control(
    tmp_path: Path,
) -> None:
    """Those that the inventories knew are all gone: each was frozen as the others' control."""
    async with follow(tmp_path, a_scenario(SHOWS[:4], shows=5), POLICY) as following:
        seerr = seerr_of(following)
        following.stage.world.request_series("tv", SHOWS[4], [1], pending=True)
        await delete(following, *SHOWS[:4])
        await pass_time(following, timedelta(minutes=3))
        for media in [m for m in seerr.media.values() if m.tvdb_id in SHOWS[:4]]:
            seerr.delete_media(media.id)
        views = await pass_time(following, timedelta(hours=3))
        assert {v.status for v in views} == {DeletionStatus.COMPLETE}, [notes(v) for v in views]
        assert len(views) == 4


async def test_the_last_request_of_all_goes_and_an_empty_seerr_is_proven_by_its_settings(
    tmp_path: Path,
) -> None:
    async with follow(tmp_path, a_scenario([CHARLOTTE]), POLICY) as following:
        await delete(following, CHARLOTTE)
        seerr = seerr_of(following)
        for media in list(seerr.media):
            seerr.delete_media(media)
        assert not seerr.requests
        (view,) = await pass_time(following, timedelta(minutes=20))
        assert view.record_by_system[System.JELLYSEERR] is Answer.REMOVED
        assert view.status is DeletionStatus.COMPLETE


async def test_an_empty_seerr_in_which_another_request_should_be_proves_nothing(
    tmp_path: Path,
) -> None:
    async with follow(tmp_path, a_scenario([CHARLOTTE, OTHER]), POLICY) as following:
        await delete(following, CHARLOTTE)
        seerr = seerr_of(following)
        for media in list(seerr.media):
            seerr.delete_media(media)
        (view,) = await pass_time(following, timedelta(minutes=20))
        assert view.record_by_system[System.JELLYSEERR] is Answer.UNKNOWN


async def test_editing_the_host_of_a_sonarr_in_seerr_leaves_it_the_same_seerr(
    tmp_path: Path,
) -> None:
    scenario = a_scenario([CHARLOTTE, OTHER])
    scenario.jellyseerr = SeerrOptions(availability_seconds=1e9)
    async with follow(tmp_path, scenario, POLICY) as following:
        seerr = seerr_of(following)
        seerr.options.addresses["tv"] = ("10.9.8.7", 18_989)
        await delete(following, CHARLOTTE)
        seerr.sync_availability()
        (view,) = await pass_time(following, timedelta(minutes=20))
        assert view.record_by_system[System.JELLYSEERR] is Answer.REMOVED
        assert view.status is DeletionStatus.COMPLETE


async def test_a_seerr_that_cannot_reach_github_is_up_and_its_version_is_known(
    tmp_path: Path,
) -> None:
    scenario = a_scenario([CHARLOTTE])
    scenario.jellyseerr = SeerrOptions(reaches_github=False, version="3.1.0")
    async with play(scenario, media_root=tmp_path / "media") as stage:
        following = Following(stage, tmp_path, POLICY)
        state = JellyseerrState(
            following.jellyseerr,
            clock=lambda: stage.now,
            every=timedelta(minutes=5),
            keep=timedelta(minutes=15),
            url_by_sonarr={},
        )
        try:
            await asyncio.wait_for(state.read(), timeout=5)
        finally:
            await following.close()
        health = state.upstream_health()
        assert (health.is_up, health.version) == (True, "3.1.0")
        assert len(state.requests.last or ()) == 1
