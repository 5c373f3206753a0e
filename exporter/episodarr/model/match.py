"""What Jellyfin, Shoko and Seerr hold, and how the first two show Sonarr's episodes.

A testimony is made only in `episodarr.stages`. "Not there" exists only inside a testimony of a
system that was seen to know the series; the types of every other case (not matched, not requested,
not reachable) cannot express it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from msgspec import Struct, field

from episodarr.model.ids import EpisodeNumber, SonarrSeriesId, TvdbId
from episodarr.model.reading import FailureReason
from episodarr.model.request import MediaStatus

type Number = EpisodeNumber

JellyfinId = NewType("JellyfinId", str)
"""32 lower-case hex digits without dashes."""
ShokoSeriesId = NewType("ShokoSeriesId", int)
ShokoFileId = NewType("ShokoFileId", int)
ShokoFolderId = NewType("ShokoFolderId", int)


class ProviderIds(Struct, frozen=True, kw_only=True, gc=False):
    """Numbers that other databases give a thing; None where Jellyfin knows none."""

    tvdb: int | None = None
    tmdb: int | None = None
    imdb: str | None = None
    """Lower case, as in "tt16755706"."""
    anidb: int | None = None
    shoko_series: int | None = None
    shoko_file: ShokoFileId | None = None
    """From the plugin Shokofin: of the item, or of its virtual path."""


class JellyfinServer(Struct, frozen=True, kw_only=True, gc=False):
    """Which server answered."""

    server_id: str
    version: str
    name: str = ""


class JellyfinSeries(Struct, frozen=True, kw_only=True, gc=False):
    """One series item; the same show in two libraries is two of them."""

    item_id: JellyfinId
    name: str
    path: str | None
    """Jellyfin's view of the folder."""
    provider_ids: ProviderIds


class JellyfinEpisode(Struct, frozen=True, kw_only=True, gc=False):
    """One episode item that is a file on a disk: virtual and remote items never become one."""

    item_id: JellyfinId
    series_id: JellyfinId | None
    season_id: JellyfinId | None
    paths: tuple[str, ...]
    """Jellyfin's view of the file, and of its other versions; empty where not given."""
    season: int | None
    episodes: tuple[int, ...]
    """Jellyfin's numbers: several of a double episode, none of a name it could not read."""
    provider_ids: ProviderIds


class JellyfinItem(Struct, frozen=True, kw_only=True, gc=False):
    """Any item that was requested by id."""

    item_id: JellyfinId
    kind: str
    """Series, Season, Episode, …; Jellyfin's own value."""
    name: str
    is_file: bool
    """On a disk by Jellyfin's own account: neither virtual nor remote."""
    paths: tuple[str, ...]
    series_id: JellyfinId | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()


class JellyfinCatalog(Struct, frozen=True, kw_only=True):
    """All that one Jellyfin lists: every series, and every episode that is a file.

    Parts in which nothing changed are the same objects in the next catalog.
    """

    server: JellyfinServer
    at: datetime
    """When the read began, by our clock."""
    series: tuple[JellyfinSeries, ...]
    episodes_by_series: Mapping[JellyfinId | None, tuple[JellyfinEpisode, ...]]
    """By `SeriesId`, as each episode itself has it; under None those without one."""

    def episodes_of(self, series_ids: Iterable[JellyfinId]) -> tuple[JellyfinEpisode, ...]:
        """The episodes of these series items, each once."""
        found = dict.fromkeys(series_ids)
        return tuple(e for i in found for e in self.episodes_by_series.get(i, ()))


class JellyfinLibrary(Struct, frozen=True, kw_only=True, gc=False):
    """One library of Jellyfin with its folders."""

    library_id: JellyfinId | None
    name: str
    locations: tuple[str, ...]


class LibraryScan(Struct, frozen=True, kw_only=True, gc=False):
    """Jellyfin's scan of all libraries, by Jellyfin's clock."""

    is_running: bool
    progress_ratio: float | None = None
    last_started_at: datetime | None = None
    last_ended_at: datetime | None = None
    has_completed: bool = False
    """The last one ran to its end: neither cancelled nor failed."""
    asked_at: datetime | None = None
    """When Jellyfin answered, by its own clock; None where the answer had no date."""

    def has_passed_since(self, at: datetime) -> bool:
        """Whether a scan that began after this moment of Jellyfin's clock has ended well."""
        return self.has_completed and self.last_started_at is not None and self.last_started_at > at


class JellyfinMatch(StrEnum):
    """State in Jellyfin of one episode that has a file in Sonarr."""

    PLAYABLE = "playable"
    ABSENT = "absent"
    """Jellyfin is proven to see this series, and lists nothing that could be this episode."""
    UNMATCHED = "unmatched"
    """A good answer from which nothing follows for this episode."""
    UNKNOWN = "unknown"


class JellyfinSees(Struct, frozen=True, kw_only=True, gc=False):
    """Jellyfin has this series, and its episodes were requested."""

    series_ids: tuple[JellyfinId, ...]
    playable: frozenset[Number]
    absent: frozenset[Number]
    """Only what is proven: see `JellyfinMatch.ABSENT`. Disjoint from `playable`."""
    item_ids_by_number: Mapping[Number, tuple[JellyfinId, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """The items that `playable` rests on."""


class JellyfinUnmatched(Struct, frozen=True, kw_only=True, gc=False):
    """A good and complete answer in which no series is this one."""


class JellyfinUnknown(Struct, frozen=True, kw_only=True, gc=False):
    """No good answer in this read."""

    reason: FailureReason | None
    """None: it was not requested yet."""
    last_known: JellyfinSees | JellyfinUnmatched | None = None
    """From an older answer that is still young enough to be shown."""


type JellyfinMatches = JellyfinSees | JellyfinUnmatched | JellyfinUnknown


def jellyfin_match(testimony: JellyfinMatches, number: Number) -> JellyfinMatch:
    """State of one episode by this testimony."""
    match testimony:
        case JellyfinSees() if number in testimony.playable:
            return JellyfinMatch.PLAYABLE
        case JellyfinSees() if number in testimony.absent:
            return JellyfinMatch.ABSENT
        case JellyfinSees() | JellyfinUnmatched():
            return JellyfinMatch.UNMATCHED
        case JellyfinUnknown():
            return JellyfinMatch.UNKNOWN


class ShokoServer(Struct, frozen=True, kw_only=True, gc=False):
    """Which Shoko answered. It has no identity of its own but its folders."""

    version: str
    major: int
    is_ready: bool
    """Started, and its database is not blocked: before that, its answers mean nothing."""
    state: str
    """For people: Starting, Started, Failed, Waiting, with what it is busy with."""


class ShokoFolder(Struct, frozen=True, kw_only=True, gc=False):
    """An import folder (4, 5) or managed folder (6)."""

    folder_id: ShokoFolderId
    name: str
    path: str
    """Shoko's view."""


class ShokoPlace(Struct, frozen=True, kw_only=True, gc=False):
    """A place where Shoko believes a file to be."""

    folder_id: ShokoFolderId | None
    relative_path: str
    """Below the folder, with "/" and none at the start."""
    absolute_path: str | None
    is_accessible: bool | None
    """Whether the path exists, checked by Shoko at the moment of the request; None: not given."""


class ShokoLink(Struct, frozen=True, kw_only=True, gc=False):
    """The AniDB series that a file is linked to."""

    series_id: ShokoSeriesId | None
    """None: AniDB's link exists, Shoko's series does not yet."""
    anidb_id: int | None
    episode_count: int


class ShokoFileRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One file record."""

    file_id: ShokoFileId
    size_bytes: int
    places: tuple[ShokoPlace, ...]
    links: tuple[ShokoLink, ...] | None
    """Empty: not matched to AniDB. None: not given in the answer."""

    @property
    def is_matched(self) -> bool | None:
        """Whether an AniDB episode is linked to it; None where not given."""
        if self.links is None:
            return None
        return any(link.episode_count for link in self.links)


class ShokoSeries(Struct, frozen=True, kw_only=True, gc=False):
    """One AniDB series in Shoko; a series of Sonarr is often several of them."""

    series_id: ShokoSeriesId
    name: str
    anidb_id: int | None
    tvdb_ids: frozenset[int]
    local_episode_count: int | None
    """Episodes that have a file record, accessible or not; None: not given."""


class ShokoSeriesFiles(Struct, frozen=True, kw_only=True, gc=False):
    """The files of one Shoko series, after a good answer."""

    series_id: ShokoSeriesId
    is_there: bool
    """False: Shoko itself answers that it has no such series."""
    files: tuple[ShokoFileRecord, ...]


class ShokoPathCheck(Struct, frozen=True, kw_only=True, gc=False):
    """What Shoko has at some of Sonarr's paths. Means nothing for paths that were not requested."""

    asked_paths: frozenset[str]
    """Sonarr's view."""
    files: tuple[ShokoFileRecord, ...]


class ShokoMatch(StrEnum):
    """State in Shoko of the file of one episode."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    """Shoko has the file, and AniDB's match is still to come."""
    ABSENT = "absent"
    """Shoko is proven to see this series' files, and does not have this one yet."""
    NOT_SEEN = "not_seen"
    """A good answer from which nothing follows: Shoko may not watch this folder at all."""
    UNKNOWN = "unknown"


class ShokoSees(Struct, frozen=True, kw_only=True, gc=False):
    """Shoko has at least one file of this series, and some were requested."""

    matched: frozenset[Number]
    unmatched: frozenset[Number]
    absent: frozenset[Number]
    unanswered: frozenset[Number] = frozenset()
    """Not requested in this read, or not given in the answer."""
    file_id_by_number: Mapping[Number, ShokoFileId] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Also what ties the items of Jellyfin's plugin Shokofin to episodes."""


class ShokoNotSeen(Struct, frozen=True, kw_only=True, gc=False):
    """A good answer without any file of this series."""


class ShokoUnknown(Struct, frozen=True, kw_only=True, gc=False):
    """No good answer in this read."""

    reason: FailureReason | None
    """None: it was not requested yet."""
    last_known: ShokoSees | ShokoNotSeen | None = None


type ShokoMatches = ShokoSees | ShokoNotSeen | ShokoUnknown


def shoko_match(testimony: ShokoMatches, number: Number) -> ShokoMatch:
    """State of the file of one episode by this testimony."""
    match testimony:
        case ShokoSees() if number in testimony.matched:
            return ShokoMatch.MATCHED
        case ShokoSees() if number in testimony.unmatched:
            return ShokoMatch.UNMATCHED
        case ShokoSees() if number in testimony.absent:
            return ShokoMatch.ABSENT
        case ShokoSees() if number in testimony.unanswered:
            return ShokoMatch.UNKNOWN
        case ShokoSees() | ShokoNotSeen():
            return ShokoMatch.NOT_SEEN
        case ShokoUnknown():
            return ShokoMatch.UNKNOWN


class SeerrSonarr(Struct, frozen=True, kw_only=True, gc=False):
    """A Sonarr server in Seerr's settings; its key is never read."""

    server_id: int
    name: str
    url: str
    is_4k: bool
    is_default: bool = False
    """Where requests of its kind go that name no server."""


class SeasonMedia(Struct, frozen=True, kw_only=True, gc=False):
    """Seerr's status of one season."""

    season: int
    status: MediaStatus
    status_4k: MediaStatus


class SeerrMedia(Struct, frozen=True, kw_only=True, gc=False):
    """Seerr's record of one series, whether it was requested or not."""

    media_id: int
    tmdb_id: int | None
    tvdb_id: TvdbId | None
    status: MediaStatus
    status_4k: MediaStatus
    sonarr_series_id: SonarrSeriesId | None = None
    seasons: tuple[SeasonMedia, ...] = ()

    def status_of(self, *, is_4k: bool) -> MediaStatus:
        """The status of one kind."""
        return self.status_4k if is_4k else self.status

    def is_of(self, *, tvdb_id: TvdbId, tmdb_id: int | None) -> bool:
        """Whether it is of this series; TMDB's number counts only where TVDB's is not known."""
        if self.tvdb_id is not None:
            return self.tvdb_id == tvdb_id
        return bool(tmdb_id) and self.tmdb_id == tmdb_id
