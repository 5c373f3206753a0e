"""Decide which of Sonarr's episode files one series of Jellyfin lists.

Files are compared by their names, because a number means different things in different
orders of the same show. Where Jellyfin shows real file names of a series, they decide alone: an item
of another file is this episode's earlier file, or another version, and not this one. Ids decide for
items whose names are made up (Shokofin's virtual files). Season and episode numbers decide only where
neither helps and both sides are seen to count alike. Copies of another Sonarr's are left out, and an
item that may be one proves nothing.

Law: an episode is called absent only if Jellyfin listed another file of its series (or an earlier one
of its own) and nothing that it listed could be this episode.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from episodarr.model.ids import EpisodeFileId, EpisodeNumber, ShokoFileId, SonarrEpisodeId
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.stages.paths import Parts, below, is_tail, once, parts_of, stem_of
from episodarr.stages.same_series import Owner, SeriesElsewhere, owner_of_all
from episodarr.systems.jellyfin.matches import JellyfinSees
from episodarr.systems.jellyfin.records import JellyfinEpisode, JellyfinId, JellyfinSeries

_MADE_UP = re.compile(r"\[shoko[ -](?:series|file|episode)[=-]\d+\]", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(\d+)\D*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """Data besides Sonarr's record of a file that may identify its item."""

    earlier_paths: frozenset[str] = frozenset()
    """Sonarr's view of files that were replaced or renamed: a listed one is proof too."""
    tvdb_ids: Mapping[SonarrEpisodeId, int] = MappingProxyType({})
    """TVDB's number of the episode itself."""
    shoko_file_ids: Mapping[EpisodeFileId, ShokoFileId] = MappingProxyType({})
    same_series_elsewhere: tuple[SeriesElsewhere, ...] = ()
    """The same series in other Sonarrs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One episode with its file, ready to be compared."""

    number: EpisodeNumber
    parts: Parts
    rest: Parts
    """Below the series' folder."""
    file_id: EpisodeFileId
    tvdb_id: int | None
    shoko_file: ShokoFileId | None


def _wanted(
    series: Series,
    episodes: Sequence[Episode],
    file_by_id: Mapping[EpisodeFileId, EpisodeFile],
    clues: Clues,
) -> tuple[_Wanted, ...]:
    wanted: list[_Wanted] = []
    for episode in episodes:
        file = file_by_id.get(episode.file_id) if episode.file_id is not None else None
        parts = parts_of(file.path) if file is not None else ()
        if file is None or not parts:
            continue
        wanted.append(
            _Wanted(
                number=(episode.season, episode.episode),
                parts=parts,
                rest=below(file.path, series.path),
                file_id=file.file_id,
                tvdb_id=clues.tvdb_ids.get(episode.sonarr_id) or None,
                shoko_file=clues.shoko_file_ids.get(file.file_id),
            )
        )
    return tuple(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """One path of one item."""

    item: JellyfinEpisode
    parts: Parts


class _Names:
    """The items of one series by the names of their files."""

    def __init__(self, items: Iterable[JellyfinEpisode]) -> None:
        self._by_name: dict[str, list[_Named]] = {}
        self._by_stem: dict[str, list[_Named]] = {}
        for item in items:
            for path in item.paths:
                parts = parts_of(path)
                if not parts:
                    continue
                named = _Named(item=item, parts=parts)
                self._by_name.setdefault(parts[-1], []).append(named)
                if _is_made_up(item) or parts[-1].endswith(".strm"):
                    self._by_stem.setdefault(stem_of(parts[-1]), []).append(named)

    def find(self, parts: Parts, rest: Parts, *, is_only: bool) -> set[JellyfinId]:
        """The items of one file; `is_only`: no other file of the series has its name."""
        same_name = [*self._by_name.get(rest[-1], ()), *self._by_stem.get(stem_of(rest[-1]), ())]
        exact = {
            named.item.item_id
            for named in same_name
            if named.parts == parts or (len(rest) > 1 and is_tail(named.parts, rest))
        }
        if exact or not is_only:
            return exact
        return {
            named.item.item_id
            for named in same_name
            if not _is_other_season(named.parts[-2:-1], parts[-2:-1])
        }


class _Ids:
    """Items by the numbers of the episode or file they stand for."""

    def __init__(self, items: Iterable[JellyfinEpisode]) -> None:
        self._by_tvdb: dict[int, set[JellyfinId]] = {}
        self._by_shoko: dict[int, set[JellyfinId]] = {}
        for item in items:
            ids = item.provider_ids
            if ids.tvdb is not None:
                self._by_tvdb.setdefault(ids.tvdb, set()).add(item.item_id)
            if ids.shoko_file is not None:
                self._by_shoko.setdefault(ids.shoko_file, set()).add(item.item_id)

    def find(self, wanted: _Wanted) -> set[JellyfinId]:
        """The items of one episode."""
        by_tvdb = self._by_tvdb.get(wanted.tvdb_id, set()) if wanted.tvdb_id else set()
        return by_tvdb | self.of_file(wanted)

    def of_file(self, wanted: _Wanted) -> set[JellyfinId]:
        """The items of the very file, by Shoko's number of it."""
        return self._by_shoko.get(wanted.shoko_file, set()) if wanted.shoko_file else set()


def compare(
    series: Series,
    episodes: Sequence[Episode],
    file_by_id: Mapping[EpisodeFileId, EpisodeFile],
    linked: Sequence[JellyfinSeries],
    items: Sequence[JellyfinEpisode],
    clues: Clues,
) -> JellyfinSees:
    """The state of each episode that has a file, by the complete list of a series' items.

    One without a path may be any of them: then none is absent.
    """
    own, contested = _own(items, series, clues)
    items = [item for item in own if item.paths]
    wanted = _wanted(series, episodes, file_by_id, clues)
    names = _Names(items)
    only_names = once({w.file_id: w.rest[-1] for w in wanted}.values())
    by_name = {
        w.number: names.find(w.parts, w.rest, is_only=w.rest[-1] in only_names) for w in wanted
    }
    earlier = _earlier(names, series, clues.earlier_paths)
    are_names_real = bool(earlier) or any(by_name.values())
    comparable = [item for item in items if not are_names_real or _is_made_up(item)]
    by_ids = _Ids(comparable)
    found = {w.number: by_name[w.number] | by_ids.find(w) for w in wanted}
    if not are_names_real and _count_alike(series, wanted, linked, items, found):
        _add_by_number(found, items)
        comparable = [item for item in comparable if item.season is None or not item.episodes]
    taken = earlier.union(*found.values())
    open_items = [item for item in comparable if item.item_id not in taken]
    doubtful = {w.number for w in wanted if found[w.number] & contested}
    if contested:
        found = {w.number: found[w.number] - contested | by_ids.of_file(w) for w in wanted}
    absent = _absent(wanted, found, open_items, has_earlier=bool(earlier - contested))
    return JellyfinSees(
        series_ids=tuple(item.item_id for item in linked),
        playable=frozenset(number for number, ids in found.items() if ids),
        absent=absent - doubtful if len(items) == len(own) else frozenset(),
        item_ids_by_number=MappingProxyType(
            {number: tuple(sorted(ids)) for number, ids in found.items() if ids}
        ),
    )


def _earlier(names: _Names, series: Series, paths: Iterable[str]) -> set[JellyfinId]:
    """The items of files that were replaced or renamed."""
    return {
        item_id
        for path in paths
        if (parts := parts_of(path))
        for item_id in names.find(parts, below(path, series.path), is_only=True)
    }


def _own(
    items: Sequence[JellyfinEpisode], series: Series, clues: Clues
) -> tuple[Sequence[JellyfinEpisode], frozenset[JellyfinId]]:
    """The items without other Sonarrs' copies, and which of them may still be such copies.

    A made-up path does not show where the file lies: only Shoko's number of the file does.
    """
    if not clues.same_series_elsewhere:
        return items, frozenset()
    owners = {
        item.item_id: Owner.UNCLEAR
        if _is_made_up(item)
        else owner_of_all(item.paths, series.path, clues.same_series_elsewhere)
        for item in items
    }
    return (
        [item for item in items if owners[item.item_id] is not Owner.THEIRS],
        frozenset(item_id for item_id, owner in owners.items() if owner is Owner.UNCLEAR),
    )


def _absent(
    wanted: Sequence[_Wanted],
    found: Mapping[EpisodeNumber, set[JellyfinId]],
    open_items: Sequence[JellyfinEpisode],
    *,
    has_earlier: bool,
) -> frozenset[EpisodeNumber]:
    """Episodes proven absent: the series' files are listed, and no item may be one of these."""
    is_proven = has_earlier or any(found.values())
    if not is_proven:
        return frozenset()
    known = {_id_kinds(item) for item in open_items}
    return frozenset(
        w.number
        for w in wanted
        if not found[w.number] and all(_tells_apart(kinds, w) for kinds in known)
    )


@dataclass(frozen=True, slots=True)
class _IdKinds:
    has_shoko: bool
    has_tvdb: bool


def _id_kinds(item: JellyfinEpisode) -> _IdKinds:
    """The kinds of ids that can tell an item from an episode; Shokofin's TVDB ids are guesses."""
    ids = item.provider_ids
    return _IdKinds(ids.shoko_file is not None, ids.tvdb is not None and not _is_made_up(item))


def _tells_apart(kinds: _IdKinds, wanted: _Wanted) -> bool:
    """Whether the items' ids would have matched this episode if one of them were it."""
    return (kinds.has_shoko and wanted.shoko_file is not None) or (
        kinds.has_tvdb and wanted.tvdb_id is not None
    )


def _count_alike(
    series: Series,
    wanted: Sequence[_Wanted],
    linked: Sequence[JellyfinSeries],
    items: Sequence[JellyfinEpisode],
    found: Mapping[EpisodeNumber, set[JellyfinId]],
) -> bool:
    """Whether Jellyfin numbers this series as Sonarr does: one item agrees, none differs."""
    if any(item.provider_ids.tvdb != series.key.tvdb_id for item in linked):
        return False
    every_ids = [*(s.provider_ids for s in linked), *(i.provider_ids for i in items)]
    if any(ids.anidb or ids.shoko_series or ids.shoko_file for ids in every_ids):
        return False
    by_id = {item.item_id: item for item in items}
    agreements = [
        (w.number[0] == item.season and w.number[1] in item.episodes)
        for w in wanted
        for item in (by_id[item_id] for item_id in found[w.number])
        if item.season is not None and item.episodes
    ]
    return bool(agreements) and all(agreements)


def _add_by_number(
    found: Mapping[EpisodeNumber, set[JellyfinId]], items: Iterable[JellyfinEpisode]
) -> None:
    for item in items:
        for episode in item.episodes:
            ids = found.get((item.season, episode)) if item.season is not None else None
            if ids is not None:
                ids.add(item.item_id)


def _is_made_up(item: JellyfinEpisode) -> bool:
    """Whether the file's name is Shokofin's own invention."""
    return any(_MADE_UP.search(parts_of(path)[-1]) for path in item.paths if parts_of(path))


def _is_other_season(theirs: Parts, ours: Parts) -> bool:
    """Whether two folder names end in different numbers, as Season 1 and Season 2 do."""
    numbers = [m[1] for part in (*theirs, *ours) if (m := _LAST_NUMBER.search(part))]
    return len(numbers) == 2 and int(numbers[0]) != int(numbers[1])
