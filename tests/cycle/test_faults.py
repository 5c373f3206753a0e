"""Every fault of an upstream: what is shown of it, what is kept, what is never claimed."""

import asyncio
import logging

import pytest

from episodarr.cycle.run import Poller
from episodarr.model.reading import FailureReason
from episodarr.model.stage import Hold, Stage
from tests.rig import Rig, rig, value

SPY = 405920

FAULTS = [
    ("status", {"status": 401}, FailureReason.UNAUTHORIZED),
    ("status", {"status": 403}, FailureReason.UNAUTHORIZED),
    ("status", {"status": 404}, FailureReason.NOT_FOUND),
    ("status", {"status": 429}, FailureReason.RATE_LIMITED),
    ("status", {"status": 500}, FailureReason.SERVER_ERROR),
    ("status", {"status": 502}, FailureReason.SERVER_ERROR),
    ("half_body", {}, FailureReason.UNREACHABLE),
    ("truncated_json", {}, FailureReason.BAD_PAYLOAD),
    ("html", {}, FailureReason.BAD_PAYLOAD),
    ("empty_body", {}, FailureReason.BAD_PAYLOAD),
    ("wrong_type", {}, FailureReason.BAD_PAYLOAD),
    ("refused", {}, FailureReason.UNREACHABLE),
    ("login_redirect", {}, FailureReason.REDIRECTED),
]


def stage_lines(running: Rig, sonarr: str) -> dict[tuple[tuple[str, str], ...], float]:
    found = running.samples().get("episodarr_episode_stage", {})
    return {k: v for k, v in found.items() if dict(k)["sonarr"] == sonarr}


def failures(running: Rig, upstream: str, system: str) -> dict[str, float]:
    found: dict[str, float] = {}
    counted = running.samples().get("episodarr_upstream_request_failures_total", {})
    for labels, count in counted.items():
        own = dict(labels)
        if (own["upstream"], own["system"]) == (upstream, system) and count:
            found[own["reason"]] = found.get(own["reason"], 0) + count
    return found


@pytest.mark.parametrize(("kind", "options", "reason"), FAULTS, ids=str)
async def test_a_failing_sonarr_keeps_its_last_good_facts_for_a_while(
    kind: str, options: dict[str, int], reason: FailureReason
) -> None:
    async with rig() as running:
        await running.settle()
        before = stage_lines(running, "tv")
        assert before
        running.simulation.fault("sonarr.tv", kind, status=options.get("status", 500))
        await running.cycle()
        assert value(running.samples(), "episodarr_upstream_up", upstream="tv") == 0
        assert value(running.samples(), "episodarr_upstream_up", upstream="anime4k") == 1
        assert set(failures(running, "tv", "sonarr")) == {reason.value}
        assert stage_lines(running, "tv") == before
        running.clock.push(minutes=14)
        await running.cycle()
        assert running.episode("tv", SPY, 2, 2).stage is Stage.DOWNLOADING
        running.clock.push(minutes=2)
        await running.cycle()
        assert stage_lines(running, "tv") == {}
        assert stage_lines(running, "anime4k")
        running.simulation.clear_faults()
        await running.cycle(2)
        assert value(running.samples(), "episodarr_upstream_up", upstream="tv") == 1
        assert running.episode("tv", SPY, 2, 2).stage is Stage.DOWNLOADING


@pytest.mark.parametrize(
    ("kind", "options"),
    [("status", {"status": 500}), ("refused", {}), ("html", {}), ("empty_body", {})],
    ids=str,
)
async def test_downloads_of_an_unreachable_client_wait_for_it(
    kind: str, options: dict[str, int]
) -> None:
    """Sonarr's queue empties when its client is down: that is not "nothing is downloading"."""
    async with rig() as running:
        await running.settle()
        progress = running.episode("tv", SPY, 2, 2).progress_ratio
        running.simulation.fault("qbittorrent.main", kind, status=options.get("status", 500))
        for _ in range(3):
            running.clock.push(seconds=40)
            await running.cycle()
        samples = running.samples()
        assert value(samples, "episodarr_upstream_up", system="qbittorrent") == 0
        waiting = running.episode("tv", SPY, 2, 2)
        assert waiting.stage is Stage.DOWNLOADING
        assert waiting.hold is Hold.CLIENT_UNAVAILABLE
        assert waiting.progress_ratio == pytest.approx(progress, abs=0.1)
        assert running.episode("tv", SPY, 1, 1).stage is Stage.AVAILABLE
        running.simulation.clear_faults()
        for _ in range(3):
            running.clock.push(seconds=40)
            await running.cycle()
        back = running.episode("tv", SPY, 2, 2)
        assert back.hold is not Hold.CLIENT_UNAVAILABLE
        assert value(running.samples(), "episodarr_upstream_up", system="qbittorrent") == 1


async def test_a_client_that_stays_away_is_waited_for_no_longer_than_an_hour() -> None:
    async with rig() as running:
        await running.settle()
        running.simulation.fault("qbittorrent.main", "refused")
        for _ in range(3):
            running.clock.push(seconds=40)
            await running.cycle()
        running.clock.push(minutes=61)
        await running.cycle(2)
        assert running.episode("tv", SPY, 2, 2).stage is Stage.QUEUED


async def test_a_slow_sonarr_ages_only_its_own_facts() -> None:
    longest_wait = {"EPISODARR_CYCLE_SECONDS": "0.5"}
    async with rig(environment=longest_wait) as running:
        await running.settle()
        running.simulation.fault("sonarr.tv", "slow", seconds=30)
        loop = asyncio.get_running_loop()
        started = loop.time()
        await running.cycle()
        assert loop.time() - started < 20
        assert value(running.samples(), "episodarr_upstream_up", upstream="anime4k") == 1
        assert stage_lines(running, "tv")
        assert running.simulation.requests.peak("sonarr.tv") <= 4
        in_flight = running.simulation.requests.in_flight("sonarr.tv")
        await running.cycle()
        assert running.simulation.requests.in_flight("sonarr.tv") == in_flight


async def test_a_500_from_the_queue_alone_is_unknown_and_not_empty() -> None:
    async with rig() as running:
        await running.settle()
        running.simulation.fault("sonarr.tv", "status", status=500, path_prefix="/api/v3/queue")
        await running.cycle()
        assert running.episode("tv", SPY, 2, 1).stage is Stage.DOWNLOADING
        assert value(running.samples(), "episodarr_upstream_up", upstream="tv") == 0


async def test_a_bug_in_a_cycle_keeps_the_last_snapshot_and_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with rig() as running:
        good = await running.settle()
        poller = running.application.poller

        class Broken:
            async def publish(self, *_: object) -> None:
                raise RuntimeError("a bug")

            async def republish(self) -> None:
                await well.republish()

        well = poller.publisher
        poller.publisher = Broken()
        with caplog.at_level(logging.CRITICAL):
            await running.cycle()
        assert running.snapshot is good
        assert value(running.samples(), "episodarr_cycle_failures_total") == 1
        poller.publisher = well
        await running.cycle()
        assert running.snapshot is not good
        assert value(running.samples(), "episodarr_cycle_failures_total") == 1
        assert isinstance(poller, Poller)
