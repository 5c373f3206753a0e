"""Which of Seerr's endpoints are asked, and how; the answers are read in `wire`.

A list of requests makes Seerr ask all its Sonarr and Radarr servers, so it is read seldom, in large
pages, and given time. Old versions refuse parameters they do not know: those are left out then.
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from types import MappingProxyType

import httpx

from exporter.errors import BadPayload
from exporter.model.ids import TvdbId
from exporter.model.records import OnUnread, Records, Unread, ignore_unread, noted
from exporter.model.request import MediaRequest
from exporter.model.testimony import SeerrMedia, SeerrSonarr
from exporter.upstream.http import (
    ConnectionOptions,
    HttpConnection,
    QueryParams,
    RequestObserver,
)
from exporter.upstream.jellyseerr import wire

_API = "/api/v1"
_REQUESTS_PER_PAGE = 100
_MEDIA_PER_PAGE = 500
_REFUSED = 400
_ALL_REQUESTS: QueryParams = MappingProxyType({"filter": "all", "sort": "added"})
_FEWER: QueryParams = MappingProxyType({"mediaType": "tv", "sortDirection": "asc"})
"""Only television, and the newest last, so that a new request does not shift the pages."""


class JellyseerrClient:
    """One Jellyseerr or Seerr; every answer is a fact, or an `UpstreamError`."""

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        api_key: str,
        observer: RequestObserver,
        on_unread: OnUnread = ignore_unread,
        keeps_requester: bool = False,
        monotonic: Callable[[], float] = time.perf_counter,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._on_unread = on_unread
        self._http = HttpConnection(
            options.with_headers({"X-Api-Key": api_key}),
            observer=observer,
            monotonic=monotonic,
            transport=transport,
        )
        self._keeps_requester = keeps_requester
        self._knows_all_parameters = True

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def fetch_version(self) -> str:
        """The version; asked of an open endpoint, so it proves nothing of the key."""
        return wire.parse_version("status", await self._http.get("status", f"{_API}/status"))

    async def fetch_requests(self) -> Records[MediaRequest]:
        """All requests for television, in the order of their ids.

        Requests for media on the blocklist are never listed by Seerr.
        """
        parse = partial(wire.parse_request_page, keeps_requester=self._keeps_requester)
        entries = await self._read_all("requests", self._request_page, parse, _REQUESTS_PER_PAGE)
        return Records(sorted(entries, key=lambda request: request.request_id), entries.unread)

    async def fetch_title(self, tmdb_id: int) -> str:
        """The title of a series that no Sonarr has; Seerr asks TMDB for it."""
        return wire.parse_title("title", await self._http.get("title", f"{_API}/tv/{tmdb_id}"))

    async def fetch_media(self) -> Records[SeerrMedia]:
        """All of Seerr's records of series, in the order of their ids, requested or not."""
        entries = await self._read_all(
            "media", self._media_page, wire.parse_media_page, _MEDIA_PER_PAGE
        )
        return Records(sorted(entries, key=lambda media: media.media_id), entries.unread)

    async def fetch_media_status(
        self, *, tvdb_id: TvdbId, tmdb_id: int | None
    ) -> SeerrMedia | None:
        """Seerr's record of one series; None after all records were read and it is not among them.

        There is no endpoint for a single one that would not ask TMDB on the internet.
        """
        every = await self.fetch_media()
        by_tvdb = next((media for media in every if media.tvdb_id == tvdb_id), None)
        if by_tvdb is not None or not tmdb_id:
            return by_tvdb
        return next(
            (media for media in every if media.tvdb_id is None and media.tmdb_id == tmdb_id), None
        )

    async def fetch_sonarr_servers(self) -> tuple[SeerrSonarr, ...]:
        """The Sonarr servers of Seerr's settings; needs an administrator's key, as API keys are."""
        body = await self._http.get("sonarr_servers", f"{_API}/settings/sonarr")
        return wire.parse_sonarr_servers("sonarr_servers", body)

    async def _request_page(self, endpoint: str, skip: int, take: int) -> bytes:
        params: QueryParams = {**_ALL_REQUESTS, "take": take, "skip": skip}
        if self._knows_all_parameters:
            answer = await self._http.send(
                endpoint,
                "GET",
                f"{_API}/request",
                params={**params, **_FEWER},
                accepted=frozenset({_REFUSED}) if skip == 0 else frozenset(),
            )
            if answer.status != _REFUSED:
                return answer.body
        body = await self._http.get(endpoint, f"{_API}/request", params)
        self._knows_all_parameters = False
        return body

    async def _media_page(self, endpoint: str, skip: int, take: int) -> bytes:
        params: QueryParams = {"filter": "all", "sort": "added", "take": take, "skip": skip}
        return await self._http.get(endpoint, f"{_API}/media", params)

    async def _read_all[T](
        self,
        endpoint: str,
        fetch_page: Callable[[str, int, int], Awaitable[bytes]],
        parse: Callable[[str, bytes], wire.Page[T]],
        take: int,
    ) -> Records[T]:
        """All entries of a list, as many as Seerr says there are, none twice."""
        entries: list[T] = []
        unread: list[Unread] = []
        ids: list[int | str] = []
        total: int | None = None
        while total is None or len(ids) < total:
            page = parse(endpoint, await fetch_page(endpoint, len(ids), take))
            if total not in {None, page.total}:
                raise BadPayload(endpoint, "the list changed while it was read")
            total = page.total
            entries += page.entries
            unread += page.entries.unread
            start = len(ids)
            ids += [f"{start}: {one}" if isinstance(one, str) else one for one in page.ids]
            if not page.ids:
                break
        if len(ids) != total or len(set(ids)) != total:
            raise BadPayload(endpoint, f"{len(set(ids))} of {total} records came", path="$.results")
        if unread and len(unread) == total:
            raise BadPayload(endpoint, unread[0].message, path=unread[0].place)
        return noted(Records(entries, unread), self._on_unread)
