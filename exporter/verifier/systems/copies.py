"""Tell a file's own entries from those of its copies: another Sonarr may hold the same episode.

Two instances of the same show often have the very same folder and file names below other roots. The
copies are somebody else's: that they stay is right.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from exporter.join.paths import Parts, parts_of
from exporter.model.inventory import LibraryFile
from exporter.model.testimony import (
    JellyfinEpisode,
    JellyfinId,
    Number,
    ShokoFileRecord,
    ShokoSeriesFiles,
)


def own_entries(
    item_ids_by_number: Mapping[Number, tuple[JellyfinId, ...]],
    entries: Mapping[JellyfinId, JellyfinEpisode],
    files: Iterable[LibraryFile],
) -> Mapping[Number, tuple[JellyfinId, ...]]:
    """Of several entries for one episode, those whose path has most in common with its file's."""
    path_by_number = {
        (n.season, n.episode): parts_of(file.path) for file in files for n in file.episodes
    }
    return MappingProxyType(
        {
            number: _nearest(item_ids, entries, path_by_number.get(number, ()))
            for number, item_ids in item_ids_by_number.items()
        }
    )


def _nearest(
    item_ids: tuple[JellyfinId, ...], entries: Mapping[JellyfinId, JellyfinEpisode], path: Parts
) -> tuple[JellyfinId, ...]:
    if len(item_ids) < 2:
        return item_ids
    length = {
        item_id: max((_common_tail(path, parts_of(p)) for p in entries[item_id].paths), default=0)
        for item_id in item_ids
    }
    longest = max(length.values())
    return tuple(item_id for item_id in item_ids if length[item_id] == longest)


def _common_tail(one: Parts, other: Parts) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def count_left(series: ShokoSeriesFiles, inventoried: frozenset[int]) -> int:
    """The file records of a series without copies elsewhere, which Shoko can see and we never held."""
    return sum(1 for file in series.files if file.file_id in inventoried or not _is_seen(file))


def _is_seen(file: ShokoFileRecord) -> bool:
    return any(place.is_accessible is True for place in file.places)
