"""Jellyseerr as a witness."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from exporter.model.look import JellyseerrSeen
from exporter.model.request import MediaRequest
from exporter.verifier.systems.shared import identity_of


class SonarrServerLike(Protocol):
    """A Sonarr server of Seerr's settings."""

    @property
    def server_id(self) -> int:
        """Seerr's number."""

    @property
    def url(self) -> str:
        """Where it is."""


class JellyseerrSource(Protocol):
    """What is needed of Jellyseerr's client."""

    async def fetch_requests(self) -> tuple[MediaRequest, ...]:
        """All requests for television."""

    async def fetch_sonarr_servers(self) -> Sequence[SonarrServerLike]:
        """The Sonarr servers of its settings; only an administrator may ask."""


class JellyseerrTestifier:
    """Jellyseerr as a witness. It has no identity; its Sonarr servers stand in.

    They are shown to administrators only, so having them proves that no request is hidden.
    """

    def __init__(self, source: JellyseerrSource) -> None:
        self._source = source

    async def look(self, now: datetime) -> JellyseerrSeen:
        """All requests for television."""
        servers = await self._source.fetch_sonarr_servers()
        return JellyseerrSeen(
            at=now,
            method="GET /api/v1/request",
            server_id=identity_of(f"{server.server_id}:{server.url}" for server in servers),
            is_unrestricted=True,
            requests=await self._source.fetch_requests(),
        )
