"""One list of everything that Jellyfin has, shared by all callers.

Read once whole, by pages; afterwards only what Jellyfin saved since, with the count of all items as
the proof that no change was missed. Where they disagree, it is read whole again. No call gets an
older list than an earlier call got.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from episodarr.errors import BadPayload, UpstreamError
from episodarr.model.memo import are_same
from episodarr.model.records import unread_in
from episodarr.systems.jellyfin.client import EpisodeList
from episodarr.systems.jellyfin.packed import (
    NO_EPISODES,
    JellyfinCatalog,
    PackedEpisodes,
    hashed,
    packed,
)
from episodarr.systems.jellyfin.records import (
    JellyfinId,
    JellyfinSeries,
    JellyfinServer,
)

SAVED_MARGIN = timedelta(minutes=2)
"""Jellyfin stores an item a little after its time of saving; an answer's date has whole seconds."""
SET_BACK_BY = timedelta(seconds=10)
"""So much less time than here passed for Jellyfin: its clock was set back. Less is within the margin."""
WHOLE_EVERY = timedelta(hours=24)
"""The list is read whole this often, even where the changes add up."""
TRIES = 3
"""Attempts to read a list that changes meanwhile."""
AT_ONCE = timedelta(0)
"""Only an answer requested after the call is accepted."""
_PARTS_PER_TURN = 100
"""Series that are searched for an item before others have their turn."""

type _BySeries = dict[JellyfinId | None, PackedEpisodes]


class CatalogSource(Protocol):
    """The part of Jellyfin's client that the catalog uses."""

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers."""

    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        """Every series of every library."""

    async def fetch_episodes(self, saved_since: datetime | None = None) -> EpisodeList:
        """Every episode, or those that Jellyfin saved since a time of its own clock."""

    async def count_episodes(self) -> int:
        """The number of episodes in all libraries."""


@dataclass(slots=True)
class _Known:
    """The last good list, and by Jellyfin's clock when its newest part was requested."""

    server_id: str
    read_at: float
    """When it was read whole, by the monotonic clock."""
    asked_at: datetime | None
    answered_at: float
    """When that part had come, by the monotonic clock."""
    by_series: _BySeries
    others: AbstractSet[JellyfinId] = frozenset()
    """Items that are no files."""

    @property
    def count(self) -> int:
        """The number of items that Jellyfin should report."""
        return sum(map(len, self.by_series.values())) + len(self.others)


class CatalogCache:
    """The catalog of one Jellyfin, read again when it is too old for its caller."""

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
            passed = timedelta(seconds=self._monotonic() - known.answered_at)
            saved = await self._source.fetch_episodes(known.asked_at - SAVED_MARGIN)
            if saved.asked_at is None or saved.asked_at - known.asked_at < passed - SET_BACK_BY:
                return None  # Its clock was set back: what was saved meanwhile may have any time.
            known = await _with_changes(known, saved, self._monotonic())
            count = await self._source.count_episodes()
            if known.count == count:
                return known
            if known.count > count:
                return None  # An item was removed.
        return None

    async def _read_whole(self, server: JellyfinServer) -> _Known:
        for _ in range(TRIES):
            every = await self._source.fetch_episodes()
            known = self._made_of(server, every)
            caught_up = await self._catch_up(known) if every.has_grown else known
            if caught_up is not None:
                return caught_up
        raise BadPayload("episodes", "the list changed while it was read; reading it again")

    def _made_of(self, server: JellyfinServer, every: EpisodeList) -> _Known:
        """The catalog of a list that was read whole; unchanged parts stay the same objects."""
        last = self._known
        before: _BySeries = {}
        if last is not None and last.server_id == server.server_id:
            before = last.by_series
        by_series = {
            series_id: old
            if (old := before.get(series_id)) is not None and old.data == new.data
            else new
            for series_id, new in every.by_series.items()
        }
        is_same = by_series.keys() == before.keys() and are_same(
            list(by_series.values()), [before[series_id] for series_id in by_series]
        )
        now = self._monotonic()
        return _Known(
            server.server_id,
            read_at=now,
            asked_at=every.asked_at,
            answered_at=now,
            by_series=before if is_same else by_series,
            others=every.others,
        )

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


async def _with_changes(known: _Known, saved: EpisodeList, answered_at: float) -> _Known:
    """The known list, with these items as they are now; unchanged parts are the same objects."""
    by_series = dict(known.by_series)
    files: set[JellyfinId] = set()
    arrived: dict[JellyfinId, JellyfinId | None] = {}
    for series_id, changes in saved.by_series.items():
        part = by_series.get(series_id, NO_EPISODES)
        if part.data == changes.data:
            continue
        await asyncio.sleep(0)  # After a scan of everything these are all series there are.
        episodes = changes.unpacked()
        files.update(episode.item_id for episode in episodes)
        before = {e.item_id: e for e in part.unpacked()}
        after = {**before, **{episode.item_id: episode for episode in episodes}}
        arrived.update((item_id, series_id) for item_id in after.keys() - before.keys())
        if after != before:
            by_series[series_id] = packed(tuple(after.values()))
    # Before anything is counted: an item that stood in two places would hide that one is missing.
    await _leave_former_places(by_series, arrived, saved.others - known.others)
    others = (known.others - files) | saved.others
    is_same = are_same(list(by_series.values()), list(known.by_series.values()))
    return replace(
        known,
        asked_at=saved.asked_at,
        answered_at=answered_at,
        by_series=known.by_series if is_same else by_series,
        others=known.others if others == known.others else others,
    )


async def _leave_former_places(
    by_series: _BySeries,
    arrived: Mapping[JellyfinId, JellyfinId | None],
    no_files: AbstractSet[JellyfinId],
) -> None:
    """Take these items out of every series but the one in which they arrived, if in any."""
    hashes = set(map(hashed, (*arrived, *no_files)))
    for place, (series_id, part) in enumerate(tuple(by_series.items()) if hashes else ()):
        if place % _PARTS_PER_TURN == 0:
            await asyncio.sleep(0)
        if hashes.isdisjoint(part.ids):
            continue
        await asyncio.sleep(0)
        episodes = part.unpacked()
        kept = [
            episode
            for episode in episodes
            if episode.item_id not in no_files
            and arrived.get(episode.item_id, series_id) == series_id
        ]
        if not kept:
            del by_series[series_id]
        elif len(kept) < len(episodes):
            by_series[series_id] = packed(kept)
