"""What one Sonarr has, as evidence of deletions.

Inventories share the episodes and files that the cycles read; checks request them anew. Sonarr has
no identity of its own: its root folders replace one.
"""

import re
from collections.abc import Callable, Mapping, Set
from datetime import datetime, timedelta

from episodarr.errors import BadPayload, UpstreamError
from episodarr.model.agreement import missing_episodes, missing_files
from episodarr.model.check import SonarrSeen, SonarrSeriesFiles
from episodarr.model.download import HistoryEvent, HistoryRecord
from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    InfoHash,
    SeriesKey,
    SonarrSeriesId,
    identity_of,
)
from episodarr.model.inventory import LibraryFile, SonarrHolding, Taken
from episodarr.model.library import EpisodeFile, Series
from episodarr.model.records import has_nameless, unread_in, unread_keys
from episodarr.stages.inputs import SeriesDetail
from episodarr.systems.cache import TtlCache, seconds_of
from episodarr.systems.paths import root_folder_of
from episodarr.systems.sonarr.details import renewed
from episodarr.systems.sonarr.state import SonarrState
from episodarr.systems.sonarr.wanted import Wishes

IDENTITY_LIFETIME = timedelta(hours=1)
"""Root folders hardly change, and a request for them makes Sonarr access its disks."""
CHECKED_IDENTITY_AGE = timedelta(minutes=10)
"""How old they may be for a check: an hour ago another Sonarr may have been at the address."""
_HASH = re.compile(r"[0-9a-f]{40}")
_BRINGING = frozenset({HistoryEvent.GRABBED, HistoryEvent.IMPORTED, HistoryEvent.FOLDER_IMPORTED})


class SonarrEvidence:
    """What one Sonarr has; an inventory takes over what the cycles read.

    Episodes that had a file and have none now are not taken over at once: history may
    report their deletion only later, and the old inventory is then the only evidence.
    """

    def __init__(
        self,
        state: SonarrState,
        *,
        clock: Callable[[], datetime],
        settling: timedelta,
    ) -> None:
        self.state = state
        self._settling = settling
        monotonic = seconds_of(clock)
        self._root_folders = TtlCache(
            state.source.fetch_root_folders, IDENTITY_LIFETIME, monotonic=monotonic
        )
        self._recycle_bin = TtlCache(self._find_recycle_bin, IDENTITY_LIFETIME, monotonic=monotonic)
        self._hashes: dict[SeriesKey, frozenset[InfoHash]] = {}
        self._noted: dict[SeriesKey, frozenset[InfoHash]] = {}
        """Those of records since a series' history was requested first: its answer may lack them."""
        self._demanded = Wishes()
        self._held: dict[SeriesKey, SeriesDetail] = {}
        """What the last inventory was taken from: the same objects as in the details."""
        self._vanished_at: dict[SeriesKey, datetime] = {}

    async def _find_recycle_bin(self) -> str:
        """Its path; empty on failure, so that no inventory fails for it."""
        try:
            return await self.state.source.fetch_recycle_bin()
        except UpstreamError:
            return ""

    def note(self, record: HistoryRecord) -> None:
        """Take one history record in: it may name another torrent of its series."""
        series, info_hash = self._listed.get(record.series_id), _hash_of(record)
        if series is not None and series.key in self._noted and info_hash is not None:
            self._noted[series.key] |= {info_hash}

    def demand(self, series_id: SonarrSeriesId) -> None:
        """Have the next inventory of this series query Sonarr, whatever the cycles read."""
        self._demanded.add((series_id,))
        if (series := self._listed.get(series_id)) is not None:
            self._hashes.pop(series.key, None)

    @property
    def _listed(self) -> Mapping[SonarrSeriesId, Series]:
        return self.state.library.series.last or {}

    async def holding(self, series: Series, now: datetime) -> Taken[SonarrHolding]:
        """The series' files with the episodes of each, and what identifies this Sonarr.

        Raises:
            UpstreamError: no good answer; also while files are missing without a known reason.
        """
        root_folders = await self._root_folders.get()
        demand = self._demanded.mark(series.sonarr_id)
        detail = self._shared(series)
        if detail is None:
            detail = await self._ask(series, now)
        self._demanded.meet(series.sonarr_id, demand)
        self._wait_for_history(series.key, detail, now)
        return Taken(
            at=detail.read_at,
            is_complete=detail.is_whole,
            value=SonarrHolding(
                server_id=identity_of(root_folders),
                sonarr_id=series.sonarr_id,
                files=_library_files(detail),
                root_path=root_folder_of(series.path, root_folders),
                recycle_bin=await self._recycle_bin.get(),
            ),
        )

    def _shared(self, series: Series) -> SeriesDetail | None:
        """What the cycles read, if nothing shows that it is out of date."""
        state = self.state
        detail = state.details.get(series.sonarr_id)
        is_doubtful = (
            series.sonarr_id in self._demanded
            or series.sonarr_id in state.details.wanted
            or self._listed.get(series.sonarr_id) is not series
        )
        if detail is None or is_doubtful:
            return None
        listed_at = state.library.asked_at
        is_newer = listed_at is not None and detail.read_at > listed_at
        return detail if is_newer or _agrees(series, detail) else None

    async def _ask(self, series: Series, now: datetime) -> SeriesDetail:
        """Files first: for a series that is gone they are an error, and its episodes are none."""
        series_id = series.sonarr_id
        files = await self.state.source.fetch_episode_files(series_id)
        episodes = await self.state.source.fetch_episodes(series_id)
        listed = self._listed.get(series_id, series)
        if listed.key != series.key:
            raise BadPayload("episode", "the series' number is that of another series now")
        if missing := missing_episodes(listed, episodes):
            raise BadPayload("episode", missing)
        if missing := missing_files(episodes, files):
            raise BadPayload("episodefile", missing)
        return renewed(
            self.state.details.get(series_id),
            episodes=episodes,
            files=files,
            read_at=now,
        )

    def _wait_for_history(self, key: SeriesKey, detail: SeriesDetail, now: datetime) -> None:
        before = self._held.get(key, detail)
        if before is detail or _numbers(before) <= _numbers(detail):
            self._vanished_at.pop(key, None)
        else:
            since = self._vanished_at.setdefault(key, now)
            if now - since < self._settling:
                raise BadPayload(
                    "episodefile",
                    "files are missing, and history may still record why; reading it again",
                )
            del self._vanished_at[key]
        self._held[key] = detail

    def keep_only(self, keys: Set[SeriesKey]) -> None:
        """Forget every other series: they are gone, and a deletion has what was known of them."""
        for key in self._held.keys() - keys:
            del self._held[key]
            self._vanished_at.pop(key, None)
        if self.state.library.series.last is not None:
            listed = {series.key for series in self._listed.values()}
            for by_series in (self._hashes, self._noted):
                for key in by_series.keys() - listed:
                    del by_series[key]

    async def torrents(self, series: Series) -> frozenset[InfoHash]:
        """The torrents that the series' files came from, by its history.

        Raises:
            UpstreamError: no good answer.
        """
        key = series.key
        if key not in self._hashes:
            self._noted.setdefault(key, frozenset())
            with self.state.health.noting("inventory"):
                records = await self.state.source.fetch_history_of_series(series.sonarr_id)
            self._hashes[key] = frozenset(h for h in map(_hash_of, records) if h is not None)
        return self._hashes[key] | self._noted.get(key, frozenset())

    async def library(self, now: datetime) -> SonarrSeen:
        """All series, with `files` None; an identity where there are hardly any to compare with.

        Raises:
            UpstreamError: no good and complete answer.
        """
        with self.state.health.noting("verification"):
            listed = await self.state.source.fetch_series()
            is_alone = len(listed) < 2
            folders = await self._root_folders.get(CHECKED_IDENTITY_AGE) if is_alone else ()
        return SonarrSeen(
            at=now,
            method="GET /api/v3/series",
            server_id=identity_of(folders),
            sonarr_id_by_tvdb_id={series.key.tvdb_id: series.sonarr_id for series in listed},
            files=None,
            unread_ids=unread_keys(listed),
            is_whole=not has_nameless(listed),
        )

    async def files(self, sonarr_id: SonarrSeriesId) -> SonarrSeriesFiles:
        """The files of one series that is listed.

        They are requested first: for a series that is not there, Sonarr answers 404 for files and
        an empty list for episodes.

        Raises:
            UpstreamError: no good answer; also if the series went away meanwhile.
        """
        with self.state.health.noting("verification"):
            files = await self.state.source.fetch_episode_files(sonarr_id)
            episodes = await self.state.source.fetch_episodes(sonarr_id)
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


def _agrees(series: Series, detail: SeriesDetail) -> bool:
    """Whether episodes and files add up to Sonarr's own statistics of every season."""
    files: dict[int, int] = {}
    for episode in detail.episodes:
        if episode.file_id is not None:
            files[episode.season] = files.get(episode.season, 0) + 1
    size_bytes = sum(file.size_bytes for file in detail.file_by_id.values())
    counted = {s.season: s.episode_file_count for s in series.seasons if s.episode_file_count}
    return counted == files and size_bytes == sum(s.size_on_disk_bytes for s in series.seasons)


def _numbers(detail: SeriesDetail) -> frozenset[EpisodeNumber]:
    return frozenset((e.season, e.episode) for e in detail.episodes if e.file_id is not None)


def _library_files(detail: SeriesDetail) -> tuple[LibraryFile, ...]:
    numbers: dict[EpisodeFileId, list[EpisodeNumber]] = {}
    for episode in detail.episodes:
        if episode.file_id is not None:
            number = (episode.season, episode.episode)
            numbers.setdefault(episode.file_id, []).append(number)
    by_id: Mapping[EpisodeFileId, EpisodeFile] = detail.file_by_id
    return tuple(
        LibraryFile(
            file_id=file_id,
            episodes=tuple(sorted(numbers.get(file_id, ()))),
            path=file.path,
            size_bytes=file.size_bytes,
            added_at=file.added_at,
        )
        for file_id, file in sorted(by_id.items())
    )


def _hash_of(record: HistoryRecord) -> InfoHash | None:
    if record.event not in _BRINGING or record.download_id is None:
        return None
    found = record.download_id.lower()
    return InfoHash(found) if _HASH.fullmatch(found) else None
