"""Matches kept until what they were made from changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from exporter.join.matching.decide import match_files
from exporter.model.matching import Candidate, ListedFile, SeriesNames, TorrentMatch


@dataclass(frozen=True, slots=True)
class _Question:
    series: SeriesNames
    candidates: frozenset[Candidate]
    torrent_name: str
    files: tuple[ListedFile, ...]


class MatchCache:
    """The last match of each torrent, made again only when its files, names or candidates change.

    Law: holds at most `max_torrents` matches; the one unused for longest goes first.
    """

    def __init__(self, max_torrents: int = 4096) -> None:
        if max_torrents < 1:
            raise ValueError("a cache of matches needs room for at least one torrent")
        self._max_torrents = max_torrents
        self._kept: OrderedDict[str, tuple[_Question, TorrentMatch]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def match(
        self,
        torrent: str,
        series: SeriesNames,
        candidates: Sequence[Candidate],
        torrent_name: str,
        files: Sequence[ListedFile],
    ) -> TorrentMatch:
        """The match of a torrent: the kept one, or a new one if what it rests on has changed.

        `torrent` is whatever identifies it, its info hash for instance; the answer is that of
        `match_files` for the rest.
        """
        asked = _Question(series, frozenset(candidates), torrent_name, tuple(files))
        kept = self._kept.get(torrent)
        if kept is not None and kept[0] == asked:
            self._kept.move_to_end(torrent)
            return kept[1]
        match = match_files(series, candidates, torrent_name, files)
        self._kept[torrent] = (asked, match)
        self._kept.move_to_end(torrent)
        if len(self._kept) > self._max_torrents:
            self._kept.popitem(last=False)
        return match

    def forget(self, torrent: str) -> None:
        """Drop what is kept for a torrent, if anything."""
        self._kept.pop(torrent, None)
