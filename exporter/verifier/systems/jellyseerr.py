"""Jellyseerr as a witness."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from exporter.join.requests import name_servers
from exporter.model.ids import SonarrName
from exporter.model.look import JellyseerrSeen
from exporter.model.records import has_nameless, unread_keys
from exporter.model.request import MediaRequest
from exporter.model.testimony import SeerrSonarr
from exporter.verifier.systems.shared import identity_of

_NO_URLS: Mapping[SonarrName, str] = MappingProxyType({})


class JellyseerrSource(Protocol):
    """What is needed of Jellyseerr's client."""

    async def fetch_requests(self) -> tuple[MediaRequest, ...]:
        """All requests for television."""

    async def fetch_sonarr_servers(self) -> Sequence[SeerrSonarr]:
        """The Sonarr servers of its settings; only an administrator may ask."""


class JellyseerrTestifier:
    """Jellyseerr as a witness. It has no identity; its Sonarr servers stand in.

    They are shown to administrators only, so having them proves that no request is hidden.
    """

    def __init__(
        self, source: JellyseerrSource, url_by_sonarr: Mapping[SonarrName, str] = _NO_URLS
    ) -> None:
        """`url_by_sonarr` tells which of Seerr's servers is which Sonarr of ours."""
        self._source = source
        self._url_by_sonarr = url_by_sonarr

    async def look(self, now: datetime) -> JellyseerrSeen:
        """All requests for television."""
        servers = await self._source.fetch_sonarr_servers()
        requests = await self._source.fetch_requests()
        return JellyseerrSeen(
            at=now,
            method="GET /api/v1/request",
            server_id=identity_of(f"{server.server_id}:{server.url}" for server in servers),
            is_unrestricted=True,
            requests=requests,
            unread_ids=unread_keys(requests),
            is_whole=not has_nameless(requests),
            sonarr_by_server_id=name_servers(servers, self._url_by_sonarr),
        )
