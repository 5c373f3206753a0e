"""A system that takes its time keeps no other deletion from being noticed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from episodarr.deletions.service.witnesses import JellyfinWitness
from episodarr.model.check import JellyfinQuestion, JellyfinSeen
from episodarr.model.deletion import DeletionStatus
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.model.inventory import JellyfinHolding, LibraryFile, ShokoHolding, Taken
from episodarr.model.library import Series
from tests.deletion_e2e.following import Following, following, small
from tests.replacing import replace

FIRST, SECOND = 1001, 1002


@dataclass
class Slow:
    """A Jellyfin whose answers to checks do not come."""

    jellyfin: JellyfinWitness
    asked: list[JellyfinQuestion] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    """Ids of entries that it was told to expect the removal of."""

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        now: datetime,
        *,
        at_leisure: bool = False,
    ) -> Taken[JellyfinHolding]:
        return await self.jellyfin.holding(series, files, shoko, now, at_leisure=at_leisure)

    def expect_removal(self, entry_ids: Sequence[str], series_ids: Sequence[str]) -> None:
        self.expected.update(entry_ids, series_ids)

    async def check(self, question: JellyfinQuestion, now: datetime) -> JellyfinSeen:
        self.asked.append(question)
        await asyncio.Event().wait()
        raise AssertionError(now)

    async def rescan(self, paths: tuple[str, ...]) -> None:
        await self.jellyfin.rescan(paths)


@asynccontextmanager
async def at_work(running: Following) -> AsyncIterator[Slow]:
    """Deletions are followed as `serve` would have it, with a slow Jellyfin."""
    verification = running.deletions.verification
    assert verification is not None
    witnesses = verification.passes._witnesses
    assert witnesses.jellyfin is not None
    slow = Slow(witnesses.jellyfin)
    verification.passes._witnesses = replace(witnesses, jellyfin=slow)
    task = asyncio.create_task(running.deletions.run())
    try:
        yield slow
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def entries_of(running: Following, tvdb_id: int) -> set[str]:
    """Jellyfin's ids of a series' episodes, as inventoried."""
    verification = running.deletions.verification
    assert verification is not None
    inventory = await verification.log.inventory(SeriesKey(SonarrName("tv"), TvdbId(tvdb_id)))
    assert inventory is not None
    assert isinstance(inventory.jellyfin, Taken)
    return {entry.entry_id for entry in inventory.jellyfin.value.entries}


async def seen(running: Following, tvdb_id: int) -> bool:
    """Whether the deletion is followed, at the latest after a cycle of the series list."""
    for _ in range(50):
        running.clock.push(seconds=15)
        await running.rig.cycle()
        await asyncio.sleep(0.02)
        if running.has(tvdb_id, DeletionStatus.VERIFYING):
            return True
    return False


async def test_a_deletion_is_noticed_while_the_check_of_another_waits(tmp_path: Path) -> None:
    async with following(small(episodes=6), tmp_path) as running:
        await running.ready()
        entry_ids = await entries_of(running, SECOND)
        async with at_work(running) as slow:
            running.world.delete_series("tv", FIRST)
            assert await seen(running, FIRST)
            for _ in range(100):
                await asyncio.sleep(0.02)
                if slow.asked:
                    break
            running.world.delete_series("tv", SECOND)
            assert await seen(running, SECOND)
            assert len(slow.asked) == 1, "the check of the first one did not end"
            assert entry_ids
            assert entry_ids <= slow.expected
