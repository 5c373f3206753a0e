"""An error that nobody foresaw, in one system or one series: it costs that, and is counted and said."""

import asyncio
from typing import Any

import pytest

from exporter.model.ids import SeriesKey, SonarrName, TvdbId
from tests.life.test_outages import changed, pass_time, stages, still_life, up
from tests.rig import Rig, value


class UnforeseenError(Exception):
    """A bug."""


async def fail(*_: object, **__: object) -> None:
    raise UnforeseenError


def sabotage(running: Rig, system: str, place: str, patch: pytest.MonkeyPatch) -> None:
    """Have one system's request, what is made of the answer, or what is told of it fail."""
    poller = running.application.poller
    ledgers: dict[str, Any] = {
        "tv": next(s.ledger for s in poller._sonarrs if s.ledger.name == "tv"),
        "main": poller._clients[0],
        "jellyfin": poller._companions.jellyfin,
        "shoko": poller._companions.shoko,
        "jellyseerr": poller._companions.requests,
    }
    ledger = ledgers[system]
    requests = {
        "tv": "fetch_queue",
        "main": "fetch_torrents",
        "jellyfin": "fetch_episodes",
        "shoko": "fetch_files_at",
        "jellyseerr": "fetch_requests",
    }
    if place == "request":
        patch.setattr(ledger.source, requests[system], fail)
    else:
        patch.setattr(ledger, "look", fail)


@pytest.mark.parametrize("system", ["tv", "main", "jellyfin", "shoko", "jellyseerr"])
def test_a_bug_in_one_systems_look_is_its_failure_and_changes_nothing_else(system: str) -> None:
    async def scenario() -> None:
        async with still_life() as running:
            before = stages(running)
            for place in ("request", "look"):
                with pytest.MonkeyPatch.context() as patch:
                    sabotage(running, system, place, patch)
                    await pass_time(running, 80, step=40)
                    assert changed(before, stages(running)) == {}
                    assert up(running) == {**dict.fromkeys(up(running), 1), system: 0}
                    assert_failing(running, system)
                await pass_time(running, 80, step=40)
                assert set(up(running).values()) == {1}
                assert changed(before, stages(running)) == {}

    asyncio.run(scenario())


def assert_failing(running: Rig, system: str) -> None:
    samples = running.samples()
    assert value(samples, "episodarr_cycle_failures_total") == 0
    failed = samples["episodarr_upstream_request_failures_total"]
    wanted = {("upstream", system), ("reason", "bad_payload")}
    assert any(count and wanted <= set(labels) for labels, count in failed.items())
    health = next(u for u in running.snapshot.upstreams if u.name == system)
    assert "UnforeseenError" in (health.message or "")


def test_a_bug_in_one_series_leaves_it_out_named_and_counted() -> None:
    async def scenario() -> None:
        async with still_life() as running:
            before = stages(running)
            joiner = next(s for s in running.application.poller._sonarrs if s.ledger.name == "tv")
            key = SeriesKey(SonarrName("tv"), TvdbId(405920))
            whole = joiner._clocks

            def clocks(asked: SeriesKey, *rest: object) -> object:
                if asked == key:
                    raise UnforeseenError
                return whole(asked, *rest)  # type: ignore[arg-type]  # as it was called

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(joiner, "_clocks", clocks)
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

    asyncio.run(scenario())


def test_a_bug_in_what_deletions_are_told_leaves_the_snapshot_as_it_should_be() -> None:
    async def scenario() -> None:
        async with still_life() as running:
            at = running.snapshot.at

            def take_looks(_: object) -> None:
                raise UnforeseenError

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(running.application.deletions, "take_looks", take_looks)
                await pass_time(running, 40)
            assert running.snapshot.at > at
            assert (value(running.samples(), "episodarr_cycle_failures_total") or 0) >= 1

    asyncio.run(scenario())
