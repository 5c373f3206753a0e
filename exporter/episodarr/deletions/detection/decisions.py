"""What is to be done about deletions: the results of detection; `carrying_out` executes them."""

from collections.abc import Mapping
from dataclasses import dataclass

from episodarr.deletions.opening import GoneFile
from episodarr.model.deletion import DeletionId, NoticedBy
from episodarr.model.deletion_log import DeletionReport, Disappearance
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName, SonarrSeriesId, TvdbId

RECYCLED = "Moved to the recycle bin: "
"""Prefix of a note about a file that Sonarr moved instead of deleting it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDeletion:
    """Something was deleted that no open deletion covers."""

    key: SeriesKey
    title: str = ""
    """If it is known besides the inventory's; likewise the year."""
    year: int = 0
    gone: tuple[GoneFile, ...] | None
    """None: the whole series."""
    noticed_by: NoticedBy
    notes: tuple[str, ...] = ()
    sonarr_id: SonarrSeriesId | None = None
    """Sonarr's id of the series, if a webhook gave it; None: use the inventory's."""
    held_group: str = ""
    """The mass disappearance that it is held with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeInto:
    """More files, or the whole series, for a deletion opened shortly before."""

    deletion_id: DeletionId
    gone: tuple[GoneFile, ...] | None
    noticed_by: NoticedBy
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepFiles:
    """Sonarr reported that it kept the files."""

    key: SeriesKey
    title: str
    year: int
    deletion_id: DeletionId | None
    """None: open a new deletion and close it at once."""
    sonarr_id: SonarrSeriesId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supersede:
    """The series, or some of its episodes, are there again."""

    deletion_id: DeletionId
    numbers: frozenset[EpisodeNumber] | None
    why: str
    is_same_series: bool = False
    """True if the series was never deleted: its inventory stays valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLists:
    """Number of lists in a row that contain a series which Sonarr's webhook reported deleted."""

    deletion_id: DeletionId
    lists_with_it: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDeletions:
    """Too many series miss files at once: hold the deletions that were opened for them."""

    deletion_ids: tuple[DeletionId, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHeld:
    """A held series was deleted after all: Sonarr's webhook reported it."""

    deletion_id: DeletionId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMissing:
    """Series of one Sonarr absent from the last good list; believed if absent from the next too."""

    sonarr: SonarrName
    missing: Mapping[SeriesKey, Disappearance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renumber:
    """A series is listed under another TVDB id, and is the same series."""

    key: SeriesKey
    tvdb_id: TvdbId
    """The new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepReports:
    """Sonarr's reports of deleted series that still wait for a list, and those refuted."""

    sonarr: SonarrName
    waiting: Mapping[SeriesKey, DeletionReport]
    refuted: tuple[DeletionReport, ...] = ()
    """Reports about series that Sonarr still lists, or never listed."""


type Decision = (
    OpenDeletion
    | MergeInto
    | KeepFiles
    | Supersede
    | CountLists
    | HoldDeletions
    | ReleaseHeld
    | NoteMissing
    | Renumber
    | KeepReports
)
