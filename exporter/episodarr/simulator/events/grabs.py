"""Grabs, and their downloads in the client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from episodarr.simulator.events import webhooks
from episodarr.simulator.events.imports import client_name
from episodarr.simulator.events.intake import Codes
from episodarr.simulator.events.searches import SearchEvents, release_name
from episodarr.simulator.names import (
    GIB,
    INDEXERS,
    hex_id,
)
from episodarr.simulator.state.library import Series
from episodarr.simulator.state.sonarr import SonarrDatabase, Tracked
from episodarr.simulator.state.torrents import Torrent, TorrentFile


class GrabEvents(SearchEvents):
    """What happens to a release from its grab until its download is complete."""

    def grab(
        self,
        sonarr: str,
        tvdb_id: int,
        episodes: Codes,
        *,
        title: str | None = None,
        files: Sequence[TorrentFile] | None = None,
        size_bytes: int = int(1.4 * GIB),
        progress: float = 0.0,
        rate: float = 4_000_000.0,
        phase: str = "downloading",
        age_seconds: float = 0.0,
        metadata_seconds: float = 0.0,
        hybrid: bool = False,
        quality: str = "WEBDL-1080p",
        release_group: str = "NTb",
        indexer: str = INDEXERS[0],
        protocol: str = "torrent",
        blocked_by: Sequence[str] = (),
        automatic: bool = True,
        info_hash: str = "",
        several_seasons: bool = False,
    ) -> str:
        """Sonarr gives a release to its download client.

        Args:
            sonarr: The instance's name.
            tvdb_id: The series.
            episodes: What the release holds as far as Sonarr knows.
            title: The release's name; made up when missing.
            files: The torrent's files; one of ``size_bytes`` when missing.
            size_bytes: The size of that one file.
            progress: Ratio of every file that is here already, unless ``files`` say otherwise.
            rate: Bytes per second at speed 1.
            phase: One of the torrent phases.
            age_seconds: How long ago the grab was, on the wall clock.
            metadata_seconds: Time until the torrent's metadata is here, 0 if it came with it.
            hybrid: Whether the torrent has a v1 and a v2 hash, so that queue and history differ.
            quality: Sonarr's name of the quality.
            release_group: As parsed from the release.
            indexer: Where it was found.
            protocol: ``torrent`` or ``usenet``; the latter's client has no torrents to list.
            blocked_by: Reasons for which the import will be blocked.
            automatic: Whether the import follows by itself on completion.
            info_hash: The hash of a torrent that a real client has; made up when missing.
            several_seasons: Whether it takes a release of more than one season, which no Sonarr does.

        Returns:
            The download id as history names it, upper case.

        Raises:
            ValueError: The release is of several seasons.
        """
        if len({season for season, _ in episodes}) > 1 and not several_seasons:
            msg = "Multi-season releases are not supported"
            raise ValueError(msg)
        state, series = self.find_series(sonarr, tvdb_id)
        wanted = series.pick(episodes)
        name = title or release_name(series, episodes, release_group)
        contents = list(files) if files is not None else _one_file(name, size_bytes, episodes)
        if files is None:
            contents[0].done_bytes = contents[0].size_bytes * progress
        at = self.now - timedelta(seconds=age_seconds)
        torrent = self._torrent(
            state, name, contents, at, rate, phase, hybrid=hybrid, info_hash=info_hash
        )
        tracked = Tracked(
            download_id=torrent.hash.upper(),
            history_id=torrent.infohash_v1.upper(),
            series_id=series.id,
            episode_ids=tuple(episode.id for episode in wanted),
            title=name,
            indexer=indexer,
            added_at=at,
            quality=quality,
            release_group=release_group,
            release_type="singleEpisode" if len(wanted) == 1 else "seasonPack",
            client=self.clients["usenet" if protocol == "usenet" else state.options.client],
            torrent=torrent,
            protocol=protocol,
            blocked_by=tuple(blocked_by),
            automatic=automatic,
        )
        state.tracked[tracked.history_id] = tracked
        tracked.client.add(torrent)
        if metadata_seconds > 0:
            torrent.phase = "metadata"
            self.after(metadata_seconds, lambda: self._metadata_arrived(tracked, phase))
        self._record_grab(state, series, tracked, at)
        self.send(state, webhooks.grab(state, series, wanted, tracked))
        self.refresh_queue_soon(sonarr)
        return tracked.history_id

    def _torrent(
        self,
        state: SonarrDatabase,
        name: str,
        files: list[TorrentFile],
        at: datetime,
        rate: float,
        phase: str,
        *,
        hybrid: bool,
        info_hash: str,
    ) -> Torrent:
        key = (self.seed, state.name, name, state.next_id("history"))
        v1 = info_hash or hex_id("v1", *key)
        v2 = hex_id("v2", *key, length=64) if hybrid else ""
        return Torrent(
            hash=v2[:40] or v1,
            infohash_v1=v1,
            infohash_v2=v2,
            name=name,
            category=state.options.category,
            save_path=f"/downloads/{state.options.category}",
            files=files,
            added_at=at,
            rate=rate,
            phase=phase,
            seeds=0 if phase == "stalled" else 12,
            last_activity_at=at,
        )

    def _metadata_arrived(self, tracked: Tracked, phase: str) -> None:
        if tracked.torrent.phase == "metadata":
            tracked.torrent.phase = phase
            tracked.client.touch(tracked.torrent)

    def _record_grab(
        self, state: SonarrDatabase, series: Series, tracked: Tracked, at: datetime
    ) -> None:
        age = timedelta(hours=2)
        data = {
            "indexer": tracked.indexer,
            "nzbInfoUrl": f"https://indexer.example/details/{tracked.history_id[:8]}",
            "releaseGroup": tracked.release_group,
            "age": "0",
            "ageHours": "2",
            "ageMinutes": "120",
            "publishedDate": (at - age).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "downloadClient": "Sabnzbd" if tracked.protocol == "usenet" else "QBittorrent",
            "downloadClientName": client_name(state, tracked),
            "size": str(tracked.torrent.wanted_bytes),
            "downloadUrl": f"https://indexer.example/download?apikey=never-export-this&id={int(at.timestamp())}",
            "guid": f"https://indexer.example/details/{tracked.history_id[:8]}",
            "tvdbId": str(series.tvdb_id),
            "tvRageId": "0",
            "protocol": "1" if tracked.protocol == "usenet" else "2",
            "customFormatScore": "0",
            "seriesMatchType": "Title",
            "releaseSource": "Search",
            "indexerFlags": "0",
            "releaseType": "SeasonPack" if len(tracked.episode_ids) > 1 else "SingleEpisode",
            "torrentInfoHash": None if tracked.hybrid else tracked.history_id,
        }
        for episode_id in tracked.episode_ids:
            self.record(state, tracked, episode_id, "grabbed", data, at=at)

    def finish_download(self, sonarr: str, download_id: str) -> None:
        """Every byte of the download is here at once."""
        tracked = self.sonarrs[sonarr].tracked[download_id]
        tracked.torrent.finish(self.now)
        tracked.client.touch(tracked.torrent)

    def set_progress(self, sonarr: str, download_id: str, progress: Sequence[float]) -> None:
        """Sets how much of each file is here, in the files' order; one ratio sets them all."""
        tracked = self.sonarrs[sonarr].tracked[download_id]
        files = tracked.torrent.files
        ratios = list(progress) * len(files) if len(progress) == 1 else list(progress)
        for file, ratio in zip(files, ratios, strict=True):
            file.done_bytes = file.size_bytes * ratio
        tracked.torrent.recount()
        tracked.torrent.last_activity_at = self.now
        tracked.client.touch(tracked.torrent)

    def change_file(
        self,
        sonarr: str,
        download_id: str,
        index: int,
        *,
        name: str | None = None,
        priority: int | None = None,
    ) -> None:
        """Renames a file of a torrent in the client, or deselects it with priority 0."""
        tracked = self.sonarrs[sonarr].tracked[download_id]
        file = tracked.torrent.files[index]
        if name is not None:
            file.name = name
        if priority is not None:
            file.priority = priority
            tracked.torrent.recount()
        tracked.client.touch(tracked.torrent)

    def set_phase(
        self, sonarr: str, download_id: str, phase: str, *, rate: float | None = None
    ) -> None:
        """Stalls, stops, checks, breaks or resumes the torrent of a download."""
        tracked = self.sonarrs[sonarr].tracked[download_id]
        tracked.torrent.phase = phase
        tracked.torrent.seeds = 0 if phase == "stalled" else 12
        if rate is not None:
            tracked.torrent.rate = rate
        tracked.client.touch(tracked.torrent)


def _one_file(name: str, size_bytes: int, episodes: Codes) -> list[TorrentFile]:
    return [TorrentFile(f"{name}.mkv", size_bytes, episodes=tuple(episodes))]
