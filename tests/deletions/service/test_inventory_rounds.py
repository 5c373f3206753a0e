"""Inventories are gone through only when something may be due, and nothing due is forgotten."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

from episodarr.deletions.inventory.due import DueInventory, Trigger
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.changes import ChangeFeed
from episodarr.deletions.service.inventories.keeping import Inventories
from episodarr.deletions.service.inventories.rounds import (
    EXAMINED_EVERY,
    RETRY_AFTER,
    InventoryRounds,
)
from episodarr.model.ids import SeriesKey
from episodarr.model.library import Series
from episodarr.systems.sonarr.evidence import SonarrEvidence
from tests.library import TV, a_series

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)


@dataclass
class FakeInventories:
    """Takes what is asked for; an inventory that fails stays due."""

    failing: set[SeriesKey] = field(default_factory=set)
    asked: int = 0
    """How often it was asked what is due."""
    taken: list[SeriesKey] = field(default_factory=list)
    held: set[SeriesKey] = field(default_factory=set)

    @property
    def known(self) -> frozenset[SeriesKey]:
        return frozenset(self.held)

    def due(
        self, library: Iterable[Series], urgent: Mapping[SeriesKey, Trigger], now: datetime
    ) -> tuple[DueInventory, ...]:
        del now
        self.asked += 1
        return tuple(
            DueInventory(key=s.key, trigger=urgent.get(s.key, Trigger.NEVER))
            for s in library
            if s.key in urgent or s.key not in self.held
        )

    async def keep(
        self, batch: Iterable[Series], now: datetime, *, at_leisure: bool = False
    ) -> None:
        del now, at_leisure
        for series in batch:
            self.taken.append(series.key)
            self.held.add(series.key)
            self.held -= self.failing


class Details(dict[int, object]):
    """What was read of each series."""

    version = object()


class Scene:
    """One Sonarr with a few series, all read."""

    def __init__(self, count: int = 3) -> None:
        self.now = NOW
        self.series = {n: a_series(n) for n in range(1, count + 1)}
        self.state = SimpleNamespace(
            library=SimpleNamespace(series=SimpleNamespace(last=self.series)),
            details=Details(dict.fromkeys(self.series, object())),
        )
        self.kept: set[SeriesKey] = set()
        self.sonarr_evidence = SimpleNamespace(state=self.state, keep_only=self._keep_only)
        self.changes = SimpleNamespace(is_trustworthy=True, waiting_series=frozenset(), gone_at={})
        self.fake = FakeInventories()
        self.rounds = InventoryRounds(
            cast("Inventories", self.fake),
            {TV: cast("SonarrEvidence", self.sonarr_evidence)},
            {TV: cast("ChangeFeed", self.changes)},
            clock=lambda: self.now,
            policy=Policy(),
        )

    def _keep_only(self, keys: set[SeriesKey]) -> None:
        self.kept = set(keys)

    async def step(self, later: timedelta = timedelta()) -> int:
        """Take what is due; how many."""
        self.now += later
        return await self.rounds.step()

    async def settle(self) -> None:
        """Until nothing is due."""
        while await self.step():
            pass
        await self.step(RETRY_AFTER)
        await self.step()
        self.fake.taken.clear()
        self.fake.asked = 0


async def test_nothing_is_gone_through_while_nothing_changed() -> None:
    scene = Scene()
    await scene.settle()
    for _ in range(5):
        assert await scene.step(timedelta(seconds=15)) == 0
    assert scene.fake.asked == 0
    assert await scene.step(EXAMINED_EVERY) == 0
    assert scene.fake.asked == 1


async def test_what_happens_in_a_rest_is_taken_at_once_and_tried_again() -> None:
    scene = Scene()
    await scene.settle()
    key = scene.series[2].key
    scene.fake.failing.add(key)
    scene.rounds.happened(key, Trigger.EVENT)
    assert await scene.step(timedelta(seconds=1)) == 1
    assert scene.fake.taken == [key]
    assert await scene.step(timedelta(seconds=1)) == 0
    # The wait has doubled with the try before.
    assert await scene.step(2 * RETRY_AFTER) == 1
    assert scene.fake.taken == [key, key]


async def test_a_series_that_came_in_a_rest_is_taken() -> None:
    scene = Scene()
    await scene.settle()
    scene.series = {**scene.series, 9: a_series(9)}
    scene.state.library.series.last = scene.series
    assert await scene.step(timedelta(seconds=15)) == 0
    scene.state.details[9] = object()
    scene.state.details.version = object()
    assert await scene.step(timedelta(seconds=15)) == 1
    assert scene.fake.taken == [scene.series[9].key]


async def test_a_series_that_is_gone_is_forgotten_once_a_deletion_has_its_inventory() -> None:
    scene = Scene()
    await scene.settle()
    gone = scene.series[2].key
    scene.series = {n: s for n, s in scene.series.items() if n != 2}
    scene.state.library.series.last = scene.series
    await scene.step(timedelta(seconds=15))
    assert gone in scene.kept, "it may come back, and what was known of it is the only witness"
    scene.fake.held.discard(gone)
    await scene.step(timedelta(seconds=15))
    scene.state.details.version = object()
    await scene.step(timedelta(seconds=15))
    assert scene.kept == {s.key for s in scene.series.values()}
