"""Which of Jellyfin's endpoints are asked, and how; the answers are read in `wire`.

Every list is complete or an error. Only the one header that all versions from 10.9 to 12 accept is
sent; an API key belongs to no user, so nothing here needs one.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import quote

import httpx
from msgspec.structs import replace

from exporter.errors import BadPayload, NotFound
from exporter.model.records import OnUnread, Records, Unread, ignore_unread, noted
from exporter.model.testimony import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSeries,
    JellyfinServer,
    LibraryScan,
)
from exporter.upstream.http import (
    ConnectionOptions,
    HttpConnection,
    QueryParams,
    RequestObserver,
)
from exporter.upstream.jellyfin import wire

_LARGEST_PAGE = 1000
_IDS_PER_REQUEST = 100
"""3.3 kB of query: below every limit on the length of a request line."""
_PLAIN: QueryParams = MappingProxyType({"enableImages": False, "enableUserData": False})
_EPISODE_FIELDS = "Path,ProviderIds,MediaSourceCount"
"""Not MediaSources: Jellyfin reads each item's streams for it. The few items with several versions
are asked again by id."""


class JellyfinClient:
    """One Jellyfin; every answer is a fact, or an `UpstreamError`."""

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        api_key: str,
        observer: RequestObserver,
        on_unread: OnUnread = ignore_unread,
        monotonic: Callable[[], float] = time.perf_counter,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._on_unread = on_unread
        self._http = HttpConnection(
            options.with_headers({"Authorization": _authorization(api_key)}),
            observer=observer,
            monotonic=monotonic,
            transport=transport,
        )

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers, after it accepted the key and finished starting.

        The public variant of this endpoint would do neither: during a migration it answers 200
        while everything else answers 503.
        """
        return wire.parse_server("system_info", await self._http.get("system_info", "/System/Info"))

    async def fetch_all_series(self) -> Records[JellyfinSeries]:
        """Every series of every library, in the order in which they were added."""
        params: QueryParams = {
            **_PLAIN,
            "recursive": True,
            "includeItemTypes": "Series",
            "fields": "Path,ProviderIds",
            "sortBy": "DateCreated,SortName",
            "sortOrder": "Ascending",
        }
        entries = await self._read_all("series", "/Items", params, wire.parse_series_page)
        by_id = {series.item_id: series for series in entries}
        if len(by_id) != len(entries):
            raise BadPayload("series", "the list changed while it was read: a series came twice")
        return noted(entries, self._on_unread)

    async def fetch_episodes(
        self, series_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, tuple[JellyfinEpisode, ...]]:
        """The episodes that are files, by the series item that was asked for.

        One request for each series; a series that Jellyfin merged over several folders or libraries
        answers with the episodes of all of them. A series that is not there any more is left out,
        which proves nothing: the list of series is out of date.
        """
        found: dict[JellyfinId, tuple[JellyfinEpisode, ...]] = {}
        for series_id in dict.fromkeys(series_ids):
            try:
                found[series_id] = await self._episodes_of(series_id)
            except NotFound:
                continue
        return MappingProxyType(found)

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        """Those of the given items that exist; the ones left out do not.

        Ask for a control among them, an item that should still be there: an empty answer of another
        server looks the same. The disk is not looked at: an item stays until its library is scanned.

        Raises:
            UpstreamError: any part of the answer is missing.
            BadPayload: also if an item comes that was not asked for.
        """
        asked = list(dict.fromkeys(item_ids))
        found: dict[JellyfinId, JellyfinItem] = {}
        for start in range(0, len(asked), _IDS_PER_REQUEST):
            found.update(await self._items_of(asked[start : start + _IDS_PER_REQUEST]))
        return MappingProxyType(found)

    async def fetch_libraries(self) -> tuple[JellyfinLibrary, ...]:
        """All libraries with their folders; needs an administrator's key, as API keys are."""
        body = await self._http.get("libraries", "/Library/VirtualFolders")
        return wire.parse_libraries("libraries", body)

    async def fetch_library_scan(self) -> LibraryScan:
        """The state of the scan of all libraries, by Jellyfin's clock."""
        body = await self._http.get("tasks", "/ScheduledTasks", {"isHidden": False})
        return wire.parse_library_scan("tasks", body)

    async def report_media_updated(self, paths: Sequence[str]) -> None:
        """Asks Jellyfin to look again at these paths: Jellyfin's own, not Sonarr's.

        Changes Jellyfin's library. It waits for about a minute of quiet before it looks, and says
        nothing of paths it does not know.
        """
        if paths:
            updates = [{"Path": path, "UpdateType": "Deleted"} for path in paths]
            await self._http.post(
                "media_updated", "/Library/Media/Updated", json={"Updates": updates}
            )

    async def _episodes_of(self, series_id: JellyfinId) -> tuple[JellyfinEpisode, ...]:
        listed = await self._read_all(
            "episodes",
            f"/Shows/{series_id}/Episodes",
            {**_PLAIN, "isMissing": False, "fields": _EPISODE_FIELDS},
            wire.parse_episode_page,
        )
        files = {entry.episode.item_id: entry for entry in listed if entry is not None}
        several = [item_id for item_id, entry in files.items() if entry.has_more_versions]
        versions = await self.fetch_items(several)
        return tuple(
            _with_paths(entry.episode, versions.get(item_id)) for item_id, entry in files.items()
        )

    async def _items_of(self, item_ids: Sequence[JellyfinId]) -> dict[JellyfinId, JellyfinItem]:
        params: QueryParams = {
            **_PLAIN,
            "ids": ",".join(item_ids),
            "fields": "Path,MediaSources",
        }
        entries = await self._read_all("items", "/Items", params, wire.parse_item_page)
        found = {item.item_id: item for item in entries}
        if not found.keys() <= set(item_ids):
            raise BadPayload("items", "an item came that was not asked for", path="$.Items")
        return found

    async def _read_all[T](
        self,
        endpoint: str,
        path: str,
        params: QueryParams,
        parse: Callable[[str, bytes], wire.Page[T]],
    ) -> Records[T]:
        """All entries of a list, as many as the server says there are."""
        entries: list[T] = []
        unread: list[Unread] = []
        count = 0
        total: int | None = None
        while total is None or count < total:
            slice_params = {**params, "startIndex": count, "limit": _LARGEST_PAGE}
            page = parse(endpoint, await self._http.get(endpoint, path, slice_params))
            if total not in {None, page.total}:
                raise BadPayload(endpoint, "the list changed while it was read")
            total = page.total
            entries += page.entries
            unread += page.entries.unread
            count += page.count
            if not page.count:
                break
        if count != total:
            raise BadPayload(endpoint, f"{count} of {total} records came", path="$.Items")
        return Records(entries, unread)


def _with_paths(episode: JellyfinEpisode, item: JellyfinItem | None) -> JellyfinEpisode:
    """With the paths of all versions; without them the listed path has to do."""
    if item is None or not item.paths:
        return episode
    return replace(episode, paths=tuple(dict.fromkeys((*episode.paths, *item.paths))))


def _authorization(api_key: str) -> str:
    """The only scheme that Jellyfin 12 still accepts; values are URL-decoded there."""
    return f'MediaBrowser Client="Episodarr", Token="{quote(api_key, safe="")}"'
