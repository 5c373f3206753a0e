"""Builds the check of one deletion for each system, with the controls to request beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from episodarr.model.check import JellyfinQuestion, ShokoQuestion
from episodarr.model.deletion import DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.inventory import (
    FolderIdentity,
    InventorySummary,
    JellyfinHolding,
    PartNotConfigured,
    ShokoHolding,
    Taken,
)
from episodarr.model.request import RequestId

SERVER_CONTROLS_LIMIT = 5
_NOTHING_IN_SHOKO = ShokoHolding(server_id="", series_ids=(), files=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSource:
    """All other series and deletions, as a source of controls."""

    summary_by_key: Mapping[SeriesKey, InventorySummary]
    """All series with an inventory."""
    records: tuple[DeletionRecord, ...]
    unread_folders: Mapping[SeriesKey, str] = field(default_factory=dict)
    """Folders of series without a disk inventory, Sonarr's view."""

    def without_open_deletion(self) -> Iterable[InventorySummary]:
        """The inventories of the series of which nothing is being deleted."""
        busy = {record.key for record in self.records if record.is_open}
        return (s for key, s in self.summary_by_key.items() if key not in busy)


def expected_others(
    control_source: ControlSource, sonarr: SonarrName
) -> dict[TvdbId, SonarrSeriesId]:
    """Series that one Sonarr should still list, with its own ids.

    These include series that only vanished from a poll: a library that lost everything at once must
    not be its own witness.
    """
    others = {
        key.tvdb_id: summary.sonarr_id
        for key, summary in control_source.summary_by_key.items()
        if key.sonarr == sonarr and summary.sonarr_id is not None
    }
    for record in control_source.records:
        is_unexplained = record.is_open and record.noticed_by is NoticedBy.POLL
        if record.key.sonarr != sonarr or not is_unexplained:
            continue
        part = record.inventory.sonarr
        if isinstance(part, Taken):
            others.setdefault(record.key.tvdb_id, part.value.sonarr_id)
    return others


def expected_requests(control_source: ControlSource) -> frozenset[RequestId]:
    """Requests for series of which nothing is being deleted, as the inventories know them."""
    return frozenset(
        number for one in control_source.without_open_deletion() for number in one.request_ids
    )


class JellyfinRemovals(NamedTuple):
    """Entries, and series with all of theirs, by Jellyfin's ids."""

    entry_ids: tuple[str, ...] = ()
    series_ids: tuple[str, ...] = ()


def jellyfin_question(
    record: DeletionRecord, control_source: ControlSource
) -> JellyfinQuestion | None:
    """The deleted files and their entries; None where this installation has no Jellyfin.

    Made without an inventory too: what Jellyfin lists at the paths now still counts as present.
    """
    part = record.inventory.jellyfin
    if isinstance(part, PartNotConfigured):
        return None
    question = JellyfinQuestion(
        key=record.key,
        series_path=record.inventory.path,
        paths=tuple(dict.fromkeys(e.path for e in record.expected if e.path)),
        entry_ids=(),
        tmdb_id=record.inventory.tmdb_id,
        left_elsewhere=_left_elsewhere(record, control_source),
        control_folders=_jellyfin_folders(record, control_source),
    )
    if not isinstance(part, Taken):
        return question
    held, removals = part.value, jellyfin_removals(record)
    return replace(
        question,
        entry_ids=removals.entry_ids,
        series_ids=removals.series_ids,
        season_ids=held.season_ids if record.scope is DeletionScope.SERIES else (),
        other_folders=held.other_folders,
        control_folders=control_folders_of(held) or question.control_folders,
    )


def jellyfin_removals(record: DeletionRecord) -> JellyfinRemovals:
    """What of the inventory should leave Jellyfin's list; nothing without an inventory."""
    part = record.inventory.jellyfin
    if not isinstance(part, Taken):
        return JellyfinRemovals()
    numbers = {e.number for e in record.expected}
    entries = (e.entry_id for e in part.value.entries if numbers.intersection(e.episodes))
    is_whole = record.scope is DeletionScope.SERIES
    return JellyfinRemovals(tuple(entries), part.value.series_ids if is_whole else ())


def control_folders_of(held: JellyfinHolding) -> tuple[str, ...]:
    """The library folders of the entries; an older inventory knows only those of the series."""
    if held.control_folders:
        return held.control_folders
    parents = (parent_of(path) for path in held.folder_paths)
    return tuple(dict.fromkeys(parent for parent in parents if parent))


def _jellyfin_folders(record: DeletionRecord, control_source: ControlSource) -> tuple[str, ...]:
    """Where Jellyfin lists the other series of the same Sonarr root folder."""
    root = parent_of(record.inventory.path)
    found = (
        folder
        for summary in control_source.summary_by_key.values()
        if summary.key.sonarr == record.key.sonarr and parent_of(summary.series_path) == root
        for folder in summary.jellyfin_folders
    )
    return tuple(dict.fromkeys(found)) if root else ()


def shoko_question(record: DeletionRecord, control_source: ControlSource) -> ShokoQuestion | None:
    """The inventoried records of the deleted files, and the paths of those that have none.

    None where Shoko is not configured.
    """
    part = record.inventory.shoko
    if isinstance(part, PartNotConfigured):
        return None
    held = part.value if isinstance(part, Taken) else _NOTHING_IN_SHOKO
    numbers = {e.number for e in record.expected}
    known = {number for file in held.files for number in file.episodes}
    unheld = (e.path for e in record.expected if e.number not in known and e.path)
    controls = [
        s.shoko_control
        for s in control_source.without_open_deletion()
        if s.shoko_control is not None and s.shoko_server == held.server_id
    ]
    return ShokoQuestion(
        file_ids=tuple(f.file_id for f in held.files if numbers.intersection(f.episodes)),
        series_ids=held.series_ids,
        control_ids=tuple(controls[:SERVER_CONTROLS_LIMIT]),
        folder=record.inventory.path,
        unheld_paths=tuple(dict.fromkeys(unheld)),
    )


def _left_elsewhere(record: DeletionRecord, control_source: ControlSource) -> tuple[str, ...]:
    """Folders of the same series that other Sonarrs no longer list, but may have left the files of.

    Only those that were seen to be other folders: two Sonarrs may have two names for one.
    """
    ours = _folder_of(record)
    found = (
        other.inventory.path
        for other in control_source.records
        if other.key.tvdb_id == record.key.tvdb_id
        and other.key.sonarr != record.key.sonarr
        and has_files(other)
        and ours is not None
        and (theirs := _folder_of(other)) is not None
        and theirs.path != ours.path
        and theirs.inode != ours.inode
    )
    return tuple(dict.fromkeys(path for path in found if path))


def _folder_of(record: DeletionRecord) -> FolderIdentity | None:
    part = record.inventory.disk
    return part.value.folder if isinstance(part, Taken) else None


def has_files(record: DeletionRecord) -> bool:
    """Whether its files may still be there: they are being deleted, or were kept on purpose."""
    return record.is_open or record.status is DeletionStatus.FILES_KEPT


def parent_of(path: str) -> str:
    """The folder that a path lies in; empty where it lies in none."""
    trimmed = path.rstrip("/\\")
    cut = max(trimmed.rfind("/"), trimmed.rfind("\\"))
    return trimmed[:cut] if cut > 0 else ""


def is_below(path: str, folder: str) -> bool:
    """Whether a path lies below a folder."""
    prefix = folder.rstrip("/\\")
    return path.startswith((f"{prefix}/", f"{prefix}\\"))
