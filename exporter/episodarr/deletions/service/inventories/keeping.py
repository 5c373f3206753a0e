"""Every series' inventory: which is due, and taking it from every witness."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from episodarr.deletions.inventory.due import DueInventory, Trigger, due_inventories
from episodarr.deletions.inventory.merging import join_inventories
from episodarr.deletions.inventory.summary import summarize
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.inventories.taking import read_lists, take_inventory
from episodarr.deletions.service.log import DeletionLog
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.model.deletion import DeletionScope
from episodarr.model.ids import SeriesKey
from episodarr.model.inventory import SeriesInventory
from episodarr.model.library import Series

INVENTORIES_AT_ONCE = 4
INVENTORIES_PER_WRITE = 20
"""Inventories that a restart loses at most."""


class Inventories:
    """Takes inventories, and keeps each joined with the one before it."""

    def __init__(self, deletion_log: DeletionLog, witnesses: Witnesses, policy: Policy) -> None:
        self._log = deletion_log
        self._witnesses = witnesses
        self._policy = policy

    @property
    def known(self) -> Collection[SeriesKey]:
        """Series with an inventory from Sonarr, so that their deletion can be followed."""
        return self._log.inventoried

    def due(
        self, library: Iterable[Series], urgent: Mapping[SeriesKey, Trigger], now: datetime
    ) -> tuple[DueInventory, ...]:
        """The due inventories, most urgent first; without series that are being deleted."""
        gone = {
            record.key
            for record in self._log.records.values()
            if record.is_open and record.scope is DeletionScope.SERIES
        }
        kept = (series for series in library if series.key not in gone)
        return due_inventories(kept, self._log.summaries, urgent, now, self._policy)

    async def fresh(self, series: Series, now: datetime) -> SeriesInventory:
        """One series' inventory as of now, joined with the one that is kept; not kept itself."""
        lists = await read_lists(self._witnesses, now)
        new = await take_inventory(series, self._witnesses, lists, now)
        return join_inventories(await self._log.inventory(series.key), new)

    def put(self, inventory: SeriesInventory, now: datetime) -> bool:
        """Keep this inventory; False if a deletion took over the series' inventory since `now`."""
        if self._was_taken_over(inventory.key, now):
            return False
        self._log.put_inventory(summarize(inventory, now), inventory)
        return True

    async def keep(
        self, batch: Iterable[Series], now: datetime, *, at_leisure: bool = False
    ) -> None:
        """Take these inventories again, at most four at a time, and write them in batches.

        `at_leisure`: they are due by age only.
        """
        lists = await read_lists(self._witnesses, now)
        turns = asyncio.Semaphore(INVENTORIES_AT_ONCE)

        async def take(series: Series) -> None:
            async with turns:
                new = await take_inventory(
                    series, self._witnesses, lists, now, at_leisure=at_leisure
                )
                old = await self._log.inventory(series.key)
                self.put(join_inventories(old, new), now)

        waiting = list(batch)
        for start in range(0, len(waiting), INVENTORIES_PER_WRITE):
            await asyncio.gather(*map(take, waiting[start : start + INVENTORIES_PER_WRITE]))
            await self._log.write(now)

    def _was_taken_over(self, key: SeriesKey, since: datetime) -> bool:
        """Whether a series' deletion took the inventory: an open one, or one since `since`."""
        return any(
            record.key == key
            and record.scope is DeletionScope.SERIES
            and (record.is_open or record.started_at >= since)
            for record in self._log.records.values()
        )
