"""What every system held of one series before anything was deleted (DESIGN.md section 6).

An inventory is taken and stored before a deletion, because afterwards there is nothing left to
take it from. Each system's part has the time it was taken and whether it was complete; a part that
could not be taken is `PartMissing`, which proves nothing, and is never an empty part.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from episodarr.model.health import System
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, InfoHash, SeriesKey, SonarrSeriesId
from episodarr.model.reading import FailureReason
from episodarr.model.request import RequestId, RequestStatus


class Taken[T](Struct, frozen=True, kw_only=True, tag="taken", gc=False):
    """A part that a good answer filled."""

    value: T
    at: datetime
    """When the read began."""
    is_complete: bool = True
    """False: something else may be there too, so what is not listed proves nothing."""


class PartMissing(Struct, frozen=True, kw_only=True, tag="missing", gc=False):
    """A part that could not be taken yet: unknown, not empty."""

    reason: FailureReason | None = None
    """None before the first try."""
    message: str = ""


class PartNotConfigured(Struct, frozen=True, kw_only=True, tag="not_configured", gc=False):
    """A part of a system that this installation does not have."""


type Part[T] = Taken[T] | PartMissing | PartNotConfigured


class LibraryFile(Struct, frozen=True, kw_only=True, gc=False):
    """One episode file as Sonarr has it."""

    file_id: EpisodeFileId
    episodes: tuple[EpisodeNumber, ...]
    """More than one for a double episode."""
    path: str
    """Sonarr's view."""
    size_bytes: int
    added_at: datetime | None = None


class SonarrHolding(Struct, frozen=True, kw_only=True, gc=False):
    """One series in one Sonarr."""

    server_id: str
    """Distinguishes this Sonarr from another at the same address; empty when nothing does."""
    sonarr_id: SonarrSeriesId
    files: tuple[LibraryFile, ...]
    root_path: str = ""
    """Sonarr's root folder that the series lies in, Sonarr's view; empty: not known."""
    recycle_bin: str = ""
    """Where Sonarr moves deleted files, Sonarr's view; empty: nowhere, or not known."""


class FileSeen(Struct, frozen=True, kw_only=True, tag="seen", gc=False):
    """A file that was there when the disk was read."""

    local_path: str
    """Our view, with the name exactly as the directory spells it."""
    root: str
    """Sonarr's root folder that it lies in, our view; the mapped folder where that is deeper."""
    mount: str
    """The topmost folder below the root on its file system: stable where device numbers are not."""
    device: int
    inode: int
    link_count: int
    size_bytes: int


class FileNotFound(Struct, frozen=True, kw_only=True, tag="not_found", gc=False):
    """A good read did not find the file: usually a wrong path mapping."""

    local_path: str


class FileUnmapped(Struct, frozen=True, kw_only=True, tag="unmapped", gc=False):
    """No path mapping covers the file: the disk is no witness of it."""


class FileUnclear(Struct, frozen=True, kw_only=True, tag="unclear", gc=False):
    """The file's state could not be read."""

    why: str


type FileSighting = FileSeen | FileNotFound | FileUnmapped | FileUnclear


class FolderIdentity(Struct, frozen=True, kw_only=True, gc=False):
    """A folder as it was seen: enough to recognise it after a move, or a mount in its place."""

    path: str
    """Our view."""
    mount: str
    device: int
    inode: int


class FormerPath(Struct, frozen=True, kw_only=True, gc=False):
    """Where a file was seen before Sonarr gave it the path at which nothing was seen yet."""

    path: str
    """Sonarr's view at that time; its sighting is kept under it."""
    episodes: tuple[EpisodeNumber, ...]


class DiskHolding(Struct, frozen=True, kw_only=True, gc=False):
    """One series' files on the disk."""

    sighting_by_path: Mapping[str, FileSighting]
    """Keyed by Sonarr's path."""
    roots: tuple[FolderIdentity, ...]
    folder: FolderIdentity | None
    """The series' folder; None when it was not seen."""
    former: tuple[FormerPath, ...] = ()


class JellyfinEntry(Struct, frozen=True, kw_only=True, gc=False):
    """One playable episode entry of Jellyfin."""

    entry_id: str
    """32 hex without dashes."""
    episodes: tuple[EpisodeNumber, ...]
    """The Sonarr episodes whose file backs it."""
    paths: tuple[str, ...]
    """Jellyfin's view; under Shokofin not the media's path."""
    other_paths: tuple[str, ...] = ()
    """Versions that are another Sonarr's, shown by the same entry: they may stay."""


class JellyfinHolding(Struct, frozen=True, kw_only=True, gc=False):
    """One series in Jellyfin."""

    server_id: str
    library: str
    """Which of Jellyfin's libraries: a control must come from the same one."""
    series_ids: tuple[str, ...]
    season_ids: tuple[str, ...]
    entries: tuple[JellyfinEntry, ...]
    folder_paths: tuple[str, ...] = ()
    """Jellyfin's paths of the series and its seasons: what a rescan of the shells must name."""
    other_entry_ids: tuple[str, ...] = ()
    """Playable episodes of the same series that no file of this Sonarr backs: copies elsewhere."""
    other_folders: tuple[str, ...] = ()
    """Folders of the same show that belong to another Sonarr, in Jellyfin's view."""
    control_folders: tuple[str, ...] = ()
    """Jellyfin's view of the library folders that hold the entries: a control lies in the same."""


class ShokoLocation(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A file's place, as Shoko reports it."""

    folder_id: int
    relative_path: str
    """Slashes forward, none leading."""


class ShokoFile(Struct, frozen=True, kw_only=True, gc=False):
    """One file record of Shoko."""

    file_id: int
    episodes: tuple[EpisodeNumber, ...]
    """The Sonarr episodes it holds."""
    locations: tuple[ShokoLocation, ...]
    other_locations: tuple[ShokoLocation, ...] = ()
    """Where another Sonarr has the very same bytes: Shoko keeps one record of both."""


class ShokoHolding(Struct, frozen=True, kw_only=True, gc=False):
    """One Sonarr series in Shoko: often several series there."""

    server_id: str
    series_ids: tuple[int, ...]
    files: tuple[ShokoFile, ...]


class HeldRequest(Struct, frozen=True, kw_only=True, gc=False):
    """One request that covered the series."""

    request_id: RequestId
    status: RequestStatus
    seasons: tuple[int, ...]
    is_4k: bool


class HeldServer(Struct, frozen=True, array_like=True, gc=False):
    """One of Seerr's Sonarr servers, by its number there."""

    server_id: int
    is_4k: bool


class JellyseerrHolding(Struct, frozen=True, kw_only=True, gc=False):
    """The requests for one series; none is a good answer."""

    server_id: str
    tmdb_id: int | None
    requests: tuple[HeldRequest, ...]
    other_request_ids: tuple[RequestId, ...]
    """A few requests for other things."""
    newest_request_id: RequestId | None = None
    """The newest of all that were listed; None: not known."""
    media_id: int | None = None
    """Seerr's record of the series, where its status is available or in progress."""
    servers: tuple[HeldServer, ...] = ()
    """Seerr's entries of the very Sonarr."""


class HeldTorrent(Struct, frozen=True, kw_only=True, gc=False):
    """One torrent that brought files of the series."""

    info_hash: InfoHash
    name: str
    size_bytes: int


class QbittorrentHolding(Struct, frozen=True, kw_only=True, gc=False):
    """The torrents of one series."""

    torrents: tuple[HeldTorrent, ...]


class SeriesInventory(Struct, frozen=True, kw_only=True, gc=False):
    """All that was known of one series, system by system."""

    key: SeriesKey
    title: str
    title_slug: str
    series_type: str
    year: int
    path: str
    """The folder, Sonarr's view."""
    tmdb_id: int | None = None
    imdb_id: str | None = None
    mark: str = ""
    """Path and statistics it was taken at; another mark means that it is due again."""
    sonarr: Part[SonarrHolding] = PartMissing()
    disk: Part[DiskHolding] = PartMissing()
    jellyfin: Part[JellyfinHolding] = PartMissing()
    shoko: Part[ShokoHolding] = PartMissing()
    jellyseerr: Part[JellyseerrHolding] = PartMissing()
    qbittorrent: Part[QbittorrentHolding] = PartMissing()

    @property
    def part_by_system(self) -> Mapping[System, Part[object]]:
        """Every system's part; each is the field of the system's name."""
        return {
            System.SONARR: self.sonarr,
            System.DISK: self.disk,
            System.SHOKO: self.shoko,
            System.JELLYFIN: self.jellyfin,
            System.JELLYSEERR: self.jellyseerr,
            System.QBITTORRENT: self.qbittorrent,
        }

    @property
    def local_folder(self) -> str:
        """The series' folder, our view; empty where it was not seen."""
        folder = self.disk.value.folder if isinstance(self.disk, Taken) else None
        return "" if folder is None else folder.path

    @property
    def numbers(self) -> frozenset[EpisodeNumber]:
        """The episodes that have a file in Sonarr."""
        return frozenset(number for file in self.files for number in file.episodes)

    @property
    def files(self) -> tuple[LibraryFile, ...]:
        """Sonarr's files; also empty when that part is missing: then `sonarr` is `PartMissing`."""
        return self.sonarr.value.files if isinstance(self.sonarr, Taken) else ()


class DiskControl(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A file that was seen: if a later check sees it, its file system is there."""

    path: str
    """Our view."""
    root: str
    mount: str


class InventorySummary(Struct, frozen=True, kw_only=True, gc=False):
    """The part of an inventory kept in memory for all series: its state, controls for others."""

    key: SeriesKey
    title: str
    mark: str
    tried_at: datetime
    taken_at: datetime | None
    """Of Sonarr's part; None when that part is missing."""
    is_incomplete: bool
    """A part of a configured system is missing."""
    sonarr_id: SonarrSeriesId | None = None
    disk_controls: tuple[DiskControl, ...] = ()
    """One for each file system its files are on."""
    folder: str = ""
    """The series' folder, our view; empty when it was not seen."""
    unseen_count: int = 0
    """Mapped files that Sonarr has and the disk did not show."""
    series_path: str = ""
    """The series' folder, Sonarr's view."""
    jellyfin_folders: tuple[str, ...] = ()
    """Jellyfin's library folders that hold its files; none where it lists none."""
    shoko_server: str = ""
    shoko_control: int | None = None
    """One series with files."""
    request_ids: tuple[RequestId, ...] = ()
