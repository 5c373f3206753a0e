"""Progress and hold of one download, per episode.

A season pack has one for each of its episodes, each with the progress of *that* episode's file.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from episodarr.model.download import HistoryRecord, QueueRow, TorrentFile, TrackedState
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import ReleaseView
from episodarr.stages.downloads.holds import hold_of
from episodarr.stages.downloads.record import Download, clamped, has_failed, stage_of


class EpisodeDownload(Struct, frozen=True, kw_only=True, gc=False):
    """The stage, progress and hold of one download for one episode."""

    stage: Stage
    """FOUND, DOWNLOADING or IMPORTING."""
    progress_ratio: float
    hold: Hold | None
    release: ReleaseView
    eta_seconds: int | None = None
    messages: tuple[str, ...] = ()
    entered_at: datetime | None = None
    """Since when it is in this state, by the upstreams' own times."""
    changes_at: datetime | None = None
    """When this may become something else without any new answer."""


class Failing(Struct, frozen=True, kw_only=True, gc=False):
    """A download that has failed and is about to leave the queue."""

    messages: tuple[str, ...] = ()


class Skipped(Struct, frozen=True, kw_only=True, gc=False):
    """A download whose file for this episode is deselected in the client: it will not bring it."""


def download_for_episode(
    download: Download, row: QueueRow, episode: tuple[int, int], now: datetime
) -> EpisodeDownload | Failing | Skipped | None:
    """The state of this download for this (season, episode); None if it brings nothing."""
    if row.tracked_state is TrackedState.IGNORED:
        return None
    if has_failed(row):
        return Failing(messages=row.messages)
    indexes = _files_of(download, episode)
    if indexes is not None and not any(_wanted(download, index) for index in indexes):
        return Skipped()
    stage = stage_of(download, row)
    progress = _progress(download, indexes, stage)
    hold, changes_at = hold_of(download, row, stage, progress, now)
    return EpisodeDownload(
        stage=stage,
        progress_ratio=progress,
        hold=hold,
        release=release_view(download, row),
        eta_seconds=download.eta_seconds(row, now) if stage is Stage.DOWNLOADING else None,
        messages=row.messages,
        entered_at=_entered(download, row, stage),
        changes_at=changes_at,
    )


def from_grab(grab: HistoryRecord, until: datetime) -> EpisodeDownload:
    """A grab that no queue row shows yet: found, and counted only until the given time."""
    return EpisodeDownload(
        stage=Stage.FOUND,
        progress_ratio=0.0,
        hold=None,
        release=ReleaseView(
            title=grab.source_title,
            quality=grab.quality,
            release_group=grab.release_group,
            indexer=grab.indexer,
            protocol=grab.protocol,
            client=grab.client,
            download_id=grab.download_id or "",
        ),
        entered_at=grab.at,
        changes_at=until,
    )


def furthest(episode_downloads: Sequence[EpisodeDownload]) -> EpisodeDownload | None:
    """The download nearest to being available; ties by release and id, so order does not matter."""
    if not episode_downloads:
        return None
    return max(
        episode_downloads,
        key=lambda c: (c.stage, c.progress_ratio, c.release.title, c.release.download_id),
    )


def release_view(download: Download, row: QueueRow) -> ReleaseView:
    """The release behind a queue row; fields that the row lacks come from the grab."""
    grab = download.grab
    return ReleaseView(
        title=(grab.source_title if grab is not None else "") or row.title,
        quality=row.quality or (grab.quality if grab is not None else ""),
        release_group=grab.release_group if grab is not None else "",
        indexer=row.indexer or (grab.indexer if grab is not None else ""),
        protocol=row.protocol,
        client=row.client or (grab.client if grab is not None else ""),
        download_id=row.download_id or "",
    )


def _files_of(download: Download, episode: tuple[int, int]) -> tuple[int, ...] | None:
    """File indexes that hold the episode; None if they cannot be determined."""
    if download.files is None:
        return None
    if download.files_by_episode is not None:
        indexes = download.files_by_episode.get(episode)
        if indexes:
            return indexes
    if len(download.files) == 1:
        return (download.files[0].index,)
    return None


def _file(download: Download, index: int) -> TorrentFile | None:
    files = download.files or ()
    # Nearly always listed by index; a pack of a thousand files is not searched for each of them.
    if index < len(files) and files[index].index == index:
        return files[index]
    return next((f for f in files if f.index == index), None)


def _wanted(download: Download, index: int) -> bool:
    file = _file(download, index)
    return file is None or file.is_wanted


def _progress(download: Download, indexes: tuple[int, ...] | None, stage: Stage) -> float:
    if stage is Stage.IMPORTING:
        return 1.0
    if stage is Stage.FOUND:
        return 0.0
    files = [f for i in indexes or () if (f := _file(download, i)) is not None and f.is_wanted]
    if not files or len(download.files or ()) == 1:
        # The list of a single file is read once; the torrent itself is read every cycle.
        return download.progress_ratio
    size = sum(f.size_bytes for f in files)
    if size <= 0:
        return clamped(min(f.progress_ratio for f in files))
    return clamped(sum(f.progress_ratio * f.size_bytes for f in files) / size)


def _entered(download: Download, row: QueueRow, stage: Stage) -> datetime | None:
    torrent = download.torrent
    grabbed_at = download.grab.at if download.grab is not None else row.added_at
    if stage is Stage.IMPORTING:
        return torrent.completed_at if torrent is not None else None
    if stage is Stage.DOWNLOADING and torrent is not None and torrent.added_at is not None:
        return torrent.added_at
    return grabbed_at
