"""Result of one check of one system after a deletion: a good, complete answer, or why not.

Only the `…Seen` records can carry a control; `CheckFailed` has a reason, and proves nothing.
`at` is always when the check began, so that nothing in it can be older.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    InfoHash,
    SeriesKey,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.inventory import DiskControl, FolderIdentity, ShokoLocation
from episodarr.model.reading import FailureReason
from episodarr.model.request import MediaRequest, RequestId, SeerrMedia
from episodarr.model.seerr_servers import NO_SERVERS, SeerrServers


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFailed:
    """A check that gave no fact."""

    at: datetime
    method: str
    reason: FailureReason | None
    """None: not checked yet."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SonarrSeriesFiles:
    """The files of one series that Sonarr still has."""

    file_ids: frozenset[EpisodeFileId]
    file_id_by_episode: Mapping[EpisodeNumber, EpisodeFileId]
    """Only episodes that have a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SonarrSeen:
    """The complete list of series, and this one's files where it is listed."""

    at: datetime
    method: str
    server_id: str
    sonarr_id_by_tvdb_id: Mapping[TvdbId, SonarrSeriesId]
    files: SonarrSeriesFiles | None
    """None: not requested, because the series is not in the list."""
    unread_ids: frozenset[int | str] = frozenset()
    """Numbers of series that are listed and could not be read."""
    is_whole: bool = True
    """False: a record did not even show its number."""
    expected_others: Mapping[TvdbId, SonarrSeriesId] = MappingProxyType({})
    """Series that this Sonarr should still list, from the inventories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAbsent:
    """The name is not in its folder, or the folder is not there either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPresent:
    """Something is at the path."""

    size_bytes: int
    device: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PathUnclear:
    """The path could not be read, or what was found is no answer."""

    why: str


type PathState = PathAbsent | PathPresent | PathUnclear


@dataclass(frozen=True, slots=True, kw_only=True)
class RootState:
    """A mapped root as the check found it."""

    device: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLeft:
    """A video file in the series' folder."""

    path: str
    size_bytes: int
    device: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSeen:
    """The series' folder; `exists` False is only worth what the control beside it is."""

    exists: bool
    videos: tuple[VideoLeft, ...] = ()
    moved_to: str | None = None
    """A sibling that is the recorded folder under another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderUnclear:
    """The series' folder could not be read whole."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskQuestion:
    """What to check on disk after a deletion; all paths but the unseen ones are ours."""

    paths: tuple[str, ...]
    """Where files were seen."""
    unseen_paths: tuple[str, ...] = ()
    """Sonarr's paths of files that were not: what is there now is there."""
    folder: FolderIdentity | None
    roots: tuple[str, ...]
    controls: tuple[DiskControl, ...]
    """Files that were not deleted, and that should still be there."""
    other_folders: tuple[str, ...] = ()
    """Folders of other series inside this one's: nothing in them is its own."""
    other_paths: tuple[str, ...] = ()
    """Files of other series that share this one's folder."""
    unread_folders: tuple[str, ...] = ()
    """Sonarr's paths of series whose files are not known yet."""
    own_roots: tuple[str, ...] = ()
    """Root folders under which files were seen exactly where Sonarr has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSeen:
    """The inventoried paths of one series, with the controls seen in the same check."""

    at: datetime
    method: str
    state_by_path: Mapping[str, PathState]
    """Keyed as in the question: by our path where the file was seen, else by Sonarr's."""
    root_by_path: Mapping[str, RootState]
    """Only roots that are there; keyed by their local path."""
    controls: tuple[DiskControl, ...]
    """Only those that were seen in this check."""
    missing_controls: tuple[DiskControl, ...] = ()
    """Those that were not."""
    folder: FolderSeen | FolderUnclear


@dataclass(frozen=True, slots=True, kw_only=True)
class JellyfinQuestion:
    """What to check in Jellyfin."""

    key: SeriesKey
    series_path: str
    """Sonarr's view of the series' folder."""
    paths: tuple[str, ...]
    """Sonarr's view of the expected files: checked whether they were listed before or not."""
    entry_ids: tuple[str, ...]
    """Inventoried entries of the expected episodes."""
    series_ids: tuple[str, ...] = ()
    season_ids: tuple[str, ...] = ()
    """Shells; requested only where the series itself was deleted."""
    tmdb_id: int | None = None
    """All playable episodes of series with these ids belong in the answer too."""
    other_folders: tuple[str, ...] = ()
    """But not those of series in these folders: they are another Sonarr's."""
    left_elsewhere: tuple[str, ...] = ()
    """Folders of the same series that other Sonarrs no longer list, in their view, with files left."""
    control_folders: tuple[str, ...] = ()
    """Below each of these something should still be listed that the question does not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JellyfinEntrySeen:
    """One entry that Jellyfin lists."""

    entry_id: str
    kind: str
    """Series, Season or Episode."""
    is_playable: bool
    """False for virtual entries, which stand for nothing on disk."""
    paths: tuple[str, ...] = ()
    season: int | None = None
    episodes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JellyfinSeen:
    """The requested entries that are listed, and all episodes of series with those provider ids."""

    at: datetime
    method: str
    server_id: str
    is_unrestricted: bool
    """False if something may be hidden from this user."""
    entries: tuple[JellyfinEntrySeen, ...]
    entry_ids_by_path: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Which of them lie at the expected paths; keyed by Sonarr's."""
    control_by_folder: Mapping[str, str] = field(default_factory=dict)
    """Below each library folder, something else that is listed."""
    is_whole: bool = True
    """False: something is listed whose place is not known."""
    ids_elsewhere: frozenset[str] = frozenset()
    """Entries of the series in the folders that other Sonarrs left it in, and in no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoQuestion:
    """What to check in Shoko."""

    file_ids: tuple[int, ...]
    series_ids: tuple[int, ...]
    control_ids: tuple[int, ...]
    """Other series that had files."""
    folder: str = ""
    """The series' folder, Sonarr's view."""
    unheld_paths: tuple[str, ...] = ()
    """Sonarr's paths of files that no inventory saw in Shoko: what is there now is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFolder:
    """One of Shoko's import folders, with a sample of its files."""

    name: str
    accessible_count: int
    """Files of the sample that Shoko can see right now."""
    sampled_count: int
    """Without files that are proven gone: that they cannot be seen means nothing for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoLocationSeen:
    """A file's place as Shoko reports it, and whether Shoko can see it there right now."""

    location: ShokoLocation
    is_accessible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoSeen:
    """The requested files and series that are still recorded."""

    at: datetime
    method: str
    server_id: str
    is_unrestricted: bool
    locations_by_file_id: Mapping[int, tuple[ShokoLocationSeen, ...]]
    """Files that are not recorded any more are left out."""
    file_count_by_series_id: Mapping[int, int]
    """Series that are not recorded any more are left out."""
    control_ids: frozenset[int]
    """Which of the requested control series are recorded with at least one file."""
    missing_control_ids: frozenset[int] = frozenset()
    """Those that should have files and do not: where no control is, this may be another Shoko."""
    own_series_ids: frozenset[int] = frozenset()
    """Where no control is: which of the requested series are still recorded, read last of all."""
    locations_by_path: Mapping[str, tuple[ShokoLocationSeen, ...]] = MappingProxyType({})
    """Of the files at `unheld_paths`, by that path; left out where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JellyseerrSeen:
    """The complete list of requests for television, and of Seerr's records of series."""

    at: datetime
    method: str
    server_id: str
    """The numbers of Seerr's Sonarr servers, which stay when people edit addresses."""
    is_unrestricted: bool
    """Seerr showed its settings, as it does to administrators only: nothing is hidden."""
    requests: tuple[MediaRequest, ...]
    media: tuple[SeerrMedia, ...] | None = None
    """None: not read; then each request carries its own."""
    unread_ids: frozenset[int | str] = frozenset()
    """Numbers of requests that are listed and could not be read."""
    unread_media_ids: frozenset[int | str] = frozenset()
    """The same of records of series."""
    is_whole: bool = True
    """False: a request, or a record, did not even show its number."""
    servers: SeerrServers = NO_SERVERS
    expected_request_ids: frozenset[RequestId] | None = None
    """Requests for series that were not deleted, from the inventories; None: not requested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TorrentSeen:
    """One torrent, whatever its state."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QbittorrentSeen:
    """The complete list of torrents of every configured client."""

    at: datetime
    method: str
    torrent_by_hash: Mapping[InfoHash, TorrentSeen]


type SonarrCheck = SonarrSeen | CheckFailed
type DiskCheck = DiskSeen | CheckFailed
type JellyfinCheck = JellyfinSeen | CheckFailed
type ShokoCheck = ShokoSeen | CheckFailed
type JellyseerrCheck = JellyseerrSeen | CheckFailed
type QbittorrentCheck = QbittorrentSeen | CheckFailed
type Check = (
    SonarrCheck | DiskCheck | JellyfinCheck | ShokoCheck | JellyseerrCheck | QbittorrentCheck
)
"""The result of one check of one system."""
