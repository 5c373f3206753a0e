"""Read the episodes and files of each series, and handle a list that lacks some.

Files are requested only where the episodes show that they changed. A list with fewer than the list
of series counts is requested again, beside a new list of series: only then is it a fault.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from datetime import datetime
from typing import override

from episodarr.errors import BadPayload, UpstreamError
from episodarr.model.agreement import missing_episodes, missing_files
from episodarr.model.ids import EpisodeFileId, SonarrEpisodeId, SonarrSeriesId
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.records import unread_in
from episodarr.stages.inputs import SeriesDetail
from episodarr.systems.health import Health
from episodarr.systems.sonarr.details import FormerPaths, renewed
from episodarr.systems.sonarr.library import LibraryChange, SonarrLibrary
from episodarr.systems.sonarr.source import SonarrSource
from episodarr.systems.sonarr.wanted import Wanted, Wishes

DETAILS_PER_CYCLE = 40
"""Series whose episodes are read in one cycle because something changed."""

type Renewal = tuple[SeriesDetail | None, SeriesDetail]
"""What was known of a series, and what is now."""


class SeriesDetails(Mapping[SonarrSeriesId, SeriesDetail]):
    """What was read of the series of one Sonarr, and what is read next."""

    def __init__(
        self,
        source: SonarrSource,
        health: Health,
        library: SonarrLibrary,
        *,
        touch: Callable[[Iterable[SonarrSeriesId]], None],
        under_way: Callable[[], Set[SonarrSeriesId]],
        may_differ: Callable[[SeriesDetail], bool],
        clock: Callable[[], datetime],
    ) -> None:
        """`touch` has series joined again; `under_way` gives those with a download.

        `may_differ`: whether something happened since this was read.
        """
        self.version = object()
        """Another object after each change of the episodes."""
        self.wanted = Wanted()
        self.active: set[SonarrSeriesId] = set()
        """Series with an active season; the joiner fills it."""
        self.followed: frozenset[SonarrSeriesId] = frozenset()
        """Series with an open deletion of some files: a file's return shows nowhere else."""
        self.former_paths = FormerPaths()
        self.moved = Wishes()
        """Series whose files have other paths now: no id and no statistic shows that."""
        self._details: dict[SonarrSeriesId, SeriesDetail] = {}
        self._failed: set[SonarrSeriesId] = set()
        """Series whose episodes could not be read last time."""
        self._source = source
        self._health = health
        self._library = library
        self._touch = touch
        self._under_way = under_way
        self._may_differ = may_differ
        self._clock = clock
        self._cut_short: dict[SonarrSeriesId, datetime] = {}
        """Series of which a list lacked something, and since when."""
        self._incomplete: dict[SonarrSeriesId, BadPayload] = {}
        """Those of them of which that is no passing thing: good answers for others hide it not."""

    @override
    def __getitem__(self, series_id: SonarrSeriesId) -> SeriesDetail:
        return self._details[series_id]

    @override
    def __contains__(self, series_id: object) -> bool:
        return series_id in self._details

    @override
    def __iter__(self) -> Iterator[SonarrSeriesId]:
        return iter(self._details)

    @override
    def __len__(self) -> int:
        return len(self._details)

    def follow(self, change: LibraryChange) -> None:
        """Forget the series that are gone, and have those read whose record shows a change."""
        for series_id in change.gone:
            self._drop(series_id)
        for old, record in change.changed:
            series_id = record.sonarr_id
            if old is None or series_id not in self._details:
                continue
            if old.path != record.path or _has_other_sizes(old, record):
                self.moved.add((series_id,))
            if old.path != record.path or old.seasons != record.seasons:
                self.wanted.add((series_id,))

    def _drop(self, series_id: SonarrSeriesId) -> None:
        self._details.pop(series_id, None)
        self.version = object()
        self.wanted.drop(series_id)
        self.active.discard(series_id)
        self.moved.drop(series_id)
        self.former_paths.drop(series_id)
        self._failed.discard(series_id)
        self._cut_short.pop(series_id, None)
        self._incomplete.pop(series_id, None)

    def unread(self) -> list[SonarrSeriesId]:
        """Series whose episodes were never read, those with something under way first.

        Those that could not be read go last: they must not keep the others waiting.
        """
        missing = (self._library.series.last or {}).keys() - self._details.keys()
        if not missing:
            return []
        active = self._under_way()
        return sorted(missing, key=lambda i: (i in self._failed, i not in active, i))

    async def read_due(self) -> None:
        """Read the series that something named, and one in rotation; failures are noted."""
        now = self._clock()
        if self.wanted.is_turn_due(now):
            under_way = self._under_way() | self.followed
            self.wanted.take_turn(self._details, under_way=under_way, active=self.active, now=now)
        pressing = self.wanted.pressing(self._library.series.last)
        if not pressing and not self.unread():
            for endpoint in ("episode", "episodefile"):
                self._health.failures.pop(endpoint, None)
        await self.read(pressing[:DETAILS_PER_CYCLE])
        for error in self._incomplete.values():
            self._health.failures.setdefault(error.endpoint, error)

    async def read(self, series_ids: Iterable[SonarrSeriesId]) -> None:
        """Read the episodes, and files where those changed, of these series; failures are noted."""
        await asyncio.gather(*(self._read_one(series_id) for series_id in series_ids))

    async def _read_one(self, series_id: SonarrSeriesId) -> None:
        wish = self.wanted.mark(series_id)
        with suppress(UpstreamError):
            renewal = await self._fetch(series_id)
            if renewal is None:
                return
            before, detail = renewal
            if (
                before is None
                or not self.wanted.is_by_turn(series_id)
                or detail.episodes is not before.episodes
                or detail.file_by_id is not before.file_by_id
                or self._may_differ(before)
            ):
                self._touch((series_id,))
            self.wanted.meet(series_id, wish)

    async def _fetch(self, series_id: SonarrSeriesId) -> Renewal | None:
        """What is known of a series, before and now; None where no answer is to be used.

        That is the first one that lacks something, and one that something overtook: a newer
        request, or the list of series, in which the number is another series' or nobody's now.

        Raises:
            UpstreamError: it could not be read, or goes on to lack something; that is noted.
        """
        asked_at, listed, move = self._clock(), self._listed(series_id), self.moved.mark(series_id)
        self._failed.add(series_id)
        episodes = await self._health.attempt(
            "episode", lambda: self._source.fetch_episodes(series_id), self._clock
        )
        series = self._listed(series_id)
        if self._is_overtaken(series_id, listed, asked_at):
            return None
        if series is not None and (missing := missing_episodes(series, episodes)):
            await self._doubt_list("episode", series_id, missing)
            return None
        files: Sequence[EpisodeFile] | None = None
        if self._may_have_other_files(series_id, episodes):
            move = self.moved.mark(series_id)
            files = await self._files_of(series_id, episodes)
            if self._is_overtaken(series_id, listed, asked_at):
                return None
            if missing := missing_files(episodes, files):
                await self._doubt_list("episodefile", series_id, missing)
                return None
        self.moved.meet(series_id, move)
        return self._take(series_id, episodes, files, asked_at)

    def _listed(self, series_id: SonarrSeriesId) -> Series | None:
        return (self._library.series.last or {}).get(series_id)

    def _is_overtaken(
        self, series_id: SonarrSeriesId, listed: Series | None, asked_at: datetime
    ) -> bool:
        """Whether an answer is of what the number stood for when it was requested, or is older."""
        now_listed, known = self._listed(series_id), self._details.get(series_id)
        is_other = (now_listed and now_listed.key) != (listed and listed.key)
        if is_other:
            self._failed.discard(series_id)  # Of what has the number now nothing failed yet.
        return is_other or (known is not None and known.read_at > asked_at)

    def _may_have_other_files(self, series_id: SonarrSeriesId, episodes: Sequence[Episode]) -> bool:
        """Whether the files are to be requested: one that stays has no news of its own."""
        before = self._details.get(series_id)
        if before is None or series_id in self.moved:
            return True
        file_ids = {e.file_id for e in episodes if e.file_id is not None}
        # A restored database may give the same ids to other files.
        return file_ids != before.file_by_id.keys() or _ids_by_episode(episodes) != _ids_by_episode(
            before.episodes
        )

    async def _files_of(
        self, series_id: SonarrSeriesId, episodes: Sequence[Episode]
    ) -> Sequence[EpisodeFile]:
        if not unread_in(episodes) and all(e.file_id is None for e in episodes):
            return ()
        return await self._health.attempt(
            "episodefile", lambda: self._source.fetch_episode_files(series_id), self._clock
        )

    def _take(
        self,
        series_id: SonarrSeriesId,
        episodes: Sequence[Episode],
        files: Sequence[EpisodeFile] | None,
        asked_at: datetime,
    ) -> Renewal:
        before = self._details.get(series_id)
        self._failed.discard(series_id)
        self._cut_short.pop(series_id, None)
        self._incomplete.pop(series_id, None)
        detail = self._details[series_id] = renewed(
            before, episodes=episodes, files=files, read_at=asked_at
        )
        if before is not None:
            self.former_paths.remember(series_id, before.file_by_id, detail.file_by_id)
        if before is None or before.episodes is not detail.episodes:
            self.version = object()
        return before, detail

    async def _doubt_list(self, endpoint: str, series_id: SonarrSeriesId, missing: str) -> None:
        """Have a list that lacks something requested again, with a fresh list of series.

        Once that is newer than the first doubt, the series did not change meanwhile: it is a fault.

        Raises:
            BadPayload: it is a fault; it is noted already.
        """
        self.wanted.add((series_id,))
        since = self._cut_short.get(series_id)
        listed_at = self._library.asked_at
        if since is None:
            self._cut_short[series_id] = self._clock()
            self._library.is_due = True
        elif listed_at is not None and listed_at > since:
            error = BadPayload(endpoint, f"{missing}; it is asked again")
            self._incomplete[series_id] = error

            async def fail() -> None:
                raise error.bare()

            await self._health.attempt(endpoint, fail, self._clock)


def _has_other_sizes(old: Series, new: Series) -> bool:
    """Whether as many files as before take other space: an id may be another file's now."""
    sizes = {s.season: (s.episode_file_count, s.size_on_disk_bytes) for s in old.seasons}
    return any(
        sizes.get(s.season, (0, 0))[0] == s.episode_file_count
        and sizes.get(s.season, (0, 0))[1] != s.size_on_disk_bytes
        for s in new.seasons
    )


def _ids_by_episode(episodes: Iterable[Episode]) -> Mapping[SonarrEpisodeId, EpisodeFileId]:
    return {e.sonarr_id: e.file_id for e in episodes if e.file_id is not None}
