"""What a torrent's own name states: its title, its season, and how numbers may be shifted."""

# ruff: noqa: RUF001 - brackets of other scripts are matched on purpose

from __future__ import annotations

import re
from collections.abc import Collection

from episodarr.matching.numbers.schemes import Shift
from episodarr.matching.reading.fold import Indexed, compact, normal
from episodarr.matching.reading.folders import FolderReader
from episodarr.matching.reading.marks import read_marks
from episodarr.matching.reading.names import Names, without_title
from episodarr.matching.reading.noise import mask
from episodarr.matching.reading.path import Reading
from episodarr.model.ids import EpisodeNumber
from episodarr.model.matching import SeriesNames

_LONGEST_NAME = 600
_GROUPS_IN_FRONT = re.compile(r"^\s*(?:[\[【][^\[\]【】]*[\]】]\s*)+(?=\S)")


class TorrentName:
    """A torrent's name, read once. `names` are the series' and, if none stands in it, its own.

    `season` and `part` are those of the one folder `root` that holds all files (empty if none
    does) where the torrent's name states none.
    """

    def __init__(self, series: SeriesNames, name: str, root: str) -> None:
        self._masked = mask(normal(name[:_LONGEST_NAME]))
        known = Names(series)
        found = known.find(Indexed(self._masked))
        self._marks = read_marks(without_title(self._masked, found))
        self.names = known if found is not None else self._with_own_title(series, known)
        self.season = self._season(found.alias.season if found is not None else None)
        self.part = self._part()
        if root and compact(root) != compact(name):
            outer = FolderReader(self.names).read(root)
            self.season = outer.season if self.season is None else self.season
            self.part = self.part or outer.part

    def _with_own_title(self, series: SeriesNames, known: Names) -> Names:
        plain = _GROUPS_IN_FRONT.sub("", self._masked)
        first = read_marks(plain).first_start
        title = re.split(r"[\[(【（\x00]", plain[:first], maxsplit=1)[0]
        return Names(series, title) if len(compact(title)) >= 4 else known

    def _season(self, of_title: int | None) -> int | None:
        seasons = {season for mark in self._marks.seasons for season in mark.episodes}
        seasons |= {mark.season for mark in self._marks.explicit if mark.season is not None}
        if seasons:
            return seasons.pop() if len(seasons) == 1 else None
        return of_title

    def _part(self) -> int:
        """The one part of a season that the name states; 0 if it states none, or several."""
        parts = {part for mark in self._marks.parts for part in mark.episodes}
        return parts.pop() if len(parts) == 1 else 0

    @property
    def episodes(self) -> tuple[EpisodeNumber, ...]:
        """The episodes that the name states with their season."""
        return tuple(
            (mark.season, number)
            for mark in self._marks.explicit
            if mark.season is not None
            for number in mark.episodes
        )

    def shifts(self, readings: Collection[Reading], queued_seasons: set[int]) -> frozenset[Shift]:
        """How numbers may be out of step with the queue, by the parts and seasons that are named."""
        marks = [self._marks, *(reading.marks for reading in readings)]
        parts = [part for read in marks for part in read.parts]
        seasons = {reading.season_hint() for reading in readings}
        seasons |= {mark.season for mark in self._marks.explicit}
        seasons |= {season for mark in self._marks.seasons for season in mark.episodes}
        later = any(part.episodes[0] > 1 for part in parts)
        if later or any(s is not None and s not in queued_seasons for s in seasons):
            return frozenset(Shift)
        return frozenset({Shift.CONTINUED, Shift.FROM_ZERO})
