"""The episodes of one series as Jellyfin lists them, packed: a library has a hundred thousand.

As objects they take half a kilobyte each, packed a twentieth of it. They are unpacked where a file
of theirs waits or was deleted; the hashes beside them show which series that is.
"""

import zlib
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from types import MappingProxyType

import msgspec
from msgspec import Struct

from episodarr.stages.same_series import name_of
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinSeries,
    JellyfinServer,
)

_LEVEL = 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[JellyfinEpisode, ...]).decode


class PackedEpisodes(Struct, frozen=True, eq=False, gc=False):
    """Some episodes in their order; the same object as long as none of them changed."""

    data: bytes
    id_hashes: bytes
    """Of each one's id, as `hashed` gives it: `ids`."""
    name_hashes: bytes
    """Of each file's name, folded as `file_name` does: `names`."""
    folder: str
    """What all paths begin with."""
    is_whole: bool
    """False: one has no path, so it may lie anywhere."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ids(self) -> Sequence[int]:
        """The hash of each one's id."""
        return memoryview(self.id_hashes).cast("I")

    @property
    def names(self) -> Sequence[int]:
        """The hash of each file's name."""
        return memoryview(self.name_hashes).cast("I")

    def unpacked(self) -> tuple[JellyfinEpisode, ...]:
        """The episodes."""
        return _decode(zlib.decompress(self.data))


def packed(episodes: Sequence[JellyfinEpisode]) -> PackedEpisodes:
    """These episodes, packed."""
    paths = [path for episode in episodes for path in episode.paths]
    return PackedEpisodes(
        data=zlib.compress(_encode(episodes), _LEVEL),
        id_hashes=array("I", (hashed(episode.item_id) for episode in episodes)).tobytes(),
        name_hashes=array("I", (hashed(file_name(path)) for path in paths)).tobytes(),
        folder=_beginning(paths),
        is_whole=all(episode.paths for episode in episodes),
    )


def hashed(text: str) -> int:
    """32 bits of a text's hash: another text with the same costs one unpacking that was not needed."""
    return hash(text) & 0xFFFFFFFF


def _beginning(paths: Sequence[str]) -> str:
    """The longest common beginning of the texts; empty if there is none."""
    first, last = min(paths, default=""), max(paths, default="")
    differs_at = (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(differs_at, min(len(first), len(last)))]


NO_EPISODES = packed(())

type EpisodesBySeries = Mapping[JellyfinId | None, PackedEpisodes]
"""By `SeriesId`, as each episode itself has it; under None those without one."""
NO_LIST: EpisodesBySeries = MappingProxyType({})


def file_name(path: str) -> str:
    """The last part of a path, folded to be compared; plain paths are not split for it."""
    name = path[path.rfind("/") + 1 :]
    return name.lower() if name.isascii() and "\\" not in path else name_of(path)


class JellyfinCatalog(Struct, frozen=True, kw_only=True):
    """All that one Jellyfin lists: every series, and every episode that is a file.

    Parts in which nothing changed are the same objects in the next catalog.
    """

    server: JellyfinServer
    at: datetime
    """When the read began, by our clock."""
    series: tuple[JellyfinSeries, ...]
    episodes_by_series: EpisodesBySeries

    def episodes_of(self, series_ids: Iterable[JellyfinId]) -> tuple[JellyfinEpisode, ...]:
        """The episodes of these series items, each once."""
        found = dict.fromkeys(series_ids)
        parts = (self.episodes_by_series.get(item_id, NO_EPISODES) for item_id in found)
        return tuple(episode for part in parts for episode in part.unpacked())


class Listing:
    """Every episode that is listed, found by id, by the name of its file or by its folder."""

    def __init__(self, parts: Iterable[PackedEpisodes] = ()) -> None:
        self._parts = tuple(parts)

    @property
    def is_whole(self) -> bool:
        """False if the paths of some items are unknown."""
        return all(part.is_whole for part in self._parts)

    def with_ids(self, item_ids: AbstractSet[JellyfinId]) -> tuple[JellyfinEpisode, ...]:
        """The listed episodes with these ids; those that are not listed are left out."""
        hashes = set(map(hashed, item_ids))
        return tuple(
            episode
            for part in self._parts
            if not hashes.isdisjoint(part.ids)
            for episode in part.unpacked()
            if episode.item_id in item_ids
        )

    def named(self, names: AbstractSet[str]) -> Mapping[str, Sequence[JellyfinEpisode]]:
        """The listed episodes by file name, for these names; names are folded as by `file_name`."""
        hashes = set(map(hashed, names))
        found: dict[str, list[JellyfinEpisode]] = {name: [] for name in names}
        for part in self._parts:
            if hashes.isdisjoint(part.names):
                continue
            for episode in part.unpacked():
                for name in {file_name(path) for path in episode.paths} & names:
                    found[name].append(episode)
        return found

    def control(self, folder: str, claim: Collection[JellyfinId]) -> str | None:
        """The path of an episode below a folder, without those of a claim; None if none is."""
        prefix = folder.rstrip("/\\")
        starts = (f"{prefix}/", f"{prefix}\\")
        return next(
            (
                path
                for part in self._parts
                if part.folder.startswith(starts) or any(s.startswith(part.folder) for s in starts)
                for episode in part.unpacked()
                for path in episode.paths
                if path.startswith(starts) and episode.item_id not in claim
            ),
            None,
        )

    def any_id(self) -> JellyfinId | None:
        """The id of any listed episode that can be read; None if there is none."""
        return next(
            (e.item_id for part in self._parts if len(part) for e in part.unpacked() if e.paths),
            None,
        )
