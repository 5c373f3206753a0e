"""A process that lives through one deletion and is killed at a named step of a write.

The world follows from the clock alone, and the clock is kept in a file, as the real one would be: a
second run goes on where the first one was killed.
"""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from episodarr.deletions.policy import Policy
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, START, World, a_world

STEP = timedelta(minutes=1)
END = START + timedelta(minutes=150)
STUCK = ((1, 11), (1, 12))


def world_at(now: datetime) -> World:
    """Deleted after 2 minutes but for two files, which go after 90; the records follow."""
    world = a_world()
    if now < START + timedelta(minutes=2):
        return world
    show = world.drop_row(CHARLOTTE)
    world.delete_files(show, keep=STUCK if now < START + timedelta(minutes=90) else ())
    if now >= START + timedelta(minutes=5):
        world.scan_jellyfin()
        world.clean_shoko()
    if now >= START + timedelta(minutes=95):
        world.sync_requests()
    return world


def killer(step: str, nth: int) -> Callable[[str], None]:
    """Kills this process at the nth passage of that step; never for 0."""
    passed = 0

    def check(name: str) -> None:
        nonlocal passed
        if name == step:
            passed += 1
            if passed == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    return check


async def live(folder: Path, checkpoint: Callable[[str], None]) -> Driver:
    """From wherever the clock stands to the end."""
    clock = folder / "clock"
    now = datetime.fromisoformat(clock.read_text()) if clock.exists() else START
    driver = Driver(
        folder / "store",
        world=world_at(now),
        policy=Policy(rescan_shoko=True, rescan_jellyfin=True),
        now=now,
        checkpoint=checkpoint,
    )
    while driver.now < END:
        changed = world_at(driver.now)
        for name in ("shows", "disk", "jellyfin", "shells", "shoko", "requests"):
            setattr(driver.world, name, getattr(changed, name))
        if driver.now == START:
            await driver.verification.inventories.keep(
                [show.series() for show in driver.world.shows.values()], driver.now
            )
        if driver.now >= START + timedelta(minutes=2):
            await driver.poll()
        await driver.verification.passes.run(driver.now)
        await driver.verification.passes.rescans.settled()
        driver.now += STEP
        clock.write_text(driver.now.isoformat())
    return driver


def outcome(driver: Driver) -> dict[str, object]:
    """What must not depend on being killed."""
    counters = driver.verification.log.counters
    return {
        "deletions": [
            [v.status.value, v.scope.value, [[e.episode, e.verdict.value] for e in v.episodes]]
            for v in driver.views()
        ],
        "statuses": {s.value: n for s, n in counters.deletions_by_status.items() if n},
        "episodes": [
            counters.episodes_expected,
            counters.episodes_deleted,
            counters.episodes_failed,
            counters.episodes_unverified,
        ],
        "partial": counters.partial,
        "healed": counters.healed,
    }


def live_on(folder: Path, step: str, nth: int) -> None:
    """Live to the end and write the outcome as JSON beside the store, or be killed at the step."""
    driver = asyncio.run(live(folder, killer(step, nth)))
    outcome_of(folder).write_text(json.dumps(outcome(driver)), encoding="utf-8")


def outcome_of(folder: Path) -> Path:
    """The file with the outcome of the life in this folder."""
    return folder / "outcome.json"
