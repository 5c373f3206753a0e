"""Shoko as a witness: its folders are cached, and the samples of files are large."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import override

from msgspec.structs import replace

from episodarr.app.witnesses.same_series import SameSeriesElsewhere
from episodarr.model.check import ImportFolder, ShokoQuestion, ShokoSeen
from episodarr.model.ids import ShokoFileId
from episodarr.model.inventory import LibraryFile, ShokoHolding, ShokoLocation, Taken
from episodarr.model.library import Series
from episodarr.systems.cache import TtlCache, seconds_of
from episodarr.systems.health import Health
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.listing import ShokoListing
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoPathCheck,
    ShokoSeries,
    ShokoSeriesFiles,
    ShokoSeriesId,
)
from episodarr.verifier.systems import ShokoTestifier

FOLDERS_LIFETIME = timedelta(minutes=10)
FOLDER_SAMPLE = 1_000
"""Files by which each import folder is judged before a rescan."""


class ShokoEvidence:
    """Shoko as a witness."""

    def __init__(
        self,
        client: ShokoClient,
        *,
        clock: Callable[[], datetime],
        same_series_of: SameSeriesElsewhere,
        health: Health,
    ) -> None:
        self._same_series_of = same_series_of
        self._health = health
        self._folders = TtlCache(
            client.fetch_folders, FOLDERS_LIFETIME, monotonic=seconds_of(clock)
        )
        self._listing = ShokoListing(client.fetch_all_files, clock=clock)
        self._by_path = ShokoTestifier(_Source(client, self._folders.get))
        self._from_list = ShokoTestifier(
            _Listed(client, self._folders.get, self._listing), tries_first=False
        )
        self._now = ShokoTestifier(_Source(client, client.fetch_folders))

    async def holding(
        self, series: Series, files: tuple[LibraryFile, ...], now: datetime
    ) -> Taken[ShokoHolding]:
        """The records of these files; incomplete if they are not certain.

        Raises:
            UpstreamError: no good answer.
        """
        same_series_elsewhere = self._same_series_of(series)
        with self._health.noting("inventory"):
            listed_at = await self._listing.fetch_if_many(await self._folders.get())
            if listed_at is None:
                return await self._by_path.holding(series, files, now, same_series_elsewhere)
            taken = await self._from_list.holding(series, files, now, same_series_elsewhere)
            return replace(taken, at=min(now, listed_at))

    async def check(self, question: ShokoQuestion, now: datetime) -> ShokoSeen:
        """What is recorded of a deletion's files now.

        Raises:
            UpstreamError: no good answer.
        """
        with self._health.noting("verification"):
            return await self._now.check(question, now)

    async def major_version(self) -> int:
        """The major version of its API: 4, 5 or 6."""
        return await self._now.major_version()

    async def folders(self, gone: frozenset[ShokoLocation]) -> tuple[ImportFolder, ...]:
        """Every import folder with a fair sample of its files, without those proven gone."""
        return await self._now.folders(gone)

    async def rescan(self, locations: tuple[ShokoLocation, ...]) -> None:
        """Remove missing files without MyList, or, where the version can, only these; until done.

        Raises:
            UpstreamError: it was refused, or its end was not seen.
        """
        await self._now.rescan(locations)


class _Source:
    """The client, with a cached list of folders."""

    def __init__(
        self, client: ShokoClient, fetch_folders: Callable[[], Awaitable[tuple[ShokoFolder, ...]]]
    ) -> None:
        self._client = client
        self._fetch_folders = fetch_folders

    async def fetch_folders(self) -> tuple[ShokoFolder, ...]:
        """All import or managed folders."""
        return await self._fetch_folders()

    async def fetch_folder_sample(
        self,
        folder_id: ShokoFolderId,
        *,
        limit: int = 20,
    ) -> tuple[ShokoFileRecord, ...]:
        """Up to `limit` files of a folder, at least `FOLDER_SAMPLE`, with Shoko's view of each."""
        return await self._client.fetch_folder_sample(folder_id, limit=max(limit, FOLDER_SAMPLE))

    async def fetch_readiness(self) -> int:
        """The major version of a Shoko that has started."""
        return await self._client.fetch_readiness()

    async def fetch_is_unrestricted(self) -> bool:
        """Whether Shoko hides nothing from this user."""
        return await self._client.fetch_is_unrestricted()

    async def fetch_series(self, series_id: ShokoSeriesId) -> ShokoSeries | None:
        """One series; None when Shoko itself answers that there is none."""
        return await self._client.fetch_series(series_id)

    async def fetch_series_files(self, series_id: ShokoSeriesId) -> ShokoSeriesFiles:
        """All files of a series."""
        return await self._client.fetch_series_files(series_id)

    async def fetch_files(
        self, file_ids: Iterable[ShokoFileId]
    ) -> Mapping[ShokoFileId, ShokoFileRecord]:
        """Those of the given files that are still recorded."""
        return await self._client.fetch_files(file_ids)

    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        """What Shoko has at some of Sonarr's paths."""
        return await self._client.fetch_files_at(paths)

    async def remove_missing_files(self) -> None:
        """Drops records of files that do not exist, without MyList; returns when done."""
        await self._client.remove_missing_files()

    async def notify_change(self, absolute_path: str) -> None:
        """Has Shoko 6 read one path again, without MyList."""
        await self._client.notify_change(absolute_path)


class _Listed(_Source):
    """The same, but what lies at paths is read from the list of all files."""

    def __init__(
        self,
        client: ShokoClient,
        fetch_folders: Callable[[], Awaitable[tuple[ShokoFolder, ...]]],
        listing: ShokoListing,
    ) -> None:
        super().__init__(client, fetch_folders)
        self._listing = listing

    @override
    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        """What Shoko has at some of Sonarr's paths."""
        return self._listing.files_at(paths)
