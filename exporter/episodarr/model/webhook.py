"""Events of Sonarr's webhooks: they show what to read again, and are no facts themselves."""

from dataclasses import dataclass
from enum import StrEnum

from episodarr.model.download import DeleteReason
from episodarr.model.ids import DownloadId, SonarrEpisodeId, SonarrSeriesId, TvdbId


class WebhookEvent(StrEnum):
    """`eventType` of Sonarr's webhook (v4.0.19 WebhookEventType).

    The values are the label `event`; UNKNOWN for values of a newer Sonarr.
    """

    UNKNOWN = "unknown"
    TEST = "test"
    GRAB = "grab"
    DOWNLOAD = "download"
    """A file was imported, or a whole download was; one event for both."""
    RENAME = "rename"
    SERIES_ADD = "series_add"
    SERIES_DELETE = "series_delete"
    EPISODE_FILE_DELETE = "episode_file_delete"
    MANUAL_INTERACTION_REQUIRED = "manual_interaction_required"
    HEALTH = "health"
    HEALTH_RESTORED = "health_restored"
    APPLICATION_UPDATE = "application_update"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSeries:
    """The series a webhook is about."""

    sonarr_id: SonarrSeriesId
    tvdb_id: TvdbId | None
    """None: Sonarr sent none, or 0."""
    title: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEpisode:
    """An episode a webhook is about."""

    season: int
    episode: int
    sonarr_id: SonarrEpisodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFile:
    """A library file a webhook is about."""

    relative_path: str
    """Below the series' folder."""
    path: str
    """Sonarr's view; empty where only the relative path was sent."""
    previous_path: str | None = None
    """Of a rename."""
    recycled_path: str | None = None
    """Where Sonarr's recycle bin has it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SonarrWebhook:
    """One webhook, whatever its kind; what its kind does not have is empty or None."""

    event: WebhookEvent
    event_word: str
    """As Sonarr wrote it: for logs, never a label."""
    series: WebhookSeries | None = None
    episodes: tuple[WebhookEpisode, ...] = ()
    files: tuple[WebhookFile, ...] = ()
    """Imported, renamed or deleted, by the event."""
    download_id: DownloadId | None = None
    is_upgrade: bool = False
    are_files_deleted: bool | None = None
    """Of a deleted series: whether the files should be deleted too; no proof that they were."""
    delete_reason: DeleteReason = DeleteReason.OTHER
    """Of a deleted file: missingFromDisk, manual, upgrade, noLinkedEpisodes, manualOverride."""
    message: str = ""
    """Of a health event or an update: Sonarr's free text."""
