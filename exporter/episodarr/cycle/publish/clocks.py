"""Keep since when each episode is in its stage, over restarts.

Most times follow from the upstreams' own; these clocks remember the rest, and that an episode was
available before. What cannot be written is tried again in the next cycle and never stops one.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Protocol

from episodarr.cycle.join.last_shown import NumberClocks, PackedClocks
from episodarr.errors import StoreError
from episodarr.model.ids import EpisodeKey, SeriesKey
from episodarr.model.stage import Stage
from episodarr.model.view import SeriesView
from episodarr.stages.inputs import StageClock

log = logging.getLogger(__name__)

type Clock = tuple[Stage, datetime]

WAITED_FOR_SECONDS = 2.0
MOST_PER_WRITE = 5_000
SERIES_PER_SLICE = 20
"""Compared at a stretch, a few milliseconds."""
_NO_CLOCKS = PackedClocks({})


class ClockStore(Protocol):
    """The part of the store that the clocks use."""

    def load_stage_clocks(self) -> Iterator[tuple[EpisodeKey, Clock]]:
        """Which stage each episode was in, and since when; those of one series in a row."""
        ...

    def save_stage_clocks(
        self, changes: Mapping[EpisodeKey, Clock], removals: Iterable[EpisodeKey], now: datetime
    ) -> Sequence[str]:
        """Write what changed; gives what of it could not be written, a sentence each."""
        ...

    async def in_thread[T](self, work: Callable[[], T]) -> T:
        """What `work` gives, done in the store's own thread."""
        ...


class ClockKeeper:
    """Writes the clocks that changed after each cycle."""

    def __init__(self, store: ClockStore, on_failure: Callable[[str], None]) -> None:
        self.trouble: str | None = None
        """Why the last write failed; None since one succeeded."""
        self.is_loaded = False
        """Whether the stored clocks were read; until then nothing is written over them."""
        self._keeping: asyncio.Task[None] | None = None
        self._store = store
        self._all_kept: Mapping[SeriesKey, SeriesView] | None = None
        """Of these no clock is left to be written."""
        self._on_failure = on_failure
        self._stored: dict[SeriesKey, PackedClocks] = {}
        self._saved: dict[SeriesKey, SeriesView] = {}

    def load(self) -> Mapping[SeriesKey, NumberClocks] | None:
        """The clocks by series and (season, episode); None where they cannot be read.

        Nothing is written before they were.
        """
        stored: dict[SeriesKey, PackedClocks] = {}
        try:
            # Packed as they come: those of a whole library take thirty megabytes.
            for series, clocks in groupby(self._store.load_stage_clocks(), _series_of):
                stored[series] = PackedClocks(
                    {
                        (key.season, key.episode): StageClock(stage=stage, entered_at=at)
                        for key, (stage, at) in clocks
                    }
                )
        except StoreError as error:
            self.trouble = str(error)
            return None
        self.trouble, self.is_loaded, self._stored = None, True, stored
        return dict(stored)

    async def load_late(self) -> Mapping[SeriesKey, NumberClocks] | None:
        """The same from the store's own thread; None also where it does not answer."""
        try:
            return await self._store.in_thread(self.load)
        except StoreError as error:
            self.trouble = str(error)
            return None

    async def keep(self, views: Mapping[SeriesKey, SeriesView], now: datetime) -> None:
        """Write what changed since the last write that succeeded, as much as one write takes.

        The caller waits only briefly, so that a store that hangs delays no cycle.
        """
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep(views, now), name="stage clocks")
        await asyncio.wait({self._keeping}, timeout=WAITED_FOR_SECONDS)

    async def close(self) -> None:
        """Give up a write that hangs."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep(self, views: Mapping[SeriesKey, SeriesView], now: datetime) -> None:
        if not self.is_loaded or views is self._all_kept:
            return
        if await self._keep_changed(views, now):
            self._all_kept = views

    async def _keep_changed(self, views: Mapping[SeriesKey, SeriesView], now: datetime) -> bool:
        """Write the changed clocks; True if none is left to write."""
        is_all = True
        changes: dict[EpisodeKey, Clock] = {}
        removals: list[EpisodeKey] = []
        taken: dict[SeriesKey, SeriesView] = {}
        for key, view in views.items():
            if self._saved.get(key) is view:
                continue
            if len(changes) >= MOST_PER_WRITE:
                is_all = False
                break
            if all(season.episodes is None for season in view.seasons):
                continue  # Not read yet, so the stored clocks stay.
            before, after = self._clocks_before(key, view), _clocks(view, self._saved.get(key))
            changes.update({k: c for k, c in after.items() if before.get(k) != c})
            removals.extend(before.keys() - after.keys())
            taken[key] = view
            if len(taken) % SERIES_PER_SLICE == 0:
                await asyncio.sleep(0)
        if (changes or removals) and not await self._write(changes, removals, now):
            return False
        for key, view in taken.items():
            self._saved[key] = view
            self._stored.pop(key, None)
        return is_all

    async def _write(
        self, changes: Mapping[EpisodeKey, Clock], removals: Iterable[EpisodeKey], now: datetime
    ) -> bool:
        """Write to the store; False if that failed."""
        removed = list(removals)
        try:
            refused = await self._store.in_thread(
                lambda: self._store.save_stage_clocks(changes, removed, now)
            )
        except StoreError as error:
            refused, is_written = (str(error),), False
        except Exception as error:
            log.exception(
                "Since when stages are could not be written, for a reason that was not foreseen"
            )
            refused, is_written = (f"{type(error).__name__}: {error}",), False
        else:
            is_written = True
        self.trouble = refused[0] if refused else None
        for reason in refused:
            self._on_failure(reason)
        return is_written

    def _clocks_before(self, key: SeriesKey, view: SeriesView) -> Mapping[EpisodeKey, Clock]:
        saved = self._saved.get(key)
        if saved is not None:
            return _clocks(saved, view)
        return {
            EpisodeKey(key.sonarr, key.tvdb_id, season, episode): (clock.stage, clock.entered_at)
            for (season, episode), clock in self._stored.get(key, _NO_CLOCKS).items()
            if clock.entered_at is not None
        }


def _series_of(clock: tuple[EpisodeKey, Clock]) -> SeriesKey:
    key, _ = clock
    return SeriesKey(key.sonarr, key.tvdb_id)


def _clocks(view: SeriesView, other: SeriesView | None) -> dict[EpisodeKey, Clock]:
    """The clocks of a view's seasons, without those that the other view has as the same object."""
    same = {id(season) for season in other.seasons} if other is not None else set()
    return {
        episode.key: (episode.stage, episode.stage_entered_at)
        for season in view.seasons
        if id(season) not in same
        for episode in season.episodes or ()
        if episode.stage_entered_at is not None
    }
