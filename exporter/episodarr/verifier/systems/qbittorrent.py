"""The download clients as one witness."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from episodarr.model.check import QbittorrentSeen, TorrentSeen
from episodarr.model.download import Torrent, TorrentsByHash
from episodarr.model.ids import InfoHash


class TorrentSource(Protocol):
    """The methods of a download client that verification uses."""

    async def fetch_torrents(self) -> Mapping[InfoHash, Torrent]:
        """All torrents by hash."""


_UNREAD = TorrentSeen(name="one that cannot be read", size_bytes=0)


class QbittorrentTestifier:
    """All download clients: a torrent is gone only if each of them answered without it."""

    def __init__(self, sources: Sequence[TorrentSource]) -> None:
        self._sources = tuple(sources)

    async def check(self, now: datetime) -> QbittorrentSeen:
        """All torrents of all clients, a hybrid under each of its hashes."""
        found: dict[InfoHash, TorrentSeen] = {}
        for source in self._sources:
            listed = await source.fetch_torrents()
            for torrent in listed.values():
                seen = TorrentSeen(name=torrent.name, size_bytes=torrent.size_bytes)
                for info_hash in (torrent.info_hash, *torrent.other_hashes):
                    found[info_hash] = seen
            for one in listed.unread if isinstance(listed, TorrentsByHash) else ():
                found.setdefault(InfoHash(str(one.key)), _UNREAD)
        return QbittorrentSeen(at=now, method="sync/maindata", torrent_by_hash=found)
