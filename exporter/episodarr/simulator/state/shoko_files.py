"""What one simulated Shoko has recorded, found by path, name, folder, series or id at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import override

from episodarr.simulator.state.library import Episode, Series

type _FileByPath = dict[str, ShokoFile]
"""Files by their path, in the order in which they came."""


@dataclass(slots=True)
class ShokoSeries:
    """One AniDB anime; a Sonarr series has one per season here."""

    id: int
    anidb_id: int
    name: str
    source: Series
    season: int
    created_at: datetime

    def episode_id(self, episode: Episode) -> int:
        """The id of an episode in this Shoko."""
        return self.id * 1_000 + episode.number


@dataclass(slots=True)
class ShokoFile:
    """One recorded file; without a series it is unrecognized."""

    id: int
    path: str
    folder_id: int
    size_bytes: int
    created_at: datetime
    imported_at: datetime | None = None
    series: ShokoSeries | None = None
    episodes: tuple[Episode, ...] = ()


class ShokoFiles(Mapping[str, ShokoFile]):
    """The recorded files by path, with indexes: one of a hundred thousand is found at once."""

    def __init__(self) -> None:
        self._by_path: _FileByPath = {}
        self._by_id: dict[int, ShokoFile] = {}
        self._by_name: dict[str, _FileByPath] = {}
        self._by_folder: dict[str, _FileByPath] = {}
        self._by_series: dict[int | None, _FileByPath] = {}

    @override
    def __len__(self) -> int:
        return len(self._by_path)

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._by_path)

    @override
    def __getitem__(self, path: str) -> ShokoFile:
        return self._by_path[path]

    def with_id(self, file_id: int) -> ShokoFile | None:
        """The file of this id."""
        return self._by_id.get(file_id)

    def of_series(self, series: ShokoSeries) -> list[ShokoFile]:
        """The files linked to a series."""
        return list(self._by_series.get(series.id, {}).values())

    def unlinked(self) -> list[ShokoFile]:
        """The files that belong to no series."""
        return list(self._by_series.get(None, {}).values())

    def with_files(self) -> set[int]:
        """The ids of all series that have files."""
        return {series_id for series_id in self._by_series if series_id is not None}

    def maybe_ending_with(self, tail: str) -> Iterable[ShokoFile]:
        """Every file whose path can end so, in lower case; a tail without a slash can be any's."""
        folder, _, name = tail.rpartition("/")
        return list(self._by_name.get(name, {}).values()) if folder else list(self.values())

    def folders(self) -> Iterator[tuple[str, list[ShokoFile]]]:
        """Every folder with the files right in it."""
        for folder, blocks in self._by_folder.items():
            yield folder, list(blocks.values())

    def below(self, folder: str) -> list[ShokoFile]:
        """The files in a folder and in those below it."""
        deeper = f"{folder}/"
        return [
            file
            for name, blocks in self._by_folder.items()
            if name == folder or name.startswith(deeper)
            for file in blocks.values()
        ]

    def put(self, file: ShokoFile) -> None:
        """Records a file; what was at its path is forgotten."""
        self.remove(file.path)
        self._by_path[file.path] = file
        self._by_id[file.id] = file
        folder, _, name = file.path.rpartition("/")
        self._by_name.setdefault(name.lower(), {})[file.path] = file
        self._by_folder.setdefault(folder, {})[file.path] = file
        self._by_series.setdefault(_series_id(file), {})[file.path] = file

    def remove(self, path: str) -> ShokoFile | None:
        """Forgets the file at this path and returns it."""
        file = self._by_path.pop(path, None)
        if file is None:
            return None
        del self._by_id[file.id]
        folder, _, name = path.rpartition("/")
        _take(self._by_name, name.lower(), path)
        _take(self._by_folder, folder, path)
        _take(self._by_series, _series_id(file), path)
        return file

    def link(
        self, file: ShokoFile, series: ShokoSeries, episodes: tuple[Episode, ...], at: datetime
    ) -> None:
        """The file belongs to these episodes of a series from now on."""
        _take(self._by_series, _series_id(file), file.path)
        file.series, file.episodes, file.imported_at = series, episodes, at
        self._by_series.setdefault(series.id, {})[file.path] = file


def _series_id(file: ShokoFile) -> int | None:
    return None if file.series is None else file.series.id


def _take[Key](index: dict[Key, _FileByPath], key: Key, path: str) -> None:
    """Removes a path from one index entry, and the entry when it is empty."""
    files = index[key]
    del files[path]
    if not files:
        del index[key]
