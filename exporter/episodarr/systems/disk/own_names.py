"""Sonarr's root folders that have no mapping, checked under their own names.

A program on the same machine, or in a container with the same mounts, sees Sonarr's files where
Sonarr says they are. That is believed of a root folder only after files of it were found there, each
with the size that Sonarr has of it. Until then the folder is not mapped, and nothing in it can be gone.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from posixpath import isabs

from episodarr.systems.disk.mapping import PathMappings
from episodarr.systems.disk.places import leads_outside
from episodarr.systems.paths import below, clean

PROOF_FILES = 8
"""Files that are compared, spread over a series."""


class OwnNames:
    """The mappings of the configuration, and the root folders proven to have the same name here."""

    def __init__(self, local_by_remote: Mapping[str, str]) -> None:
        self._configured = dict(local_by_remote)
        self._given = PathMappings(local_by_remote)
        self._proven: tuple[str, ...] = ()
        self.mappings = self._given

    def candidate(self, root_path: str) -> str | None:
        """The root folder if only its own name could find it; None if it is mapped, or has none."""
        root = clean(root_path)
        is_of_windows = root.startswith("//")
        if not isabs(root) or is_of_windows or root == "/" or "\0" in root:
            return None
        return None if self.mappings.to_local(root) is not None else root

    def adopt(self, roots: Sequence[str]) -> None:
        """Map these root folders to themselves, except where the configuration maps them."""
        new = [root for root in map(self.candidate, roots) if root is not None]
        if new:
            self._proven = (*self._proven, *dict.fromkeys(new))
            own = {root: root for root in self._proven}
            self.mappings = PathMappings({**own, **self._configured})


def is_proven(root: str, size_by_path: Mapping[str, int]) -> bool:
    """Whether files of the root folder are there under Sonarr's names, with Sonarr's sizes in bytes.

    One that is not, or that differs, is doubt; and a folder of which no file is known proves nothing.
    """
    inside = [path for path in size_by_path if below(clean(path), root)]
    step = max(1, len(inside) // PROOF_FILES)
    sample = inside[::step][:PROOF_FILES]
    mappings = PathMappings({root: root})
    return bool(sample) and all(
        _has_size(clean(path), size_by_path[path], mappings) for path in sample
    )


def _has_size(path: str, size_bytes: int, mappings: PathMappings) -> bool:
    try:
        if leads_outside(os.path.dirname(path), mappings) is not None:  # noqa: PTH120  as all paths here
            return False
        status = os.stat(path)  # noqa: PTH116  as all paths here
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == size_bytes > 0
