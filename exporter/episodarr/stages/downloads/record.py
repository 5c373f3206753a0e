"""One download of one series, as Sonarr and its client report it."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from episodarr.model.download import (
    HistoryRecord,
    QueueRow,
    QueueStatus,
    Torrent,
    TorrentFile,
    TorrentState,
    TrackedState,
)
from episodarr.model.ids import DownloadId, EpisodeNumber
from episodarr.model.stage import Stage

_IMPORT_STATES = frozenset(
    {
        TrackedState.IMPORT_BLOCKED,
        TrackedState.IMPORT_PENDING,
        TrackedState.IMPORTING,
        TrackedState.IMPORTED,
    }
)


class Download(Struct, frozen=True, kw_only=True, gc=False):
    """One download of one series: queue rows, torrent, files and grab of one download id."""

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
        """Progress of the whole download, 0 to 1."""
        if (torrent := self.known_torrent) is not None:
            if torrent.size_bytes > 0:
                return _ratio(torrent.completed_bytes, torrent.size_bytes)
            return clamped(torrent.progress_ratio)
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
        """Seconds until it is complete; None unless its client downloads it now."""
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


def has_failed(row: QueueRow) -> bool:
    """Whether Sonarr counts the download of this row as failed, or is about to."""
    return (
        row.tracked_state in {TrackedState.FAILED, TrackedState.FAILED_PENDING}
        or row.status is QueueStatus.FAILED
    )


def stage_of(download: Download, row: QueueRow) -> Stage:
    """FOUND without a byte, DOWNLOADING, or IMPORTING once all wanted bytes are here."""
    if row.tracked_state in _IMPORT_STATES or download.is_complete:
        return Stage.IMPORTING
    return Stage.DOWNLOADING if download.has_bytes else Stage.FOUND


def _ratio(part: int, whole: int) -> float:
    return clamped(part / whole)


def clamped(ratio: float) -> float:
    """The ratio cut to 0 to 1."""
    return min(1.0, max(0.0, ratio))
