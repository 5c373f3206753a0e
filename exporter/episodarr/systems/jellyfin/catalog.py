"""One list of everything that Jellyfin has, shared by all callers.

Read once whole, by pages; afterwards only what Jellyfin saved since, with the count of all items as
the proof that no change was missed. Where they disagree, it is read whole again. No call gets an
older list than an earlier call got.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from episodarr.errors import BadPayload, UpstreamError
from episodarr.model.records import unread_in
from episodarr.systems.jellyfin.client import EpisodeList
from episodarr.systems.jellyfin.records import (
    JellyfinCatalog,
    JellyfinEpisode,
    JellyfinId,
    JellyfinSeries,
    JellyfinServer,
)

SAVED_MARGIN = timedelta(minutes=2)
"""Jellyfin stores an item a little after its time of saving; an answer's date has whole seconds."""
WHOLE_EVERY = timedelta(hours=24)
"""The list is read whole this often, even where the changes add up."""
TRIES = 3
"""Attempts to read a list that changes meanwhile."""
ITEMS_PER_STEP = 2_000
"""Between two steps it yields to the event loop."""
AT_ONCE = timedelta(0)
"""Only an answer requested after the call is accepted."""

type _BySeries = dict[JellyfinId | None, tuple[JellyfinEpisode, ...]]


class CatalogSource(Protocol):
    """The part of Jellyfin's client that the catalog uses."""

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers."""

    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        """Every series of every library."""

    async def fetch_episodes(self, saved_since: datetime | None = None) -> EpisodeList:
        """Every episode, or those that were saved since."""

    async def count_episodes(self) -> int:
        """How many there are."""


@dataclass(slots=True)
class _Known:
    """The last good list, and by Jellyfin's clock when its newest part was requested."""

    server_id: str
    read_at: float
    """When it was read whole, by the monotonic clock."""
    asked_at: datetime | None
    series_of: dict[JellyfinId, JellyfinId | None]
    by_series: _BySeries
    others: set[JellyfinId] = field(default_factory=set)
    """Items that are no files."""

    @property
    def count(self) -> int:
        """The number of items that Jellyfin should report."""
        return len(self.series_of) + len(self.others)


class CatalogCache:
    """The catalog of one Jellyfin."""

    def __init__(
        self,
        source: CatalogSource,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._clock = clock
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._known: _Known | None = None
        self._catalog: JellyfinCatalog | None = None
        self._began_at = 0.0
        self._series_at = 0.0
        self._series_wall_at = clock()
        self._failure: tuple[float, UpstreamError] | None = None

    @property
    def last(self) -> JellyfinCatalog | None:
        """The newest good catalog of any age; None before the first."""
        return self._catalog

    async def read(
        self, max_age: timedelta = AT_ONCE, series_max_age: timedelta | None = None
    ) -> JellyfinCatalog:
        """The catalog, at most `max_age` old, and never older than one returned before.

        Its list of series may be as old as `series_max_age`, by default no older than the rest.

        Raises:
            UpstreamError: a request was needed, and no good and complete answer came.
        """
        asked, now = self._monotonic(), self._clock()
        series_age = max_age if series_max_age is None else series_max_age
        async with self._turn:
            if self._catalog is not None and self._is_good(asked, now, max_age, series_age):
                return self._catalog
            if self._failure is not None and self._failure[0] >= asked:
                raise self._failure[1].bare()
            try:
                self._catalog = await self._refresh(asked, series_age)
            except UpstreamError as error:
                self._failure = self._monotonic(), error.bare()
                raise
            return self._catalog

    def _is_good(
        self, asked: float, now: datetime, max_age: timedelta, series_max_age: timedelta
    ) -> bool:
        """True if young enough by both clocks; a jump of the wall clock costs one request more."""
        if self._catalog is None:
            return False
        age = max(asked - self._began_at, (now - self._catalog.at).total_seconds())
        series_age = max(asked - self._series_at, (now - self._series_wall_at).total_seconds())
        return age <= max_age.total_seconds() and series_age <= series_max_age.total_seconds()

    async def _refresh(self, asked: float, series_max_age: timedelta) -> JellyfinCatalog:
        at, began_at = self._clock(), self._monotonic()
        server = await self._source.fetch_identity()
        known = await self._read_changes(server) or await self._read_whole(server)
        series = await self._read_series(known, asked, at, series_max_age)
        self._known, self._began_at = known, began_at
        return JellyfinCatalog(
            server=server, at=at, series=series, episodes_by_series=known.by_series
        )

    async def _read_changes(self, server: JellyfinServer) -> _Known | None:
        """The known list with what was saved since; None if that cannot be all."""
        known = self._known
        if known is None or known.asked_at is None or known.server_id != server.server_id:
            return None
        if self._monotonic() - known.read_at >= WHOLE_EVERY.total_seconds():
            return None
        return await self._catch_up(known)

    async def _catch_up(self, known: _Known) -> _Known | None:
        """The known list with what was saved since, once the count of all items confirms it.

        While Jellyfin adds new files some may come between the two answers: it is requested again.
        """
        for _ in range(TRIES):
            if known.asked_at is None:
                return None
            saved = await self._source.fetch_episodes(known.asked_at - SAVED_MARGIN)
            if saved.asked_at is None or saved.asked_at < known.asked_at:
                return None  # Its clock was set back: what was saved meanwhile may have any time.
            known = await _with_changes(known, saved)
            count = await self._source.count_episodes()
            if known.count == count:
                return known
            if known.count > count:
                return None  # An item was removed.
        return None

    async def _read_whole(self, server: JellyfinServer) -> _Known:
        for _ in range(TRIES):
            every = await self._source.fetch_episodes()
            known = await self._made_of(server, every)
            caught_up = await self._catch_up(known) if every.has_grown else known
            if caught_up is not None:
                return caught_up
        raise BadPayload("episodes", "the list changed while it was read; looking again")

    async def _made_of(self, server: JellyfinServer, every: EpisodeList) -> _Known:
        known = _Known(server.server_id, self._monotonic(), every.asked_at, {}, {})
        if self._known is not None and self._known.server_id == server.server_id:
            kept = {i: s for i, s in self._known.series_of.items() if i in every.by_id}
            known.series_of = kept
            known.by_series = _without(self._known, self._known.series_of.keys() - kept.keys())
        return await _with_changes(known, every)

    async def _read_series(
        self, known: _Known, asked: float, now: datetime, max_age: timedelta
    ) -> tuple[JellyfinSeries, ...]:
        """The list of series; also read again where an episode names one that is not on it."""
        last = self._catalog
        if last is not None and known.server_id == last.server.server_id:
            ids = {series.item_id for series in last.series}
            is_whole = known.by_series is last.episodes_by_series or (
                known.by_series.keys() - {None} <= ids
            )
            age = max(asked - self._series_at, (now - self._series_wall_at).total_seconds())
            if is_whole and age <= max_age.total_seconds():
                return last.series
        series_at = self._monotonic()
        series = await self._source.fetch_all_series()
        self._series_at, self._series_wall_at = series_at, now
        is_same = last is not None and last.series == series
        is_same = is_same and unread_in(last.series if last else ()) == unread_in(series)
        return last.series if last is not None and is_same else series


async def _with_changes(known: _Known, saved: EpisodeList) -> _Known:
    """The known list, with these items as they are now; unchanged parts are the same objects."""
    if not saved.by_id:
        return replace(known, asked_at=saved.asked_at)
    changes = _Changes(known)
    for done, (item_id, episode) in enumerate(saved.by_id.items(), start=1):
        if done % ITEMS_PER_STEP == 0:
            await asyncio.sleep(0)
        changes.take(item_id, episode)
    return changes.known(saved.asked_at)


class _Changes:
    """The known list, updated item by item."""

    def __init__(self, known: _Known) -> None:
        self._known = known
        self._series_of = dict(known.series_of)
        self._others = set(known.others)
        self._parts: dict[JellyfinId | None, dict[JellyfinId, JellyfinEpisode]] = {}
        self._touched: set[JellyfinId | None] = set()
        self._ids: dict[JellyfinId | None, JellyfinId | None] = {}
        """One object for all episodes of a series: a library has a hundred thousand."""

    def take(self, item_id: JellyfinId, episode: JellyfinEpisode | None) -> None:
        """Put an item where it belongs now; `None` stands for an item that is no file."""
        if item_id in self._series_of:
            before = self._series_of[item_id]
            if self._part(before).get(item_id) == episode:
                return
            del self._part(before)[item_id], self._series_of[item_id]
            self._touched.add(before)
        self._others.discard(item_id)
        if episode is None:
            self._others.add(item_id)
            return
        series_id = self._ids.setdefault(episode.series_id, episode.series_id)
        self._series_of[item_id] = series_id
        self._part(series_id)[item_id] = episode
        self._touched.add(series_id)

    def _part(self, series_id: JellyfinId | None) -> dict[JellyfinId, JellyfinEpisode]:
        if series_id not in self._parts:
            listed = self._known.by_series.get(series_id, ())
            self._parts[series_id] = {episode.item_id: episode for episode in listed}
        return self._parts[series_id]

    def known(self, asked_at: datetime | None) -> _Known:
        """The result, of a list that was requested at this moment of Jellyfin's clock."""
        by_series = self._known.by_series
        if self._touched:
            by_series = dict(by_series)
            for series_id in self._touched:
                by_series[series_id] = tuple(self._parts[series_id].values())
                if not by_series[series_id]:
                    del by_series[series_id]
        return replace(
            self._known,
            asked_at=asked_at,
            series_of=self._series_of,
            by_series=by_series,
            others=self._others,
        )


def _without(known: _Known, gone: set[JellyfinId]) -> _BySeries:
    if not gone:
        return known.by_series
    hit = {known.series_of[item_id] for item_id in gone}
    kept: Mapping[JellyfinId | None, tuple[JellyfinEpisode, ...]] = {
        s: tuple(e for e in es if e.item_id not in gone) if s in hit else es
        for s, es in known.by_series.items()
    }
    return {s: es for s, es in kept.items() if es}
