"""A Seerr client over records in memory, for tests of what follows from its answers."""

from dataclasses import dataclass

from episodarr.errors import UpstreamError
from episodarr.model.request import MediaRequest, SeerrMedia
from episodarr.model.seerr_servers import SeerrSonarr


@dataclass
class InMemorySeerr:
    """A Seerr with these requests and records, which knows one Sonarr."""

    requests: tuple[MediaRequest, ...] = ()
    media: tuple[SeerrMedia, ...] = ()
    servers: tuple[SeerrSonarr, ...] = (SeerrSonarr(server_id=0, url="http://sonarr", is_4k=False),)
    version_error: UpstreamError | None = None
    servers_error: UpstreamError | None = None

    async def fetch_version(self) -> str:
        if self.version_error is not None:
            raise self.version_error
        return "3.0.0"

    async def fetch_title(self, tmdb_id: int) -> str:
        return f"Show {tmdb_id}"

    async def fetch_requests(self) -> tuple[MediaRequest, ...]:
        return self.requests

    async def fetch_media(self) -> tuple[SeerrMedia, ...]:
        return self.media

    async def fetch_sonarr_servers(self) -> tuple[SeerrSonarr, ...]:
        if self.servers_error is not None:
            raise self.servers_error
        return self.servers

    async def aclose(self) -> None:
        """Nothing is open."""
