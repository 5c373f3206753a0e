"""What happens to a deletion during its check: the check began before, and proves nothing of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import override

import pytest

from episodarr.deletions.service.witnesses import QbittorrentWitness
from episodarr.model.check import QbittorrentSeen
from episodarr.model.deletion import Answer
from episodarr.model.health import System
from episodarr.model.inventory import SonarrHolding, Taken
from episodarr.model.library import Series
from episodarr.systems.sonarr.evidence import SonarrEvidence
from episodarr.systems.sonarr.state import SonarrState
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, TV
from tests.deletions.service.world.sonarr import SonarrOfWorld


@dataclass(frozen=True)
class Interrupted:
    """Something happens before the client answers."""

    client: QbittorrentWitness
    happens: Callable[[], Awaitable[object]]

    async def check(self, now: datetime) -> QbittorrentSeen:
        await self.happens()
        return await self.client.check(now)


class Overtaken(SonarrEvidence):
    """Something happens after Sonarr's answer."""

    def __init__(self, driver: Driver, happens: Callable[[], Awaitable[object]]) -> None:
        state = SonarrState(TV, SonarrOfWorld(driver.world), clock=driver.clock)
        super().__init__(state, clock=driver.clock, settling=driver.policy.settling)
        self.happens = happens

    @override
    async def holding(self, series: Series, now: datetime) -> Taken[SonarrHolding]:
        held = await super().holding(series, now)
        await self.happens()
        return held


@pytest.fixture
def driver(tmp_path: Path) -> Driver:
    return Driver(tmp_path / "episodarr.sqlite")


def _interrupt(driver: Driver, happens: Callable[[], Awaitable[object]]) -> None:
    witnesses = driver.verification.passes._witnesses
    assert witnesses.qbittorrent is not None
    slow = Interrupted(witnesses.qbittorrent, happens)
    driver.verification.passes._witnesses = replace(witnesses, qbittorrent=slow)


async def test_what_joins_in_the_same_moment_was_not_checked(driver: Driver) -> None:
    """Episodes were compared by the time of their notice: the same moment made it the same deletion."""
    await driver.take_inventories()
    show = driver.world.shows[CHARLOTTE]
    first, second = show.files.pop((1, 1)), show.files.pop((1, 2))
    await driver.hook_file((1, 1), first.path)

    async def joins() -> None:
        await driver.hook_file((1, 2), second.path)

    _interrupt(driver, joins)
    await driver.verification.passes.run(driver.now)
    (record,) = driver.verification.log.records.values()
    assert [e.number for e in record.expected] == [(1, 1), (1, 2)]
    checked = [e.checked_at for one in record.episodes for e in one.evidence_by_system.values()]
    assert set(record.due_by_system.values()) == {driver.now}
    assert record.evidence_by_system[System.DISK].method == ""
    assert all(at is None or at <= driver.now for at in checked)
    answers = {one.answer_by_system[System.DISK] for one in record.episodes}
    assert answers == {Answer.UNKNOWN}


async def test_a_check_requested_during_a_check_gives_another(driver: Driver) -> None:
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    (name,) = driver.verification.log.records

    async def asks() -> None:
        await driver.verification.commands.recheck(name, driver.now + timedelta(seconds=1))

    _interrupt(driver, asks)
    await driver.verification.passes.run(driver.now)
    due = driver.verification.log.records[name].due_by_system
    assert set(due.values()) == {driver.now + timedelta(seconds=1)}


@pytest.mark.parametrize("how", ["in its turn", "announced"])
@pytest.mark.parametrize("files", [True, False], ids=["deleted", "kept, closed at once"])
async def test_a_series_that_goes_while_it_is_inventoried_is_not_known_again(
    driver: Driver, how: str, files: bool
) -> None:
    """Two lists later it was a second deletion."""
    await driver.take_inventories()
    series = driver.world.shows[CHARLOTTE].series()

    async def goes() -> None:
        driver.world.drop_row(CHARLOTTE)
        await driver.hook_series(files=files)

    witnesses = driver.verification.inventories._witnesses
    sonarr = {TV: Overtaken(driver, goes)}
    driver.verification.inventories._witnesses = replace(witnesses, sonarr=sonarr)
    if how == "announced":
        await driver.verification.commands.announce(series, driver.now, is_dry_run=False)
    else:
        await driver.verification.inventories.keep([series], driver.now)
    assert series.key not in driver.verification.log.inventoried
    for _ in range(3):
        driver.now += timedelta(minutes=5)
        await driver.poll()
    assert len(driver.views()) == 1
