"""The state of a small world, and what people and systems do in it; nothing here judges anything."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from episodarr.errors import UpstreamError
from episodarr.model.health import System
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, InfoHash, SonarrSeriesId, TvdbId
from episodarr.model.inventory import LibraryFile
from episodarr.model.request import MediaRequest, MediaStatus, RequestId, RequestStatus
from tests.deletions.service.world.shows import CHARLOTTE, FRIEREN, SPY, START, Show, local


class Sample(NamedTuple):
    """How many files of a folder Shoko can see, of how many."""

    seen: int
    recorded: int


class Entry(NamedTuple):
    """A file as a media server has it."""

    tvdb_id: TvdbId
    number: EpisodeNumber
    path: str


@dataclass(slots=True)
class World:
    """The state of everything, and what is wrong with it."""

    shows: dict[TvdbId, Show] = field(default_factory=dict)
    disk: dict[str, int] = field(default_factory=dict)
    """Size by local path."""
    is_mounted: bool = True
    jellyfin: dict[str, Entry] = field(default_factory=dict)
    shells: dict[str, Show] = field(default_factory=dict)
    """Jellyfin's series entries."""
    shoko: dict[int, Entry] = field(default_factory=dict)
    shoko_series: dict[int, TvdbId] = field(default_factory=dict)
    shoko_version: int = 5
    shoko_folders: dict[str, Sample | None] = field(default_factory=lambda: {"tv": None})
    """Its import folders; None: the sample of one is what is recorded."""
    requests: dict[int, MediaRequest] = field(default_factory=dict)
    torrents: dict[InfoHash, TvdbId] = field(default_factory=dict)
    faults: dict[System, UpstreamError] = field(default_factory=dict)
    strangers: set[System] = field(default_factory=set)
    """Systems at whose address another server answers, with the same media."""
    is_restricted: bool = False
    """The servers hide things, or their settings, from us."""
    root_folders: tuple[str, ...] = ("/tv",)
    calls: dict[str, int] = field(default_factory=dict)
    rescans: list[tuple[System, tuple[str, ...]]] = field(default_factory=list)
    """Those that were requested, with the paths that they name."""
    instead_of_rescan: dict[System, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """What a system does when a rescan is requested, if it is no rescan."""
    next_file_id: int = 1
    clock: Callable[[], datetime] = lambda: START - timedelta(days=1)
    """The time everywhere; before the story begins, the day before."""

    # what people and systems do

    def add_show(
        self, tvdb_id: TvdbId, title: str, seasons: Mapping[int, int], path: str = ""
    ) -> Show:
        """A series that every system has."""
        show = Show(
            tvdb_id=tvdb_id, sonarr_id=SonarrSeriesId(tvdb_id % 1000), title=title, path=path
        )
        self.shows[tvdb_id] = show
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
            file_id=EpisodeFileId(file_id),
            episodes=(number,),
            path=path,
            size_bytes=size,
            added_at=self.clock(),
        )
        show.files[number] = file
        self.disk[local(path)] = size
        self.shells.setdefault(f"series-{show.tvdb_id}", show)
        self.jellyfin[f"entry-{file_id}"] = Entry(show.tvdb_id, number, path)
        self.shoko[file_id] = Entry(show.tvdb_id, number, path)
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
            if not self.is_mounted or local(v.path) in self.disk
        }
        alive = {entry.tvdb_id for entry in self.jellyfin.values()}
        self.shells = {k: show for k, show in self.shells.items() if show.tvdb_id in alive}

    async def rescan(self, system: System, paths: Sequence[str] = ()) -> None:
        """Jellyfin or Shoko is asked to drop what is gone."""
        self.answer(system, "rescan")
        if system in self.instead_of_rescan:
            await self.instead_of_rescan[system]()
            return
        self.rescans.append((system, tuple(paths)))
        if system is System.SHOKO:
            self.clean_shoko()
        else:
            self.scan_jellyfin()

    def clean_shoko(self) -> None:
        """Shoko drops what it cannot see."""
        self.shoko = {k: v for k, v in self.shoko.items() if self.is_seen(v.path)}

    def sync_requests(self) -> None:
        """Jellyseerr learns what is gone."""
        for request_id, request in self.requests.items():
            if request.tvdb_id not in self.shows:
                self.requests[request_id] = replace(
                    request,
                    status=RequestStatus.COMPLETED,
                    media_status=MediaStatus.DELETED,
                    is_4k=False,
                    server_id=None,
                    sonarr_series_id=None,
                )

    def is_seen(self, path: str) -> bool:
        """Whether a server that looks at the disk finds the file."""
        return self.is_mounted and local(path) in self.disk

    def answer(self, system: System, request: str) -> None:
        """Count a request; it fails if the system does."""
        self.calls[f"{system}/{request}"] = self.calls.get(f"{system}/{request}", 0) + 1
        if system in self.faults:
            raise self.faults[system]


def a_world(others: int = 2) -> World:
    """Charlotte with 13 episodes, and other series that stay."""
    world = World()
    world.add_show(CHARLOTTE, "Charlotte", {1: 13})
    names = ((FRIEREN, "Frieren"), (SPY, "SPY x FAMILY"))
    for tvdb_id, title in names[:others]:
        world.add_show(tvdb_id, title, {1: 2})
    return world
