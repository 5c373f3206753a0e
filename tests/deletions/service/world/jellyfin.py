"""The world's Jellyfin."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import override

from episodarr.errors import Unauthorized
from episodarr.model.health import System
from episodarr.model.records import Records
from episodarr.systems.jellyfin.client import EpisodeList
from episodarr.systems.jellyfin.packed import NO_LIST, EpisodesBySeries
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSeries,
    JellyfinServer,
    ProviderIds,
)
from tests.deletions.service.world.state import Entry, World
from tests.systems.jellyfin.in_memory import InMemoryJellyfin, episode_list


class JellyfinOfWorld(InMemoryJellyfin):
    """Lists the world's entries, and when it saved each."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._saved: dict[str, tuple[Entry, datetime]] = {}

    @override
    def listed_series(self) -> Iterable[JellyfinSeries]:
        return (
            JellyfinSeries(
                item_id=JellyfinId(item_id),
                name=show.title,
                path=show.folder,
                provider_ids=ProviderIds(tvdb=show.tvdb_id),
            )
            for item_id, show in self._world.shells.items()
        )

    @override
    def listed_episodes(self) -> Iterable[JellyfinEpisode]:
        return (_episode(item_id, entry) for item_id, entry in self._world.jellyfin.items())

    @override
    async def fetch_identity(self) -> JellyfinServer:
        self._world.answer(System.JELLYFIN, "identity")
        name = "another" if System.JELLYFIN in self._world.strangers else "jellyfin"
        return JellyfinServer(server_id=name, version="10.11")

    @override
    async def fetch_all_series(self) -> Records[JellyfinSeries]:
        self._world.answer(System.JELLYFIN, "series")
        return await super().fetch_all_series()

    @override
    async def fetch_episodes(
        self, saved_since: datetime | None = None, known: EpisodesBySeries = NO_LIST
    ) -> EpisodeList:
        self._world.answer(System.JELLYFIN, "episodes")
        now = self._world.clock()
        saved: dict[str, tuple[Entry, datetime]] = {}
        for item_id, entry in self._world.jellyfin.items():
            stored = self._saved.get(item_id)
            saved[item_id] = stored if stored is not None and stored[0] == entry else (entry, now)
        self._saved = saved
        return episode_list(
            (
                _episode(item_id, entry)
                for item_id, (entry, at) in saved.items()
                if saved_since is None or at >= saved_since
            ),
            asked_at=now,
        )

    @override
    async def count_episodes(self) -> int:
        self._world.answer(System.JELLYFIN, "count")
        return len(self._world.jellyfin)

    @override
    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        self._world.answer(System.JELLYFIN, "items")
        return await super().fetch_items(item_ids)

    @override
    async def fetch_libraries(self) -> tuple[JellyfinLibrary, ...]:
        self._world.answer(System.JELLYFIN, "libraries")
        if self._world.is_restricted:
            raise Unauthorized("libraries", "403")
        return tuple(
            JellyfinLibrary(library_id=JellyfinId(folder), name=folder, locations=(folder,))
            for folder in self._world.root_folders
        )

    @override
    async def report_media_updated(self, paths: Sequence[str]) -> None:
        await self._world.rescan(System.JELLYFIN, paths)


def _episode(item_id: str, entry: Entry) -> JellyfinEpisode:
    season, episode = entry.number
    return JellyfinEpisode(
        item_id=JellyfinId(item_id),
        series_id=JellyfinId(f"series-{entry.tvdb_id}"),
        season_id=JellyfinId(f"season-{entry.tvdb_id}-{season}"),
        paths=(entry.path,),
        season=season,
        episodes=(episode,),
        provider_ids=ProviderIds(),
    )
