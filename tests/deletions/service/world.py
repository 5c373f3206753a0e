"""A small world in memory: a Sonarr, a disk, Shoko, Jellyfin, Jellyseerr and qBittorrent.

It can be told to fail, or to answer well and wrong, system by system. Its witnesses are the ones the
verification asks; nothing here judges anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from episodarr.deletions.service.witnesses import Witnesses
from episodarr.errors import UpstreamError
from episodarr.model.check import (
    DiskQuestion,
    DiskSeen,
    FolderSeen,
    ImportFolder,
    JellyfinEntrySeen,
    JellyfinQuestion,
    JellyfinSeen,
    JellyseerrSeen,
    PathAbsent,
    PathPresent,
    PathState,
    QbittorrentSeen,
    RootState,
    ShokoLocationSeen,
    ShokoQuestion,
    ShokoSeen,
    SonarrSeen,
    SonarrSeriesFiles,
    TorrentSeen,
    VideoLeft,
)
from episodarr.model.health import System
from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    InfoHash,
    SeriesKey,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.inventory import (
    DiskControl,
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileSighting,
    FolderIdentity,
    JellyfinEntry,
    JellyfinHolding,
    LibraryFile,
    ShokoFile,
    ShokoHolding,
    ShokoLocation,
    SonarrHolding,
    Taken,
)
from episodarr.model.library import SeasonStatistics, Series
from episodarr.model.request import MediaRequest, MediaStatus, RequestId, RequestStatus
from episodarr.systems.paths import root_folder_of

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TV = SonarrName("tv")
CHARLOTTE = TvdbId(299963)
FRIEREN = TvdbId(424536)
SPY = TvdbId(405920)
ROOT = "/media/tv"


@dataclass(slots=True, kw_only=True)
class Show:
    """One series with its files by number; ids and paths follow from the numbers."""

    tvdb_id: TvdbId
    sonarr_id: SonarrSeriesId
    title: str
    files: dict[EpisodeNumber, LibraryFile] = field(default_factory=dict)
    path: str = ""
    """Its folder, if it is not the root folder's one of its title."""

    @property
    def folder(self) -> str:
        return self.path or f"/tv/{self.title}"

    def series(self, sonarr: SonarrName = TV) -> Series:
        """The series as Sonarr lists it."""
        by_season: dict[int, list[LibraryFile]] = {}
        for (season, _), file in self.files.items():
            by_season.setdefault(season, []).append(file)
        return Series(
            key=SeriesKey(sonarr, self.tvdb_id),
            sonarr_id=self.sonarr_id,
            title=self.title,
            title_slug=self.title.lower(),
            series_type="anime",
            year=2015,
            is_monitored=True,
            path=self.folder,
            seasons=tuple(
                SeasonStatistics(
                    season=season,
                    is_monitored=True,
                    episode_file_count=len(files),
                    episode_count=len(files),
                    total_episode_count=len(files),
                    size_on_disk_bytes=sum(f.size_bytes for f in files),
                )
                for season, files in sorted(by_season.items())
            ),
        )


def local(path: str) -> str:
    """Our view of Sonarr's path."""
    return "/media" + path


@dataclass(slots=True)
class World:
    """The state of everything, and what is wrong with it."""

    shows: dict[TvdbId, Show] = field(default_factory=dict)
    disk: dict[str, int] = field(default_factory=dict)
    """Size by local path."""
    is_mounted: bool = True
    jellyfin: dict[str, tuple[TvdbId, EpisodeNumber, str]] = field(default_factory=dict)
    shells: dict[str, TvdbId] = field(default_factory=dict)
    shoko: dict[int, tuple[TvdbId, EpisodeNumber, str]] = field(default_factory=dict)
    shoko_series: dict[int, TvdbId] = field(default_factory=dict)
    shoko_version: int = 5
    shoko_folders: tuple[ImportFolder, ...] = (
        ImportFolder(name="tv", accessible_count=5, sampled_count=5),
    )
    requests: dict[int, MediaRequest] = field(default_factory=dict)
    torrents: dict[InfoHash, TvdbId] = field(default_factory=dict)
    faults: dict[System, UpstreamError] = field(default_factory=dict)
    server_id: dict[System, str] = field(default_factory=lambda: {s: f"{s}-1" for s in System})
    is_restricted: bool = False
    root_folders: tuple[str, ...] = ("/tv",)
    calls: dict[str, int] = field(default_factory=dict)
    rescans: list[tuple[System, tuple[object, ...]]] = field(default_factory=list)
    next_file_id: int = 1

    # what people and systems do

    def add_show(
        self, tvdb_id: TvdbId, title: str, seasons: Mapping[int, int], path: str = ""
    ) -> Show:
        """A series that every system has."""
        show = Show(
            tvdb_id=tvdb_id, sonarr_id=SonarrSeriesId(tvdb_id % 1000), title=title, path=path
        )
        self.shows[tvdb_id] = show
        self.shells[f"series-{tvdb_id}"] = tvdb_id
        self.shoko_series[tvdb_id] = tvdb_id
        self.torrents[InfoHash(f"{tvdb_id:040x}")] = tvdb_id
        for season, count in seasons.items():
            for episode in range(1, count + 1):
                self.add_file(show, (season, episode))
        self.requests[tvdb_id] = MediaRequest(
            request_id=RequestId(tvdb_id),
            status=RequestStatus.COMPLETED,
            media_status=MediaStatus.AVAILABLE,
            is_4k=False,
            tmdb_id=None,
            tvdb_id=tvdb_id,
            server_id=0,
            sonarr_series_id=show.sonarr_id,
            seasons=tuple(seasons),
            created_at=START - timedelta(days=30),
        )
        return show

    def add_file(self, show: Show, number: EpisodeNumber) -> LibraryFile:
        """An episode gets a file, and every system sees it."""
        file_id = self.next_file_id
        self.next_file_id += 1
        path = f"{show.folder}/Season {number[0]}/E{number[1]:02d}.mkv"
        size = 1_000_000 + file_id
        file = LibraryFile(
            file_id=EpisodeFileId(file_id), episodes=(number,), path=path, size_bytes=size
        )
        show.files[number] = file
        self.disk[local(path)] = size
        self.jellyfin[f"entry-{file_id}"] = (show.tvdb_id, number, path)
        self.shoko[file_id] = (show.tvdb_id, number, path)
        return file

    def drop_row(self, tvdb_id: TvdbId) -> Show:
        """Sonarr forgets a series; its files are still there."""
        return self.shows.pop(tvdb_id)

    def delete_files(self, show: Show, keep: Sequence[EpisodeNumber] = ()) -> None:
        """The files go from the disk."""
        for number, file in show.files.items():
            if number not in keep:
                self.disk.pop(local(file.path), None)

    def others_catch_up(self) -> None:
        """Jellyfin, Shoko and Jellyseerr learn what is gone."""
        self.scan_jellyfin()
        self.clean_shoko()
        self.sync_requests()

    def scan_jellyfin(self) -> None:
        """Jellyfin drops what is not on disk any more."""
        self.jellyfin = {
            k: v
            for k, v in self.jellyfin.items()
            if not self.is_mounted or local(v[2]) in self.disk
        }
        alive = {tvdb_id for tvdb_id, _, _ in self.jellyfin.values()}
        self.shells = {k: v for k, v in self.shells.items() if v in alive}

    def clean_shoko(self) -> None:
        """Shoko drops what it cannot see."""
        self.shoko = {k: v for k, v in self.shoko.items() if self._is_seen(v[2])}

    def sync_requests(self) -> None:
        """Jellyseerr learns what is gone."""
        for request_id, request in self.requests.items():
            if request.tvdb_id not in self.shows:
                self.requests[request_id] = MediaRequest(
                    request_id=request.request_id,
                    status=RequestStatus.COMPLETED,
                    media_status=MediaStatus.DELETED,
                    is_4k=False,
                    tmdb_id=None,
                    tvdb_id=request.tvdb_id,
                    server_id=None,
                    sonarr_series_id=None,
                    seasons=request.seasons,
                    created_at=request.created_at,
                )

    def _is_seen(self, path: str) -> bool:
        return self.is_mounted and local(path) in self.disk

    def _answer(self, system: System, name: str) -> None:
        self.calls[f"{system}/{name}"] = self.calls.get(f"{system}/{name}", 0) + 1
        if system in self.faults:
            raise self.faults[system]

    def witnesses(self, without: frozenset[System] = frozenset()) -> Witnesses:
        """All of them, but for those that are not configured."""
        return Witnesses(
            sonarr={TV: FakeSonarr(self)},
            disk=None if System.DISK in without else FakeDisk(self),
            jellyfin=None if System.JELLYFIN in without else FakeJellyfin(self),
            shoko=None if System.SHOKO in without else FakeShoko(self),
            jellyseerr=None if System.JELLYSEERR in without else FakeJellyseerr(self),
            qbittorrent=None if System.QBITTORRENT in without else FakeQbittorrent(self),
        )


@dataclass(frozen=True)
class FakeSonarr:
    world: World

    async def holding(self, series: Series, now: datetime) -> Taken[SonarrHolding]:
        self.world._answer(System.SONARR, "holding")
        show = self.world.shows[series.key.tvdb_id]
        return Taken(
            at=now,
            value=SonarrHolding(
                server_id=self.world.server_id[System.SONARR],
                sonarr_id=show.sonarr_id,
                files=tuple(show.files.values()),
                root_path=root_folder_of(show.folder, self.world.root_folders),
            ),
        )

    async def torrents(self, series: Series) -> frozenset[InfoHash]:
        self.world._answer(System.SONARR, "torrents")
        return frozenset(h for h, t in self.world.torrents.items() if t == series.key.tvdb_id)

    async def library(self, now: datetime) -> SonarrSeen:
        self.world._answer(System.SONARR, "library")
        return SonarrSeen(
            at=now,
            method="GET /series",
            server_id=self.world.server_id[System.SONARR],
            sonarr_id_by_tvdb_id={t: show.sonarr_id for t, show in self.world.shows.items()},
            files=None,
        )

    async def files(self, sonarr_id: SonarrSeriesId) -> SonarrSeriesFiles:
        self.world._answer(System.SONARR, "files")
        show = next(s for s in self.world.shows.values() if s.sonarr_id == sonarr_id)
        return SonarrSeriesFiles(
            file_ids=frozenset(f.file_id for f in show.files.values()),
            file_id_by_episode={n: f.file_id for n, f in show.files.items()},
        )


@dataclass(frozen=True)
class FakeDisk:
    world: World

    def _folder(self, path: str) -> FolderIdentity:
        return FolderIdentity(path=local(path), mount=ROOT, device=42, inode=len(path) + 100)

    def recall(self, own_roots: Sequence[str]) -> None:
        """Its one root folder is mapped."""

    async def take(
        self,
        series_path: str,
        size_by_path: Mapping[str, int],
        root_path: str = "",  # noqa: ARG002 one root folder for all
    ) -> DiskHolding:
        self.world._answer(System.DISK, "take")
        sightings: dict[str, FileSighting] = {}
        for inode, path in enumerate(size_by_path):
            size = self.world.disk.get(local(path)) if self.world.is_mounted else None
            sightings[path] = (
                FileNotFound(local_path=local(path))
                if size is None
                else FileSeen(
                    local_path=local(path),
                    root=ROOT,
                    mount=ROOT,
                    device=42,
                    inode=size + inode,
                    link_count=1,
                    size_bytes=size,
                )
            )
        root = FolderIdentity(path=ROOT, mount=ROOT, device=42, inode=2)
        return DiskHolding(
            sighting_by_path=sightings, roots=(root,), folder=self._folder(series_path)
        )

    async def check(self, question: DiskQuestion, now: datetime) -> DiskSeen:
        self.world._answer(System.DISK, "check")
        there = self.world.disk if self.world.is_mounted else {}
        states: dict[str, PathState] = {
            path: PathPresent(size_bytes=there[path], device=42, inode=there[path])
            if path in there
            else PathAbsent()
            for path in question.paths
        }
        states |= {
            path: PathPresent(size_bytes=there[local(path)], device=42, inode=there[local(path)])
            if local(path) in there
            else PathAbsent()
            for path in question.unseen_paths
        }
        folder = question.folder
        left = [p for p in there if folder is not None and p.startswith(folder.path + "/")]
        mounted = self.world.is_mounted
        return DiskSeen(
            at=now,
            method="lstat",
            state_by_path=states,
            root_by_path={ROOT: RootState(device=42 if mounted else 7, inode=2 if mounted else 9)},
            controls=tuple(c for c in question.controls if c.path in there),
            missing_controls=tuple(c for c in question.controls if c.path not in there),
            folder=FolderSeen(
                exists=bool(left),
                videos=tuple(
                    VideoLeft(path=p, size_bytes=there[p], device=42, inode=there[p]) for p in left
                ),
            ),
        )


@dataclass(frozen=True)
class FakeJellyfin:
    world: World

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,  # noqa: ARG002 this Jellyfin has real paths
        now: datetime,
        *,
        at_leisure: bool = False,  # noqa: ARG002 it has nothing but new answers
    ) -> Taken[JellyfinHolding]:
        self.world._answer(System.JELLYFIN, "holding")
        paths = {file.path for file in files}
        return Taken(
            at=now,
            value=JellyfinHolding(
                server_id=self.world.server_id[System.JELLYFIN],
                library="tv",
                series_ids=tuple(
                    k for k, tvdb_id in self.world.shells.items() if tvdb_id == series.key.tvdb_id
                ),
                season_ids=(),
                entries=tuple(
                    JellyfinEntry(entry_id=k, episodes=(number,), paths=(path,))
                    for k, (_, number, path) in self.world.jellyfin.items()
                    if path in paths
                ),
                folder_paths=(series.path,),
                control_folders=(series.path.rpartition("/")[0],),
            ),
        )

    async def check(self, question: JellyfinQuestion, now: datetime) -> JellyfinSeen:
        self.world._answer(System.JELLYFIN, "check")
        entries = [
            JellyfinEntrySeen(
                entry_id=k,
                kind="Episode",
                is_playable=True,
                paths=(path,),
                season=number[0],
                episodes=(number[1],),
            )
            for k, (tvdb_id, number, path) in self.world.jellyfin.items()
            if k in question.entry_ids or tvdb_id == question.key.tvdb_id or path in question.paths
        ]
        entries += [
            JellyfinEntrySeen(entry_id=k, kind="Series", is_playable=False)
            for k in self.world.shells
            if k in question.series_ids
        ]
        claim = {*question.entry_ids, *(e.entry_id for e in entries if question.series_ids)}
        return JellyfinSeen(
            at=now,
            method="GET /Items",
            server_id=self.world.server_id[System.JELLYFIN],
            is_unrestricted=not self.world.is_restricted,
            entries=tuple(entries),
            entry_ids_by_path={
                path: (k,)
                for k, (_, _, path) in self.world.jellyfin.items()
                if path in question.paths
            },
            control_by_folder={
                folder: path
                for folder in question.control_folders
                for k, (_, _, path) in self.world.jellyfin.items()
                if path.startswith(f"{folder}/") and k not in claim and path not in question.paths
            },
        )

    async def rescan(self, paths: tuple[str, ...]) -> None:
        self.world._answer(System.JELLYFIN, "rescan")
        self.world.rescans.append((System.JELLYFIN, paths))
        self.world.scan_jellyfin()


@dataclass(frozen=True)
class FakeShoko:
    world: World

    async def holding(
        self, series: Series, files: tuple[LibraryFile, ...], now: datetime
    ) -> Taken[ShokoHolding]:
        self.world._answer(System.SHOKO, "holding")
        paths = {file.path for file in files}
        return Taken(
            at=now,
            value=ShokoHolding(
                server_id=self.world.server_id[System.SHOKO],
                series_ids=tuple(
                    k
                    for k, tvdb_id in self.world.shoko_series.items()
                    if tvdb_id == series.key.tvdb_id
                ),
                files=tuple(
                    ShokoFile(file_id=k, episodes=(number,), locations=(ShokoLocation(1, path),))
                    for k, (_, number, path) in self.world.shoko.items()
                    if path in paths
                ),
            ),
        )

    async def check(self, question: ShokoQuestion, now: datetime) -> ShokoSeen:
        self.world._answer(System.SHOKO, "check")
        count: dict[int, int] = {}
        for tvdb_id, _, _ in self.world.shoko.values():
            count[tvdb_id] = count.get(tvdb_id, 0) + 1
        return ShokoSeen(
            at=now,
            method="GET /File",
            server_id=self.world.server_id[System.SHOKO],
            is_unrestricted=not self.world.is_restricted,
            locations_by_file_id={
                k: (
                    ShokoLocationSeen(
                        location=ShokoLocation(1, path), is_accessible=self.world._is_seen(path)
                    ),
                )
                for k, (_, _, path) in self.world.shoko.items()
                if k in question.file_ids
            },
            file_count_by_series_id={
                k: count.get(k, 0) for k in self.world.shoko_series if k in question.series_ids
            },
            control_ids=frozenset(c for c in question.control_ids if count.get(c)),
        )

    async def major_version(self) -> int:
        self.world._answer(System.SHOKO, "version")
        return self.world.shoko_version

    async def folders(self, gone: frozenset[ShokoLocation]) -> tuple[ImportFolder, ...]:  # noqa: ARG002 told as counts
        self.world._answer(System.SHOKO, "folders")
        return self.world.shoko_folders

    async def rescan(self, locations: tuple[ShokoLocation, ...]) -> None:
        self.world._answer(System.SHOKO, "rescan")
        self.world.rescans.append((System.SHOKO, locations))
        self.world.clean_shoko()


@dataclass(frozen=True)
class FakeJellyseerr:
    world: World

    async def listed(self, now: datetime) -> JellyseerrSeen:
        return await self.check(now)

    async def check(self, now: datetime) -> JellyseerrSeen:
        self.world._answer(System.JELLYSEERR, "check")
        return JellyseerrSeen(
            at=now,
            method="GET /request",
            server_id=self.world.server_id[System.JELLYSEERR],
            is_unrestricted=not self.world.is_restricted,
            requests=tuple(self.world.requests.values()),
        )


@dataclass(frozen=True)
class FakeQbittorrent:
    world: World

    async def check(self, now: datetime) -> QbittorrentSeen:
        self.world._answer(System.QBITTORRENT, "check")
        return QbittorrentSeen(
            at=now,
            method="GET /torrents/info",
            torrent_by_hash={
                h: TorrentSeen(name=f"torrent of {t}", size_bytes=1000)
                for h, t in self.world.torrents.items()
            },
        )


def a_world(others: int = 2) -> World:
    """Charlotte with 13 episodes, and other series that stay."""
    world = World()
    world.add_show(CHARLOTTE, "Charlotte", {1: 13})
    names = ((FRIEREN, "Frieren"), (SPY, "SPY x FAMILY"))
    for tvdb_id, title in names[:others]:
        world.add_show(tvdb_id, title, {1: 2})
    return world


def a_control(path: str = f"{ROOT}/Frieren/Season 1/E01.mkv") -> DiskControl:
    """A file of another series."""
    return DiskControl(path=path, root=ROOT, mount=ROOT)
