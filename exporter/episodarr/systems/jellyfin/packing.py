"""Pack a list of episodes while it is read, page by page, so that it never stands there whole.

Of what is as it was in the list before, only the place in it is kept until all pages have come.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec.structs import replace

from episodarr.errors import BadPayload
from episodarr.model.records import Unread
from episodarr.model.steps import Steps
from episodarr.systems.jellyfin import wire
from episodarr.systems.jellyfin.packed import (
    NO_EPISODES,
    NO_LIST,
    EpisodesBySeries,
    PackedEpisodes,
    hashed,
    packed,
)
from episodarr.systems.jellyfin.records import JellyfinEpisode, JellyfinId, JellyfinItem

_SERIES_PER_STEP = 20
"""A page may hold a thousand, and each is unpacked to be compared."""

type _Pieces = dict[JellyfinId | None, list[PackedEpisodes]]


class Packing:
    """The episodes that came so far, by series, and the items that are no files."""

    def __init__(self, known: EpisodesBySeries = NO_LIST) -> None:
        """`known` is the list before this one."""
        self._known = known
        self.begin()

    def begin(self) -> None:
        """Forget what was taken: the list is read from its start."""
        self.others: set[JellyfinId] = set()
        self.with_more_versions: list[JellyfinId] = []
        """Items with files besides the one that was listed."""
        self.unread: list[Unread] = []
        self._pieces: _Pieces = {}
        self._places: dict[JellyfinId | None, array[int]] = {}
        """By series, which episodes of the known list came again as they were."""

    def take_steps(self, entries: Sequence[wire.ListedEpisode]) -> Steps[None]:
        """Pack the entries of a page, with a pause after every few series."""
        self.others.update(entry.item_id for entry in entries if entry.episode is None)
        self.with_more_versions += [e.item_id for e in entries if e.has_more_versions]
        yield from self._pack_steps(e.episode for e in entries if e.episode is not None)

    def leave_out(self, unread: Sequence[Unread]) -> None:
        """Note items of which at most their being listed is known."""
        self.unread += unread

    def _pack_steps(self, episodes: Iterable[JellyfinEpisode]) -> Steps[None]:
        by_series: dict[JellyfinId | None, list[JellyfinEpisode]] = {}
        for episode in episodes:
            by_series.setdefault(episode.series_id, []).append(episode)
        for number, (series_id, found) in enumerate(by_series.items()):
            if number % _SERIES_PER_STEP == 0:
                yield
            places = _places_in(self._known.get(series_id, NO_EPISODES), found)
            if places is None:
                self._pieces.setdefault(series_id, []).append(packed(found))
            else:
                self._places.setdefault(series_id, array("I")).extend(places)

    def by_series_steps(
        self, versions: Mapping[JellyfinId, JellyfinItem]
    ) -> Steps[dict[JellyfinId | None, PackedEpisodes]]:
        """The episodes of each series in the order in which they came, with all their versions.

        Pauses after each series that came in pieces; nothing is taken meanwhile.

        Raises:
            BadPayload: of an item that could not be read, not even the id is known.
        """
        yield from self._pack_steps(_unreadable(self.unread))
        with_versions = set(map(hashed, versions))
        found: dict[JellyfinId | None, PackedEpisodes] = {}
        for series_id in dict.fromkeys((*self._places, *self._pieces)):
            whole = self._whole(series_id)
            if whole is not None and with_versions.isdisjoint(whole.ids):
                found[series_id] = whole
                continue
            episodes = [_with_paths(e, versions.get(e.item_id)) for e in self._episodes(series_id)]
            part = self._known.get(series_id, NO_EPISODES)
            is_same = len(part) == len(episodes) and _places_in(part, episodes) is not None
            found[series_id] = part if is_same else packed(episodes)
            yield
        return found

    def _whole(self, series_id: JellyfinId | None) -> PackedEpisodes | None:
        """All episodes of a series, if they are packed in one already."""
        pieces, places = self._pieces.get(series_id, ()), self._places.get(series_id, ())
        part = self._known.get(series_id, NO_EPISODES)
        if not pieces and len(places) == len(part):
            return part
        return pieces[0] if len(pieces) == 1 and not places else None

    def _episodes(self, series_id: JellyfinId | None) -> Iterator[JellyfinEpisode]:
        if places := self._places.get(series_id):
            known = self._known[series_id].unpacked()
            yield from (known[place] for place in places)
        yield from chain.from_iterable(p.unpacked() for p in self._pieces.get(series_id, ()))


def _places_in(part: PackedEpisodes, episodes: Sequence[JellyfinEpisode]) -> list[int] | None:
    """Where these episodes are in a part that has all of them as they are; else None."""
    if not set(part.ids).issuperset(hashed(episode.item_id) for episode in episodes):
        return None
    known = {episode.item_id: (place, episode) for place, episode in enumerate(part.unpacked())}
    found = [known.get(episode.item_id, (0, None)) for episode in episodes]
    is_same = all(one == episode for (_, one), episode in zip(found, episodes, strict=True))
    return [place for place, _ in found] if is_same else None


def _unreadable(unread: Iterable[Unread]) -> Iterator[JellyfinEpisode]:
    """Episodes without paths for items that could not be read: only their ids are known.

    Raises:
        BadPayload: of one, not even the id is known.
    """
    for one in unread:
        item_id = wire.normal_id(str(one.key))
        if item_id is None:
            raise BadPayload("episodes", one.message, path=one.place)
        yield wire.unreadable_episode(item_id)


def _with_paths(episode: JellyfinEpisode, item: JellyfinItem | None) -> JellyfinEpisode:
    """The episode with the paths of all versions; the listed path where those are missing."""
    if item is None or not item.paths:
        return episode
    return replace(episode, paths=tuple(dict.fromkeys((*episode.paths, *item.paths))))
