"""The pictures of DESIGN.md section 1, from the simulated systems to the snapshot."""

import asyncio

import pytest

from episodarr.model.stage import Hold, Stage
from tests.rig import Rig, rig, value

SPY, LYCORIS, SEVERANCE, ANDOR, SHOGUN = 405920, 414057, 371980, 393189, 392573


def stages(running: Rig, sonarr: str, tvdb_id: int, season: int) -> list[Stage]:
    view = next(
        v
        for k, v in running.snapshot.series_by_key.items()
        if (k.sonarr, k.tvdb_id) == (sonarr, tvdb_id)
    )
    found = next(s for s in view.seasons if s.season == season)
    return [e.stage for e in found.episodes or ()]


async def test_the_first_picture_stands_within_a_few_cycles() -> None:
    async with rig() as running:
        await running.settle()
        assert stages(running, "tv", SPY, 1) == [Stage.AVAILABLE] * 12
        assert stages(running, "tv", SPY, 2) == [
            Stage.DOWNLOADING,
            Stage.DOWNLOADING,
            Stage.SEARCHING,
            *[Stage.QUEUED] * 9,
        ]
        first, second = (running.episode("tv", SPY, 2, n) for n in (1, 2))
        assert first.progress_ratio == pytest.approx(0.45, abs=0.04)
        assert first.hold is None
        assert second.progress_ratio == pytest.approx(0.12, abs=0.02)
        assert second.hold is Hold.NO_SEEDS
        assert first.release is not None
        assert first.release.title == "[Group] SPY x FAMILY S02E01 1080p"
        samples = running.samples()
        spy = {"sonarr": "tv", "series": "SPY x FAMILY"}
        assert value(samples, "episodarr_series_tracked_episodes", **spy) == 24
        assert value(samples, "episodarr_series_available_ratio", **spy) == 0.5
        assert (
            value(samples, "episodarr_episode_stage_code", **spy, season="2", episode="3")
            == Stage.SEARCHING
        )


async def test_a_first_start_shows_episodes_as_soon_as_they_are_read() -> None:
    async with rig(environment={"EPISODARR_CYCLE_SECONDS": "600"}) as running:
        polling = asyncio.create_task(running.application.poller.run())
        try:
            for _ in range(3_000):
                views = running.snapshot.series_by_key.values()
                if views and all(view.tally is not None for view in views):
                    break
                await asyncio.sleep(0.02)
            else:
                pytest.fail("the episodes wait for the next cycle")
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)


async def test_every_episode_of_a_pack_has_a_progress_of_its_own() -> None:
    async with rig() as running:
        await running.settle()
        view = next(v for k, v in running.snapshot.series_by_key.items() if k.tvdb_id == LYCORIS)
        progress = {e.progress_ratio for e in view.seasons[-1].episodes or ()}
        assert len(progress) == 13


async def test_delay_failure_and_blocked_import_are_distinguished() -> None:
    async with rig() as running:
        await running.settle()
        delayed = running.episode("tv", SEVERANCE, 2, 5)
        assert (delayed.stage, delayed.hold) == (Stage.FOUND, Hold.DELAY_PROFILE)
        failed = running.episode("tv", ANDOR, 2, 5)
        assert failed.stage is Stage.FAILED
        assert failed.messages
        blocked = running.episode("tv", SHOGUN, 1, 10)
        assert (blocked.stage, blocked.hold) == (Stage.IMPORTING, Hold.IMPORT_BLOCKED)
        assert blocked.messages
        assert Stage.UNAIRED in stages(running, "tv", SEVERANCE, 2)


async def test_two_sonarrs_with_the_same_ids_do_not_mix() -> None:
    async with rig() as running:
        snapshot = await running.settle()
        by_sonarr: dict[str, set[int]] = {}
        titles: dict[str, set[str]] = {}
        for key, view in snapshot.series_by_key.items():
            by_sonarr.setdefault(key.sonarr, set()).add(key.tvdb_id)
            titles.setdefault(key.sonarr, set()).add(view.title)
        assert titles["anime4k"] == {"Attack on Titan", "Vinland Saga"}
        assert not titles["anime4k"] & titles["tv"]
        vinland = running.episode("anime4k", 359274, 1, 23)
        assert vinland.stage is Stage.DOWNLOADING
        assert vinland.release is not None
        assert "Vinland" in vinland.release.title
        for download in snapshot.downloads:
            assert download.tvdb_id in by_sonarr[download.sonarr]


async def test_grabs_and_failures_start_at_zero_for_every_indexer_of_the_history() -> None:
    """Else the first one after a start is no increase to Prometheus."""
    async with rig() as running:
        await running.settle()
        before = running.samples()
        grabs = before["episodarr_grabs_total"]
        assert grabs
        assert set(grabs.values()) == {0}
        # Sonarr does not always say which indexer a failed download came from.
        unnamed = {(("indexer", ""), ("sonarr", name)): 0 for name in ("anime4k", "tv")}
        assert before["episodarr_download_failures_total"] == unnamed | grabs
        running.simulation.world.grab("tv", SPY, [(2, 7)])
        await running.cycle()
        after = running.samples()
        assert after["episodarr_grabs_total"].keys() == grabs.keys()
        assert sum(after["episodarr_grabs_total"].values()) == 1
        assert set(after["episodarr_download_failures_total"].values()) == {0}
