"""Progress and hold of one download, per episode.

A carrier is a download that will bring an episode. A season pack is the carrier of each of its
episodes, each time with the progress of *that* episode's file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from episodarr.model.download import (
    HistoryRecord,
    QueueRow,
    QueueStatus,
    Torrent,
    TorrentFile,
    TorrentState,
    TrackedState,
    TrackedStatus,
)
from episodarr.model.ids import DownloadId, EpisodeNumber
from episodarr.model.stage import HOLD_ORDER, Hold, Stage
from episodarr.model.view import ReleaseView

STALL_AFTER = timedelta(minutes=5)
"""A download without a byte for this long is stalled; anything shorter flaps."""

_IMPORT_STATES = frozenset(
    {
        TrackedState.IMPORT_BLOCKED,
        TrackedState.IMPORT_PENDING,
        TrackedState.IMPORTING,
        TrackedState.IMPORTED,
    }
)
_PENDING_STATUSES = frozenset(
    {QueueStatus.DELAY, QueueStatus.FALLBACK, QueueStatus.CLIENT_UNAVAILABLE}
)
_STALLABLE_STATES = frozenset({TorrentState.STALLED, TorrentState.DOWNLOADING})


class Download(Struct, frozen=True, kw_only=True, gc=False):
    """Everything known of one download of one series, joined by download id."""

    download_id: DownloadId | None
    """None for a pending release."""
    rows: tuple[QueueRow, ...]
    torrent: Torrent | None = None
    files: tuple[TorrentFile, ...] | None = None
    """None: not read, or no torrent; never used for an empty torrent."""
    files_by_episode: Mapping[tuple[int, int], tuple[int, ...]] | None = None
    """Which file indexes hold which (season, episode); None until matched."""
    further: tuple[EpisodeNumber, ...] = ()
    """Episodes of the series that have no queue row and that its files hold beyond doubt."""
    last_progress_at: datetime | None = None
    is_client_unavailable: bool = False
    """Its client cannot be reached; the other fields are what was last known."""
    grab: HistoryRecord | None = None

    @property
    def known_torrent(self) -> Torrent | None:
        """The torrent, if its bytes are known; None where only Sonarr's figures are available."""
        torrent = self.torrent
        return torrent if torrent is not None and torrent.are_bytes_known else None

    @property
    def is_complete(self) -> bool:
        """All wanted bytes are here, as the client or else Sonarr reports."""
        if (torrent := self.known_torrent) is not None:
            return torrent.is_complete
        return any(row.status is QueueStatus.COMPLETED for row in self.rows)

    @property
    def progress_ratio(self) -> float:
        """Of the whole download, 0 to 1."""
        if (torrent := self.known_torrent) is not None:
            if torrent.size_bytes > 0:
                return _ratio(torrent.completed_bytes, torrent.size_bytes)
            return _clamped(torrent.progress_ratio)
        row = self.rows[0] if self.rows else None
        if row is None or row.size_bytes <= 0:
            return 0.0
        return _ratio(row.size_bytes - row.remaining_bytes, row.size_bytes)

    @property
    def has_bytes(self) -> bool:
        """At least one byte is here."""
        if (torrent := self.known_torrent) is not None:
            return torrent.completed_bytes > 0
        return any(row.remaining_bytes < row.size_bytes for row in self.rows)

    def eta_seconds(self, row: QueueRow, now: datetime) -> int | None:
        """The time until it is complete, known only while its client downloads."""
        if self.is_client_unavailable:
            return None
        if self.torrent is not None:
            is_downloading = self.torrent.state is TorrentState.DOWNLOADING
            return self.torrent.eta_seconds if is_downloading else None
        if row.status is not QueueStatus.DOWNLOADING:
            return None
        if row.completes_at is None or row.completes_at <= now:
            return None
        return int((row.completes_at - now).total_seconds())


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
    if _has_failed(row):
        return Failing(messages=row.messages)
    indexes = _files_of(download, episode)
    if indexes is not None and not any(_wanted(download, index) for index in indexes):
        return Skipped()
    stage = _stage(download, row)
    progress = _progress(download, indexes, stage)
    hold, changes_at = _hold(download, row, stage, progress, now)
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


def download_hold(download: Download, now: datetime) -> tuple[Hold | None, datetime | None]:
    """What a download as a whole waits for, and when it would count as stalled.

    The most pressing hold of its rows; none for a download that has failed.
    """
    holds: list[Hold] = []
    stalls: list[datetime] = []
    rows = {(row.status, row.tracked_state, row.tracked_status): row for row in download.rows}
    for row in rows.values():
        if row.tracked_state is TrackedState.IGNORED or _has_failed(row):
            continue
        # The files of a pack wait for each other, the download does not wait for itself.
        hold, stalls_at = _hold(download, row, _stage(download, row), 0.0, now)
        holds += [hold] if hold is not None else []
        stalls += [stalls_at] if stalls_at is not None else []
    return min(holds, key=HOLD_ORDER.__getitem__, default=None), min(stalls, default=None)


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
    """The carrier nearest to being available; ties by release and id, so order does not matter."""
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


def _has_failed(row: QueueRow) -> bool:
    return (
        row.tracked_state in {TrackedState.FAILED, TrackedState.FAILED_PENDING}
        or row.status is QueueStatus.FAILED
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


def _stage(download: Download, row: QueueRow) -> Stage:
    if row.tracked_state in _IMPORT_STATES or download.is_complete:
        return Stage.IMPORTING
    return Stage.DOWNLOADING if download.has_bytes else Stage.FOUND


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
        return _clamped(min(f.progress_ratio for f in files))
    return _clamped(sum(f.progress_ratio * f.size_bytes for f in files) / size)


def _hold(
    download: Download, row: QueueRow, stage: Stage, progress: float, now: datetime
) -> tuple[Hold | None, datetime | None]:
    """The first hold that applies, and when a stall would begin."""
    if stage is Stage.IMPORTING:
        return _import_hold(download, row), None
    holds: list[Hold] = []
    if row.status is QueueStatus.CLIENT_UNAVAILABLE or download.is_client_unavailable:
        holds.append(Hold.CLIENT_UNAVAILABLE)
    if row.status in _PENDING_STATUSES and row.status is not QueueStatus.CLIENT_UNAVAILABLE:
        holds.append(Hold.DELAY_PROFILE)
    holds.extend(_client_holds(download, row))
    if stage is Stage.DOWNLOADING and progress >= 1.0:
        holds.append(Hold.PACK_INCOMPLETE)
    stall, stalls_at = _stall(download, row, stage, now)
    if stall is not None:
        holds.append(stall)
    return min(holds, key=HOLD_ORDER.__getitem__, default=None), stalls_at


def _import_hold(download: Download, row: QueueRow) -> Hold | None:
    if row.tracked_state is TrackedState.IMPORT_BLOCKED:
        return Hold.IMPORT_BLOCKED
    if row.tracked_status in {TrackedStatus.WARNING, TrackedStatus.ERROR}:
        return Hold.IMPORT_WARNING
    if download.is_client_unavailable:
        return Hold.CLIENT_UNAVAILABLE
    return Hold.CLIENT_ERROR if _is_in_error(download) else None


def _is_in_error(download: Download) -> bool:
    return download.torrent is not None and download.torrent.state is TorrentState.ERROR


def _client_holds(download: Download, row: QueueRow) -> list[Hold]:
    torrent = download.torrent
    if torrent is None:
        return [Hold.PAUSED] if row.status is QueueStatus.PAUSED else []
    if torrent.state is TorrentState.ERROR:
        return [Hold.CLIENT_ERROR]
    if torrent.state is TorrentState.METADATA:
        return [Hold.METADATA]
    if torrent.state is TorrentState.CHECKING:
        return [Hold.CHECKING]
    if torrent.state is TorrentState.PAUSED:
        return [Hold.PAUSED]
    return []


def _stall(
    download: Download, row: QueueRow, stage: Stage, now: datetime
) -> tuple[Hold | None, datetime | None]:
    torrent = download.torrent
    if download.last_progress_at is None or download.is_complete or row.download_id is None:
        return None, None
    if torrent is not None and torrent.state not in _STALLABLE_STATES:
        return None, None
    if torrent is None and (
        stage is not Stage.DOWNLOADING
        or row.status not in {QueueStatus.DOWNLOADING, QueueStatus.WARNING}
    ):
        return None, None
    stalls_at = download.last_progress_at + STALL_AFTER
    if now < stalls_at:
        return None, stalls_at
    if torrent is not None and torrent.connected_seeds == 0 and not torrent.swarm_seeds:
        return Hold.NO_SEEDS, None
    return Hold.STALLED, None


def _entered(download: Download, row: QueueRow, stage: Stage) -> datetime | None:
    torrent = download.torrent
    grabbed_at = download.grab.at if download.grab is not None else row.added_at
    if stage is Stage.IMPORTING:
        return torrent.completed_at if torrent is not None else None
    if stage is Stage.DOWNLOADING and torrent is not None and torrent.added_at is not None:
        return torrent.added_at
    return grabbed_at


def _ratio(part: int, whole: int) -> float:
    return _clamped(part / whole)


def _clamped(ratio: float) -> float:
    return min(1.0, max(0.0, ratio))
