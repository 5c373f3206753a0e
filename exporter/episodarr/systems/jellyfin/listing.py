"""Find in the list of all items of Jellyfin those at some files' paths, and those beside them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from episodarr.stages.paths import below, is_tail, parts_of
from episodarr.stages.same_series import Owner, SeriesElsewhere, name_of, owner_of_all
from episodarr.systems.jellyfin.records import JellyfinEpisode, JellyfinId


class Listing:
    """Every episode that is listed, by its id and by the names of its files."""

    def __init__(self, episodes: Iterable[JellyfinEpisode] = ()) -> None:
        self.by_id: dict[JellyfinId, JellyfinEpisode] = {}
        self.is_whole = True
        """False: the place of some items is unknown."""
        self._by_name: dict[int, JellyfinEpisode | tuple[JellyfinEpisode, ...]] = {}
        """By the hash of a name, which is smaller than the name; mostly one item each."""
        self.add(episodes)

    def add(self, episodes: Iterable[JellyfinEpisode]) -> None:
        """Add more items of the list."""
        for episode in episodes:
            self.by_id[episode.item_id] = episode
            self.is_whole = self.is_whole and bool(episode.paths)
            for path in episode.paths:
                name = hash(_file_name(path))
                known = self._by_name.get(name)
                self._by_name[name] = episode if known is None else (*_all(known), episode)

    def named(self, name: str) -> Sequence[JellyfinEpisode]:
        """Those that may have a file of this name, folded as `_file_name` gives it."""
        return _all(self._by_name.get(hash(name), ()))

    def control(self, folder: str, claim: Collection[JellyfinId]) -> str | None:
        """The path of something below a folder that is not part of a claim; None if there is none."""
        prefix = folder.rstrip("/\\")
        starts = (f"{prefix}/", f"{prefix}\\")
        return next(
            (
                path
                for item_id, episode in self.by_id.items()
                for path in episode.paths
                if path.startswith(starts) and item_id not in claim
            ),
            None,
        )


def _all(known: JellyfinEpisode | tuple[JellyfinEpisode, ...]) -> tuple[JellyfinEpisode, ...]:
    return known if isinstance(known, tuple) else (known,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The files of one series to find in the list."""

    folder: str
    """Of the series, in Sonarr's view like the paths."""
    paths: tuple[str, ...]
    other_folders: tuple[str, ...] = ()
    """Jellyfin's view of where another Sonarr keeps the same series."""
    same_series_elsewhere: tuple[SeriesElsewhere, ...] = ()


def entries_at(
    wanted: Wanted, listing: Listing, of_series: AbstractSet[JellyfinId]
) -> Mapping[str, tuple[JellyfinEpisode, ...]]:
    """The entries listed at each path, by Sonarr's path; `of_series` are known to be of the series.

    An entry of another series counts only if its path agrees down to the series' folder. One that
    may be another Sonarr's is left out.
    """
    folder_name = parts_of(wanted.folder)[-1:]
    starts = tuple(f"{f.rstrip('/')}/" for f in wanted.other_folders)
    found: dict[str, tuple[JellyfinEpisode, ...]] = {}
    for path in wanted.paths:
        rest = below(path, wanted.folder)
        whole = parts_of(path)
        tail = (*folder_name, *rest)
        entries = [
            e
            for e in listing.named(_file_name(path))
            if any(
                parts == whole
                or (len(tail) > 1 and is_tail(parts, tail))
                or (e.item_id in of_series and len(rest) > 1 and is_tail(parts, rest))
                for parts in map(parts_of, e.paths)
            )
        ]
        ours = [e for e in entries if not starts or not all(p.startswith(starts) for p in e.paths)]
        found[path] = tuple({e.item_id: e for e in ours if _is_ours(e, wanted)}.values())
    return {path: entries for path, entries in found.items() if entries}


def _is_ours(episode: JellyfinEpisode, wanted: Wanted) -> bool:
    owner = owner_of_all(episode.paths, wanted.folder, wanted.same_series_elsewhere)
    return owner is Owner.OURS


def _file_name(path: str) -> str:
    """The last part of a path, folded to be compared; plain paths are not split for it."""
    name = path[path.rfind("/") + 1 :]
    return name.lower() if name.isascii() and "\\" not in path else name_of(path)
