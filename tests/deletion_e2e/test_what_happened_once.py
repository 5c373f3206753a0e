"""What happened once is counted once: by the ids of Sonarr's records and files, never by a clock."""

from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.model.deletion import Answer, DeletionStatus, NoticedBy, Verdict
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.simulator import SeasonPlan, SeriesPlan
from tests.deletion_e2e.following import RESCANS, Following, answers, following, small
from tests.rig import value

SHOW = 1001
OTHER = 1002
KEY = SeriesKey(SonarrName("tv"), TvdbId(SHOW))
WITHOUT_SERVERS = ("EPISODARR_JELLYFIN", "EPISODARR_SHOKO", "EPISODARR_JELLYSEERR")


def reimport(running: Following, codes: list[tuple[int, int]]) -> None:
    """The same release comes again, to the same path."""
    download = running.world.grab("tv", SHOW, codes)
    running.world.finish_download("tv", download)
    running.world.import_download("tv", download)


@pytest.mark.parametrize("minutes", [-24 * 60, -60, -6, 6, 60, 24 * 60])
@pytest.mark.parametrize("webhooks", [True, False])
async def test_a_clock_that_differs_from_sonarrs_neither_loses_nor_repeats_a_deletion(
    tmp_path: Path, minutes: int, webhooks: bool
) -> None:
    async with following(small(episodes=3, shows=2), tmp_path, without=WITHOUT_SERVERS) as running:
        await running.restart(ahead=timedelta(minutes=minutes))
        if webhooks:
            await running.serve()
        await running.ready()
        samples = await running.samples()
        for upstream in ("tv", "main"):
            skew = value(samples, "episodarr_upstream_clock_skew_seconds", upstream=upstream)
            assert skew is not None, upstream
            assert abs(skew + minutes * 60) < 10
        running.world.delete_files("tv", SHOW, [(1, 3)])
        await running.last(timedelta(minutes=3), every=60)
        (view,) = running.views()
        assert (view.expected, view.status) == (1, DeletionStatus.COMPLETE)
        running.world.delete_files("tv", OTHER, [(1, 2)])
        for _ in range(2):
            await running.restart(ahead=timedelta(minutes=minutes))
            await running.ready()
            await running.step(seconds=30)
            assert sorted(v.tvdb_id for v in running.views()) == [SHOW, OTHER]


async def test_a_restart_opens_nothing_that_was_known(tmp_path: Path) -> None:
    """Missing for a second and back, then its season was deleted: each restart opened one more."""
    async with following(small(episodes=4), tmp_path, webhooks=True) as running:
        await running.ready()
        running.world.lose_files("tv", SHOW, [(1, 3)])
        await running.step(seconds=1)
        running.world.find_files("tv", SHOW, [(1, 3)])
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.SUPERSEDED),
            within=timedelta(minutes=3),
            every=30,
        )
        await running.step(seconds=100)
        running.world.delete_season("tv", SHOW, 1)
        await running.step(seconds=5)
        before = sorted(v.deletion_id for v in running.views())
        assert len(before) == 2
        for _ in range(3):
            await running.close()
            await running.restart()
            await running.ready()
            await running.step(seconds=60)
            assert sorted(v.deletion_id for v in running.views()) == before


@pytest.mark.parametrize("webhooks", [True, False])
async def test_files_found_again_in_the_second_in_which_they_were_dropped_are_no_deletion(
    tmp_path: Path, webhooks: bool
) -> None:
    async with following(
        small(episodes=4), tmp_path, webhooks=webhooks, environment=RESCANS
    ) as running:
        await running.ready()
        codes = [(1, number) for number in range(1, 5)]
        running.world.lose_files("tv", SHOW, codes)
        running.world.find_files("tv", SHOW, codes)
        await running.step(seconds=5)
        await running.step(seconds=15)
        assert {v.status for v in running.views()} <= {DeletionStatus.SUPERSEDED}
        await running.close()
        for _ in range(2):
            await running.restart()
            await running.ready()
            await running.last(timedelta(minutes=20), every=300)
            assert {v.status for v in running.views()} <= {DeletionStatus.SUPERSEDED}
            assert len(running.views()) <= 1


async def test_one_of_two_deleted_episodes_that_came_back_and_is_deleted_again_is_another_deletion(
    tmp_path: Path,
) -> None:
    async with following(
        small(episodes=4), tmp_path, webhooks=True, without=WITHOUT_SERVERS
    ) as running:
        await running.ready()
        running.world.delete_files("tv", SHOW, [(1, 1), (1, 2)])
        await running.step(seconds=5)
        reimport(running, [(1, 1)])
        await running.step(seconds=20)
        (stuck,) = running.world.pin_files("tv", SHOW, [(1, 1)])
        running.world.delete_files("tv", SHOW, [(1, 1)])
        await running.step(seconds=20)
        old, new = sorted(running.views(), key=lambda v: v.started_at)
        assert [e.verdict is Verdict.SUPERSEDED for e in old.episodes] == [True, False]
        assert [(e.season, e.episode) for e in new.episodes] == [(1, 1)]
        assert stuck
        await running.last(timedelta(minutes=20), every=240)
        old, new = sorted(running.views(), key=lambda v: v.started_at)
        assert (old.status, new.status) == (DeletionStatus.COMPLETE, DeletionStatus.FAILED)


@pytest.mark.parametrize("webhooks", [True, False])
async def test_deleted_complete_imported_at_the_same_path_and_deleted_again_is_another_deletion(
    tmp_path: Path, webhooks: bool
) -> None:
    async with following(
        small(episodes=4), tmp_path, webhooks=webhooks, without=WITHOUT_SERVERS
    ) as running:
        await running.ready()
        for count in (1, 2, 3):
            running.world.delete_files("tv", SHOW, [(1, 1)])
            await running.last(timedelta(minutes=3), every=60)
            views = running.views()
            assert [v.status for v in views] == [DeletionStatus.COMPLETE] * count
            reimport(running, [(1, 1)])
            await running.step(seconds=30)


async def test_what_an_earlier_deletion_counted_is_not_counted_again(tmp_path: Path) -> None:
    """Two of six deleted and complete, then the series: four are expected."""
    async with following(
        small(episodes=6), tmp_path, webhooks=True, without=WITHOUT_SERVERS
    ) as running:
        await running.ready()
        running.world.delete_files("tv", SHOW, [(1, 1), (1, 2)])
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.COMPLETE),
            within=timedelta(minutes=3),
            every=10,
        )
        running.world.delete_series("tv", SHOW)
        await running.step(seconds=5)
        assert sorted(v.expected for v in running.views()) == [2, 4]
        await running.last(timedelta(minutes=6), every=60)
        samples = await running.samples()
        assert value(samples, "episodarr_deletion_episodes_expected_total") == 6


@pytest.mark.parametrize("age", [timedelta(minutes=10), timedelta(days=2)])
async def test_a_first_start_opens_nothing_and_inventories_at_once(
    tmp_path: Path, age: timedelta
) -> None:
    async with following(small(episodes=4), tmp_path) as running:
        for number in (1, 2, 3):
            running.world.delete_files("tv", SHOW, [(1, number)])
        running.clock.push(seconds=age.total_seconds())
        await running.ready()
        assert running.views() == ()
        assert KEY in running.inventories()
        running.world.delete_files("tv", SHOW, [(1, 4)])
        await running.step(seconds=15)
        view = running.view(SHOW)
        assert view.notes == ()
        assert answers(view, System.DISK) == {Answer.REMOVED}
        await running.restart()
        await running.ready()
        assert [v.deletion_id for v in running.views()] == [view.deletion_id]


async def test_what_happened_while_the_exporter_was_down_is_noticed(tmp_path: Path) -> None:
    async with following(small(episodes=4), tmp_path) as running:
        await running.ready()
        await running.application.poller.stop()
        running.world.delete_files("tv", SHOW, [(1, 1)])
        running.clock.push(hours=30)
        await running.restart()
        await running.ready()
        view = running.view(SHOW)
        assert view.noticed_by is NoticedBy.HISTORY
        assert answers(view, System.DISK) == {Answer.REMOVED}


async def test_history_of_a_series_without_an_inventory_opens_nothing_at_a_start(
    tmp_path: Path,
) -> None:
    """It was added, and lost a file, while the exporter was down."""
    async with following(small(episodes=4), tmp_path) as running:
        await running.ready()
        await running.application.poller.stop()
        seasons = {1: SeasonPlan(episodes=2, files=2, last_aired_days=400)}
        plan = SeriesPlan(tvdb_id=1009, title="Show 9", seasons=seasons, root="/anime")
        running.world.add_series("tv", plan)
        running.world.delete_files("tv", 1009, [(1, 1)])
        await running.restart()
        await running.ready()
        assert running.views() == ()
        assert SeriesKey(SonarrName("tv"), TvdbId(1009)) in running.inventories()
