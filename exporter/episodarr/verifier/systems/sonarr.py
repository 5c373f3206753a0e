"""Sonarr as a witness."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from episodarr.errors import BadPayload
from episodarr.model.agreement import missing_files
from episodarr.model.check import SonarrSeen, SonarrSeriesFiles
from episodarr.model.ids import EpisodeFileId, SonarrSeriesId, identity_of
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.records import has_nameless, unread_in, unread_keys
from episodarr.systems.cache import TtlCache

IDENTITY_LIFETIME = timedelta(minutes=10)
"""Root folders hardly change, and requesting them makes Sonarr access its disks."""


class RootFolderLike(Protocol):
    """A root folder by its path."""

    @property
    def path(self) -> str:
        """Sonarr's view."""


class SonarrSource(Protocol):
    """The methods of Sonarr's client that verification uses."""

    async def fetch_series(self) -> tuple[Series, ...]:
        """The whole library."""

    async def fetch_episodes(self, series_id: SonarrSeriesId) -> tuple[Episode, ...]:
        """All episodes of a series."""

    async def fetch_episode_files(self, series_id: SonarrSeriesId) -> tuple[EpisodeFile, ...]:
        """All files of a series."""

    async def fetch_root_folders(self) -> Sequence[RootFolderLike]:
        """The folders that the library lies in."""


class SonarrTestifier:
    """One Sonarr as a witness: the series and files it has now.

    Sonarr has no identity of its own; its root folders replace one, and are requested only when the
    list has no other series to compare with.
    """

    def __init__(
        self, source: SonarrSource, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._root_folders = TtlCache(
            self._fetch_root_folders, IDENTITY_LIFETIME, monotonic=monotonic
        )

    async def _fetch_root_folders(self) -> tuple[str, ...]:
        return tuple(folder.path for folder in await self._source.fetch_root_folders())

    async def library(self, now: datetime) -> SonarrSeen:
        """All series; with an identity only where there are hardly any to compare with."""
        listed = await self._source.fetch_series()
        is_alone = len(listed) < 2
        return SonarrSeen(
            at=now,
            method="GET /api/v3/series",
            server_id=identity_of(await self._root_folders.get()) if is_alone else "",
            sonarr_id_by_tvdb_id={series.key.tvdb_id: series.sonarr_id for series in listed},
            files=None,
            unread_ids=unread_keys(listed),
            is_whole=not has_nameless(listed),
        )

    async def files(self, sonarr_id: SonarrSeriesId) -> SonarrSeriesFiles:
        """The files of one listed series.

        The files are requested first: for a series that is not there, Sonarr answers 404 for files
        and an empty list for episodes.
        """
        files = await self._source.fetch_episode_files(sonarr_id)
        episodes = await self._source.fetch_episodes(sonarr_id)
        if has_nameless(files) or unread_in(episodes):
            raise BadPayload("episode", "a record of this series cannot be read")
        if missing := missing_files(episodes, files):
            raise BadPayload("episodefile", missing)
        unread = (EpisodeFileId(int(key)) for key in unread_keys(files))
        return SonarrSeriesFiles(
            file_ids=frozenset((*(file.file_id for file in files), *unread)),
            file_id_by_episode={
                (e.season, e.episode): e.file_id for e in episodes if e.file_id is not None
            },
        )
