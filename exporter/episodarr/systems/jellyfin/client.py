"""Requests to Jellyfin's endpoints; `wire` parses the answers.

Every list is complete or an error. Only the one header that all versions from 10.9 to 12 accept is
sent; an API key belongs to no user, so nothing here needs one.

Source: Jellyfin OpenAPI documents 10.9 to 12.0; `/Items`, `/System/Info`, `/ScheduledTasks`,
`/Library/VirtualFolders`, `/Library/Media/Updated`.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote

import httpx

from episodarr.errors import BadPayload
from episodarr.model.records import OnUnread, Records, Unread, ignore_unread, noted
from episodarr.model.steps import Steps, in_one_go, with_pauses
from episodarr.runtime.backpressure import next_turn
from episodarr.systems.guard import ConnectionOptions, RequestObserver
from episodarr.systems.http import HttpConnection, QueryParams
from episodarr.systems.jellyfin import wire
from episodarr.systems.jellyfin.packed import PackedEpisodes
from episodarr.systems.jellyfin.packing import Packing
from episodarr.systems.jellyfin.records import (
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSeries,
    JellyfinServer,
    LibraryScan,
)

_LARGEST_PAGE = 1000
_IDS_PER_REQUEST = 100
"""3.3 kB of query: below every limit on the length of a request line."""
_PLAIN: QueryParams = MappingProxyType({"enableImages": False, "enableUserData": False})
_TRIES = 3
"""Attempts to read a list that changes while it is read."""
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


class _Listed(Protocol):
    @property
    def item_id(self) -> JellyfinId: ...


class _Collector[T](Protocol):
    """Receives the entries of a list, page by page."""

    def begin(self) -> None:
        """Forget what was taken: the list is read from its start."""
        ...

    def take(self, entries: Sequence[T]) -> None:
        """Take more entries."""
        ...

    def leave_out(self, unread: Sequence[Unread]) -> None:
        """Note entries that cannot be read."""
        ...


class _Gathered[T]:
    """Collects the entries of a list, and those that cannot be read."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what was taken."""
        self.entries: list[T] = []
        self.unread: list[Unread] = []

    def take(self, entries: Sequence[T]) -> None:
        """Take more entries."""
        self.entries += entries

    def leave_out(self, unread: Sequence[Unread]) -> None:
        """Note entries that cannot be read."""
        self.unread += unread


@dataclass(slots=True)
class _Reading[T]:
    """One list that is read page by page."""

    endpoint: str
    path: str
    params: QueryParams
    parse: Callable[[str, bytes], Steps[wire.Page[T]]]
    may_grow: bool = False
    """Items added while it is read may be missing."""
    asked_at: datetime | None = None
    """When the first page came, by Jellyfin's clock."""
    has_grown: bool = False


class _ListChanged(BadPayload):
    """The pages do not make up one list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeList:
    """A complete list of episode items."""

    by_series: Mapping[JellyfinId | None, PackedEpisodes]
    """By `SeriesId`, as each episode itself has it; under None those without one."""
    others: AbstractSet[JellyfinId]
    """Items that are no files."""
    asked_at: datetime | None
    """By Jellyfin's clock; None where the answer has no date."""
    has_grown: bool = False
    """Items saved while it was read may be missing: they were saved after `asked_at`."""


class JellyfinClient:
    """One Jellyfin; every method gives one complete answer, or raises `UpstreamError`."""

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
        reading = _Reading("series", "/Items", params, wire.series_page_steps)
        return noted(await self._read_all(reading), self._on_unread)

    async def fetch_episodes(self, saved_since: datetime | None = None) -> EpisodeList:
        """Every episode of every library, or those that Jellyfin saved since a moment of its clock.

        Never requested by series: before 12, a series that was just found hides its children from
        all such requests until the next scan.
        """
        params = dict(_ALL_EPISODES)
        if saved_since is not None:
            params["minDateLastSaved"] = saved_since.astimezone(UTC).isoformat()[:19] + "Z"
        reading = _Reading("episodes", "/Items", params, wire.episode_page_steps, may_grow=True)
        packing = Packing()
        await self._read_into(reading, packing)
        noted(Records((), packing.unread), self._on_unread)
        versions = await self.fetch_items(packing.with_more_versions)
        return EpisodeList(
            by_series=await with_pauses(packing.by_series_steps(versions), next_turn),
            others=packing.others,
            asked_at=reading.asked_at,
            has_grown=reading.has_grown,
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
        reading = _Reading("items", "/Items", params, wire.item_page_steps)
        found = {item.item_id: item for item in await self._read_all(reading)}
        if not found.keys() <= set(item_ids):
            raise BadPayload("items", "an item came that was not asked for", path="$.Items")
        return found

    async def _read_all[T: _Listed](self, reading: "_Reading[T]") -> Records[T]:
        """All entries of a list in its order."""
        gathered = _Gathered[T]()
        await self._read_into(reading, gathered)
        return Records(gathered.entries, gathered.unread)

    async def _read_into[T: _Listed](
        self, reading: "_Reading[T]", collector: _Collector[T]
    ) -> None:
        """Have the collector take the whole list; one that changed is read again at once."""
        for _ in range(_TRIES - 1):
            try:
                await self._read_once(reading, collector)
            except _ListChanged:
                continue
            return
        await self._read_once(reading, collector)

    async def _read_once[T: _Listed](
        self, reading: "_Reading[T]", collector: _Collector[T]
    ) -> None:
        """As many entries as the server reports, with those that cannot be read.

        Each page begins with the last entry of the one before: what is removed or added between two
        pages would else shift the rest, and one would be missed where the total ends up the same.
        """
        endpoint = reading.endpoint
        collector.begin()
        came: set[int | str] = set()
        page: wire.Page[T] | None = None
        last: set[str] = set()
        count, end = -1, 0
        reading.asked_at, reading.has_grown = None, False
        while page is None or (count < len(came) and end < page.total):
            count = len(came)
            start = max(0, count - 1)
            params = {**reading.params, "startIndex": start, "limit": _LARGEST_PAGE}
            answer = await self._http.send(endpoint, "GET", reading.path, params=params)
            reading.asked_at = reading.asked_at or answer.sent_at
            parsed = await with_pauses(reading.parse(endpoint, answer.body), next_turn)
            before, page = page, parsed
            good = {entry.item_id: entry for entry in page.entries}
            bad = dict(zip(page.unread_ids(), page.entries.unread, strict=True))
            here = good.keys() | bad.keys()
            is_steady = before is None or before.total == page.total
            if (before is not None and not last & here) or not (is_steady or reading.may_grow):
                raise _ListChanged(endpoint, "the list changed while it was read")
            if len(here) != page.count:
                raise _ListChanged(endpoint, "the list changed while it was read: one came twice")
            await next_turn()
            collector.take([entry for one, entry in good.items() if _short(one) not in came])
            collector.leave_out([unread for one, unread in bad.items() if _short(one) not in came])
            came.update(map(_short, here))
            last, end = here, start + page.count
            reading.has_grown = reading.has_grown or not is_steady
        if len(came) != page.total and not (reading.has_grown and len(came) < page.total):
            message = f"{len(came)} of {page.total} records came"
            raise _ListChanged(endpoint, message, path="$.Items")


def _short(item_id: str) -> int | str:
    """The id as a number, if it is one: as texts a library's take eight megabytes."""
    try:
        return int(item_id, 16)
    except ValueError:
        return item_id


def _authorization(api_key: str) -> str:
    """The only scheme that Jellyfin 12 still accepts; values are URL-decoded there."""
    return f'MediaBrowser Client="Episodarr", Token="{quote(api_key, safe="")}"'
