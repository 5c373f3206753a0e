"""Jellyfin as a witness: a series' entries in its catalog, before a deletion and after."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Protocol

from msgspec.structs import replace

from episodarr.errors import BadPayload
from episodarr.model.check import JellyfinEntrySeen, JellyfinQuestion, JellyfinSeen
from episodarr.model.ids import ShokoFileId
from episodarr.model.inventory import (
    JellyfinEntry,
    JellyfinHolding,
    LibraryFile,
    ShokoHolding,
    Taken,
)
from episodarr.model.library import Series
from episodarr.model.records import unread_in
from episodarr.stages.inventoried import episodes_of, file_by_id
from episodarr.stages.same_series import Owner, SeriesElsewhere, owner_of_file
from episodarr.systems.cache import TtlCache
from episodarr.systems.jellyfin.files import Clues, compare
from episodarr.systems.jellyfin.folders import library_folders
from episodarr.systems.jellyfin.holding import (
    held_of,
    nothing_held,
    seen_episode,
    seen_item,
)
from episodarr.systems.jellyfin.linking import SeriesIndex, all_of_show, index_series, link_series
from episodarr.systems.jellyfin.listing import Listing, Wanted, entries_at
from episodarr.systems.jellyfin.matches import JellyfinSees
from episodarr.systems.jellyfin.records import (
    JellyfinCatalog,
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSeries,
)

LISTS_LIFETIME = timedelta(minutes=10)
"""How long lists serve inventories, so that an inventory needs no request of its own."""
LEISURE_LIFETIME = timedelta(hours=24)
"""How long a list serves files to which nothing happened: an idle library costs no requests."""
AT_ONCE = timedelta(0)
ITEMS_PER_STEP = 2_000
"""Items indexed before yielding to the event loop."""

SEASONS_AT_ONCE = 99
"""Seasons in one request, which has a control besides: without one, they might be hidden."""


class JellyfinSource(Protocol):
    """The methods of Jellyfin's client that verification uses."""

    async def fetch_libraries(self) -> tuple[JellyfinLibrary, ...]:
        """All libraries with their folders; only an administrator's key may."""

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        """Those of the given items that exist."""

    async def report_media_updated(self, paths: Sequence[str]) -> None:
        """Reports these of Jellyfin's own paths as changed, so that it scans them."""


class CatalogReader(Protocol):
    """Reads Jellyfin's catalog, which the stages share."""

    async def read(
        self, max_age: timedelta = ..., series_max_age: timedelta | None = None
    ) -> JellyfinCatalog:
        """The catalog, no older than the given age and never older than one returned before."""


class JellyfinTestifier:
    """Jellyfin as a witness. Its API key belongs to no user, so nothing is hidden from it.

    A key that may not list the libraries is not used: entries hidden from it would count as gone.
    """

    def __init__(
        self,
        source: JellyfinSource,
        catalogs: CatalogReader,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._catalogs = catalogs
        self._libraries = TtlCache(source.fetch_libraries, LISTS_LIFETIME, monotonic=monotonic)
        self._index: tuple[tuple[JellyfinSeries, ...], SeriesIndex] | None = None
        self._checking = asyncio.Lock()
        self._checked: tuple[datetime, JellyfinCatalog] | None = None
        self._listing: tuple[object, Listing] | None = None

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        now: datetime,
        same_series_elsewhere: tuple[SeriesElsewhere, ...] = (),
        max_age: timedelta = timedelta.max,
        *,
        at_leisure: bool = False,
    ) -> Taken[JellyfinHolding]:
        """The entries of these files; `rivals` are the same series in other Sonarrs.

        For a series that Jellyfin does not have the result is complete, without entries. It is
        incomplete if Jellyfin has the series and some file can be neither matched nor excluded.
        """
        lifetime = LEISURE_LIFETIME if at_leisure else LISTS_LIFETIME
        catalog = await self._catalogs.read(min(lifetime, max_age))
        # As old as the list, or a little older: both are requested at the same time.
        list_age = max(now - catalog.at, timedelta(0))
        libraries = await self._libraries.get(list_age + LISTS_LIFETIME)
        index = self._index_of(catalog.series)
        every = all_of_show(series, index)
        linked = link_series(series, index, same_series_elsewhere=same_series_elsewhere)
        others = tuple(item.path for item in every if item not in linked and item.path)
        if not linked:
            # A series that cannot be read may be this one.
            is_complete = not unread_in(catalog.series)
            value = nothing_held(catalog.server, others)
            return Taken(at=catalog.at, value=value, is_complete=is_complete)
        entries = {e.item_id: e for e in catalog.episodes_of(item.item_id for item in linked)}
        sees = self._compare(
            series, files, shoko, linked, tuple(entries.values()), same_series_elsewhere
        )
        numbers = {number for file in files for number in file.episodes}
        folders = library_folders(libraries, linked, catalog.series)
        held = held_of(catalog.server, folders, linked, entries, sees)
        own = tuple(self._own(entry, series, same_series_elsewhere) for entry in held.entries)
        return Taken(
            at=catalog.at,
            is_complete=numbers <= {*sees.playable, *sees.absent},
            value=replace(held, entries=own, other_folders=others),
        )

    def _own(
        self,
        entry: JellyfinEntry,
        series: Series,
        same_series_elsewhere: tuple[SeriesElsewhere, ...],
    ) -> JellyfinEntry:
        """The entry, with versions of another Sonarr moved to `other_paths`."""
        theirs = tuple(
            path
            for path in entry.paths
            if owner_of_file(path, series.path, same_series_elsewhere) is Owner.THEIRS
        )
        if not theirs:
            return entry
        own = tuple(path for path in entry.paths if path not in theirs)
        return replace(entry, paths=own, other_paths=theirs)

    def _index_of(self, listed: tuple[JellyfinSeries, ...]) -> SeriesIndex:
        """The index of a list, cached: a first inventory needs it once per series."""
        if self._index is None or self._index[0] is not listed:
            self._index = listed, index_series(listed)
        return self._index[1]

    def _compare(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        linked: tuple[JellyfinSeries, ...],
        entries: tuple[JellyfinEpisode, ...],
        same_series_elsewhere: tuple[SeriesElsewhere, ...],
    ) -> JellyfinSees:
        """Files matched to entries as for the stages: by name, by id, by equal numbering."""
        in_shoko = {} if shoko is None else {f.episodes: f.file_id for f in shoko.files}
        clues = Clues(
            shoko_file_ids={
                file.file_id: ShokoFileId(in_shoko[file.episodes])
                for file in files
                if file.episodes in in_shoko
            },
            same_series_elsewhere=same_series_elsewhere,
        )
        return compare(series, episodes_of(files), file_by_id(files), linked, entries, clues)

    async def check(
        self,
        question: JellyfinQuestion,
        now: datetime,
        same_series_elsewhere: tuple[SeriesElsewhere, ...] = (),
    ) -> JellyfinSeen:
        """The listed entries of a deletion, by id, path and series, with controls."""
        catalog = await self._catalog_at(now)
        listing = await self._listing_of(catalog)
        items = self._series_of(question, catalog)
        twins = catalog.episodes_of(item.item_id for item in items)
        wanted = Wanted(
            folder=question.series_path,
            paths=question.paths,
            other_folders=question.other_folders,
            same_series_elsewhere=same_series_elsewhere,
        )
        at_paths = entries_at(wanted, listing, {e.item_id for e in twins})
        asked = [e for i in question.entry_ids if (e := listing.by_id.get(JellyfinId(i)))]
        found = {e.item_id: e for e in (*asked, *(e for es in at_paths.values() for e in es))}
        claim = {*found, *(JellyfinId(i) for i in question.entry_ids)}
        if question.series_ids:
            claim.update(e.item_id for e in twins)
            claim.update(e.item_id for e in catalog.episodes_of(_ids(question.series_ids)))
        controls = {f: c for f in question.control_folders if (c := listing.control(f, claim))}
        found.update((e.item_id, e) for e in twins)
        shells = await self._shells(question, catalog, listing)
        return JellyfinSeen(
            at=now,
            method="GET /Items of all episodes",
            server_id=catalog.server.server_id,
            is_unrestricted=True,
            entries=(*(seen_episode(e) for e in found.values()), *shells),
            entry_ids_by_path={
                path: tuple(e.item_id for e in entries) for path, entries in at_paths.items()
            },
            control_by_folder=controls,
            is_whole=listing.is_whole,
        )

    async def _catalog_at(self, now: datetime) -> JellyfinCatalog:
        """The catalog, requested after `now` and shared by all checks with that `now`."""
        async with self._checking:
            if self._checked is None or self._checked[0] != now:
                await self._source.fetch_libraries()
                self._checked = now, await self._catalogs.read(AT_ONCE)
            return self._checked[1]

    async def _listing_of(self, catalog: JellyfinCatalog) -> Listing:
        """The catalog's episodes by id and by name, indexed in steps and cached per list."""
        async with self._checking:
            if self._listing is None or self._listing[0] is not catalog.episodes_by_series:
                listing = Listing()
                done = 0
                for episodes in catalog.episodes_by_series.values():
                    listing.add(episodes)
                    done += len(episodes)
                    if done >= ITEMS_PER_STEP:
                        done = 0
                        await asyncio.sleep(0)
                self._listing = catalog.episodes_by_series, listing
            return self._listing[1]

    def _series_of(
        self, question: JellyfinQuestion, catalog: JellyfinCatalog
    ) -> list[JellyfinSeries]:
        """Every listed series with these ids, except those in other series' folders."""
        index = self._index_of(catalog.series)
        same = [
            *index.by_tvdb.get(question.key.tvdb_id, ()),
            *(index.by_tmdb.get(question.tmdb_id, ()) if question.tmdb_id else ()),
        ]
        return [item for item in same if item.path not in question.other_folders]

    async def _shells(
        self, question: JellyfinQuestion, catalog: JellyfinCatalog, listing: Listing
    ) -> list[JellyfinEntrySeen]:
        """The listed series entries; without any, the listed seasons, requested with a control."""
        wanted = set(question.series_ids)
        listed = [item for item in catalog.series if item.item_id in wanted]
        if listed:
            return [
                JellyfinEntrySeen(entry_id=item.item_id, kind="Series", is_playable=False)
                for item in listed
            ]
        control = next(iter(listing.by_id), None)
        if not question.season_ids or control is None:
            return []
        seen: list[JellyfinEntrySeen] = []
        for seasons in batched(_ids(question.season_ids), SEASONS_AT_ONCE):
            found = await self._source.fetch_items([control, *seasons])
            if control not in found:
                raise BadPayload("items", "an episode that is listed did not come; looking again")
            seen += [seen_item(item) for item_id, item in found.items() if item_id != control]
        return seen

    async def rescan(self, paths: tuple[str, ...]) -> None:
        """Report these of Jellyfin's own paths as changed, so that it scans them."""
        await self._source.report_media_updated(paths)


def _ids(texts: Iterable[str]) -> list[JellyfinId]:
    return [JellyfinId(text) for text in texts]
