"""Protocols: the requests that verification makes of each system.

Every method returns a good and complete answer or raises `UpstreamError`; none returns an empty one
because a request failed. `now` is when the check began, and becomes the answer's `at`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from episodarr.model.check import (
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


class SonarrWitness(Protocol):
    """One Sonarr."""

    async def holding(self, series: Series, now: datetime) -> Taken[SonarrHolding]:
        """The series' files with the episodes of each, and the identity of this Sonarr."""

    async def torrents(self, series: Series) -> frozenset[InfoHash]:
        """The torrents that the series' files came from, by Sonarr's history."""

    async def library(self, now: datetime) -> SonarrSeen:
        """All series, with `files` None."""

    async def files(self, sonarr_id: SonarrSeriesId) -> SonarrSeriesFiles:
        """The files of one series that is listed."""


class DiskWitness(Protocol):
    """The disk."""

    def recall(self, own_roots: Sequence[str]) -> None:
        """Root folders in which files were seen exactly where Sonarr has them."""

    async def take(
        self, series_path: str, size_by_path: Mapping[str, int], root_path: str
    ) -> DiskHolding:
        """The files of one series as they are now; `root_path` is Sonarr's root folder of it."""

    async def check(self, question: DiskQuestion, now: datetime) -> DiskSeen:
        """The state of a deletion's paths now."""


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
        """The playable entries of these files; incomplete if one may be missing.

        Shoko's records of the same files match Shokofin's generated paths to them. `at_leisure`:
        nothing happened to the files, and an older list suffices.
        """

    def expect_removal(self, entry_ids: Sequence[str], series_ids: Sequence[str]) -> None:
        """Note entries, and series with all of theirs, that will be removed or just were.

        A hint that saves requests, and no evidence.
        """

    async def check(self, question: JellyfinQuestion, now: datetime) -> JellyfinSeen:
        """The entries of a deletion that are listed now, with controls."""

    async def rescan(self, paths: tuple[str, ...]) -> None:
        """Report to Jellyfin that these of its own paths changed."""


class ShokoWitness(Protocol):
    """Shoko."""

    async def holding(
        self, series: Series, files: tuple[LibraryFile, ...], now: datetime
    ) -> Taken[ShokoHolding]:
        """The records of these files; incomplete if some cannot be matched."""

    async def check(self, question: ShokoQuestion, now: datetime) -> ShokoSeen:
        """The records of a deletion's files now, with controls."""

    async def major_version(self) -> int:
        """The API's major version: 4, 5 or 6."""

    async def folders(self, gone: frozenset[ShokoLocation]) -> tuple[ImportFolder, ...]:
        """Every import folder with a fair sample of its files, without those proven gone."""

    async def rescan(self, locations: tuple[ShokoLocation, ...]) -> None:
        """Remove missing files without MyList, from version 6 only these; returns when done."""


class JellyseerrWitness(Protocol):
    """Jellyseerr."""

    async def listed(self, now: datetime) -> JellyseerrSeen:
        """All requests for television and records of series; may come from a cache."""

    async def check(self, now: datetime) -> JellyseerrSeen:
        """All requests for television and records of series as they are now."""


class QbittorrentWitness(Protocol):
    """All qBittorrents together."""

    async def check(self, now: datetime) -> QbittorrentSeen:
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
