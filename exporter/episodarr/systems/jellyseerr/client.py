"""Requests to Seerr's endpoints; `wire` parses the answers.

A list of requests makes Seerr query all its Sonarr and Radarr servers, so it is fetched seldom, in
large pages, with a long timeout. Old versions refuse unknown parameters: those are left out then.

Source: the API descriptions of Jellyseerr 2.7.3 and Seerr 3.1.0, `/api/v1`, and their sources where
these leave out what is sent.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from types import MappingProxyType
from typing import Protocol

import httpx

from episodarr.errors import BadPayload
from episodarr.model.records import OnUnread, Records, ignore_unread, noted
from episodarr.model.request import MediaRequest, SeerrMedia
from episodarr.model.seerr_servers import SeerrSonarr
from episodarr.systems.guard import ConnectionOptions, RequestObserver
from episodarr.systems.http import HttpConnection, QueryParams
from episodarr.systems.jellyseerr import wire

_API = "/api/v1"
_REQUESTS_PER_PAGE = 100
_MEDIA_PER_PAGE = 500
_REFUSED = 400
_TRIES = 3
"""Attempts to read a list that changes while it is read."""
_ALL_REQUESTS: QueryParams = MappingProxyType({"filter": "all", "sort": "added"})
_FEWER: QueryParams = MappingProxyType({"mediaType": "tv", "sortDirection": "asc"})
"""Only television, and the newest last, so that a new request does not shift the pages."""


class ParsePage[T](Protocol):
    """Reads one page; `overlap` records at its start are known already."""

    def __call__(self, endpoint: str, body: bytes, *, overlap: int = 0) -> wire.Page[T]:
        """The page.

        Raises:
            BadPayload: the body is no such page.
        """


class JellyseerrClient:
    """One Jellyseerr or Seerr; every method gives a complete answer, or raises `UpstreamError`."""

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        api_key: str,
        observer: RequestObserver,
        on_unread: OnUnread = ignore_unread,
        keeps_requester: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._on_unread = on_unread
        self._http = HttpConnection(
            options.with_headers({"X-Api-Key": api_key}),
            observer=observer,
            transport=transport,
        )
        self._keeps_requester = keeps_requester
        self._knows_all_parameters = True

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def fetch_version(self) -> str:
        """The version; the public status is not used, because it waits for an answer of GitHub."""
        return wire.parse_version("about", await self._http.get("about", f"{_API}/settings/about"))

    async def fetch_requests(self) -> Records[MediaRequest]:
        """All requests for television, in the order of their ids.

        Requests for media on the blocklist are never listed by Seerr.
        """
        parse = partial(wire.parse_request_page, keeps_requester=self._keeps_requester)
        entries = await self._read_all("requests", self._request_page, parse, _REQUESTS_PER_PAGE)
        return Records(sorted(entries, key=lambda request: request.request_id), entries.unread)

    async def fetch_title(self, tmdb_id: int) -> str:
        """The title of a series that no Sonarr has; Seerr fetches it from TMDB."""
        return wire.parse_title("title", await self._http.get("title", f"{_API}/tv/{tmdb_id}"))

    async def fetch_media(self) -> Records[SeerrMedia]:
        """All of Seerr's records of series, in the order of their ids, requested or not."""
        entries = await self._read_all(
            "media", self._media_page, wire.parse_media_page, _MEDIA_PER_PAGE
        )
        return Records(sorted(entries, key=lambda media: media.media_id), entries.unread)

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
        parse: ParsePage[T],
        take: int,
    ) -> Records[T]:
        """All television records of a list, as many as Seerr reports, none twice.

        Pages are cut by position: where the list changed meanwhile it is read again at once.
        """
        for _ in range(_TRIES):
            entries = await self._read_once(endpoint, fetch_page, parse, take)
            if entries is not None:
                return noted(entries, self._on_unread)
        raise BadPayload(
            endpoint,
            f"its pages do not fit together, {_TRIES} times over: the list changed each time, or"
            " Seerr leaves records out",
            path="$.results",
        )

    async def _read_once[T](
        self,
        endpoint: str,
        fetch_page: Callable[[str, int, int], Awaitable[bytes]],
        parse: ParsePage[T],
        take: int,
    ) -> Records[T] | None:
        """All entries; None where two pages disagree.

        Each page begins with the last record of the one before: that shows where one record was
        removed and one added between them, which leaves the total as it was.
        """
        page = parse(endpoint, await fetch_page(endpoint, 0, take))
        total, ids = page.total, [*page.ids]
        entries, unread = [*page.entries], [*page.entries.unread]
        while ids and len(ids) < total:
            page = parse(endpoint, await fetch_page(endpoint, len(ids) - 1, take), overlap=1)
            if page.total != total or page.ids[:1] != (ids[-1],) or len(page.ids) == 1:
                return None
            ids += page.ids[1:]
            entries += page.entries
            unread += page.entries.unread
        shown = [number for number in ids if number is not None]
        if len(ids) != total or len(set(shown)) != len(shown):
            return None
        if unread and len(unread) == total:
            raise BadPayload(endpoint, unread[0].message, path=unread[0].place)
        return Records(entries, unread)
