"""The view of one download, for metrics, pages and the API."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from episodarr.model.download import QueueRow, QueueStatus, TorrentState, TrackedState
from episodarr.model.ids import SonarrName, episode_code
from episodarr.model.library import Episode, Series
from episodarr.model.view import DownloadView
from episodarr.stages.downloads.holds import STALL_AFTER, download_hold
from episodarr.stages.downloads.record import Download


def download_view(
    sonarr: SonarrName,
    download: Download,
    series: Series | None,
    episode_by_id: Mapping[int, Episode],
    now: datetime,
) -> DownloadView | None:
    """The view of a download; None for a pending release, which is in no client."""
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
    """Whether an episode without a file waits for it; True until the episodes were read."""
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
