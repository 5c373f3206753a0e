"""A Jellyfin client over records in memory, for tests of what follows from its answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import override

from episodarr.model.records import Records
from episodarr.systems.jellyfin.client import EpisodeList, JellyfinClient
from episodarr.systems.jellyfin.packed import NO_LIST, EpisodesBySeries, packed
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinSeries,
    JellyfinServer,
)


class InMemoryJellyfin(JellyfinClient):
    """A Jellyfin with these records; libraries and scans are a subclass's own."""

    def __init__(self) -> None:
        """Without a connection."""

    def listed_series(self) -> Iterable[JellyfinSeries]:
        """All series items."""
        return ()

    def listed_episodes(self) -> Iterable[JellyfinEpisode]:
        """All episode items."""
        return ()

    @override
    async def fetch_identity(self) -> JellyfinServer:
        return JellyfinServer(server_id="j", version="10.11")

    @override
    async def fetch_all_series(self) -> Records[JellyfinSeries]:
        return Records(tuple(self.listed_series()))

    @override
    async def fetch_episodes(
        self, saved_since: datetime | None = None, known: EpisodesBySeries = NO_LIST
    ) -> EpisodeList:
        return episode_list(self.listed_episodes(), asked_at=None)

    @override
    async def count_episodes(self) -> int:
        return len(tuple(self.listed_episodes()))

    @override
    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        episodes = tuple(self.listed_episodes())
        kinds = {e.season_id: "Season" for e in episodes if e.season_id is not None}
        kinds |= {s.item_id: "Series" for s in self.listed_series()}
        kinds |= {e.item_id: "Episode" for e in episodes}
        return {
            i: JellyfinItem(item_id=i, kind=kinds[i], name="", is_file=True, paths=())
            for i in item_ids
            if i in kinds
        }


def episode_list(episodes: Iterable[JellyfinEpisode], *, asked_at: datetime | None) -> EpisodeList:
    """These episodes as the client gives them; `asked_at` by Jellyfin's clock."""
    by_series: dict[JellyfinId | None, list[JellyfinEpisode]] = {}
    for episode in episodes:
        by_series.setdefault(episode.series_id, []).append(episode)
    return EpisodeList(
        by_series={series_id: packed(some) for series_id, some in by_series.items()},
        others=frozenset(),
        asked_at=asked_at,
    )
