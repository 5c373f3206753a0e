"""The world's Jellyseerr."""

from typing import override

from episodarr.errors import Unauthorized
from episodarr.model.health import System
from episodarr.model.request import MediaRequest, MediaStatus, SeerrMedia
from episodarr.model.seerr_servers import SeerrSonarr
from tests.deletions.service.world.state import World
from tests.replacing import replace
from tests.systems.jellyseerr.in_memory import InMemorySeerr


class SeerrOfWorld(InMemorySeerr):
    """Lists the world's requests, and a record of each series that was requested."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @override
    async def fetch_requests(self) -> tuple[MediaRequest, ...]:
        self._world.answer(System.JELLYSEERR, "request")
        return tuple(self._world.requests.values())

    @override
    async def fetch_media(self) -> tuple[SeerrMedia, ...]:
        self._world.answer(System.JELLYSEERR, "media")
        records: dict[int, SeerrMedia] = {}
        for request in self._world.requests.values():
            if request.tvdb_id is None:
                continue
            nothing = SeerrMedia(
                media_id=request.tvdb_id,
                tmdb_id=None,
                tvdb_id=request.tvdb_id,
                status=MediaStatus.UNKNOWN,
                status_4k=MediaStatus.UNKNOWN,
            )
            known = records.get(request.tvdb_id, nothing)
            kind = "status_4k" if request.is_4k else "status"
            records[request.tvdb_id] = replace(known, **{kind: request.media_status})
        return tuple(records.values())

    @override
    async def fetch_sonarr_servers(self) -> tuple[SeerrSonarr, ...]:
        self._world.answer(System.JELLYSEERR, "sonarr_servers")
        if self._world.is_restricted:
            raise Unauthorized("sonarr_servers", "403")
        (server,) = self.servers
        is_stranger = System.JELLYSEERR in self._world.strangers
        return (replace(server, server_id=7),) if is_stranger else (server,)
