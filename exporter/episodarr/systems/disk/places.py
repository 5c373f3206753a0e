"""What all checks share: where a folder is mounted, where a path leads, and messages of errors."""

import errno
import os
import stat

from episodarr.model.inventory import FolderIdentity
from episodarr.systems.disk.mapping import PathMappings, is_below


def mount_of(folder: str, root: str) -> str:
    """The topmost folder on the same file system, not above the root.

    Raises:
        OSError: a folder on the way cannot be read.
    """
    device = os.stat(folder).st_dev  # noqa: PTH116 thousands of paths: strings are ten times cheaper
    while folder not in (root, "/"):
        above = os.path.dirname(folder)  # noqa: PTH120 see above
        if os.stat(above).st_dev != device:  # noqa: PTH116 see above
            break
        folder = above
    return folder


def folder_identity(path: str, root: str) -> FolderIdentity | None:
    """What identifies the folder later; None if there is none, or it cannot be read."""
    try:
        status = os.stat(path)  # noqa: PTH116 see above
        if not stat.S_ISDIR(status.st_mode):
            return None
        return FolderIdentity(
            path=path, mount=mount_of(path, root), device=status.st_dev, inode=status.st_ino
        )
    except OSError:
        return None


def leads_outside(folder: str, mappings: PathMappings) -> str | None:
    """Why a folder is out of the mapped roots, through a link or a changed mapping; None if inside.

    The roots themselves may be links.
    """
    if mappings.root_of(folder) is None:
        return f"{folder} is not under a mapped folder any more"
    real = os.path.realpath(folder)
    if any(is_below(real, os.path.realpath(root)) for root in mappings.roots):
        return None
    return f"{folder} leads out of the mapped folders"


def clean_name(name: str) -> str:
    r"""A name as text: what is no UTF-8 on the disk is written out, as in `Caf\xe9.mkv`.

    Such a name is only for display. Python's own form of it cannot be stored or sent, and the clean
    one names no file.
    """
    return name.encode("utf-8", "backslashreplace").decode().replace("\\udc", "\\x")


def words_of(path: str, error: OSError | ValueError) -> str:
    """A message for an error at a path, with the system's own name for it."""
    if isinstance(error, ValueError):
        return f"{clean_name(path)} cannot be checked: it is no name of a file"
    path = clean_name(path)
    name = errno.errorcode.get(error.errno or 0, "error")
    return f"{path} cannot be checked: {error.strerror} ({name})"
