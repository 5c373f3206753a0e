"""What may be the first sign of a deletion, a return or a replacement: polls, history, webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exporter.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    SeriesKey,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)


class DeleteReason(StrEnum):
    """Why Sonarr dropped a file (Sonarr 4.0.19 DeleteMediaFileReason)."""

    MANUAL = "manual"
    MISSING_FROM_DISK = "missing_from_disk"
    UPGRADE = "upgrade"
    NO_LINKED_EPISODES = "no_linked_episodes"
    MANUAL_OVERRIDE = "manual_override"
    OTHER = "other"
    """A reason this program does not know; watched like a manual one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPoll:
    """A good and complete list of one Sonarr's series."""

    sonarr: SonarrName
    at: datetime
    """When the request began."""
    sonarr_id_by_tvdb_id: Mapping[TvdbId, SonarrSeriesId]
    unread_ids: frozenset[int | str] = frozenset()
    """Sonarr's numbers of series that are listed and could not be read: these are not missing."""
    is_whole: bool = True
    """False: a record did not even show its number, so that nothing is known to be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDeleted:
    """Sonarr's webhook says that a series was deleted."""

    key: SeriesKey
    title: str
    year: int
    has_deleted_files: bool
    """What Sonarr was asked to do, not proof that it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDeleted:
    """Sonarr dropped one episode's file, by webhook or in its history; one per episode."""

    key: SeriesKey
    title: str
    number: EpisodeNumber
    path: str
    """Sonarr's view; empty when not said."""
    reason: DeleteReason
    at: datetime
    """Sonarr's time in history, ours for a webhook."""
    is_webhook: bool
    recycled_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImported:
    """An episode got a file."""

    key: SeriesKey
    number: EpisodeNumber
    at: datetime
    file_id: EpisodeFileId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodesRead:
    """A good answer about all episodes of one series: which file each has, if any."""

    key: SeriesKey
    at: datetime
    file_id_by_episode: Mapping[EpisodeNumber, EpisodeFileId]


type Notice = LibraryPoll | SeriesDeleted | FileDeleted | FileImported | EpisodesRead
