"""Events by hand on a Sonarr and its downloads, and restarts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from episodarr.simulator.events.intake import Codes
from episodarr.simulator.events.removal import RemovalEvents
from episodarr.simulator.names import hex_id
from episodarr.simulator.state.library import Episode, Series
from episodarr.simulator.state.sonarr import TITLE_MISMATCH, SonarrDatabase, Tracked
from episodarr.simulator.state.torrents import TorrentFile

MULTI_SEASON = "Multi-season download, unable to import automatically"
_EPISODE_TVDB_IDS = 80_000_000
"""Above all those of episodes that came with their series."""


class HandworkEvents(RemovalEvents):
    """Torrents added past Sonarr, manual imports, removals, refreshes and restarts."""

    def restart_sonarr(self, sonarr: str, *, seconds: float | None = None) -> None:
        """Sonarr starts anew: its queue is empty until it reads its clients again.

        Delayed releases stay, for these are in its database; commands that ran are gone.

        Args:
            sonarr: The instance's name.
            seconds: Script seconds until its clients are read, instead of the world's own lag.
        """
        state = self.sonarrs[sonarr]
        state.started_at = self.now
        state.commands.clear()
        state.starts += 1
        serial = state.starts
        state.is_starting = True
        for tracked in state.tracked.values():
            tracked.seen = False
        state.queue_revision += 1

        def read() -> None:
            if serial == state.starts:
                state.is_starting = False
                self.refresh_queue(sonarr)

        self.after(self.lags.queue_after_start if seconds is None else seconds, read)

    def add_torrent(
        self,
        sonarr: str,
        title: str,
        files: Sequence[TorrentFile],
        *,
        tvdb_id: int | None = None,
        rate: float = 4_000_000.0,
        phase: str = "downloading",
    ) -> str:
        """A torrent is added to the client by hand, in the category that Sonarr watches.

        Sonarr recognizes the episodes of its first season only, and none without a series. It
        imports neither a pack of several seasons nor what it does not know by itself.

        Args:
            sonarr: The instance's name.
            title: The torrent's name.
            files: Its files, with the episodes that they really hold.
            tvdb_id: The series that Sonarr recognizes; none if it recognizes nothing.
            rate: Bytes per second at speed 1.
            phase: One of the torrent phases.

        Returns:
            The download id, upper case.
        """
        state = self.sonarrs[sonarr]
        series = None if tvdb_id is None else state.by_tvdb[tvdb_id]
        codes = [code for file in files for code in file.episodes]
        first = min((season for season, _ in codes), default=0)
        known = [] if series is None else series.pick(c for c in codes if c[0] == first)
        blocked_by: tuple[str, ...] = ()
        if series is None:
            blocked_by = (TITLE_MISMATCH,)
        elif len({season for season, _ in codes}) > 1:
            blocked_by = (MULTI_SEASON,)
        torrent = self._torrent(
            state, title, list(files), self.now, rate, phase, hybrid=False, info_hash=""
        )
        tracked = Tracked(
            download_id=torrent.hash.upper(),
            history_id=torrent.hash.upper(),
            series_id=None if series is None else series.id,
            episode_ids=tuple(episode.id for episode in known),
            title=title,
            indexer="",
            added_at=self.now,
            quality="WEBDL-1080p",
            release_group="",
            release_type="seasonPack" if len(known) > 1 else "singleEpisode",
            client=self.clients[state.options.client],
            torrent=torrent,
            blocked_by=blocked_by,
            by_hand=True,
        )
        state.tracked[tracked.history_id] = tracked
        tracked.client.add(torrent)
        self.refresh_queue_soon(sonarr)
        return tracked.history_id

    def manual_import(self, sonarr: str, download_id: str, *, tvdb_id: int | None = None) -> None:
        """Every file of a download is imported by hand, whatever Sonarr recognized of it."""
        state = self.sonarrs[sonarr]
        tracked = state.tracked[download_id]
        if tvdb_id is not None:
            tracked.series_id = state.by_tvdb[tvdb_id].id
        series = state.series[tracked.series_id or 0]
        codes = [code for file in tracked.torrent.files for code in file.episodes]
        tracked.episode_ids = tuple(
            series.numbered[code].id for code in codes if code in series.numbered
        )
        self.import_download(sonarr, download_id)

    def remove_download(self, sonarr: str, download_id: str, *, from_client: bool = True) -> None:
        """A download is taken out of the queue by hand; history gets no record of it."""
        state = self.sonarrs[sonarr]
        tracked = state.tracked.pop(download_id)
        if from_client:
            tracked.client.remove(tracked.torrent.hash)
        state.queue_revision += 1

    def refresh_series(
        self, sonarr: str, tvdb_id: int, *, add: Codes = (), remove: Codes = ()
    ) -> None:
        """Sonarr reads the series from TVDB anew, which has other episodes now.

        Args:
            sonarr: The instance's name.
            tvdb_id: The series.
            add: Episodes that TVDB has gained; they aired a month ago.
            remove: Episodes that TVDB has no more; the file of one stays on the disk.
        """
        state, series = self.find_series(sonarr, tvdb_id)
        for episode in series.pick(remove):
            self._drop_episode(state, series, episode)
        for season, number in add:
            episode = Episode(
                state.next_id("episode"),
                series.id,
                _EPISODE_TVDB_IDS + int(hex_id(tvdb_id, season, number)[:6], 16),
                season,
                number,
                f"Episode {number}",
                (self.now - timedelta(days=30)).replace(minute=0, second=0, microsecond=0),
                monitored=series.season_monitored.get(season, True),
            )
            series.add(episode)
            state.by_episode[episode.id] = (series, episode)
        state.queue_revision += 1
        state.touch(series)

    @staticmethod
    def _drop_episode(state: SonarrDatabase, series: Series, episode: Episode) -> None:
        series.episodes.remove(episode)
        del series.numbered[episode.season, episode.number]
        del state.by_episode[episode.id]
        file = series.files.get(episode.file_id)
        if file is not None and not series.episodes_of(file):
            del series.files[file.id]
        state.history = [row for row in state.history if row.episode_id != episode.id]
        for tracked in state.tracked.values():
            tracked.episode_ids = tuple(i for i in tracked.episode_ids if i != episode.id)
        for pending in state.pending:
            pending.episode_ids = tuple(i for i in pending.episode_ids if i != episode.id)
