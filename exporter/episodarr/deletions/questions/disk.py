"""Builds the disk check of one deletion: every path a file may be at, and control files."""

from collections.abc import Iterable
from itertools import islice

from episodarr.deletions.questions.ownership import FolderOthers, folder_others, is_inside
from episodarr.deletions.questions.servers import ControlSource
from episodarr.model.check import DiskQuestion
from episodarr.model.deletion import DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import EpisodeNumber, SeriesKey
from episodarr.model.inventory import (
    DiskControl,
    DiskHolding,
    FileSeen,
    LibraryFile,
    PartNotConfigured,
    Taken,
)

DISK_CONTROLS_LIMIT = 8
"""Control files per file system: a few may be gone for unrelated reasons."""

UNEXPLAINED_LIMIT = 40

NOTHING_ON_DISK = DiskHolding(sighting_by_path={}, roots=(), folder=None)
"""Used where the inventory has no disk part: files present now still count as present."""


def expected_paths(record: DeletionRecord) -> dict[EpisodeNumber, tuple[str, ...]]:
    """Sonarr's paths at which each episode's file may be: the current one first, then former ones.

    Sonarr's history record of a lost file may have a path that is newer than the inventory.
    """
    part = record.inventory.disk
    known: dict[EpisodeNumber, list[LibraryFile]] = {}
    for file in record.inventory.files:
        for number in file.episodes:
            known.setdefault(number, []).append(file)
    former: dict[EpisodeNumber, list[str]] = {}
    for one in part.value.former if isinstance(part, Taken) else ():
        for number in one.episodes:
            former.setdefault(number, []).append(one.path)
    paths: dict[EpisodeNumber, tuple[str, ...]] = {}
    for episode in record.expected:
        name = _name_of(episode.path)
        own = [
            file.path
            for file in known.get(episode.number, ())
            # The same file under another name was renamed since the inventory.
            if file.file_id == episode.file_id or _name_of(file.path) == name
        ]
        every = (episode.path, *own, *former.get(episode.number, ()))
        paths[episode.number] = tuple(dict.fromkeys(path for path in every if path))
    return paths


def _name_of(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def disk_question(
    record: DeletionRecord, control_source: ControlSource, others: FolderOthers | None = None
) -> DiskQuestion | None:
    """Every path at which an expected file may be, with controls; None if there is no path."""
    part = record.inventory.disk
    if isinstance(part, PartNotConfigured):
        return None
    held = part.value if isinstance(part, Taken) else NOTHING_ON_DISK
    paths = dict.fromkeys(_all_expected(record))
    seen = [s for p in paths if isinstance(s := held.sighting_by_path.get(p), FileSeen)]
    unseen = [p for p in paths if not isinstance(held.sighting_by_path.get(p), FileSeen)]
    folder = held.folder if record.scope is DeletionScope.SERIES or paths else None
    if not paths and folder is None:
        return None
    others = others or folder_others(record, control_source)
    return DiskQuestion(
        paths=tuple(dict.fromkeys(s.local_path for s in seen)),
        unseen_paths=tuple(unseen),
        folder=folder,
        roots=tuple(root.path for root in held.roots),
        controls=_disk_controls(
            record, control_source, {s.root for s in seen} | {r.path for r in held.roots}
        ),
        other_folders=others.folders,
        other_paths=others.paths,
        unread_folders=tuple(
            path for key, path in control_source.unread_folders.items() if key != record.key
        ),
        own_roots=tuple(
            dict.fromkeys(
                sighting.root
                for path, sighting in held.sighting_by_path.items()
                if isinstance(sighting, FileSeen) and sighting.local_path == path
            )
        ),
    )


def _disk_controls(
    record: DeletionRecord, control_source: ControlSource, roots: set[str]
) -> tuple[DiskControl, ...]:
    """Files under the same root folders that should still exist, a few per file system.

    These include files that Sonarr only found missing, for a disk that lost everything at once
    must not be its own witness, and the files of the series itself that are to stay.
    """
    controls: dict[tuple[str, str], list[DiskControl]] = {}

    def add(candidates: Iterable[DiskControl], limit: int) -> None:
        count: dict[tuple[str, str], int] = {}
        for control in candidates:
            place = (control.root, control.mount)
            is_near = any(is_inside(control.path, root) for root in roots)
            if is_near and count.get(place, 0) < limit:
                count[place] = count.get(place, 0) + 1
                controls.setdefault(place, []).append(control)

    add(_expected_to_stay(control_source), DISK_CONTROLS_LIMIT)
    add(islice(_unexplained(record, control_source), UNEXPLAINED_LIMIT), DISK_CONTROLS_LIMIT)
    add(_staying(record, control_source), DISK_CONTROLS_LIMIT)
    return tuple(dict.fromkeys(control for found in controls.values() for control in found))


def _expected_to_stay(control_source: ControlSource) -> Iterable[DiskControl]:
    """Control files of series without an open deletion, except files that one deleted earlier.

    The inventory of such a series may be older than that deletion.
    """
    past: dict[SeriesKey, list[DeletionRecord]] = {}
    for record in control_source.records:
        past.setdefault(record.key, []).append(record)
    for series in control_source.without_open_deletion():
        deleted = {path for record in past.get(series.key, ()) for path in record.seen_at.values()}
        yield from (c for c in series.disk_controls if c.path not in deleted)


def _unexplained(record: DeletionRecord, control_source: ControlSource) -> Iterable[DiskControl]:
    """One file for each file system of every other series whose files only vanished."""
    for other in control_source.records:
        is_unexplained = other.noticed_by is NoticedBy.MISSING or (
            other.status is DeletionStatus.HELD
        )
        if other.key != record.key and other.is_open and is_unexplained:
            controls = _controls_at(other, _all_expected(other))
            yield from {(c.root, c.mount): c for c in controls}.values()


def _staying(record: DeletionRecord, control_source: ControlSource) -> Iterable[DiskControl]:
    """Files of the series itself that no deletion expects to go."""
    if record.scope is DeletionScope.SERIES:
        return ()
    deleted = {
        path
        for other in (*control_source.records, record)
        if other.key == record.key
        for path in (*(e.path for e in other.episodes), *_all_expected(other))
    }
    return _controls_at(record, [f.path for f in record.inventory.files if f.path not in deleted])


def _all_expected(record: DeletionRecord) -> Iterable[str]:
    return (path for paths in expected_paths(record).values() for path in paths)


def _controls_at(record: DeletionRecord, paths: Iterable[str]) -> Iterable[DiskControl]:
    part = record.inventory.disk
    by_path = part.value.sighting_by_path if isinstance(part, Taken) else {}
    sightings = (by_path.get(path) for path in paths)
    return (
        DiskControl(path=s.local_path, root=s.root, mount=s.mount)
        for s in sightings
        if isinstance(s, FileSeen)
    )
