"""Jellyfin as evidence: a series' entries in its catalog, before a deletion and after."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from episodarr.errors import BadPayload
from episodarr.model.check import JellyfinEntrySeen, JellyfinQuestion, JellyfinSeen
from episodarr.model.inventory import JellyfinHolding, LibraryFile, ShokoHolding, Taken
from episodarr.model.library import Series
from episodarr.model.memo import Memo
from episodarr.stages.same_series import SameSeriesElsewhere
from episodarr.systems.cache import TtlCache, seconds_of
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import AT_ONCE, CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.holding import holding_of
from episodarr.systems.jellyfin.linking import SeriesIndex, index_series
from episodarr.systems.jellyfin.listing import seen_in, seen_item, seen_series, series_elsewhere
from episodarr.systems.jellyfin.packed import JellyfinCatalog, Listing
from episodarr.systems.jellyfin.records import JellyfinId
from episodarr.systems.jellyfin.removals import existing

LISTS_LIFETIME = timedelta(minutes=10)
"""How long lists serve inventories, so that an inventory needs no request of its own."""
LEISURE_LIFETIME = timedelta(hours=24)
"""How long a list serves files to which nothing happened: an idle library costs no requests."""
NEW_LIFETIME = timedelta(seconds=30)
"""How long a list serves files that are newer than it."""


class JellyfinEvidence:
    """Holdings and checks for verification, from the catalog that the stages use too.

    Its API key belongs to no user, so nothing is hidden from it. A key that may not list the
    libraries is not used: entries hidden from it would count as gone.
    """

    def __init__(
        self,
        client: JellyfinClient,
        catalogs: CatalogCache,
        *,
        same_series_of: SameSeriesElsewhere,
        freshness: AnswerFreshness,
        health: Health,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._catalogs = catalogs
        self._same_series_of = same_series_of
        self._freshness = freshness
        self._health = health
        self._libraries = TtlCache(
            client.fetch_libraries, LISTS_LIFETIME, monotonic=seconds_of(clock)
        )
        self._index: Memo[SeriesIndex] = Memo()
        self._checking = asyncio.Lock()
        self._checked: tuple[datetime, JellyfinCatalog] | None = None

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        now: datetime,
        *,
        at_leisure: bool = False,
    ) -> Taken[JellyfinHolding]:
        """The playable entries that these files back; incomplete if some are not certain.

        Raises:
            UpstreamError: no good answer, or one that lists no series at all.
        """
        same_series_elsewhere = self._same_series_of(series.key)
        with self._health.noting("inventory"):
            catalog = await self._catalogs.read(self._max_age(files, now, at_leisure=at_leisure))
            if not catalog.series:
                raise BadPayload("series", "it lists no series at all; are its libraries mounted?")
            # As old as the list, or a little older: both are requested at the same time.
            list_age = max(now - catalog.at, timedelta(0))
            libraries = await self._libraries.get(list_age + LISTS_LIFETIME)
            index = self._index_of(catalog)
            return holding_of(
                series, files, shoko, catalog, index, libraries, same_series_elsewhere
            )

    def _max_age(
        self, files: Iterable[LibraryFile], now: datetime, *, at_leisure: bool
    ) -> timedelta:
        """The highest age of a catalog for an inventory of these files."""
        lifetime = LEISURE_LIFETIME if at_leisure else LISTS_LIFETIME
        known = self._catalogs.last
        is_newer = known is not None and any(
            file.added_at is not None and file.added_at >= known.at for file in files
        )
        return min(
            lifetime, self._freshness.age_limit(now), NEW_LIFETIME if is_newer else timedelta.max
        )

    def _index_of(self, catalog: JellyfinCatalog) -> SeriesIndex:
        """The index of a list, cached: a first inventory needs it once per series."""
        return self._index.of((catalog.series,), lambda: index_series(catalog.series))

    def expect_removal(self, entry_ids: Sequence[str], series_ids: Sequence[str]) -> None:
        """Ask for these entries, and all of these series, once Jellyfin has fewer than before."""
        self._catalogs.suspect(entry_ids, series_ids)

    async def check(self, question: JellyfinQuestion, now: datetime) -> JellyfinSeen:
        """The listed entries of a deletion, by id, path and series, with controls.

        Raises:
            UpstreamError: no good and complete answer.
        """
        same_series_elsewhere = self._same_series_of(question.key)
        with self._health.noting("verification"):
            catalog = await self._catalog_at(now)
            listing = Listing(catalog.episodes_by_series.values())
            index = self._index_of(catalog)
            elsewhere = series_elsewhere(question, catalog)
            shells = seen_series(question, catalog, elsewhere)
            if not shells:
                shells = await self._seasons(question.season_ids, listing, elsewhere)
            return seen_in(catalog, index, listing, question, now, shells, same_series_elsewhere)

    async def _catalog_at(self, now: datetime) -> JellyfinCatalog:
        """The catalog, requested after `now` and shared by all checks with that `now`."""
        async with self._checking:
            if self._checked is None or self._checked[0] != now:
                await self._client.fetch_libraries()
                self._checked = now, await self._catalogs.read(AT_ONCE)
            return self._checked[1]

    async def _seasons(
        self, season_ids: Sequence[str], listing: Listing, elsewhere: AbstractSet[JellyfinId]
    ) -> list[JellyfinEntrySeen]:
        """The deletion's season entries that Jellyfin still has, requested by id with a control.

        Without those of series that lie elsewhere.
        """
        control = listing.any_id()
        if control is None:
            return []
        found = await existing(self._client, map(JellyfinId, season_ids), control)
        return [seen_item(item) for item in found.values() if item.series_id not in elsewhere]

    async def rescan(self, paths: tuple[str, ...]) -> None:
        """Notify Jellyfin that its own paths changed; it reads them after a quiet minute or so.

        Raises:
            UpstreamError: the notification was not accepted.
        """
        with self._health.noting("rescan"):
            await self._client.report_media_updated(paths)
