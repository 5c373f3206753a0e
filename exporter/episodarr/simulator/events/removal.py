"""Events by which files and series go, move or come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from episodarr.simulator.events import webhooks
from episodarr.simulator.events.grabs import GrabEvents
from episodarr.simulator.events.intake import Codes, SeriesPlan
from episodarr.simulator.state.library import EpisodeFile, Series
from episodarr.simulator.state.sonarr import SonarrDatabase


class RemovalEvents(GrabEvents):
    """Deletions in the order in which Sonarr really does things, and what can go wrong."""

    def delete_series(
        self,
        sonarr: str,
        tvdb_id: int,
        *,
        delete_files: bool = True,
        webhook: bool = True,
        lag_seconds: float | None = None,
    ) -> None:
        """Deletes a series: its rows and history at once, then the webhook, its files later.

        Args:
            sonarr: The instance's name.
            tvdb_id: The series.
            delete_files: Whether its files go too.
            webhook: False for an instance that sends no webhook.
            lag_seconds: Script seconds until the files go, instead of the world's own lag.
        """
        state, series = self.find_series(sonarr, tvdb_id)
        state.drop_series(series)
        if webhook:
            self.send(state, webhooks.series_delete(state, series, deleted_files=delete_files))
        if delete_files:
            lag = self.lags.delete_files if lag_seconds is None else lag_seconds
            self.after(lag, lambda: self._delete_all(series))

    def _delete_all(self, series: Series) -> None:
        for file in series.files.values():
            self.remove_file(series.file_path(file))

    def delete_files(
        self, sonarr: str, tvdb_id: int, episodes: Codes, *, webhook: bool = True
    ) -> None:
        """Deletes the files of single episodes by hand, one event per file as Sonarr does."""
        state, series = self.find_series(sonarr, tvdb_id)
        for file in self._files_of(series, episodes):
            self.remove_file(series.file_path(file))
            self._forget_file(state, series, file, "Manual")
            if webhook:
                self.send(state, webhooks.file_delete(state, series, file, "manual"))

    def delete_season(
        self, sonarr: str, tvdb_id: int, season: int, *, webhook: bool = True
    ) -> None:
        """Deletes every file of a season; Sonarr's page does this file by file."""
        _, series = self.find_series(sonarr, tvdb_id)
        codes = [key for key, episode in series.numbered.items() if key[0] == season]
        held = [code for code in codes if series.numbered[code].file_id]
        self.delete_files(sonarr, tvdb_id, held, webhook=webhook)

    @staticmethod
    def _files_of(series: Series, episodes: Codes) -> list[EpisodeFile]:
        ids = {episode.file_id for episode in series.pick(episodes) if episode.file_id}
        return [series.files[file_id] for file_id in sorted(ids)]

    def _forget_file(
        self, state: SonarrDatabase, series: Series, file: EpisodeFile, reason: str
    ) -> None:
        self.record_file_deleted(state, series, file, reason)
        for episode in series.episodes_of(file):
            episode.file_id = 0
        del series.files[file.id]
        state.touch(series)

    def lose_files(
        self, sonarr: str, tvdb_id: int, episodes: Codes, *, noticed: bool = True
    ) -> None:
        """Files are removed past Sonarr; its rescan finds them missing."""
        state, series = self.find_series(sonarr, tvdb_id)
        for file in self._files_of(series, episodes):
            self.remove_file(series.file_path(file))
            if noticed:
                self._forget_file(state, series, file, "MissingFromDisk")
                self.send(state, webhooks.file_delete(state, series, file, "missingFromDisk"))
                series.lost_files.append(file)

    def find_files(self, sonarr: str, tvdb_id: int, episodes: Codes) -> None:
        """Lost files are where they were, and a rescan finds them: as other rows, without an event.

        Neither history nor a webhook reports files that Sonarr did not bring itself.
        """
        state, series = self.find_series(sonarr, tvdb_id)
        wanted = {episode.id for episode in series.pick(episodes)}
        for file in [f for f in series.lost_files if wanted.intersection(f.episode_ids)]:
            series.lost_files.remove(file)
            path = series.file_path(file)
            self.write_file(path, file.size_bytes, self.contents[path])
            found = replace(file, id=state.next_id("file"), added_at=self.now)
            series.files[found.id] = found
            for episode in series.episodes:
                if episode.id in found.episode_ids:
                    episode.file_id = found.id
            state.touch(series)

    def rename_files(self, sonarr: str, tvdb_id: int, *, suffix: str = " [renamed]") -> None:
        """Renames every file of a series on disk; no statistic changes by it."""
        state, series = self.find_series(sonarr, tvdb_id)
        renamed = []
        for file in series.files.values():
            old = file.relative_path
            file.relative_path = f"{old.removesuffix('.mkv')}{suffix}.mkv"
            self.move_file(f"{series.path}/{old}", series.file_path(file))
            renamed.append((file, old))
            self.record_file_event(
                state,
                series,
                file,
                "episodeFileRenamed",
                source_title=f"{series.path}/{old}",
                data={
                    "sourcePath": f"{series.path}/{old}",
                    "sourceRelativePath": old,
                    "path": series.file_path(file),
                    "relativePath": file.relative_path,
                },
            )
        self.send(state, webhooks.rename(state, series, renamed))

    def move_series(self, sonarr: str, tvdb_id: int, root: str) -> None:
        """Gives a series another root folder and moves its files there; history has nothing of it."""
        state, series = self.find_series(sonarr, tvdb_id)
        before = [(file, series.file_path(file)) for file in series.files.values()]
        series.root, series.path = root, f"{root}/{series.path.rpartition('/')[2]}"
        for file, old in before:
            self.move_file(old, series.file_path(file))
        state.touch(series)

    def renumber_series(self, sonarr: str, tvdb_id: int, new: int) -> None:
        """TVDB merged a series into another number, which Sonarr's refresh takes; nothing else changes."""
        state, series = self.find_series(sonarr, tvdb_id)
        del state.by_tvdb[tvdb_id]
        series.tvdb_id = new
        state.by_tvdb[new] = series
        state.touch(series)

    def upgrade(
        self, sonarr: str, tvdb_id: int, episodes: Codes, *, quality: str = "Bluray-1080p"
    ) -> str:
        """A better release of available episodes is grabbed, downloaded and imported at once."""
        download = self.grab(
            sonarr, tvdb_id, episodes, quality=quality, release_group="FLE", automatic=False
        )
        self.finish_download(sonarr, download)
        self.import_download(sonarr, download)
        return download

    def readd_series(self, sonarr: str, plan: SeriesPlan) -> Series:
        """Adds a series that was deleted; it gets new Sonarr ids and keeps its TVDB id."""
        return self.add_series(sonarr, plan, quiet=False)

    def pin_files(self, sonarr: str, tvdb_id: int, episodes: Codes) -> list[str]:
        """Makes files refuse deletion, as with wrong permissions; returns their paths."""
        _, series = self.find_series(sonarr, tvdb_id)
        paths = [series.file_path(file) for file in self._files_of(series, episodes)]
        for path in paths:
            self.disk.pin(path)
        return paths

    def release_files(self, paths: Sequence[str]) -> None:
        """The permissions are mended by hand, and the files that had refused are deleted."""
        for path in paths:
            self.disk.unpin(path)
            self.remove_file(path)

    def set_mount(self, root: str, state: str) -> None:
        """Unmounts a media root, mounts it empty, or brings it back."""
        self.disk.set_mount(root, state)

    def age_history(self, sonarr: str, days: float) -> None:
        """Makes everything in the history of an instance that much older."""
        for row in self.sonarrs[sonarr].history:
            row.at -= timedelta(days=days)
