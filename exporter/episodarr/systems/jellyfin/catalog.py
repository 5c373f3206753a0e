"""One list of everything that Jellyfin has, shared by all callers.

Read once whole, by pages; afterwards only what Jellyfin saved since, with the count of all items as
the proof that no change was missed. Where there are fewer, those that may be gone are asked for by
id, and all are counted again; where it still does not add up, the list is read whole again. No call
gets an older list than an earlier call got.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from episodarr.errors import BadPayload, UpstreamError
from episodarr.model.memo import are_same
from episodarr.model.records import unread_in
from episodarr.systems.jellyfin.client import EpisodeList
from episodarr.systems.jellyfin.known import BySeries, Known, with_changes, without
from episodarr.systems.jellyfin.packed import NO_LIST, EpisodesBySeries, JellyfinCatalog
from episodarr.systems.jellyfin.records import (
    JellyfinId,
    JellyfinItem,
    JellyfinSeries,
    JellyfinServer,
)
from episodarr.systems.jellyfin.removals import Suspects

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


class CatalogSource(Protocol):
    """The part of Jellyfin's client that the catalog uses."""

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers."""

    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        """Every series of every library."""

    async def fetch_episodes(
        self, saved_since: datetime | None = None, known: EpisodesBySeries = NO_LIST
    ) -> EpisodeList:
        """Every episode, or those that Jellyfin saved since a time of its own clock.

        Of a known list, the parts that did not change are the same objects in the answer.
        """

    async def count_episodes(self) -> int:
        """The number of episodes in all libraries."""

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        """The given items that exist."""


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
        self._known: Known | None = None
        self._suspects = Suspects()
        self._catalog: JellyfinCatalog | None = None
        self._began_at = 0.0
        self._series_at = 0.0
        self._series_wall_at = clock()
        self._failure: tuple[float, UpstreamError] | None = None

    @property
    def last(self) -> JellyfinCatalog | None:
        """The newest good catalog of any age; None before the first."""
        return self._catalog

    def suspect(self, item_ids: Iterable[str], series_ids: Iterable[str]) -> None:
        """Note items, and series with all items, that may be removed soon or were just now."""
        now = self._monotonic()
        self._suspects.note(map(JellyfinId, item_ids), map(JellyfinId, series_ids), now)

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

    async def _read_changes(self, server: JellyfinServer) -> Known | None:
        """The known list with what was saved since; None if that cannot be all."""
        known = self._known
        if known is None or known.asked_at is None or known.server_id != server.server_id:
            return None
        if self._monotonic() - known.read_at >= WHOLE_EVERY.total_seconds():
            return None
        return await self._catch_up(known)

    async def _catch_up(self, known: Known) -> Known | None:
        """The known list with what was saved since, once the count of all items confirms it.

        They are counted before what was saved is requested: what came until then is in that answer,
        so the count is met only if nothing else is missing. The other way round, one that came in
        between would hide that another went. Where it is not met, it is requested again.
        """
        before = known.by_series
        for _ in range(TRIES):
            if known.asked_at is None:
                return None
            passed = timedelta(seconds=self._monotonic() - known.answered_at)
            count = await self._source.count_episodes()
            saved = await self._source.fetch_episodes(known.asked_at - SAVED_MARGIN)
            if saved.asked_at is None or saved.asked_at - known.asked_at < passed - SET_BACK_BY:
                return None  # Its clock was set back: what was saved meanwhile may have any time.
            length = known.count
            known = await with_changes(known, saved, self._monotonic())
            if known.count == count:
                return known
            if known.count > count:
                left = await self._without_removed(known, count, before, saved)
                if left.count > count and known.count <= length:
                    return None  # Nothing came since the count, and what else went is not known.
                known = left
        return None

    async def _without_removed(
        self, known: Known, count: int, before: BySeries, saved: EpisodeList
    ) -> Known:
        """The list without the items that are gone, of those that may be; it is yet to be proven.

        Those of series that changed may be too, or of which anything was saved lately: a file with
        a new name is another item.
        """
        parts = known.by_series.items()
        differ = frozenset(one for one, part in parts if before.get(one) is not part)
        left = known
        for changed in dict.fromkeys((differ, differ.union(saved.by_series))):
            try:
                gone = await self._suspects.gone_from(left, changed, self._source)
            except BadPayload:
                return left
            left = await without(left, gone) if gone else left
            if left.count <= count:
                return left
        return left

    async def _read_whole(self, server: JellyfinServer) -> Known:
        for _ in range(TRIES):
            before = self._before(server)
            every = await self._source.fetch_episodes(known=before)
            known = self._made_of(server, every, before)
            caught_up = await self._catch_up(known) if every.has_changed else known
            if caught_up is not None:
                return caught_up
        raise BadPayload("episodes", "the list changed while it was read; reading it again")

    def _before(self, server: JellyfinServer) -> BySeries:
        """The last good list of this server; empty without one."""
        last = self._known
        return last.by_series if last is not None and last.server_id == server.server_id else {}

    def _made_of(self, server: JellyfinServer, every: EpisodeList, before: BySeries) -> Known:
        """The catalog of a list that was read whole."""
        by_series = dict(every.by_series)
        is_same = by_series.keys() == before.keys() and are_same(
            list(by_series.values()), [before[series_id] for series_id in by_series]
        )
        now = self._monotonic()
        return Known(
            server.server_id,
            read_at=now,
            asked_at=every.asked_at,
            answered_at=now,
            by_series=before if is_same else by_series,
            others=every.others,
        )

    async def _read_series(
        self, known: Known, asked: float, now: datetime, max_age: timedelta
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
