"""Jellyseerr as a witness."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from episodarr.errors import UpstreamError
from episodarr.model.check import JellyseerrSeen
from episodarr.model.ids import SonarrName
from episodarr.model.library import Series
from episodarr.model.records import has_nameless, unread_keys
from episodarr.model.request import MediaRequest, SeerrMedia
from episodarr.model.seerr_servers import SeerrSonarr
from episodarr.stages.requests import told_servers

_NO_URLS: Mapping[SonarrName, str] = MappingProxyType({})


class JellyseerrSource(Protocol):
    """The methods of Jellyseerr's client that verification uses."""

    async def fetch_requests(self) -> tuple[MediaRequest, ...]:
        """All requests for television."""

    async def fetch_media(self) -> tuple[SeerrMedia, ...]:
        """All records of series, requested or not."""

    async def fetch_sonarr_servers(self) -> Sequence[SeerrSonarr]:
        """The Sonarr servers in its settings; needs an administrator's key."""


class JellyseerrTestifier:
    """Jellyseerr as a witness. It has no identity; the ids of its Sonarr servers replace one.

    Their addresses are not used: people edit them. Only administrators can read settings, so
    reading them proves that no request is hidden.
    """

    def __init__(
        self,
        source: JellyseerrSource,
        url_by_sonarr: Mapping[SonarrName, str] = _NO_URLS,
        library: Callable[[], Iterable[Series]] = tuple,
    ) -> None:
        """Addresses and `library`, Sonarr's series, match Seerr's Sonarr servers to ours."""
        self._source = source
        self._url_by_sonarr = url_by_sonarr
        self._library = library

    async def check(self, now: datetime) -> JellyseerrSeen:
        """All requests for television, and all records of series.

        Raises:
            UpstreamError: a list could not be read; the settings may be missing without an error.
        """
        servers = await self._servers()
        requests = await self._source.fetch_requests()
        media = await self._source.fetch_media()
        return JellyseerrSeen(
            at=now,
            method="GET /api/v1/request and /media",
            server_id="+".join(sorted(f"sonarr-{server.server_id}" for server in servers or ())),
            is_unrestricted=servers is not None,
            requests=requests,
            media=media,
            unread_ids=unread_keys(requests),
            unread_media_ids=unread_keys(media),
            is_whole=not (has_nameless(requests) or has_nameless(media)),
            servers=told_servers(servers or (), self._url_by_sonarr, requests, self._library()),
        )

    async def listed(self, now: datetime) -> JellyseerrSeen:
        """The same, for inventories.

        Raises:
            UpstreamError: a list could not be read.
        """
        return await self.check(now)

    async def _servers(self) -> Sequence[SeerrSonarr] | None:
        """Seerr's Sonarr servers; None if they cannot be read, which leaves the lists usable."""
        try:
            return await self._source.fetch_sonarr_servers()
        except UpstreamError:
            return None
