"""The torrents of all download clients, as evidence of deletions: shared lists, or new ones."""

from collections.abc import Callable, Sequence
from datetime import datetime

from episodarr.model.check import QbittorrentSeen, TorrentSeen
from episodarr.model.download import TorrentsByHash
from episodarr.model.ids import InfoHash
from episodarr.systems.doubt import Doubt
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.qbittorrent.state import ClientState

_LISTS_NONE = "lists no torrent any more; is this still the same client?"
_UNREAD = TorrentSeen(name="one that cannot be read", size_bytes=0)


class QbittorrentEvidence:
    """All download clients: a torrent is gone only if each of them answered without it."""

    def __init__(
        self,
        states: Sequence[ClientState],
        freshness: AnswerFreshness,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._freshness = freshness
        self._clients = tuple(
            (state, Doubt("maindata", f"{state.name} {_LISTS_NONE}", clock=clock))
            for state in states
        )

    async def check(self, now: datetime) -> QbittorrentSeen:
        """All torrents of all clients, a hybrid under each of its hashes.

        Raises:
            UpstreamError: a client gave no good answer, so there is none of all.
        """
        at, found = now, dict[InfoHash, TorrentSeen]()
        for state, doubt in self._clients:
            began_at, listed = await self._list(state, now)
            # Another client at the address, or one that still loads, proves nothing of those there.
            known = state.departed.keys() | (state.torrents.last or {}).keys()
            doubt.check(had=len(known), has=len(listed))
            at = min(at, began_at)
            for torrent in listed.values():
                seen = TorrentSeen(name=torrent.name, size_bytes=torrent.size_bytes)
                found |= dict.fromkeys((torrent.info_hash, *torrent.other_hashes), seen)
            for one in listed.unread:
                found.setdefault(InfoHash(str(one.key)), _UNREAD)
        return QbittorrentSeen(at=at, method="sync/maindata", torrent_by_hash=found)

    async def _list(self, state: ClientState, now: datetime) -> tuple[datetime, TorrentsByHash]:
        """The torrents of one client, and when their request began at the latest."""
        known = state.torrents.fresh
        began_at = self._freshness.began_at(known, now)
        if known is not None and began_at is not None:
            return began_at, known.value
        with state.health.noting("verification"):
            return now, await state.source.fetch_torrents()
