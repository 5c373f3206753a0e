"""Episodes and files of one series, read again and again: what says the same is the same object."""

from collections.abc import Mapping
from datetime import datetime

from exporter.join.series import SeriesDetail
from exporter.model.ids import EpisodeFileId, SonarrSeriesId
from exporter.model.library import Episode, EpisodeFile
from exporter.model.sameness import are_same

FORMER_PATHS = 200
"""Of one series; those that come first in the alphabet are forgotten first."""

type FileById = Mapping[EpisodeFileId, EpisodeFile]


class FormerPaths:
    """Where files of each series were that were replaced, renamed or deleted while we watched."""

    def __init__(self) -> None:
        self._by_series: dict[SonarrSeriesId, frozenset[str]] = {}

    def of(self, series_id: SonarrSeriesId) -> frozenset[str]:
        """Those of one series."""
        return self._by_series.get(series_id, frozenset())

    def remember(self, series_id: SonarrSeriesId, before: FileById, now_read: FileById) -> None:
        """Take in what two looks differ in."""
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
    episodes: tuple[Episode, ...],
    file_by_id: FileById,
    read_at: datetime,
) -> SeriesDetail:
    """What was read, with the objects of the look before wherever nothing differs."""
    if before is not None:
        episodes = _episodes(before.episodes, episodes)
        file_by_id = _files(before.file_by_id, file_by_id)
    return SeriesDetail(episodes=episodes, file_by_id=file_by_id, read_at=read_at)


def _episodes(before: tuple[Episode, ...], now_read: tuple[Episode, ...]) -> tuple[Episode, ...]:
    old = {episode.sonarr_id: episode for episode in before}
    again = tuple(
        known if (known := old.get(e.sonarr_id)) is not None and known == e else e for e in now_read
    )
    return before if are_same(before, again) else again


def _files(before: FileById, now_read: FileById) -> FileById:
    if before == now_read:
        return before
    return {
        file_id: known if (known := before.get(file_id)) is not None and known == file else file
        for file_id, file in now_read.items()
    }
