"""The files of one series while all is well: the disk's part of an inventory."""

import os
from collections.abc import Sequence

from episodarr.model.inventory import (
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileSighting,
    FileUnclear,
    FileUnmapped,
    FolderIdentity,
)
from episodarr.systems.disk.mapping import LocalPath, PathMappings, is_below
from episodarr.systems.disk.places import folder_identity, leads_outside, mount_of, words_of
from episodarr.systems.disk.spelling import Listings


def take_holding(
    mappings: PathMappings, series_path: str, file_paths: Sequence[str], root_path: str = ""
) -> DiskHolding:
    """The files of one series as they are now, keyed by Sonarr's path.

    `root_path` is Sonarr's own root folder of the series: only a control in the same one can show
    later that it is mounted.
    """
    taking = _Taking(mappings, root_path)
    sightings = {path: taking.sight(path) for path in file_paths}
    roots = {s.root for s in sightings.values() if isinstance(s, FileSeen)}
    folder = taking.folder(series_path)
    roots |= taking.roots(series_path)
    identities = [folder_identity(root, root) for root in sorted(roots)]
    return DiskHolding(
        sighting_by_path=sightings,
        roots=tuple(identity for identity in identities if identity is not None),
        folder=folder,
    )


class _Taking:
    """One inventory of one series, with the listings its files share."""

    def __init__(self, mappings: PathMappings, root_path: str) -> None:
        self._mappings = mappings
        self._listings = Listings()
        self._mount_by_folder: dict[str, str | FileUnclear] = {}
        root = mappings.to_local(root_path) if root_path else None
        self._root = None if root is None else self._as_spelled(root)

    def sight(self, remote: str) -> FileSighting:
        """One file, in any spelling of its name, if exactly one exists."""
        local = self._mappings.to_local(remote)
        if local is None:
            return FileUnmapped()
        exact = self._seen(local.path, local)
        if not isinstance(exact, FileNotFound):
            return exact
        try:
            others = self._listings.spellings(local.path, local.root)
        except (OSError, ValueError) as error:
            return FileUnclear(why=words_of(local.path, error))
        if len(others) > 1:
            return FileUnclear(why=f"{others[0]} and {others[1]} differ in nothing but spelling")
        return self._seen(others[0], local) if others else exact

    def folder(self, series_path: str) -> FolderIdentity | None:
        """The series' folder, in any spelling of its name; None where it is not found."""
        local = self._mappings.to_local(series_path)
        if local is None:
            return None
        path = self._as_spelled(local)
        return folder_identity(path, self._root_of(path, local))

    def roots(self, series_path: str) -> set[str]:
        """The root that the series lies in, if it is mapped."""
        local = self._mappings.to_local(series_path)
        if local is None:
            return set()
        return {self._root_of(self._as_spelled(local), local)}

    def _as_spelled(self, local: LocalPath) -> str:
        """The path as the folders spell it; unchanged where that is not certain."""
        if os.path.lexists(local.path):
            return local.path
        try:
            found = self._listings.spellings(local.path, local.root)
        except (OSError, ValueError):
            return local.path
        return found[0] if len(found) == 1 else local.path

    def _root_of(self, path: str, local: LocalPath) -> str:
        """Sonarr's root folder, unless only a part of it is mapped."""
        root = self._root
        if root is not None and is_below(path, root) and is_below(root, local.root):
            return root
        return local.root

    def _seen(self, path: str, local: LocalPath) -> FileSighting:
        folder = os.path.dirname(path)  # noqa: PTH120 strings are ten times cheaper
        root = self._root_of(path, local)
        if folder not in self._mount_by_folder:
            self._mount_by_folder[folder] = self._mount(folder, root)
        mount = self._mount_by_folder[folder]
        if isinstance(mount, FileUnclear):
            return mount
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return FileNotFound(local_path=local.path)
        except (OSError, ValueError) as error:
            return FileUnclear(why=words_of(path, error))
        return FileSeen(
            local_path=path,
            root=root,
            mount=mount,
            device=status.st_dev,
            inode=status.st_ino,
            link_count=status.st_nlink,
            size_bytes=status.st_size,
        )

    def _mount(self, folder: str, root: str) -> str | FileUnclear:
        """The folder's mount; empty where there is no such folder."""
        outside = leads_outside(folder, self._mappings)
        if outside is not None:
            return FileUnclear(why=outside)
        try:
            return mount_of(folder, root)
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            return FileUnclear(why=words_of(folder, error))
