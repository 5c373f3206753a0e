"""What Sonarr does with its downloads: follow them, import them, give them up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from episodarr.simulator.events import webhooks
from episodarr.simulator.events.intake import IntakeEvents, library_path
from episodarr.simulator.state.engine import Content
from episodarr.simulator.state.library import Episode, EpisodeFile, Series
from episodarr.simulator.state.sonarr import HistoryRow, SonarrDatabase, Tracked
from episodarr.simulator.state.torrents import TorrentFile


class ImportEvents(IntakeEvents):
    """From a download in the client to a file in the library."""

    def refresh_queue(self, sonarr: str) -> None:
        """Sonarr reads its download clients now; what is complete there gets imported soon."""
        state = self.sonarrs[sonarr]
        if state.is_starting:
            return
        for tracked in state.read_clients():
            self._completed(sonarr, tracked)
        state.forget_old_commands(self.now)

    def refresh_queue_soon(self, sonarr: str) -> None:
        """Sonarr reads its clients a moment after the first of several events."""
        state = self.sonarrs[sonarr]
        if state.refresh_waits:
            return
        state.refresh_waits = True

        def refresh() -> None:
            state.refresh_waits = False
            self.refresh_queue(sonarr)

        self.after(self.lags.queue_after_event, refresh)

    def _completed(self, sonarr: str, tracked: Tracked) -> None:
        if tracked.blocked_by:
            tracked.state = "importBlocked"
            tracked.health = "warning"
            tracked.messages = [(tracked.title, list(tracked.blocked_by))]
            state = self.sonarrs[sonarr]
            series = state.series.get(tracked.series_id or 0)
            self.send(state, webhooks.manual_interaction(state, series, tracked))
            return
        tracked.state = "importPending"
        if tracked.automatic:
            self.after(self.lags.import_pending, lambda: self._start_import(sonarr, tracked))

    def _start_import(self, sonarr: str, tracked: Tracked) -> None:
        state = self.sonarrs[sonarr]
        if tracked.state == "importPending" and tracked.history_id in state.tracked:
            tracked.state = "importing"
            state.queue_revision += 1
            self.after(
                self.lags.importing, lambda: self.import_download(sonarr, tracked.history_id)
            )

    def import_download(self, sonarr: str, download_id: str) -> None:
        """Sonarr moves what was downloaded into the library; its queue row goes."""
        state = self.sonarrs[sonarr]
        tracked = state.tracked.get(download_id)
        series = None if tracked is None else state.series.get(tracked.series_id or 0)
        if tracked is None or series is None:
            return
        for source in tracked.torrent.files:
            self._import_file(state, series, tracked, source)
        self.send(state, webhooks.import_complete(state, series, tracked))
        tracked.state = "imported"
        state.imported[download_id] = state.tracked.pop(download_id)
        state.queue_revision += 1
        self.refresh_queue_soon(sonarr)

    def _import_file(
        self, state: SonarrDatabase, series: Series, tracked: Tracked, source: TorrentFile
    ) -> None:
        known = [code for code in source.episodes if code in series.numbered]
        episodes = [ep for ep in series.pick(known) if ep.id in tracked.episode_ids]
        if not episodes or source.priority == 0:
            return
        replaced = self.replace_files(state, series, episodes)
        file = EpisodeFile(
            state.next_id("file"),
            series.id,
            episodes[0].season,
            library_path(series, episodes, tracked.quality),
            source.size_bytes,
            self.now,
            tuple(episode.id for episode in episodes),
            tracked.quality,
            tracked.release_group,
            tracked.title,
            tracked.release_type,
        )
        series.files[file.id] = file
        for episode in episodes:
            episode.file_id = file.id
        content = Content(series, tuple(episodes))
        self.write_file(series.file_path(file), file.size_bytes, content)
        data: dict[str, str | None] = {
            "fileId": str(file.id),
            "droppedPath": f"{tracked.torrent.save_path}/{source.name}",
            "importedPath": series.file_path(file),
            "downloadClient": "QBittorrent",
            "downloadClientName": client_name(state, tracked),
            "releaseGroup": tracked.release_group,
            "customFormatScore": "0",
            "size": str(file.size_bytes),
            "indexerFlags": "0",
            "releaseType": "SingleEpisode",
        }
        for episode in episodes:
            self.record(state, tracked, episode.id, "downloadFolderImported", data)
        state.touch(series)
        self.send(state, webhooks.imported(state, series, episodes, file, tracked, replaced))

    def replace_files(
        self, state: SonarrDatabase, series: Series, episodes: Sequence[Episode]
    ) -> list[EpisodeFile]:
        """Deletes the files that an upgrade replaces, with their history, and returns them."""
        ids = {episode.file_id for episode in episodes if episode.file_id}
        replaced = [series.files[file_id] for file_id in sorted(ids)]
        for file in replaced:
            for episode in series.episodes_of(file):
                episode.file_id = 0  # Also of one that the new file does not hold.
            del series.files[file.id]
            self.remove_file(series.file_path(file))
            self.record_file_deleted(state, series, file, "Upgrade")
            self.send(state, webhooks.file_delete(state, series, file, "upgrade"))
        return replaced

    def record_file_deleted(
        self, state: SonarrDatabase, series: Series, file: EpisodeFile, reason: str
    ) -> None:
        """Writes ``episodeFileDeleted`` for every episode of the file."""
        self.record_file_event(
            state,
            series,
            file,
            "episodeFileDeleted",
            source_title=series.file_path(file),
            data={
                "reason": reason,
                "releaseGroup": file.release_group,
                "size": str(file.size_bytes),
                "indexerFlags": "0",
                "releaseType": "SingleEpisode",
            },
        )

    def record_file_event(
        self,
        state: SonarrDatabase,
        series: Series,
        file: EpisodeFile,
        event: str,
        *,
        source_title: str,
        data: dict[str, str | None],
    ) -> None:
        """Writes a row of history for every episode of the file; these have no download."""
        for episode_id in file.episode_ids:
            state.record(
                HistoryRow(
                    id=state.next_id("history"),
                    series_id=series.id,
                    episode_id=episode_id,
                    event=event,
                    at=self.now,
                    source_title=source_title,
                    quality=file.quality,
                    download_id=None,
                    data=data,
                )
            )

    def fail_download(
        self,
        sonarr: str,
        download_id: str,
        *,
        message: str = "Download failed: the torrent has no seeds and was removed",
        age_seconds: float = 0.0,
    ) -> None:
        """The download failed: out of queue and client, and a row of history has the reason."""
        state = self.sonarrs[sonarr]
        tracked = state.tracked.pop(download_id)
        tracked.client.remove(tracked.torrent.hash)
        data: dict[str, str | None] = {
            "downloadClient": "QBittorrent",
            "downloadClientName": client_name(state, tracked),
            "message": message,
            "releaseGroup": tracked.release_group,
            "size": str(tracked.torrent.wanted_bytes),
        }
        at = self.now - timedelta(seconds=age_seconds)
        for episode_id in tracked.episode_ids:
            self.record(state, tracked, episode_id, "downloadFailed", data, at=at)
        state.queue_revision += 1

    def block_import(self, sonarr: str, download_id: str, *, reasons: Sequence[str]) -> None:
        """From now on the import of a complete download needs to be done by hand."""
        tracked = self.sonarrs[sonarr].tracked[download_id]
        tracked.blocked_by = tuple(reasons)
        self._completed(sonarr, tracked)
        self.sonarrs[sonarr].queue_revision += 1

    def set_client(self, client: str, *, reachable: bool) -> None:
        """The download client stops or begins to answer Sonarr."""
        self.clients[client].reachable = reachable
        for state in self.sonarrs.values():
            if state.options.client == client:
                self.refresh_queue_soon(state.name)

    def record(
        self,
        state: SonarrDatabase,
        tracked: Tracked,
        episode_id: int,
        event: str,
        data: dict[str, str | None],
        *,
        at: datetime | None = None,
    ) -> None:
        """Writes one row of history about a download."""
        series, _ = state.by_episode[episode_id]
        state.record(
            HistoryRow(
                id=state.next_id("history"),
                series_id=series.id,
                episode_id=episode_id,
                event=event,
                at=at or self.now,
                source_title=tracked.title,
                quality=tracked.quality,
                download_id=tracked.history_id,
                data=data,
            )
        )


def client_name(state: SonarrDatabase, tracked: Tracked) -> str:
    """What the instance calls the client that holds the download."""
    return "SABnzbd" if tracked.protocol == "usenet" else state.options.client_name
