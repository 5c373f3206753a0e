"""The world's Sonarr."""

from typing import override

from episodarr.errors import NotFound
from episodarr.model.download import HistoryEvent, HistoryRecord
from episodarr.model.health import System
from episodarr.model.ids import DownloadId, SonarrEpisodeId, SonarrSeriesId
from episodarr.model.library import Episode, EpisodeFile, Series
from tests.deletions.service.world.shows import START, Show
from tests.deletions.service.world.state import World
from tests.replacing import replace
from tests.systems.sonarr.test_sonarr_restart import Sonarr

_OTHER_NUMBERS = 5_000


class SonarrOfWorld(Sonarr):
    """Lists the world's series; another one numbers them otherwise, in folders of its own."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def _number(self, show: Show) -> SonarrSeriesId:
        added = _OTHER_NUMBERS if System.SONARR in self._world.strangers else 0
        return SonarrSeriesId(show.sonarr_id + added)

    def _show(self, series_id: SonarrSeriesId) -> Show:
        for show in self._world.shows.values():
            if self._number(show) == series_id:
                return show
        raise NotFound("episodefile", "404")

    @override
    async def fetch_series(self) -> tuple[Series, ...]:
        self._world.answer(System.SONARR, "series")
        shows = self._world.shows.values()
        return tuple(replace(show.series(), sonarr_id=self._number(show)) for show in shows)

    @override
    async def fetch_episodes(self, series_id: SonarrSeriesId) -> tuple[Episode, ...]:
        self._world.answer(System.SONARR, "episode")
        return tuple(
            Episode(
                sonarr_id=SonarrEpisodeId(1_000 * season + episode),
                season=season,
                episode=episode,
                title="",
                is_monitored=True,
                file_id=file.file_id,
            )
            for (season, episode), file in self._show(series_id).files.items()
        )

    @override
    async def fetch_episode_files(self, series_id: SonarrSeriesId) -> tuple[EpisodeFile, ...]:
        self._world.answer(System.SONARR, "episodefile")
        files = {file.file_id: file for file in self._show(series_id).files.values()}
        return tuple(
            EpisodeFile(
                file_id=file.file_id,
                path=file.path,
                size_bytes=file.size_bytes,
                added_at=file.added_at,
            )
            for file in files.values()
        )

    @override
    async def fetch_history_of_series(self, series_id: SonarrSeriesId) -> tuple[HistoryRecord, ...]:
        self._world.answer(System.SONARR, "history")
        show = self._show(series_id)
        hashes = (h for h, tvdb_id in self._world.torrents.items() if tvdb_id == show.tvdb_id)
        return tuple(
            HistoryRecord(
                record_id=record_id,
                series_id=series_id,
                episode_id=SonarrEpisodeId(1_001),
                event=HistoryEvent.GRABBED,
                at=START,
                source_title=show.title,
                download_id=DownloadId(info_hash.upper()),
            )
            for record_id, info_hash in enumerate(hashes, 1)
        )

    @override
    async def fetch_root_folders(self) -> tuple[str, ...]:
        self._world.answer(System.SONARR, "rootfolder")
        is_stranger = System.SONARR in self._world.strangers
        paths = ("/shows",) if is_stranger else self._world.root_folders
        return tuple(paths)
