"""The wall clock of the machine is set while the program runs: nothing is read less, late or counted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from episodarr.model.deletion import DeletionStatus, Verdict
from episodarr.runtime.clock import SteadyClock
from episodarr.store.store import Store
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, START
from tests.life.test_outages import pass_time, stages, still_library, up
from tests.rig import DrivenClock, Rig, rig

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
READ = {
    "sonarr.tv": "GET /api/v3/series",
    "jellyfin": "GET /",
    "shoko": "GET /",
    "jellyseerr": "GET /api/v1/request",
}


class Wall:
    """What the machine shows, and how far it was set."""

    def __init__(self) -> None:
        self.set_by = timedelta()

    def clock_beside(self, true: DrivenClock) -> Callable[[], datetime]:
        began = true()

        def uptime() -> float:
            return (true() - began).total_seconds()

        return SteadyClock(lambda: true() + self.set_by, uptime)


def reads(running: Rig) -> dict[str, int]:
    """How often each system was asked for what is read every few minutes."""
    asked = running.simulation.requests
    return {
        system: sum(n for route, n in asked.by_path(system).items() if route.startswith(start))
        for system, start in READ.items()
    }


async def test_a_step_of_a_day_for_a_minute_stops_nobody_from_being_read() -> None:
    wall = Wall()
    async with rig(still_library(), speed=0.0, own_clock=wall.clock_beside) as running:
        await running.settle()
        await pass_time(running, 60, step=20)
        before = stages(running)
        wall.set_by = DAY
        await pass_time(running, 60, step=20)
        assert stages(running) == before
        wall.set_by = timedelta()
        asked = reads(running)
        await pass_time(running, 900, step=60)
        missing = {s for s, count in reads(running).items() if count <= asked[s]}
        assert missing == set(), running.simulation.requests.by_path("jellyfin")
        assert set(up(running).values()) == {1}
        assert stages(running) == before


async def test_a_clock_that_is_set_a_day_forward_is_reported_and_changes_no_stage() -> None:
    wall = Wall()
    async with rig(still_library(), speed=0.0, own_clock=wall.clock_beside) as running:
        await running.settle()
        await pass_time(running, 60, step=20)
        before = stages(running)
        for step in (DAY, -DAY):
            wall.set_by = step
            await pass_time(running, 1800, step=180)
            assert stages(running) == before
            (line,) = running.application.published.health_lines
            assert "was set" in line


class SteppedDriver:
    """Verification in a process whose wall clock is set."""

    def __init__(self, path: Path) -> None:
        self.driver = Driver(path)
        self.uptime, self.set_by = 0.0, timedelta()
        self.clock = SteadyClock(
            lambda: START + timedelta(seconds=self.uptime) + self.set_by, lambda: self.uptime
        )

    async def run(self, length: timedelta, step: timedelta = MINUTE) -> None:
        ends = self.uptime + length.total_seconds()
        while self.uptime < ends:
            self.uptime += step.total_seconds()
            self.driver.now = self.clock()
            await self.driver.verification.passes.run(self.driver.now)
            await self.driver.verification.passes.rescans.settled()


async def test_a_jump_a_year_ahead_makes_no_deletion_failed_counted_or_due_a_year_later(
    tmp_path: Path,
) -> None:
    stepped = SteppedDriver(tmp_path / "store")
    driver = stepped.driver
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    stepped.uptime += 60
    await stepped.run(MINUTE)
    stepped.set_by = timedelta(days=365)
    await stepped.run(5 * MINUTE)
    assert driver.view().count(Verdict.PENDING) == 13
    assert driver.verification.log.counters.episodes_expected == 0
    stepped.set_by = timedelta()
    driver.world.delete_files(show)
    driver.world.others_catch_up()
    await stepped.run(30 * MINUTE)
    assert {e.verdict for e in driver.view().episodes} == {Verdict.DELETED}
    assert driver.verification.log.counters.episodes_failed == 0


async def test_what_was_stored_by_a_clock_far_ahead_is_due_again_after_a_restart(
    tmp_path: Path,
) -> None:
    """A machine that was a year ahead when it noticed a deletion, and is right at the next start."""
    driver = Driver(tmp_path / "store")
    driver.now = START + timedelta(days=365)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.run(20 * MINUTE)
    assert driver.view().count(Verdict.FAILED) == 13
    driver.now = START
    driver.restart()
    record = driver.verification.log.records[driver.view().deletion_id]
    assert record.detected_at == record.started_at == START
    driver.world.delete_files(show)
    driver.world.others_catch_up()
    await driver.run(40 * MINUTE)
    assert driver.view().count(Verdict.DELETED) == 13
    await driver.run(27 * 60 * MINUTE, 30 * MINUTE)
    assert driver.view().status is DeletionStatus.COMPLETE


async def test_deletions_are_checked_on_when_time_goes_back(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store")
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    true, driver.now = driver.now, driver.now + timedelta(days=365)
    await driver.verification.passes.run(driver.now)
    driver.now = true + MINUTE
    driver.world.delete_files(show)
    driver.world.others_catch_up()
    await driver.run(30 * MINUTE)
    assert driver.view().count(Verdict.DELETED) == 13


async def test_a_deletion_noticed_by_a_clock_a_day_ahead_is_checked_once_it_is_right(
    tmp_path: Path,
) -> None:
    driver = Driver(tmp_path / "store")
    true, driver.now = driver.now, driver.now + DAY
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.verification.passes.run(driver.now)
    driver.now = true + MINUTE
    driver.world.delete_files(show)
    driver.world.others_catch_up()
    await driver.run(30 * MINUTE)
    assert driver.view().count(Verdict.DELETED) == 13


async def test_stored_times_ahead_of_the_clock_are_read_as_now(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store")
    driver.now = START + DAY
    await driver.take_inventories()
    await driver.verification.commands.announce(
        driver.world.shows[CHARLOTTE].series(), driver.now, is_dry_run=False
    )
    driver.store.close()
    store = Store.open(tmp_path / "store", START)
    assert {s.tried_at for s in store.load_summaries().values()} == {START}
    (announcement,) = store.load_announcements().values()
    assert announcement.announced_at == START
    assert announcement.expires_at == START + driver.policy.announcement_lifetime
    store.close()
