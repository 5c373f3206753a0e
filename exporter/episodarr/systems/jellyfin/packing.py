"""Pack a list of episodes while it is read, page by page, so that it never stands there whole."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from episodarr.errors import BadPayload
from episodarr.model.records import Unread
from episodarr.model.steps import Steps
from episodarr.systems.jellyfin import wire
from episodarr.systems.jellyfin.packed import PackedEpisodes, hashed, packed
from episodarr.systems.jellyfin.records import JellyfinEpisode, JellyfinId, JellyfinItem

type _Pieces = dict[JellyfinId | None, list[PackedEpisodes]]


class Packing:
    """The episodes that came so far, by series, and the items that are no files."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what was taken: the list is read from its start."""
        self.others: set[JellyfinId] = set()
        self.with_more_versions: list[JellyfinId] = []
        """Items with files besides the one that was listed."""
        self.unread: list[Unread] = []
        self._pieces: _Pieces = {}

    def take(self, entries: Sequence[wire.ListedEpisode]) -> None:
        """Pack the entries of a page."""
        self.others.update(entry.item_id for entry in entries if entry.episode is None)
        self.with_more_versions += [e.item_id for e in entries if e.has_more_versions]
        self._pack(entry.episode for entry in entries if entry.episode is not None)

    def leave_out(self, unread: Sequence[Unread]) -> None:
        """Note items of which at most their being listed is known."""
        self.unread += unread

    def _pack(self, episodes: Iterable[JellyfinEpisode]) -> None:
        by_series: dict[JellyfinId | None, list[JellyfinEpisode]] = {}
        for episode in episodes:
            by_series.setdefault(episode.series_id, []).append(episode)
        for series_id, found in by_series.items():
            self._pieces.setdefault(series_id, []).append(packed(found))

    def by_series_steps(
        self, versions: Mapping[JellyfinId, JellyfinItem]
    ) -> Steps[dict[JellyfinId | None, PackedEpisodes]]:
        """The episodes of each series in the order in which they came, with all their versions.

        Pauses after each series that came in pieces; nothing is taken meanwhile.

        Raises:
            BadPayload: of an item that could not be read, not even the id is known.
        """
        self._pack(_unreadable(self.unread))
        with_versions = set(map(hashed, versions))
        found: dict[JellyfinId | None, PackedEpisodes] = {}
        for series_id, pieces in self._pieces.items():
            is_plain = not with_versions or with_versions.isdisjoint(pieces[0].ids)
            if len(pieces) == 1 and is_plain:
                found[series_id] = pieces[0]
            else:
                found[series_id] = _joined(pieces, versions)
                yield
        return found


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


def _joined(
    pieces: Sequence[PackedEpisodes], versions: Mapping[JellyfinId, JellyfinItem]
) -> PackedEpisodes:
    episodes = (episode for piece in pieces for episode in piece.unpacked())
    return packed([_with_paths(episode, versions.get(episode.item_id)) for episode in episodes])


def _with_paths(episode: JellyfinEpisode, item: JellyfinItem | None) -> JellyfinEpisode:
    """The episode with the paths of all versions; the listed path where those are missing."""
    if item is None or not item.paths:
        return episode
    return replace(episode, paths=tuple(dict.fromkeys((*episode.paths, *item.paths))))
