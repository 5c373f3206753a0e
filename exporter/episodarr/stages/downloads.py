"""Join queue rows, torrents and their files into one Download per download id, and its view.

Sonarr's queue has a row per episode; rows of one download share its id. Sonarr writes info hashes
in upper case and, for hybrid torrents, knows another hash than the client: torrents are found by
any of their hashes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.download import (
    HistoryRecord,
    QueueRow,
    QueueStatus,
    Torrent,
    TorrentFile,
    TorrentState,
    TrackedState,
)
from episodarr.model.ids import DownloadId, EpisodeNumber, InfoHash, SonarrName, episode_code
from episodarr.model.library import Episode, Series
from episodarr.model.view import DownloadView
from episodarr.stages.episode_download import STALL_AFTER, Download, download_hold


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


def says_nothing_of_bytes(torrent: Torrent, before: Torrent | None) -> bool:
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


def assemble(
    download_id: DownloadId,
    rows: tuple[QueueRow, ...],
    *,
    torrent: Torrent | None,
    files: tuple[TorrentFile, ...] | None,
    files_by_episode: Mapping[tuple[int, int], tuple[int, ...]] | None,
    further: tuple[EpisodeNumber, ...] = (),
    mark: ProgressMark | None,
    grab: HistoryRecord | None,
    is_client_unavailable: bool,
) -> Download:
    """One Download; parts that could not be read are None."""
    return Download(
        download_id=download_id,
        rows=rows,
        torrent=torrent,
        files=files,
        files_by_episode=files_by_episode,
        further=further,
        last_progress_at=mark.at if mark is not None else None,
        is_client_unavailable=is_client_unavailable,
        grab=grab,
    )


def download_view(
    sonarr: SonarrName,
    download: Download,
    series: Series | None,
    episode_by_id: Mapping[int, Episode],
    now: datetime,
) -> DownloadView | None:
    """What is shown of a download; None for a pending release, which is in no client."""
    if download.download_id is None:
        return None
    first = download.rows[0]
    torrent = download.torrent
    episodes = [
        episode
        for row in download.rows
        if row.episode_id is not None and (episode := episode_by_id.get(row.episode_id)) is not None
    ]
    by_number = {(e.season, e.episode): e for e in episode_by_id.values()}
    episodes += [by_number[number] for number in download.further if number in by_number]
    numbers = {(e.season, e.episode) for e in episodes}
    seasons = {season for season, _ in numbers} | {
        r.season for r in download.rows if r.season is not None
    }
    messages = dict.fromkeys(m for row in download.rows for m in row.messages)
    return DownloadView(
        sonarr=sonarr,
        download_id=download.download_id,
        tvdb_id=series.key.tvdb_id if series is not None else None,
        series=series.title if series is not None else "",
        seasons=tuple(sorted(seasons)),
        release=(download.grab.source_title if download.grab is not None else "") or first.title,
        client=first.client or (torrent.client if torrent is not None else ""),
        state=state_word(download, now),
        size_bytes=_size(download),
        remaining_bytes=_remaining(download),
        connected_seeds=torrent.connected_seeds if torrent is not None else None,
        eta_seconds=download.eta_seconds(first, now),
        received_bytes=torrent.received_bytes if torrent is not None else None,
        added_at=(torrent.added_at if torrent is not None else None) or first.added_at,
        last_progress_at=download.last_progress_at,
        episode_codes=tuple(sorted({episode_code(*number) for number in numbers})),
        messages=tuple(messages),
        hold=download_hold(download, now)[0],
        is_awaited=_is_awaited(download, series, episode_by_id, episodes),
    )


def _is_awaited(
    download: Download,
    series: Series | None,
    episode_by_id: Mapping[int, Episode],
    episodes: Iterable[Episode],
) -> bool:
    """Whether an episode without a file waits for it; assumed while episodes were not read."""
    if series is not None and not episode_by_id:
        return any(row.episode_id is not None for row in download.rows)
    return any(episode.file_id is None for episode in episodes)


def download_changes_at(download: Download, now: datetime) -> datetime | None:
    """When the view of a download changes by time alone; None if it cannot."""
    torrent = download.torrent
    if torrent is None:
        completes_at = download.rows[0].completes_at
        if completes_at is not None and completes_at > now:
            return now
    if (
        torrent is not None
        and torrent.state is TorrentState.STALLED
        and download.last_progress_at is not None
        and download.last_progress_at + STALL_AFTER > now
    ):
        return download.last_progress_at + STALL_AFTER
    return download_hold(download, now)[1]


def state_word(download: Download, now: datetime) -> str:
    """A value of the metric's download states; `stalled` only after five minutes without a byte."""
    torrent = download.torrent
    if torrent is None:
        return _row_state(download.rows[0], download)
    if torrent.state is TorrentState.MOVING:
        return "complete" if torrent.is_complete else "downloading"
    if torrent.state is TorrentState.STALLED:
        since = download.last_progress_at
        return "stalled" if since is None or now >= since + STALL_AFTER else "downloading"
    return torrent.state.value


_ROW_STATES = {
    QueueStatus.QUEUED: "queued",
    QueueStatus.PAUSED: "paused",
    QueueStatus.DOWNLOADING: "downloading",
    QueueStatus.COMPLETED: "complete",
    QueueStatus.FAILED: "error",
    QueueStatus.WARNING: "downloading",
}


def _row_state(row: QueueRow, download: Download) -> str:
    if row.tracked_state in {TrackedState.FAILED, TrackedState.FAILED_PENDING}:
        return "error"
    if download.is_complete:
        return "complete"
    return _ROW_STATES.get(row.status, "unknown")


def _size(download: Download) -> int | None:
    torrent = download.known_torrent
    if torrent is not None:
        return torrent.size_bytes if torrent.has_metadata else None
    size = download.rows[0].size_bytes
    return size if size > 0 else None


def _remaining(download: Download) -> int | None:
    torrent = download.known_torrent
    if torrent is not None:
        return torrent.remaining_bytes if torrent.has_metadata else None
    row = download.rows[0]
    return row.remaining_bytes if row.size_bytes > 0 else None
