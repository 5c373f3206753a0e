"""Events from a series being added to its episodes being imported."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from exporter.demo import webhooks
from exporter.demo.engine import Content, Engine
from exporter.demo.library import AlternateTitle, Episode, EpisodeFile, Series
from exporter.demo.names import (
    GIB,
    INDEXERS,
    dotted,
    episode_code,
    folder_name,
    hex_id,
    slug,
    small_hash,
)
from exporter.demo.sonarr_state import Command, HistoryRow, Pending, SonarrState, Tracked
from exporter.demo.torrents import Torrent, TorrentFile

Codes = Sequence[tuple[int, int]]
"""Episodes as (season, episode) pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonPlan:
    """How a season stands when its series is added.

    ``aired`` episodes of ``episodes`` are out, one a week, the last ``last_aired_days`` ago; those
    up to ``files`` are in the library. The rest airs weekly from ``next_airing_hours`` on.
    """

    episodes: int
    aired: int | None = None
    files: int = 0
    monitored: bool = True
    last_aired_days: float = 30.0
    next_airing_hours: float = 48.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """A series to add. Without a path it lies in its root folder under its own title."""

    tvdb_id: int
    title: str
    seasons: dict[int, SeasonPlan]
    series_type: str = "standard"
    year: int = 2020
    root: str | None = None
    status: str = "continuing"
    monitored: bool = True
    added_days: float = 60.0
    file_bytes: int = int(1.4 * GIB)
    quality: str = "WEBDL-1080p"
    release_group: str = "NTb"
    alternate_titles: tuple[AlternateTitle, ...] = ()
    tmdb_id: int | None = None


class LifecycleEvents(Engine):
    """What happens to an episode until Sonarr has a file of it."""

    def add_series(self, sonarr: str, plan: SeriesPlan, *, quiet: bool = True) -> Series:
        """A series is in Sonarr from now on, with the files that its plan gives it.

        Args:
            sonarr: The instance's name.
            plan: What to add.
            quiet: Without a webhook, as for what was there before the world began.

        Raises:
            ValueError: The instance has the series already.
        """
        state = self.sonarrs[sonarr]
        if plan.tvdb_id in state.by_tvdb:
            msg = f"{sonarr} has the series {plan.tvdb_id} already"
            raise ValueError(msg)
        series = self._new_series(state, plan)
        absolute = 0
        for number, season in sorted(plan.seasons.items()):
            series.season_monitored[number] = season.monitored
            for index in range(1, season.episodes + 1):
                absolute += number > 0
                self._add_episode(state, series, plan, season, (number, index, absolute))
        state.add_series(series)
        for number, season in plan.seasons.items():
            for index in range(1, season.files + 1):
                self._stock_file(state, series, plan, series.numbered[number, index])
        if not quiet:
            self.send(state, webhooks.series_add(state, series))
        return series

    def _new_series(self, state: SonarrState, plan: SeriesPlan) -> Series:
        root = plan.root or state.options.root_folders[0]
        return Series(
            id=state.next_id("series"),
            tvdb_id=plan.tvdb_id,
            tmdb_id=plan.tmdb_id if plan.tmdb_id is not None else plan.tvdb_id % 99_991 + 1_000,
            title=plan.title,
            slug=slug(plan.title),
            year=plan.year,
            series_type=plan.series_type,
            root=root,
            path=f"{root}/{folder_name(plan.title)}",
            added_at=self.now - timedelta(days=plan.added_days),
            imdb_id=f"tt{plan.tvdb_id:07d}" if plan.tvdb_id % 7 else None,
            status=plan.status,
            monitored=plan.monitored,
            runtime_minutes=24 if plan.series_type == "anime" else 45,
            genres=("Animation", "Anime") if plan.series_type == "anime" else ("Drama",),
            alternate_titles=plan.alternate_titles,
        )

    def _add_episode(
        self,
        state: SonarrState,
        series: Series,
        plan: SeriesPlan,
        season: SeasonPlan,
        place: tuple[int, int, int],
    ) -> None:
        number, index, absolute = place
        air_at = self._air_time(plan, season, number, index)
        episode = Episode(
            state.next_id("episode"),
            series.id,
            series.tvdb_id * 10 % 90_000_000 + number * 1_000 + index,
            number,
            index,
            f"Episode {index}",
            air_at,
            absolute if plan.series_type == "anime" and number > 0 else None,
            season.monitored,
        )
        series.add(episode)
        if air_at > self.now:
            self.expect_airing(state, series, air_at)

    def _air_time(self, plan: SeriesPlan, season: SeasonPlan, number: int, index: int) -> datetime:
        aired = season.episodes if season.aired is None else season.aired
        later_seasons = sum(
            other.episodes * 7 + 60 for key, other in plan.seasons.items() if key > number > 0
        )
        if index <= aired:
            days = season.last_aired_days + later_seasons + 7 * (aired - index)
            return (self.now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
        hours = season.next_airing_hours + 7 * 24 * (index - aired - 1)
        return (self.now + timedelta(hours=hours)).replace(second=0, microsecond=0)

    def _stock_file(
        self, state: SonarrState, series: Series, plan: SeriesPlan, episode: Episode
    ) -> None:
        spread = small_hash(series.tvdb_id, episode.season, episode.number) % 1_000
        aired_at = episode.air_at or self.now
        file = EpisodeFile(
            state.next_id("file"),
            series.id,
            episode.season,
            library_path(series, [episode], plan.quality),
            plan.file_bytes + spread * (plan.file_bytes // 10_000),
            min(max(aired_at, series.added_at) + timedelta(hours=3), self.now),
            (episode.id,),
            plan.quality,
            plan.release_group,
        )
        series.files[file.id] = file
        episode.file_id = file.id
        self.write_file(series.file_path(file), file.size_bytes, Content(series, (episode,)))

    def search(
        self,
        sonarr: str,
        tvdb_id: int,
        episodes: Codes,
        *,
        seconds: float | None = None,
        command: str = "EpisodeSearch",
    ) -> int:
        """Sonarr searches for the episodes; nothing is found unless a grab follows.

        Args:
            sonarr: The instance's name.
            tvdb_id: The series.
            episodes: What is searched for.
            seconds: How long the command runs.
            command: ``EpisodeSearch``, ``SeasonSearch`` or ``SeriesSearch``.

        Returns:
            The command's id.
        """
        state, series = self.find_series(sonarr, tvdb_id)
        wanted = series.pick(episodes)
        body: dict[str, object] = {"seriesId": series.id}
        if command == "EpisodeSearch":
            body = {"episodeIds": [episode.id for episode in wanted]}
        elif command == "SeasonSearch":
            body["seasonNumber"] = wanted[0].season
        running = self.start_command(state, command, body, seconds=seconds)
        for episode in wanted:
            episode.last_search_at = self.now
        state.touch(series)
        return running.id

    def start_command(
        self,
        state: SonarrState,
        name: str,
        body: dict[str, object],
        *,
        seconds: float | None = None,
        trigger: str = "manual",
        done: Callable[[], object] | None = None,
    ) -> Command:
        """Sonarr runs a command; one that is under way already is returned instead."""
        for command in state.commands.values():
            if command.ended_at is None and (command.name, command.body) == (name, body):
                return command
        command = Command(
            id=state.next_id("command"),
            name=name,
            body=body,
            queued_at=self.now,
            started_at=self.now,
            status="started",
            trigger=trigger,
        )
        state.commands[command.id] = command

        def end() -> None:
            command.status = "completed"
            command.result = "successful"
            command.ended_at = self.now
            if done is not None:
                done()

        self.after(self.lags.search if seconds is None else seconds, end)
        return command

    def delay_release(
        self,
        sonarr: str,
        tvdb_id: int,
        episodes: Codes,
        *,
        title: str | None = None,
        size_bytes: int = int(1.4 * GIB),
        minutes: float = 120.0,
        status: str = "delay",
    ) -> None:
        """A release was found and waits: for a delay profile, or for the download client."""
        state, series = self.find_series(sonarr, tvdb_id)
        wanted = series.pick(episodes)
        state.pending.append(
            Pending(
                series_id=series.id,
                episode_ids=tuple(episode.id for episode in wanted),
                title=title or release_name(series, episodes),
                indexer=INDEXERS[0],
                added_at=self.now,
                quality="WEBDL-1080p",
                size_bytes=size_bytes,
                status=status,
                until=self.now + timedelta(minutes=minutes),
            )
        )
        state.queue_revision += 1

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

        Returns:
            The download id as history names it, upper case.
        """
        state, series = self.find_series(sonarr, tvdb_id)
        wanted = series.pick(episodes)
        name = title or release_name(series, episodes, release_group)
        contents = list(files) if files is not None else _one_file(name, size_bytes, episodes)
        if files is None:
            contents[0].done_bytes = contents[0].size_bytes * progress
        at = self.now - timedelta(seconds=age_seconds)
        torrent = self._torrent(state, name, contents, at, rate, phase, hybrid=hybrid)
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
        self.after(self.lags.queue_after_event, lambda: self.refresh_queue(sonarr))
        return tracked.history_id

    def _torrent(
        self,
        state: SonarrState,
        name: str,
        files: list[TorrentFile],
        at: datetime,
        rate: float,
        phase: str,
        *,
        hybrid: bool,
    ) -> Torrent:
        key = (self.seed, state.name, name, state.next_id("history"))
        v1 = hex_id("v1", *key)
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
        self, state: SonarrState, series: Series, tracked: Tracked, at: datetime
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

    def record(
        self,
        state: SonarrState,
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

    def refresh_queue(self, sonarr: str) -> None:
        """Sonarr reads its download clients now; what is complete there gets imported soon."""
        state = self.sonarrs[sonarr]
        for tracked in state.look_at_clients():
            self._completed(sonarr, tracked)
        state.forget_old_commands(self.now)

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

    def import_download(self, sonarr: str, download_id: str) -> None:
        """Sonarr moves what was downloaded into the library; its queue row goes."""
        state = self.sonarrs[sonarr]
        tracked = state.tracked.pop(download_id, None)
        if tracked is None:
            return
        series = state.series.get(tracked.series_id or 0)
        if series is not None:
            for source in tracked.torrent.files:
                self._import_file(state, series, tracked, source)
            self.send(state, webhooks.import_complete(state, series, tracked))
        state.queue_revision += 1
        self.after(self.lags.queue_after_event, lambda: self.refresh_queue(sonarr))

    def _import_file(
        self, state: SonarrState, series: Series, tracked: Tracked, source: TorrentFile
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
        self, state: SonarrState, series: Series, episodes: Sequence[Episode]
    ) -> list[EpisodeFile]:
        """Deletes the files that an upgrade replaces, with their history, and returns them."""
        ids = {episode.file_id for episode in episodes if episode.file_id}
        replaced = [series.files.pop(file_id) for file_id in sorted(ids)]
        for file in replaced:
            self.remove_file(series.file_path(file))
            self.record_file_event(state, series, file, "Upgrade")
            self.send(state, webhooks.file_delete(state, series, file, "upgrade"))
        return replaced

    def record_file_event(
        self, state: SonarrState, series: Series, file: EpisodeFile, reason: str
    ) -> None:
        """Writes ``episodeFileDeleted`` for every episode of the file; these have no download."""
        for episode_id in file.episode_ids:
            state.record(
                HistoryRow(
                    id=state.next_id("history"),
                    series_id=series.id,
                    episode_id=episode_id,
                    event="episodeFileDeleted",
                    at=self.now,
                    source_title=series.file_path(file),
                    quality=file.quality,
                    download_id=None,
                    data={
                        "reason": reason,
                        "releaseGroup": file.release_group,
                        "size": str(file.size_bytes),
                        "indexerFlags": "0",
                        "releaseType": "SingleEpisode",
                    },
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
        """The download failed: out of queue and client, and a row of history says why."""
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
        """The import of a complete download needs a hand from now on."""
        tracked = self.sonarrs[sonarr].tracked[download_id]
        tracked.blocked_by = tuple(reasons)
        self._completed(sonarr, tracked)
        self.sonarrs[sonarr].queue_revision += 1

    def set_client(self, client: str, *, reachable: bool) -> None:
        """The download client stops or begins to answer Sonarr."""
        self.clients[client].reachable = reachable
        for state in self.sonarrs.values():
            if state.options.client == client:
                refresh = functools.partial(self.refresh_queue, state.name)
                self.after(self.lags.queue_after_event, refresh)


def client_name(state: SonarrState, tracked: Tracked) -> str:
    """What the instance calls the client that holds the download."""
    return "SABnzbd" if tracked.protocol == "usenet" else state.options.client_name


def library_path(series: Series, episodes: Sequence[Episode], quality: str) -> str:
    """A file's path below its series' folder, as Sonarr's naming gives it."""
    first = episodes[0]
    code = episode_code(first.season, first.number)
    if len(episodes) > 1:
        code += f"-E{episodes[-1].number:02d}"
    folder = "Specials" if first.season == 0 else f"Season {first.season:02d}"
    name = folder_name(f"{series.title} - {code} - {first.title} {quality}")
    return f"{folder}/{name}.mkv"


def release_name(series: Series, episodes: Codes, group: str = "NTb") -> str:
    """A plausible name for a release of the episodes."""
    season, number = episodes[0]
    code = f"S{season:02d}" if len(episodes) > 1 else episode_code(season, number)
    return f"{dotted(series.title)}.{code}.1080p.WEB-DL.DDP5.1.H.264-{group}"


def _one_file(name: str, size_bytes: int, episodes: Codes) -> list[TorrentFile]:
    return [TorrentFile(f"{name}.mkv", size_bytes, episodes=tuple(episodes))]
