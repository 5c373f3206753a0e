"""Events of Sonarr's webhooks: they show what to read again, and are no facts themselves."""

from dataclasses import dataclass
from enum import StrEnum

from episodarr.model.download import DeleteReason
from episodarr.model.ids import SonarrSeriesId, TvdbId


class WebhookEvent(StrEnum):
    """The kinds of Sonarr's webhooks (v4.0.19 WebhookEventType) that are told apart."""

    SERIES_ADD = "series_add"
    SERIES_DELETE = "series_delete"
    EPISODE_FILE_DELETE = "episode_file_delete"
    OTHER = "other"
    """Any other kind; it only has its series read sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSeries:
    """The series a webhook is about."""

    sonarr_id: SonarrSeriesId
    tvdb_id: TvdbId | None
    """None: Sonarr sent none, or 0."""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEpisode:
    """An episode a webhook is about."""

    season: int
    episode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFile:
    """A library file a webhook is about."""

    path: str
    """Sonarr's view; empty where only the relative path was sent."""
    recycled_path: str = ""
    """Where Sonarr's recycle bin has it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SonarrWebhook:
    """One webhook, whatever its kind; what its kind does not have is empty or None."""

    event: WebhookEvent
    event_word: str
    """As Sonarr wrote it."""
    series: WebhookSeries | None = None
    episodes: tuple[WebhookEpisode, ...] = ()
    file: WebhookFile | None = None
    """Imported or deleted, by the event."""
    are_files_deleted: bool | None = None
    """Of a deleted series: whether the files should be deleted too; no proof that they were."""
    delete_reason: DeleteReason = DeleteReason.OTHER
    """Of a deleted file."""
