"""Requests in Jellyseerr or Seerr."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from msgspec import Struct

from episodarr.model.ids import SonarrSeriesId, TvdbId

RequestId = NewType("RequestId", int)


class RequestStatus(StrEnum):
    """Status of a request (Seerr 3.1 MediaRequestStatus)."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    FAILED = "failed"
    COMPLETED = "completed"


class MediaStatus(StrEnum):
    """Status of the media a request is for (Seerr 3.1 MediaStatus)."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    PROCESSING = "processing"
    PARTIALLY_AVAILABLE = "partially_available"
    AVAILABLE = "available"
    BLOCKLISTED = "blocklisted"
    DELETED = "deleted"
    OTHER = "other"
    """A number this program does not know: it proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRequest:
    """One request for seasons of one series."""

    request_id: RequestId
    status: RequestStatus
    media_status: MediaStatus
    is_4k: bool
    tmdb_id: int | None
    tvdb_id: TvdbId | None
    """None: Seerr never learned it; such a request can only be joined by server and series id."""
    server_id: int | None
    """Seerr's number of the Sonarr server."""
    sonarr_series_id: SonarrSeriesId | None
    seasons: tuple[int, ...]
    created_at: datetime
    requested_by: str | None = None
    """A display name; never an e-mail address."""
    title: str = ""
    """Empty: not fetched; Seerr's list of requests has none."""
    title_slug: str = ""

    @property
    def names_series(self) -> bool:
        """Whether the request names any id of its series."""
        return any((self.tvdb_id, self.tmdb_id, self.sonarr_series_id))


class SeasonMedia(Struct, frozen=True, kw_only=True, gc=False):
    """Seerr's status of one season."""

    season: int
    status: MediaStatus
    status_4k: MediaStatus


class SeerrMedia(Struct, frozen=True, kw_only=True, gc=False):
    """Seerr's record of one series, whether it was requested or not."""

    media_id: int
    tmdb_id: int | None
    tvdb_id: TvdbId | None
    status: MediaStatus
    status_4k: MediaStatus
    seasons: tuple[SeasonMedia, ...] = ()

    def status_of(self, *, is_4k: bool) -> MediaStatus:
        """The status of one kind."""
        return self.status_4k if is_4k else self.status

    def is_of(self, *, tvdb_id: TvdbId, tmdb_id: int | None) -> bool:
        """Whether it is of this series; TMDB's number counts only where TVDB's is not known."""
        if self.tvdb_id is not None:
            return self.tvdb_id == tvdb_id
        return bool(tmdb_id) and self.tmdb_id == tmdb_id
