"""All download clients together, at the time of one join."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from episodarr.model.download import HistoryRecord, QueueRow, Torrent
from episodarr.model.ids import DownloadId, InfoHash
from episodarr.model.memo import Memo
from episodarr.stages.downloads.joining import index_torrents
from episodarr.systems.qbittorrent.state import ClientState, FileList

type TorrentIndex = Memo[Mapping[InfoHash, Torrent]]
"""The torrents of all clients by every hash, made again only where one of them changed."""


class ClientView:
    """The torrents, files and failures of all download clients at one time."""

    def __init__(
        self,
        clients: Sequence[ClientState],
        *,
        keep: timedelta,
        now: datetime,
        index: TorrentIndex,
    ) -> None:
        """Create the view; `index` is that of the view before, used again while it holds."""
        self._clients = clients
        maps = [c.torrents.value(now, keep) for c in clients]
        listed = (t for torrents in maps if torrents is not None for t in torrents.values())
        self._torrents = index.of(maps, lambda: index_torrents(listed))
        self._lists = {c.name: c.file_lists for c in clients}

    def known(self) -> Iterator[object]:
        """Inputs for a `Memo`: other objects whenever an answer of this view may differ."""
        for client in self._clients:
            yield client.torrents.is_failing
            yield client.lists_version
        yield self._torrents

    def torrent(self, download_id: DownloadId) -> Torrent | None:
        """The torrent behind a download id, by any of its hashes."""
        return self._torrents.get(InfoHash(download_id))

    def file_list(self, torrent: Torrent) -> FileList | None:
        """The files of a torrent, if they were read."""
        return self._lists.get(torrent.client, {}).get(torrent.info_hash)

    def is_down(self, rows: Sequence[QueueRow]) -> bool:
        """Whether the client that has this download failed its last read."""
        return is_client_down(self._clients, rows)

    @property
    def has_answered(self) -> bool:
        """Whether every client gave a good answer in its last read."""
        return all(c.torrents.fresh is not None for c in self._clients)

    def is_removed(self, rows: Sequence[QueueRow]) -> bool:
        """The client that had this download answers, and has it no more."""
        return any(
            InfoHash(row.download_id) in client.departed and not client.torrents.is_failing
            for row in rows[:1]
            if row.download_id is not None and self.torrent(row.download_id) is None
            for client in self._clients
        )

    def is_out_of_reach(self, grab: HistoryRecord) -> bool:
        """Whether the progress of this release is unknown, because its client fails."""
        torrent = self.torrent(grab.download_id) if grab.download_id is not None else None
        if torrent is not None:
            is_failing = any(
                c.torrents.is_failing for c in self._clients if c.name == torrent.client
            )
            return is_failing or not torrent.are_bytes_known
        hashes = () if grab.download_id is None else (InfoHash(grab.download_id),)
        return _is_down(self._clients, hashes, is_torrent=grab.protocol == "torrent")


def is_client_down(clients: Sequence[ClientState], rows: Sequence[QueueRow]) -> bool:
    """Whether the client that holds these rows' download failed its last read.

    A download that no client ever showed counts for the only client there is, if it is a torrent.
    """
    hashes = {InfoHash(row.download_id) for row in rows if row.download_id is not None}
    return _is_down(clients, hashes, is_torrent=any(row.protocol == "torrent" for row in rows))


def _is_down(
    clients: Sequence[ClientState], hashes: Collection[InfoHash], *, is_torrent: bool
) -> bool:
    for client in clients:
        if any(h in (client.torrents.last or {}) for h in hashes):
            return client.torrents.is_failing
    return len(clients) == 1 and is_torrent and clients[0].torrents.is_failing
