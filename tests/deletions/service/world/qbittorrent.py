"""The world's download client."""

from typing import override

from episodarr.model.download import TorrentsByHash
from episodarr.model.health import System
from tests.deletions.service.world.state import World
from tests.stages.test_episode_download import a_torrent
from tests.systems.qbittorrent.test_evidence import Client


class QbittorrentOfWorld(Client):
    """Lists the world's torrents."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @override
    async def fetch_torrents(self) -> TorrentsByHash:
        self._world.answer(System.QBITTORRENT, "maindata")
        self.torrents = {
            info_hash: a_torrent(info_hash=info_hash, name=f"torrent of {tvdb_id}")
            for info_hash, tvdb_id in self._world.torrents.items()
        }
        return await super().fetch_torrents()
