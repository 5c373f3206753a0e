"""Requests to Jellyfin's endpoints; `wire` parses the answers.

Every list is complete or an error. Only the one header that all versions from 10.9 to 12 accept is
sent; an API key belongs to no user, so nothing here needs one.

Source: Jellyfin OpenAPI documents 10.9 to 12.0; `/Items`, `/System/Info`, `/ScheduledTasks`,
`/Library/VirtualFolders`, `/Library/Media/Updated`.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import quote

import httpx

from episodarr.errors import BadPayload
from episodarr.model.records import OnUnread, Records, ignore_unread, noted
from episodarr.model.steps import in_one_go, with_pauses
from episodarr.runtime.backpressure import next_turn
from episodarr.systems.guard import ConnectionOptions, RequestObserver
from episodarr.systems.http import HttpConnection, QueryParams
from episodarr.systems.jellyfin import wire
from episodarr.systems.jellyfin.packed import NO_LIST, EpisodesBySeries
from episodarr.systems.jellyfin.packing import Packing
from episodarr.systems.jellyfin.pages import PagedLists, Reading
from episodarr.systems.jellyfin.records import (
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSeries,
    JellyfinServer,
    LibraryScan,
)

_IDS_PER_REQUEST = 100
"""3.3 kB of query: below every limit on the length of a request line."""
_PLAIN: QueryParams = MappingProxyType({"enableImages": False, "enableUserData": False})
_ALL_EPISODES: QueryParams = MappingProxyType(
    {
        **_PLAIN,
        "recursive": True,
        "includeItemTypes": "Episode",
        "isMissing": False,
        "excludeLocationTypes": "Virtual",
        # Not MediaSources: Jellyfin reads each item's streams for it. The few items with several
        # versions are fetched again by id.
        "fields": "Path,ProviderIds,MediaSourceCount",
        "sortBy": "DateCreated,SortName",
        "sortOrder": "Ascending",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeList:
    """A complete list of episode items."""

    by_series: EpisodesBySeries
    others: AbstractSet[JellyfinId]
    """Items that are no files."""
    asked_at: datetime | None
    """By Jellyfin's clock; None where the answer has no date."""
    has_changed: bool = False
    """Items saved while it was read, after `asked_at`, may be missing, and removed ones may be here."""


class JellyfinClient:
    """One Jellyfin; every method gives one complete answer, or raises `UpstreamError`."""

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        api_key: str,
        observer: RequestObserver,
        on_unread: OnUnread = ignore_unread,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._on_unread = on_unread
        self._http = HttpConnection(
            options.with_headers({"Authorization": _authorization(api_key)}),
            observer=observer,
            transport=transport,
        )
        self._lists = PagedLists(self._http)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def fetch_identity(self) -> JellyfinServer:
        """Id, version and name of the server, if it accepts the key and has finished starting.

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
        reading = Reading("series", "/Items", params, wire.series_page_steps)
        return noted(await self._lists.read_all(reading), self._on_unread)

    async def fetch_episodes(
        self, saved_since: datetime | None = None, known: EpisodesBySeries = NO_LIST
    ) -> EpisodeList:
        """Every episode of every library, or those that Jellyfin saved since a moment of its clock.

        What did not change since a `known` list is the same objects, and takes no room meanwhile.
        Never requested by series: before 12, a series that was just found hides its children from
        all such requests until the next scan.
        """
        params = dict(_ALL_EPISODES)
        if saved_since is not None:
            params["minDateLastSaved"] = saved_since.astimezone(UTC).isoformat()[:19] + "Z"
        reading = Reading("episodes", "/Items", params, wire.episode_page_steps, may_change=True)
        packing = Packing(known)
        await self._lists.read_into(reading, packing)
        noted(Records((), packing.unread), self._on_unread)
        versions = await self.fetch_items(packing.with_more_versions)
        return EpisodeList(
            by_series=await with_pauses(packing.by_series_steps(versions), next_turn),
            others=packing.others,
            asked_at=reading.asked_at,
            has_changed=reading.has_changed,
        )

    async def count_episodes(self) -> int:
        """How many episodes `fetch_episodes` would list, without listing any."""
        body = await self._http.get("episodes", "/Items", {**_ALL_EPISODES, "limit": 0})
        return in_one_go(wire.episode_page_steps("episodes", body)).total

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        """The given items that exist, by id; an item that is not in the result does not exist.

        Include a control, an item that should still exist: another server's empty answer is the
        same. Jellyfin does not check the disk: an item stays until its library is scanned.

        Raises:
            UpstreamError: any part of the answer is missing.
            BadPayload: also if an item comes that was not requested.
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
        params: QueryParams = {"isHidden": False}
        answer = await self._http.send("tasks", "GET", "/ScheduledTasks", params=params)
        return wire.parse_library_scan("tasks", answer.body, answer.sent_at)

    async def report_media_updated(self, paths: Sequence[str]) -> None:
        """Request a scan of these paths: Jellyfin's own, not Sonarr's.

        Changes Jellyfin's library. It scans after about a minute without further reports, and
        reports no error for paths it does not know.
        """
        if paths:
            updates = [{"Path": path, "UpdateType": "Deleted"} for path in paths]
            await self._http.post(
                "media_updated", "/Library/Media/Updated", json={"Updates": updates}
            )

    async def _items_of(self, item_ids: Sequence[JellyfinId]) -> dict[JellyfinId, JellyfinItem]:
        params: QueryParams = {
            **_PLAIN,
            "ids": ",".join(item_ids),
            "fields": "Path,MediaSources",
        }
        reading = Reading("items", "/Items", params, wire.item_page_steps)
        found = {item.item_id: item for item in await self._lists.read_all(reading)}
        if not found.keys() <= set(item_ids):
            raise BadPayload("items", "an item came that was not asked for", path="$.Items")
        return found


def _authorization(api_key: str) -> str:
    """The only scheme that Jellyfin 12 still accepts; values are URL-decoded there."""
    return f'MediaBrowser Client="Episodarr", Token="{quote(api_key, safe="")}"'
