"""What may be the first sign of a deletion, a return or a replacement: lists, history, webhooks.

History's records happen once and have ids; a webhook alone is never a fact, it only starts a check.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from episodarr.model.deletion_log import ProcessedRecord
from episodarr.model.download import DeleteReason
from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    SeriesKey,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import EpisodeFile


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPoll:
    """A good and complete list of one Sonarr's series."""

    sonarr: SonarrName
    at: datetime
    """When the request began."""
    sonarr_id_by_tvdb_id: Mapping[TvdbId, SonarrSeriesId]
    unread_ids: frozenset[int | str] = frozenset()
    """Sonarr's numbers of series that are listed and could not be read: these are not missing."""
    path_by_tvdb_id: Mapping[TvdbId, str] = field(default_factory=dict)
    """Where each series lies, Sonarr's view; empty where it is not needed."""
    is_whole: bool = True
    """False: a record did not even show its number, so that nothing is known to be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDeleted:
    """A webhook reported a series as deleted; a list without the series has to confirm it."""

    key: SeriesKey
    title: str
    year: int
    has_deleted_files: bool
    """What was requested of Sonarr, no proof that it was done."""
    sonarr_id: SonarrSeriesId | None = None
    was_listed: bool = False
    """Whether the last list read before it had the series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDeleted:
    """A record of Sonarr's history by which one episode's file was dropped."""

    key: SeriesKey
    title: str
    number: EpisodeNumber
    path: str
    """Sonarr's view; empty when not given."""
    reason: DeleteReason
    record_id: int
    file_id: EpisodeFileId | None = None
    """The file that the episode had before, where history has it."""
    is_webhook: bool = False
    """Whether a webhook reported it too."""
    recycled_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImported:
    """A record of Sonarr's history by which an episode got a file."""

    key: SeriesKey
    number: EpisodeNumber
    record_id: int
    file_id: EpisodeFileId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodesRead:
    """Which file each episode of one series has, if any; read after all history before it."""

    key: SeriesKey
    file_id_by_episode: Mapping[EpisodeNumber, EpisodeFileId]
    file_by_id: Mapping[EpisodeFileId, EpisodeFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryProcessed:
    """Marks that the notices of these records of one Sonarr's history came before this."""

    sonarr: SonarrName
    records: tuple[ProcessedRecord, ...]


type Notice = (
    LibraryPoll | SeriesDeleted | FileDeleted | FileImported | EpisodesRead | HistoryProcessed
)
