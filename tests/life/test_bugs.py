"""An unexpected error in one system or one series: it costs only that, and is counted and shown."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from episodarr.deletions.service import reports
from episodarr.deletions.service.checks import checking, passes
from episodarr.model.deletion import DeletionId, DeletionStatus
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from tests.deletion_e2e.following import Following, following, small
from tests.life.test_outages import changed, pass_time, stages, still_life, up
from tests.rig import Rig, value


class UnforeseenError(Exception):
    """A bug."""


async def fail(*_: object, **__: object) -> None:
    raise UnforeseenError


def sabotage(running: Rig, system: str, place: str, patch: pytest.MonkeyPatch) -> None:
    """Have one system's request, what is made of the answer, or what is shown of it fail."""
    poller = running.application.poller
    states: dict[str, Any] = {
        "tv": next(s.state for s in poller._sonarrs if s.state.name == "tv"),
        "main": poller._clients[0],
        "jellyfin": poller._library_servers.jellyfin,
        "shoko": poller._library_servers.shoko,
        "jellyseerr": poller._library_servers.requests,
    }
    state = states[system]
    requests = {
        "tv": "fetch_queue",
        "main": "fetch_torrents",
        "jellyfin": "fetch_episodes",
        "shoko": "fetch_files_at",
        "jellyseerr": "fetch_requests",
    }
    if place == "request":
        patch.setattr(state.source, requests[system], fail)
    else:
        patch.setattr(state, "read", fail)


@pytest.mark.parametrize("system", ["tv", "main", "jellyfin", "shoko", "jellyseerr"])
async def test_a_bug_in_one_systems_read_is_its_failure_and_changes_nothing_else(
    system: str,
) -> None:
    async with still_life() as running:
        before = stages(running)
        for place in ("request", "read"):
            with pytest.MonkeyPatch.context() as patch:
                sabotage(running, system, place, patch)
                await pass_time(running, 80)
                assert changed(before, stages(running)) == {}
                assert up(running) == {**dict.fromkeys(up(running), 1), system: 0}
                assert_failing(running, system)
            await pass_time(running, 80)
            assert set(up(running).values()) == {1}
            assert changed(before, stages(running)) == {}


def assert_failing(running: Rig, system: str) -> None:
    samples = running.samples()
    assert value(samples, "episodarr_cycle_failures_total") == 0
    failed = samples["episodarr_upstream_request_failures_total"]
    wanted = {("upstream", system), ("reason", "bad_payload")}
    assert any(count and wanted <= set(labels) for labels, count in failed.items())
    health = next(u for u in running.snapshot.upstreams if u.name == system)
    assert "UnforeseenError" in (health.message or "")


async def test_a_bug_in_one_series_leaves_it_out_named_and_counted() -> None:
    async with still_life() as running:
        before = stages(running)
        joiner = next(s for s in running.application.poller._sonarrs if s.state.name == "tv")
        key = SeriesKey(SonarrName("tv"), TvdbId(405920))
        whole = joiner.last_shown.clocks

        def clocks(asked: SeriesKey) -> object:
            if asked == key:
                raise UnforeseenError
            return whole(asked)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(joiner.last_shown, "clocks", clocks)
            joiner.touch(key)
            await running.cycle(2)
            left = stages(running)
            assert left == {
                k: s for k, s in before.items() if (k.sonarr, k.tvdb_id) != ("tv", 405920)
            }
            samples = running.samples()
            dropped = "episodarr_dropped_objects"
            assert value(samples, dropped, family="episodarr_series_info") == 1
            assert (value(samples, "episodarr_cycle_failures_total") or 0) >= 1
        await running.cycle(2)
        assert changed(before, stages(running)) == {}


async def test_a_bug_in_what_the_deletions_get_leaves_the_snapshot_as_it_should_be() -> None:
    async with still_life() as running:
        at = running.snapshot.at

        def take_cycle(_: object) -> None:
            raise UnforeseenError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(running.application.deletions, "take_cycle", take_cycle)
            await pass_time(running, 40)
        assert running.snapshot.at > at
        assert (value(running.samples(), "episodarr_cycle_failures_total") or 0) >= 1


async def test_a_bug_that_one_deletion_meets_costs_it_its_turn_and_is_counted(
    tmp_path: Path,
) -> None:
    """It was logged and nothing else; one in the view failed every cycle from then on."""
    others = ("EPISODARR_SHOKO", "EPISODARR_JELLYFIN", "EPISODARR_JELLYSEERR")
    async with following(small(episodes=2), tmp_path, without=others) as running:
        await running.ready()
        running.world.delete_series("tv", 1001, lag_seconds=0)
        running.world.delete_series("tv", 1002, lag_seconds=0)
        await running.until(lambda: len(running.views()) == 2, within=timedelta(minutes=30))
        unlucky = running.view(1001).deletion_id
        for module, name in (
            (passes, "weigh"),
            (reports, "view_deletion"),
            (checking, "_check_record"),
        ):
            count = await failures(running)
            at = running.rig.snapshot.at
            for one in (1001, 1002):
                await running.deletions.recheck(running.view(one).deletion_id)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(module, name, unless_it_is(unlucky, getattr(module, name)))
                await running.step(minutes=6)
                await running.step(minutes=6)
                assert running.rig.snapshot.at > at, name
                assert len(running.views()) == 2, name
            assert await failures(running) > count, name
        await running.until(
            lambda: all(running.has(s, DeletionStatus.COMPLETE) for s in (1001, 1002)),
            within=timedelta(hours=2),
            every=300,
        )


async def failures(running: Following) -> float:
    return value(await running.samples(), "episodarr_cycle_failures_total") or 0


def unless_it_is(unlucky: DeletionId, work: Callable[..., Any]) -> Callable[..., Any]:
    def sabotaged(record: DeletionRecord, *more: Any) -> Any:
        if record.deletion_id == unlucky:
            raise UnforeseenError
        return work(record, *more)

    return sabotaged
