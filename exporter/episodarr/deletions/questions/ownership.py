"""What in a deleted series' folder belongs to other series: it is no leftover.

A series may have its folder inside another's, share it with the same series of another Sonarr, or
use the root folder itself as its own.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from episodarr.deletions.questions.servers import ControlSource, has_files
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import SeriesKey
from episodarr.model.inventory import FileNotFound, FileSeen, SeriesInventory, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderOthers:
    """What in a deleted series' folder belongs to other series, our view."""

    folders: tuple[str, ...] = ()
    """Folders of other series inside it."""
    paths: tuple[str, ...] = ()
    """Files of series that have the same folder, or one around it."""


def folder_others(
    record: DeletionRecord,
    control_source: ControlSource,
    inventories: Mapping[SeriesKey, SeriesInventory] = MappingProxyType({}),
) -> FolderOthers:
    """What belongs to other series of any Sonarr: known, being deleted, or gone with files kept.

    `inventories` are those of `sharing_keys`.
    """
    folder = record.inventory.local_folder
    if not folder:
        return FolderOthers()
    going = [r.inventory for r in control_source.records if has_files(r) and r.key != record.key]
    known = [s.folder for key, s in control_source.summary_by_key.items() if key != record.key]
    folders = {one for one in (*known, *(i.local_folder for i in going)) if is_inside(one, folder)}
    sharing = [i for i in (*going, *inventories.values()) if _holds(i.local_folder, folder)]
    paths = {path for one in sharing for path in _local_paths(one)}
    return FolderOthers(
        folders=tuple(sorted(folders)),
        paths=tuple(sorted(paths.union(_followed_elsewhere(record, control_source)))),
    )


def _followed_elsewhere(record: DeletionRecord, control_source: ControlSource) -> Iterable[str]:
    """Files of the same series that another deletion of it covers."""
    for other in control_source.records:
        is_followed = other.is_open or other.due_by_system
        if other.key != record.key or other.deletion_id == record.deletion_id or not is_followed:
            continue
        expected = {e.path for e in other.expected}
        yield from _local_paths(other.inventory, expected)


def sharing_keys(record: DeletionRecord, control_source: ControlSource) -> tuple[SeriesKey, ...]:
    """Other series that have the deleted one's folder, or one around it."""
    folder = record.inventory.local_folder
    if not folder:
        return ()
    return tuple(
        key
        for key, summary in control_source.summary_by_key.items()
        if key != record.key and _holds(summary.folder, folder)
    )


def _holds(outer: str, inner: str) -> bool:
    return bool(outer) and (inner == outer or is_inside(inner, outer))


def is_inside(inner: str, outer: str) -> bool:
    """Whether one of our own paths lies in a folder, and is not the folder itself."""
    return inner.startswith(outer.rstrip("/") + "/")


def _local_paths(inventory: SeriesInventory, among: Collection[str] | None = None) -> Iterable[str]:
    """Where its files are or should be, our view; only Sonarr's paths `among`, where given."""
    part = inventory.disk
    if not isinstance(part, Taken):
        return ()
    paths = (file.path for file in inventory.files if among is None or file.path in among)
    sightings = map(part.value.sighting_by_path.get, paths)
    return (s.local_path for s in sightings if isinstance(s, FileSeen | FileNotFound))
