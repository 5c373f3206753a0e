"""The files of one series while all is well: the disk's part of an inventory."""

import os
from collections.abc import Sequence

from exporter.model.inventory import (
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileSighting,
    FileUnclear,
    FileUnmapped,
)
from exporter.upstream.disk.mapping import LocalPath, PathMappings, is_same_name
from exporter.upstream.disk.places import identity_of, leads_outside, mount_of, words_of


def take_holding(
    mappings: PathMappings, series_path: str, file_paths: Sequence[str]
) -> DiskHolding:
    """The files of one series as they are now, keyed by Sonarr's path."""
    mount_by_folder: dict[str, str | FileUnclear] = {}
    sightings = {path: _sight(mappings, path, mount_by_folder) for path in file_paths}
    roots = {s.root for s in sightings.values() if isinstance(s, FileSeen)}
    folder = mappings.to_local(series_path)
    if folder is not None:
        roots.add(folder.root)
    identities = [identity_of(root, root) for root in sorted(roots)]
    return DiskHolding(
        sighting_by_path=sightings,
        roots=tuple(identity for identity in identities if identity is not None),
        folder=None if folder is None else identity_of(folder.path, folder.root),
    )


def _sight(
    mappings: PathMappings, remote: str, mount_by_folder: dict[str, str | FileUnclear]
) -> FileSighting:
    local = mappings.to_local(remote)
    if local is None:
        return FileUnmapped()
    folder = os.path.dirname(local.path)  # noqa: PTH120 strings are ten times cheaper
    if folder not in mount_by_folder:
        mount_by_folder[folder] = _mount(folder, local.root, mappings)
    mount = mount_by_folder[folder]
    if isinstance(mount, FileUnclear):
        return mount
    try:
        return _seen(local, local.path, mount)
    except FileNotFoundError:
        return _spelled_differently(local, mount)
    except OSError as error:
        return FileUnclear(why=words_of(local.path, error))


def _mount(folder: str, root: str, mappings: PathMappings) -> str | FileUnclear:
    """The folder's mount; empty where there is no such folder."""
    outside = leads_outside(folder, mappings)
    if outside is not None:
        return FileUnclear(why=outside)
    try:
        return mount_of(folder, root)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return FileUnclear(why=words_of(folder, error))


def _seen(local: LocalPath, path: str, mount: str) -> FileSeen:
    status = os.lstat(path)
    return FileSeen(
        local_path=path,
        root=local.root,
        mount=mount,
        device=status.st_dev,
        inode=status.st_ino,
        link_count=status.st_nlink,
        size_bytes=status.st_size,
    )


def _spelled_differently(local: LocalPath, mount: str) -> FileSighting:
    """The file under the name that differs only by case or unicode form, if there is just one."""
    folder, name = os.path.split(local.path)
    try:
        found = [other for other in os.listdir(folder) if is_same_name(other, name)]  # noqa: PTH208 see above
        if len(found) == 1:
            return _seen(local, os.path.join(folder, found[0]), mount)  # noqa: PTH118 see above
    except FileNotFoundError:
        pass  # the folder went, or the file meanwhile: not found either way
    except OSError as error:
        return FileUnclear(why=words_of(folder, error))
    return FileNotFound(local_path=local.path)
