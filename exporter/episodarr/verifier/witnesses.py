"""What verification needs of each system.

Every method gives a good and complete answer or raises `UpstreamError`; none gives an empty one
because it could not look. `now` is when the look began, and becomes the answer's `at`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from episodarr.model.ids import InfoHash, SonarrName, SonarrSeriesId
from episodarr.model.inventory import (
    DiskHolding,
    JellyfinHolding,
    LibraryFile,
    ShokoHolding,
    ShokoLocation,
    SonarrHolding,
    Taken,
)
from episodarr.model.library import Series
from episodarr.model.look import (
    DiskQuestion,
    DiskSeen,
    ImportFolder,
    JellyfinQuestion,
    JellyfinSeen,
    JellyseerrSeen,
    QbittorrentSeen,
    ShokoQuestion,
    ShokoSeen,
    SonarrSeen,
    SonarrSeriesFiles,
)


class SonarrWitness(Protocol):
    """One Sonarr."""

    async def holding(self, series: Series, now: datetime) -> Taken[SonarrHolding]:
        """The series' files with the episodes of each, and what identifies this Sonarr."""

    async def torrents(self, series: Series) -> frozenset[InfoHash]:
        """The torrents its history says the series' files came from."""

    async def library(self, now: datetime) -> SonarrSeen:
        """All series, with `files` None."""

    async def files(self, sonarr_id: SonarrSeriesId) -> SonarrSeriesFiles:
        """The files of one series that is listed."""


class DiskWitness(Protocol):
    """The disk."""

    async def take(
        self, series_path: str, file_paths: Sequence[str], root_path: str
    ) -> DiskHolding:
        """The files of one series as they are now; `root_path` is Sonarr's root folder of it."""

    async def look(self, question: DiskQuestion, now: datetime) -> DiskSeen:
        """What is at the paths of a deletion now."""


class JellyfinWitness(Protocol):
    """Jellyfin."""

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        now: datetime,
        *,
        at_leisure: bool = False,
    ) -> Taken[JellyfinHolding]:
        """The playable entries that these files back; incomplete if some cannot be told.

        What Shoko has of the same files ties Shokofin's made-up paths to them. `at_leisure`: nothing
        happened to them, and an old list will do.
        """

    async def look(self, question: JellyfinQuestion, now: datetime) -> JellyfinSeen:
        """What is listed of a deletion's entries now."""

    async def rescan(self, paths: tuple[str, ...]) -> None:
        """Tell Jellyfin that its own paths changed."""


class ShokoWitness(Protocol):
    """Shoko."""

    async def holding(
        self, series: Series, files: tuple[LibraryFile, ...], now: datetime
    ) -> Taken[ShokoHolding]:
        """The records of these files; incomplete if they cannot be told."""

    async def look(self, question: ShokoQuestion, now: datetime) -> ShokoSeen:
        """What is recorded of a deletion's files now."""

    async def major_version(self) -> int:
        """Which API it speaks: 4, 5 or 6."""

    async def folders(self, gone: frozenset[ShokoLocation]) -> tuple[ImportFolder, ...]:
        """Every import folder with a fair sample of its files, without those proven gone."""

    async def rescan(self, locations: tuple[ShokoLocation, ...]) -> None:
        """Remove missing files without MyList, or, where the version can, only these; until done."""


class JellyseerrWitness(Protocol):
    """Jellyseerr."""

    async def listed(self, now: datetime) -> JellyseerrSeen:
        """All requests for television and records of series; a while old, perhaps."""

    async def look(self, now: datetime) -> JellyseerrSeen:
        """All requests for television and records of series as they are now."""


class QbittorrentWitness(Protocol):
    """All qBittorrents together."""

    async def look(self, now: datetime) -> QbittorrentSeen:
        """All torrents of all clients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """The configured systems; None is not configured."""

    sonarr: Mapping[SonarrName, SonarrWitness] = field(default_factory=dict)
    disk: DiskWitness | None = None
    jellyfin: JellyfinWitness | None = None
    shoko: ShokoWitness | None = None
    jellyseerr: JellyseerrWitness | None = None
    qbittorrent: QbittorrentWitness | None = None
