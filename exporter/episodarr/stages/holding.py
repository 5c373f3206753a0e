"""Keep what Sonarr's queue loses while its download client cannot be reached.

Sonarr drops a client's rows when that client stops answering, so an empty queue is then not
"nothing is downloading" (apis/sonarr.md section 4). Such rows are held for at most an hour.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.model.download import HistoryRecord, QueueRow, QueueStatus, Torrent
from episodarr.model.ids import DownloadId

HOLD_FOR = timedelta(hours=1)
SETTLE_FOR = timedelta(minutes=3)
"""After a client is back, Sonarr needs its own minute to fill the queue again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRows:
    """Rows of one download that Sonarr lost, while nothing shows that the download has ended."""

    rows: tuple[QueueRow, ...]
    since: datetime
    unavailable_at: datetime
    """When its client was last known to be unreachable."""


type RowsByDownload = Mapping[DownloadId, tuple[QueueRow, ...]]


def vanished(before: RowsByDownload, now_there: RowsByDownload) -> frozenset[DownloadId]:
    """Ids of downloads that are no longer in the queue."""
    return frozenset(before.keys() - now_there.keys())


def rows_of_grabs(
    grabs: Iterable[HistoryRecord], torrent_of: Callable[[DownloadId], Torrent | None]
) -> dict[DownloadId, tuple[QueueRow, ...]]:
    """Rows for grabs whose torrent a client has, as Sonarr had them before it started again.

    Figures of bytes that the rows lack come from the torrent.
    """
    found: dict[DownloadId, list[QueueRow]] = {}
    for grab in sorted(grabs, key=lambda g: (g.record_id, g.episode_id)):
        torrent = torrent_of(grab.download_id) if grab.download_id is not None else None
        if torrent is None or not torrent.are_bytes_known:
            continue
        # Sonarr's queue knows a hybrid by the hash that its client shows first.
        download_id = DownloadId(torrent.info_hash)
        row = QueueRow(
            row_id=0,
            series_id=grab.series_id,
            episode_id=grab.episode_id,
            season=None,
            download_id=download_id,
            title=grab.source_title,
            status=QueueStatus.DOWNLOADING,
            tracked_state=None,
            tracked_status=None,
            size_bytes=0,
            remaining_bytes=0,
            protocol=grab.protocol,
            client=grab.client,
            indexer=grab.indexer,
            quality=grab.quality,
            added_at=grab.at,
        )
        found.setdefault(download_id, []).append(row)
    return {download_id: tuple(rows) for download_id, rows in found.items()}


def hold_rows(
    held: Mapping[DownloadId, HeldRows],
    before: RowsByDownload,
    now_there: RowsByDownload,
    *,
    ended: Collection[DownloadId],
    is_client_unavailable: Callable[[tuple[QueueRow, ...]], bool],
    now: datetime,
) -> dict[DownloadId, HeldRows]:
    """The held rows after one more good reading of the queue.

    `before` are the rows of the reading before; `ended` are downloads that ended in history.
    """
    kept: dict[DownloadId, HeldRows] = {}
    for download_id, entry in held.items():
        if download_id in now_there or download_id in ended or now - entry.since >= HOLD_FOR:
            continue
        if is_client_unavailable(entry.rows):
            kept[download_id] = HeldRows(rows=entry.rows, since=entry.since, unavailable_at=now)
        elif now - entry.unavailable_at < SETTLE_FOR:
            kept[download_id] = entry
    for download_id in sorted(vanished(before, now_there)):
        if download_id in ended or download_id in held:
            continue
        rows = before[download_id]
        if is_client_unavailable(rows):
            kept[download_id] = HeldRows(rows=rows, since=now, unavailable_at=now)
    return kept
