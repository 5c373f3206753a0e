"""Episodes and files of one series, read again and again: what says the same is the same object."""

from collections.abc import Mapping
from datetime import datetime

from exporter.join.series import SeriesDetail
from exporter.model.ids import EpisodeFileId
from exporter.model.library import Episode, EpisodeFile
from exporter.model.sameness import are_same


def renewed(
    before: SeriesDetail | None,
    *,
    episodes: tuple[Episode, ...],
    file_by_id: Mapping[EpisodeFileId, EpisodeFile],
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


def _files(
    before: Mapping[EpisodeFileId, EpisodeFile], now_read: Mapping[EpisodeFileId, EpisodeFile]
) -> Mapping[EpisodeFileId, EpisodeFile]:
    if before == now_read:
        return before
    return {
        file_id: known if (known := before.get(file_id)) is not None and known == file else file
        for file_id, file in now_read.items()
    }
