"""Join queue rows, torrents and their files into one Download per download id.

Sonarr's queue has a row per episode; rows of one download share its id. Sonarr writes info hashes
in upper case and, for hybrid torrents, knows another hash than the client: torrents are found by
any of their hashes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.download import QueueRow, Torrent, TorrentState
from episodarr.model.ids import DownloadId, InfoHash


class ProgressMark(Struct, frozen=True, kw_only=True, gc=False):
    """When a download last got a byte, as far as is known."""

    bytes_here: int
    at: datetime


type TorrentIndex = Mapping[InfoHash, Torrent]


def index_torrents(torrents: Iterable[Torrent]) -> dict[InfoHash, Torrent]:
    """Torrents by each of their hashes; a torrent's own hash wins over another's alias."""
    by_hash: dict[InfoHash, Torrent] = {}
    ordered = sorted(torrents, key=lambda t: (t.info_hash, t.client))
    for torrent in ordered:
        for alias in torrent.other_hashes:
            by_hash.setdefault(alias, torrent)
    for torrent in ordered:
        by_hash[torrent.info_hash] = torrent
    return by_hash


def has_no_figures(torrent: Torrent, before: Torrent | None) -> bool:
    """Whether its client lists a torrent with figures that are not those of its bytes.

    That is so while it checks or reloads it; also where the torrent has lost its metadata, or, in
    an unknown state, has fewer bytes than before.
    """
    if torrent.state is TorrentState.CHECKING:
        return True
    if before is None or not before.has_metadata:
        return False
    is_vague = torrent.state is TorrentState.UNKNOWN
    return not torrent.has_metadata or (
        is_vague and torrent.completed_bytes < before.completed_bytes
    )


def with_last_figures(torrent: Torrent, before: Torrent | None) -> Torrent:
    """A torrent whose figures are not those of its bytes, with the last known ones instead.

    While qBittorrent checks it lists 0 bytes, or those that the check has passed so far. Where nothing
    was known before, its bytes are marked as not known.
    """
    if before is None or not before.has_metadata:
        return replace(torrent, are_bytes_known=False)
    kept = replace(
        torrent,
        size_bytes=before.size_bytes,
        completed_bytes=before.completed_bytes,
        remaining_bytes=before.remaining_bytes,
        progress_ratio=before.progress_ratio,
        received_bytes=max(before.received_bytes, torrent.received_bytes),
        has_metadata=True,
        completed_at=before.completed_at,
        last_activity_at=before.last_activity_at,
        has_deselected_files=before.has_deselected_files,
        are_bytes_known=before.are_bytes_known,
        eta_seconds=None,
    )
    return before if kept == before else kept


def group_rows(rows: Iterable[QueueRow]) -> dict[DownloadId, tuple[QueueRow, ...]]:
    """Rows of tracked downloads by download id, each group in the order of its row ids."""
    groups: dict[DownloadId, list[QueueRow]] = {}
    for row in rows:
        if row.download_id is not None:
            groups.setdefault(row.download_id, []).append(row)
    return {
        download_id: tuple(sorted(group, key=lambda r: (r.row_id, r.episode_id or 0)))
        for download_id, group in sorted(groups.items())
    }


def mark_progress(
    mark: ProgressMark | None, download: Sequence[QueueRow], torrent: Torrent | None, now: datetime
) -> ProgressMark:
    """The progress mark after one more reading.

    The first reading takes the client's own last activity, else the grab; a time ahead of ours is
    cut to now.
    """
    here = _bytes_here(download, torrent)
    if mark is not None:
        return mark if here <= mark.bytes_here else ProgressMark(bytes_here=here, at=now)
    at: datetime | None = None
    if torrent is not None:
        at = torrent.completed_at or torrent.last_activity_at or torrent.added_at
    if at is None and here == 0:
        at = next((row.added_at for row in download if row.added_at is not None), None)
    return ProgressMark(bytes_here=here, at=min(at, now) if at is not None else now)


def _bytes_here(rows: Sequence[QueueRow], torrent: Torrent | None) -> int:
    if torrent is not None and torrent.are_bytes_known:
        return torrent.completed_bytes
    return max((row.size_bytes - row.remaining_bytes for row in rows), default=0)
