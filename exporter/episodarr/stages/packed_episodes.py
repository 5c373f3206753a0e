"""The episodes of one series, packed: they are needed where something happens to the series."""

from array import array
from collections.abc import Iterable, Iterator

from episodarr.model.ids import SonarrEpisodeId
from episodarr.model.library import Episode
from episodarr.model.packed import Packed, Packing

_EPISODES = Packing(Episode, kept=16)


class PackedEpisodes(Packed[Episode]):
    """The episodes of a series, in the order in which Sonarr lists them."""

    __slots__ = ("_ids", "lacks_wanted")

    def __init__(self, episodes: Iterable[Episode]) -> None:
        given = tuple(episodes)
        super().__init__(given, _EPISODES)
        self._ids = array("q", (e.sonarr_id for e in given))
        self.lacks_wanted = any(e.file_id is None and e.is_monitored for e in given)
        """Whether a monitored one has no file."""

    def ids(self) -> Iterator[SonarrEpisodeId]:
        """Their numbers in Sonarr, without unpacking them."""
        return map(SonarrEpisodeId, self._ids)
