"""What a deletion was judged by, packed: once it is settled, hardly anything reads it again.

A record holds the inventory of its whole series, however few episodes went, and is kept for months.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import override

from msgspec import Struct

from episodarr.model.evidence import Evidence
from episodarr.model.health import System
from episodarr.model.inventory import FileSeen, SeriesInventory, Taken
from episodarr.model.packed import Packed, Packing

_INVENTORIES = Packing(SeriesInventory, kept=2)


class _OneInventory(Packed[SeriesInventory]):
    """Named, so that one can count what belongs to settled deletions."""

    __slots__ = ()


class PackedInventory:
    """An inventory; where files of the deletion were seen is told without unpacking it."""

    __slots__ = ("_packed", "_seen_at")

    def __init__(self, inventory: SeriesInventory, paths: Collection[str]) -> None:
        """`paths`, Sonarr's view, are those of the deletion's episodes."""
        self._packed = _OneInventory((inventory,), _INVENTORIES)
        self._seen_at = seen_at(inventory, paths)

    def unpacked(self) -> SeriesInventory:
        """It, equal to the one that was packed."""
        return self._packed[0]

    @override
    def __eq__(self, other: object) -> bool:
        """Equal to what was packed, packed or not."""
        if isinstance(other, PackedInventory):
            return self._packed == other._packed
        return self.unpacked() == other if isinstance(other, SeriesInventory) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # compared by value

    def seen_at(self, paths: Collection[str]) -> Mapping[str, str]:
        """What `seen_at` gives for some of the paths that it was packed with."""
        return {path: self._seen_at[path] for path in paths if path in self._seen_at}


def seen_at(inventory: SeriesInventory, paths: Collection[str]) -> Mapping[str, str]:
    """Where the files of these paths were when the disk was read: our view by Sonarr's."""
    part = inventory.disk
    by_path = part.value.sighting_by_path if isinstance(part, Taken) else {}
    sightings = ((path, by_path.get(path)) for path in paths)
    return {path: s.local_path for path, s in sightings if isinstance(s, FileSeen)}


class _EvidenceOfEpisode(Struct, frozen=True, array_like=True, gc=False):
    by_system: dict[System, Evidence]


_EVIDENCE = Packing(_EvidenceOfEpisode, kept=4)


class _EvidenceOfAll(Packed[_EvidenceOfEpisode]):
    """The same."""

    __slots__ = ()


class PackedEvidence(Mapping[System, Evidence]):
    """The evidence about one episode, packed with that about the others of its deletion."""

    __slots__ = ("_episodes", "_place")

    def __init__(self, episodes: _EvidenceOfAll, place: int) -> None:
        self._episodes = episodes
        self._place = place

    def _by_system(self) -> Mapping[System, Evidence]:
        return self._episodes[self._place].by_system

    @override
    def __getitem__(self, system: System) -> Evidence:
        return self._by_system()[system]

    @override
    def __iter__(self) -> Iterator[System]:
        return iter(self._by_system())

    @override
    def __len__(self) -> int:
        return len(self._by_system())


def pack_evidence(
    evidence_by_episode: Collection[Mapping[System, Evidence]],
) -> list[PackedEvidence]:
    """The evidence about each episode of a deletion, in the same order."""
    dicts = (_EvidenceOfEpisode(dict(one)) for one in evidence_by_episode)
    episodes = _EvidenceOfAll(dicts, _EVIDENCE)
    return [PackedEvidence(episodes, place) for place in range(len(episodes))]
