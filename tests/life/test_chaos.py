"""One table: every fault × every system × (start, cycle, verification, shutdown).

The facts of the others stand, nothing is taken for gone, and the program ends when it is asked to.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import override

import pytest

from episodarr.app import Application, build
from episodarr.model.deletion import Answer, DeletionStatus, DeletionView, Verdict
from episodarr.model.health import System
from episodarr.simulator.servers.faults import KINDS
from tests.deletion_e2e.following import Following, following, small
from tests.life.test_outages import changed, stages, up

GONE = 1001
SYSTEMS = {
    "sonarr.tv": "tv",
    "qbittorrent.main": "main",
    "jellyfin": "jellyfin",
    "shoko": "shoko",
    "jellyseerr": "jellyseerr",
}
ENVIRONMENT = {"EPISODARR_CYCLE_SECONDS": "0.2", "EPISODARR_REQUESTS_SECONDS": "20"}
"""A cycle waits no longer than that for a slow system."""
ENDS_WITHIN_SECONDS = 3.0


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    kind: str
    seconds: float = 0.0
    status: int = 500
    path_prefix: str = "/"

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.status if self.kind == 'status' else ''}{self.path_prefix}"


def faults_of(system: str) -> list[Fault]:
    """Every kind of fault, those of a status with several."""
    found = [Fault(kind) for kind in KINDS if kind not in {"slow", "status", "half_list"}]
    found += [Fault("status", status=status) for status in (401, 404, 503)]
    found.append(Fault("slow", seconds=0.3))
    if system == "sonarr.tv":
        # Half a list of series is what a deletion looks like; episodes are compared with the series.
        found.append(Fault("half_list", path_prefix="/api/v3/episode"))
    return found


def switch_on(running: Following, system: str, fault: Fault) -> None:
    running.simulation.fault(
        system,
        fault.kind,
        seconds=fault.seconds,
        status=fault.status,
        path_prefix=fault.path_prefix,
    )


async def switch_off(running: Following, system: str) -> None:
    running.simulation.clear_faults()
    for _ in range(200):
        if not running.simulation.requests.in_flight(system):
            return
        await asyncio.sleep(0.01)


@asynccontextmanager
async def a_deletion_with_one_file_left(folder: Path) -> AsyncIterator[Following]:
    """Followed to its verdict: three episodes are gone everywhere, one is on the disk."""
    async with following(
        small(episodes=4, shows=3, others=2), folder, environment=ENVIRONMENT
    ) as running:
        await running.ready()
        file = next(iter(sorted((folder / "media").rglob("*Show 1*.mkv"))))
        running.world.delete_series("tv", GONE, delete_files=True, lag_seconds=0)
        running.clock.push(seconds=1)
        running.simulation.tick()
        put_back(file)
        await running.until(
            lambda: running.has(GONE, DeletionStatus.PARTIAL), within=timedelta(hours=30), every=300
        )
        yield running


def put_back(file: Path) -> None:
    """A file that should have gone is there after all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"left")


def verdicts_and_answers(view: DeletionView) -> Mapping[object, object]:
    """All that the deletion says."""
    answers: dict[object, object] = {"status": view.status}
    answers.update({system: answer for system, answer in view.record_by_system.items()})  # noqa: C416 a mapping of other keys
    for episode in view.episodes:
        number = (episode.season, episode.episode)
        answers[number] = episode.verdict
        answers.update({(number, system): a for system, a in episode.answer_by_system.items()})
    return answers


def harmed(known: Mapping[object, object], view: DeletionView, system: str) -> dict[object, object]:
    """What differs from before; where a system had nothing, its own answer may be unknown."""
    own = system.partition(".")[0]
    return {
        what: answer
        for what, answer in verdicts_and_answers(view).items()
        if answer != known[what]
        and not (what == own and known[what] is Answer.NOT_APPLICABLE and answer is Answer.UNKNOWN)
    }


def assert_others_up(running: Following, system: str, where: str) -> None:
    found = {name: value for name, value in up(running.rig).items() if name != SYSTEMS[system]}
    assert set(found.values()) == {1}, where


@pytest.mark.parametrize("system", SYSTEMS)
async def test_no_fault_during_cycles_and_verification_harms_what_is_known(
    tmp_path: Path, system: str
) -> None:
    async with a_deletion_with_one_file_left(tmp_path) as running:
        before, known = stages(running.rig), verdicts_and_answers(running.view(GONE))
        assert running.view(GONE).count(Verdict.FAILED) == 1
        counters = running.deletions.reports.totals()
        for fault in faults_of(system):
            where = f"{system}, {fault}"
            switch_on(running, system, fault)
            await running.deletions.recheck(running.view(GONE).deletion_id)
            await running.step(seconds=31)
            assert changed(before, stages(running.rig)) == {}, where
            assert harmed(known, running.view(GONE), system) == {}, where
            assert running.deletions.reports.totals() == counters, where
            assert len(running.views()) == 1, where
            assert_others_up(running, system, where)
            await switch_off(running, system)
        await running.deletions.recheck(running.view(GONE).deletion_id)
        await running.step(seconds=301)
        await running.step(seconds=61)
        assert set(up(running.rig).values()) == {1}
        assert verdicts_and_answers(running.view(GONE)) == known
        assert changed(before, stages(running.rig)) == {}


@pytest.mark.parametrize("system", SYSTEMS)
async def test_no_fault_during_start_and_shutdown_harms_what_is_stored(
    tmp_path: Path, system: str
) -> None:
    async with a_deletion_with_one_file_left(tmp_path) as running:
        before, known = stages(running.rig), verdicts_and_answers(running.view(GONE))
        await ended(running.application, "before")
        for fault in faults_of(system):
            where = f"{system}, {fault}"
            switch_on(running, system, fault)
            running.rig.application = build(running.settings, clock=running.clock)
            if system != "sonarr.tv":
                await running.rig.settle()
            await running.step(seconds=31)
            assert harmed(known, running.view(GONE), system) == {}, where
            assert len(running.views()) == 1, where
            assert_others_up(running, system, where)
            if system != "sonarr.tv":
                assert changed(before, stages(running.rig)) == {}, where
            await ended(running.application, where)
            await switch_off(running, system)
        running.rig.application = build(running.settings, clock=running.clock)
        await running.rig.settle()
        await running.deletions.recheck(running.view(GONE).deletion_id)
        await running.step(seconds=301)
        await running.step(seconds=61)
        assert verdicts_and_answers(running.view(GONE)) == known
        assert changed(before, stages(running.rig)) == {}
        assert set(up(running.rig).values()) == {1}


async def ended(application: Application, where: str) -> None:
    began = time.monotonic()
    await application.poller.stop()
    await application.aclose()
    assert time.monotonic() - began < ENDS_WITHIN_SECONDS, where


async def test_a_disk_that_goes_away_and_comes_back_costs_its_own_facts(tmp_path: Path) -> None:
    async with a_deletion_with_one_file_left(tmp_path) as running:
        before, known = stages(running.rig), verdicts_and_answers(running.view(GONE))
        media, away = tmp_path / "media", tmp_path / "away"
        for is_empty in (False, True):
            media.rename(away)
            if is_empty:
                media.mkdir()
            await running.deletions.recheck(running.view(GONE).deletion_id)
            await running.step(seconds=61)
            now = verdicts_and_answers(running.view(GONE))
            assert {k for k, answer in now.items() if answer != known[k]} == set()
            assert Answer.REMAINING in {
                e.answer_by_system[System.DISK] for e in running.view(GONE).episodes
            }
            assert changed(before, stages(running.rig)) == {}
            assert set(up(running.rig).values()) == {1}
            if is_empty:
                media.rmdir()
            away.rename(media)
            await running.step(seconds=61)
            assert verdicts_and_answers(running.view(GONE)) == known
