"""Downloads: Sonarr's queue rows, commands and history, and the client's torrents and files."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from episodarr.model.ids import (
    DownloadId,
    EpisodeFileId,
    InfoHash,
    SonarrEpisodeId,
    SonarrSeriesId,
)
from episodarr.model.records import Unread

_NONE: Mapping[InfoHash, "Torrent"] = MappingProxyType({})


class QueueStatus(StrEnum):
    """`status` of a row of Sonarr's queue (v4.0.19 QueueStatus); UNKNOWN for any other value."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    PAUSED = "paused"
    DOWNLOADING = "downloading"
    COMPLETED = "completed"
    FAILED = "failed"
    WARNING = "warning"
    DELAY = "delay"
    CLIENT_UNAVAILABLE = "downloadClientUnavailable"
    FALLBACK = "fallback"


class TrackedState(StrEnum):
    """`trackedDownloadState` (v4.0.19 TrackedDownloadState)."""

    UNKNOWN = "unknown"
    DOWNLOADING = "downloading"
    IMPORT_BLOCKED = "importBlocked"
    IMPORT_PENDING = "importPending"
    IMPORTING = "importing"
    IMPORTED = "imported"
    FAILED_PENDING = "failedPending"
    FAILED = "failed"
    IGNORED = "ignored"


class TrackedStatus(StrEnum):
    """`trackedDownloadStatus`."""

    UNKNOWN = "unknown"
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class QueueRow(Struct, frozen=True, kw_only=True, gc=False):
    """One row of Sonarr's queue: one episode of one tracked or pending release.

    Sizes are the whole download's, repeated on each of its rows.
    """

    row_id: int
    series_id: SonarrSeriesId | None
    episode_id: SonarrEpisodeId | None
    season: int | None
    download_id: DownloadId | None
    """None: a pending release that no client has yet."""
    title: str
    status: QueueStatus
    tracked_state: TrackedState | None
    tracked_status: TrackedStatus | None
    size_bytes: int
    remaining_bytes: int
    messages: tuple[str, ...] = ()
    """Sonarr's free text: for the page and the API, never a label."""
    protocol: str = "unknown"
    client: str = ""
    indexer: str = ""
    quality: str = ""
    added_at: datetime | None = None
    completes_at: datetime | None = None


class SearchCommand(Struct, frozen=True, kw_only=True, gc=False):
    """A search that is queued or running in Sonarr, and what it covers.

    `episode_ids` when it names episodes; else a series and perhaps a season; else everything missing.
    """

    command_id: int
    episode_ids: frozenset[SonarrEpisodeId] = frozenset()
    series_id: SonarrSeriesId | None = None
    season: int | None = None
    covers_library: bool = False
    queued_at: datetime | None = None


class HistoryEvent(StrEnum):
    """`eventType` of Sonarr's history (v4.0.19 EpisodeHistoryEventType)."""

    UNKNOWN = "unknown"
    GRABBED = "grabbed"
    FOLDER_IMPORTED = "seriesFolderImported"
    IMPORTED = "downloadFolderImported"
    FAILED = "downloadFailed"
    FILE_DELETED = "episodeFileDeleted"
    FILE_RENAMED = "episodeFileRenamed"
    IGNORED = "downloadIgnored"


class DeleteReason(StrEnum):
    """Why Sonarr dropped a file (Sonarr 4.0.19 DeleteMediaFileReason)."""

    MANUAL = "manual"
    MISSING_FROM_DISK = "missing_from_disk"
    UPGRADE = "upgrade"
    NO_LINKED_EPISODES = "no_linked_episodes"
    MANUAL_OVERRIDE = "manual_override"
    OTHER = "other"
    """A reason this program does not know; watched like a manual one."""


REPLACEMENTS = frozenset(
    {DeleteReason.UPGRADE, DeleteReason.MANUAL_OVERRIDE, DeleteReason.NO_LINKED_EPISODES}
)
"""The file made room for another one, or no episode ever used it: no deletion."""


class HistoryRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One row of Sonarr's history: one thing that happened to one episode."""

    record_id: int
    series_id: SonarrSeriesId
    episode_id: SonarrEpisodeId
    event: HistoryEvent
    at: datetime
    source_title: str
    """The release for grabs and failures, the old path for deletions and renames."""
    download_id: DownloadId | None = None
    indexer: str = ""
    client: str = ""
    release_group: str = ""
    quality: str = ""
    protocol: str = ""
    reason: DeleteReason = DeleteReason.OTHER
    """Of a deleted file."""
    message: str = ""
    file_id: EpisodeFileId | None = None
    """Of an import: the file that the episode got."""


class TorrentState(StrEnum):
    """What a client does with a torrent, in one vocabulary for qBittorrent 4.5 to 5.2."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    METADATA = "metadata"
    CHECKING = "checking"
    DOWNLOADING = "downloading"
    STALLED = "stalled"
    PAUSED = "paused"
    SEEDING = "seeding"
    COMPLETE = "complete"
    """All wanted bytes are here and it is stopped."""
    MOVING = "moving"
    ERROR = "error"


class Torrent(Struct, frozen=True, kw_only=True, gc=False):
    """One torrent of a download client."""

    client: str
    """The client's name in our configuration."""
    info_hash: InfoHash
    other_hashes: tuple[InfoHash, ...]
    """The v1 hash and the cut v2 hash of a hybrid, where they differ from `info_hash`."""
    name: str
    state: TorrentState
    size_bytes: int
    """Of wanted files; 0 until the metadata is here."""
    completed_bytes: int
    remaining_bytes: int
    progress_ratio: float
    """Of wanted bytes."""
    received_bytes: int
    """All the client ever received for it, waste included: a counter."""
    eta_seconds: int | None
    connected_seeds: int
    swarm_seeds: int | None
    """None: no tracker has reported it, or it is complete and needs none."""
    has_metadata: bool
    added_at: datetime | None
    completed_at: datetime | None
    last_activity_at: datetime | None
    """When a byte came or went; None once it is complete."""
    has_deselected_files: bool = False
    """Some of its files are not wanted."""
    are_bytes_known: bool = True
    """False while the client checks what it has and was not seen before: its bytes mean nothing."""

    @property
    def is_complete(self) -> bool:
        """All wanted bytes are here."""
        return self.has_metadata and self.remaining_bytes == 0 and self.size_bytes > 0


class TorrentsByHash(dict[InfoHash, Torrent]):
    """All torrents of a client; `unread` are there too, but what they are like is unknown."""

    def __init__(
        self, torrents: Mapping[InfoHash, Torrent] = _NONE, unread: tuple[Unread, ...] = ()
    ) -> None:
        """Put both together."""
        super().__init__(torrents)
        self.unread = unread


class TorrentFile(Struct, frozen=True, kw_only=True, gc=False):
    """One file inside a torrent, under its present name."""

    index: int
    path: str
    """With "/" and the torrent's root folder, where it has one."""
    size_bytes: int
    progress_ratio: float
    is_wanted: bool
    """False: deselected in the client, so it will never finish."""
