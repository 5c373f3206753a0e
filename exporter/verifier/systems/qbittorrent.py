"""The download clients as one witness."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from exporter.model.download import Torrent
from exporter.model.ids import InfoHash
from exporter.model.look import QbittorrentSeen, TorrentSeen


class TorrentSource(Protocol):
    """What is needed of a download client."""

    async def fetch_torrents(self) -> Mapping[InfoHash, Torrent]:
        """All torrents by hash."""


class QbittorrentTestifier:
    """All download clients: a torrent is gone only if each of them answered without it."""

    def __init__(self, sources: Sequence[TorrentSource]) -> None:
        self._sources = tuple(sources)

    async def look(self, now: datetime) -> QbittorrentSeen:
        """All torrents of all clients, a hybrid under each of its hashes."""
        found: dict[InfoHash, TorrentSeen] = {}
        for source in self._sources:
            for torrent in (await source.fetch_torrents()).values():
                seen = TorrentSeen(name=torrent.name, size_bytes=torrent.size_bytes)
                for info_hash in (torrent.info_hash, *torrent.other_hashes):
                    found[info_hash] = seen
        return QbittorrentSeen(at=now, method="sync/maindata", torrent_by_hash=found)
