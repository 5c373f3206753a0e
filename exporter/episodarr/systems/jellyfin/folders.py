"""Which of Jellyfin's library folders a path lies in: a control has to lie in the same one.

A library's folder may hold several root folders of Sonarr's. Where other series lie beside this
one, the folder that holds them is nearer, and is used.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from episodarr.stages.paths import Parts, parts_of
from episodarr.systems.jellyfin.records import JellyfinLibrary, JellyfinSeries


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The folders that matter for one series, each as Jellyfin spells it."""

    library_by_location: Mapping[str, str]
    parents: tuple[str, ...]
    """Of the series' own folders, where other series lie in them too."""
    series_folders: tuple[str, ...]

    def of(self, path: str) -> str:
        """The deepest folder that holds a path; for a plugin's made-up path, that of the series."""
        known = (*self.library_by_location, *self.parents)
        nearest = _nearest(path, known)
        if nearest:
            return nearest
        series = _nearest(path, self.series_folders) or (
            path if path in self.series_folders else ""
        )
        return _parent(series) if series else _parent(_parent(path))

    def library_of(self, path: str) -> str:
        """The library whose folder holds a path; empty where none does."""
        return self.library_by_location.get(_nearest(path, self.library_by_location), "")


def library_folders(
    libraries: Iterable[JellyfinLibrary],
    linked: Sequence[JellyfinSeries],
    every: Iterable[JellyfinSeries],
) -> Folders:
    """The folders for a series that is listed as `linked`, among all that are listed."""
    own = {item.item_id for item in linked}
    folders = tuple(item.path for item in linked if item.path)
    parents = tuple(dict.fromkeys(_parent(path) for path in folders))
    prefixes = tuple(f"{parent}{path[len(parent)]}" for path, parent in _pairs(folders) if parent)
    has_others = prefixes and any(
        item.item_id not in own and item.path and item.path.startswith(prefixes) for item in every
    )
    return Folders(
        library_by_location={
            location.rstrip("/\\"): library.library_id or library.name
            for library in libraries
            for location in library.locations
        },
        parents=tuple(parent for parent in parents if parent) if has_others else (),
        series_folders=folders,
    )


def _pairs(folders: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((path, _parent(path)) for path in folders)


def _parent(path: str) -> str:
    trimmed = path.rstrip("/\\")
    cut = max(trimmed.rfind("/"), trimmed.rfind("\\"))
    return trimmed[:cut] if cut > 0 else ""


def _nearest(path: str, folders: Iterable[str]) -> str:
    parts = parts_of(path)
    holding = (folder for folder in folders if folder and _holds(parts_of(folder), parts))
    return max(holding, key=len, default="")


def _holds(folder: Parts, parts: Parts) -> bool:
    return len(parts) > len(folder) and parts[: len(folder)] == folder
