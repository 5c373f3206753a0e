"""Episodes and files of one series over many reads: what did not change is the same object."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from episodarr.model.ids import EpisodeFileId, SonarrEpisodeId, SonarrSeriesId
from episodarr.model.library import Episode, EpisodeFile
from episodarr.model.records import carried_over, unread_in
from episodarr.stages.inputs import NOTHING, SeriesDetail
from episodarr.stages.packed_episodes import PackedEpisodes
from episodarr.systems.sonarr.packed_files import PackedFiles

CLOCKS_DIFFER = timedelta(seconds=5)
"""Less than this is how whole seconds are cut, and how long an answer takes."""
FORMER_PATHS = 200
"""Of one series; those that come first in the alphabet are forgotten first."""

type FileById = Mapping[EpisodeFileId, EpisodeFile]


_NO_PATHS: frozenset[str] = frozenset()
"""One for all: Python makes another each time, and what rests on it would be computed again."""


class FormerPaths:
    """Where files of each series were that were replaced, renamed or deleted while we watched."""

    def __init__(self) -> None:
        self._by_series: dict[SonarrSeriesId, frozenset[str]] = {}

    def of(self, series_id: SonarrSeriesId) -> frozenset[str]:
        """Those of one series; the same object while there are no others."""
        return self._by_series.get(series_id, _NO_PATHS)

    def remember(self, series_id: SonarrSeriesId, before: FileById, now_read: FileById) -> None:
        """Take in the paths that are gone between two reads."""
        if before is now_read:
            return
        gone = {f.path for f in before.values()} - {f.path for f in now_read.values()}
        if gone:
            kept = sorted(self.of(series_id) | gone)[-FORMER_PATHS:]
            self._by_series[series_id] = frozenset(kept)

    def drop(self, series_id: SonarrSeriesId) -> None:
        """The series is gone."""
        self._by_series.pop(series_id, None)


def renewed(
    before: SeriesDetail | None,
    *,
    episodes: Sequence[Episode],
    files: Sequence[EpisodeFile] | None,
    read_at: datetime,
) -> SeriesDetail:
    """What was read, with the objects of the read before wherever nothing differs.

    `files` None: they were not requested, because nothing shows that they changed. A record that
    cannot be read is as it was before.
    """
    file_by_id = {file.file_id: file for file in files or ()}
    is_whole = not unread_in(episodes) and not unread_in(files or ())
    now_read = (*episodes, *_unreadable_now(before, episodes))
    packed = PackedEpisodes(now_read)
    if before is not None:
        if packed == before.episodes:
            packed = before.episodes
        if files is None:
            is_whole = is_whole and before.is_whole
        else:
            old = carried_over(before.file_by_id.items(), files, file_by_id)
            file_by_id |= {file.file_id: file for file in old}
    known = before.file_by_id if before is not None else {}
    return SeriesDetail(
        episodes=packed,
        file_by_id=known if files is None else _files(known, file_by_id),
        read_at=read_at,
        is_whole=is_whole,
        searched_at=before.searched_at
        if before is not None and packed is before.episodes
        else _searched_at(before, now_read, read_at),
    )


def _searched_at(
    before: SeriesDetail | None, episodes: Iterable[Episode], read_at: datetime
) -> Mapping[SonarrEpisodeId, datetime]:
    """When episodes were searched for, where Sonarr's clock cannot be right.

    A search that shows for the first time was after the read before and before this one.
    """
    old = {e.sonarr_id: e.last_search_at for e in before.episodes} if before is not None else {}
    found: dict[SonarrEpisodeId, datetime] = {}
    for episode in episodes:
        reported = episode.last_search_at
        if reported is None:
            continue
        if before is not None and old.get(episode.sonarr_id) == reported:
            at = before.searched_at.get(episode.sonarr_id, reported)
        else:
            at = min(reported, read_at) if reported - read_at > CLOCKS_DIFFER else reported
            if before is not None and before.read_at - reported > CLOCKS_DIFFER:
                at = before.read_at
        if at != reported:
            found[episode.sonarr_id] = at
    return found or NOTHING


def _unreadable_now(before: SeriesDetail | None, listed: Sequence[Episode]) -> Iterable[Episode]:
    """The earlier episodes that the list may still hold."""
    if before is None or not unread_in(listed):
        return ()
    earlier = ((episode.sonarr_id, episode) for episode in before.episodes)
    return carried_over(earlier, listed, (episode.sonarr_id for episode in listed))


def _files(before: FileById, now_read: FileById) -> FileById:
    return before if before == now_read else PackedFiles(now_read)
