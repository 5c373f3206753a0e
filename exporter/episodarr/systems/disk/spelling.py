"""Names that are the same but for case and unicode normal form: what a folder really holds.

Sonarr, a share and a file system may each spell a name in their own way, in every part of a path. Only
a listing shows how it is spelled; listings are read once for each check.
"""

import os
from collections.abc import Mapping

from episodarr.systems.paths import folded

SPELLINGS_LIMIT = 16
"""More ways to spell one path are not followed."""


class Listings:
    """The entries of folders, each read once."""

    def __init__(self) -> None:
        self._names_by_folder: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def spellings(self, path: str, root: str) -> tuple[str, ...]:
        """Every path that exists below `root` and is spelled like `path`, itself included.

        Raises:
            OSError: a folder on the way could not be listed.
        """
        rest = path[len(root) :].strip("/")
        found = [root.rstrip("/")]
        for part in rest.split("/") if rest else ():
            found = [
                f"{folder}/{name}" for folder in found for name in self._named_like(folder, part)
            ][:SPELLINGS_LIMIT]
        return tuple(found) if rest else (root,)

    def _named_like(self, folder: str, name: str) -> tuple[str, ...]:
        names = self._names_by_folder.get(folder)
        if names is None:
            names = self._names_by_folder[folder] = _names(folder or "/")
        return names.get(folded(name), ())


def _names(folder: str) -> Mapping[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    try:
        for name in os.listdir(folder):  # noqa: PTH208 thousands of names: strings are ten times cheaper
            key = folded(name)
            names[key] = (*names.get(key, ()), name)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return names
