"""Read the episodes and files of one series, and handle a list that lacks some.

Files are requested only where the episodes show that they changed. A list with fewer than the list
of series counts is requested again, beside a new list of series: only then is it a fault.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from episodarr.errors import BadPayload
from episodarr.model.agreement import missing_episodes, missing_files
from episodarr.model.ids import SonarrSeriesId
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.records import unread_in
from episodarr.stages.series import SeriesDetail
from episodarr.systems.cache import LastGood
from episodarr.systems.health import Health
from episodarr.systems.sonarr.details import FormerPaths, renewed
from episodarr.systems.sonarr.source import SonarrSource
from episodarr.systems.sonarr.wanted import Wanted

type Renewal = tuple[SeriesDetail | None, SeriesDetail]
"""What was known of a series, and what is now."""


class DetailReading:
    """What was read of the series of one Sonarr, and what was lacking."""

    def __init__(
        self,
        source: SonarrSource,
        health: Health,
        series: LastGood[dict[SonarrSeriesId, Series]],
        wanted: Wanted,
        *,
        listed_at: Callable[[], datetime | None],
        on_doubt: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        """`listed_at` gives when the list of series came; `on_doubt` has it read again."""
        self.details: dict[SonarrSeriesId, SeriesDetail] = {}
        self.version = object()
        """Another object after each change of the episodes in them."""
        self.former_paths = FormerPaths()
        self.moved: set[SonarrSeriesId] = set()
        """Series whose files have other paths now: no id and no statistic shows that."""
        self.failed: set[SonarrSeriesId] = set()
        """Series whose episodes could not be read last time."""
        self._source = source
        self._health = health
        self._series = series
        self._wanted = wanted
        self._listed_at = listed_at
        self._on_doubt = on_doubt
        self._clock = clock
        self._cut_short: dict[SonarrSeriesId, datetime] = {}
        """Series of which a list lacked something, and since when."""
        self._incomplete: dict[SonarrSeriesId, BadPayload] = {}
        """Those of them of which that is no passing thing: good answers for others hide it not."""

    def drop(self, series_id: SonarrSeriesId) -> None:
        """The series is gone."""
        self.details.pop(series_id, None)
        self.version = object()
        self.moved.discard(series_id)
        self.failed.discard(series_id)
        self._cut_short.pop(series_id, None)
        self._incomplete.pop(series_id, None)
        self.former_paths.drop(series_id)

    def note_incomplete(self) -> None:
        """Note as failures what is still lacking."""
        for error in self._incomplete.values():
            self._health.failures.setdefault(error.endpoint, error)

    async def read(self, series_id: SonarrSeriesId) -> Renewal | None:
        """What is known of a series, before and now; None at the first answer that lacks something.

        Raises:
            UpstreamError: it could not be read, or goes on to lack something; that is noted.
        """
        asked_at = self._clock()
        self.failed.add(series_id)
        episodes = await self._health.attempt(
            "episode", lambda: self._source.fetch_episodes(series_id), self._clock
        )
        series = (self._series.last or {}).get(series_id)
        if series is not None and (missing := missing_episodes(series, episodes)):
            await self._doubt_list("episode", series_id, missing)
            return None
        before = self.details.get(series_id)
        file_ids = {e.file_id for e in episodes if e.file_id is not None}
        files: Sequence[EpisodeFile] | None = ()
        if (
            before is not None
            and file_ids == before.file_by_id.keys()
            and series_id not in self.moved
        ):
            files = None
        elif file_ids or unread_in(episodes):
            files = await self._health.attempt(
                "episodefile", lambda: self._source.fetch_episode_files(series_id), self._clock
            )
            if missing := missing_files(episodes, files):
                await self._doubt_list("episodefile", series_id, missing)
                return None
        return self._take(series_id, episodes, files, asked_at)

    def _take(
        self,
        series_id: SonarrSeriesId,
        episodes: Sequence[Episode],
        files: Sequence[EpisodeFile] | None,
        asked_at: datetime,
    ) -> Renewal:
        before = self.details.get(series_id)
        self.failed.discard(series_id)
        self._cut_short.pop(series_id, None)
        self._incomplete.pop(series_id, None)
        self.moved.discard(series_id)
        detail = self.details[series_id] = renewed(
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
        self._wanted.add((series_id,))
        since = self._cut_short.get(series_id)
        listed_at = self._listed_at()
        if since is None:
            self._cut_short[series_id] = self._clock()
            self._on_doubt()
        elif listed_at is not None and listed_at > since:
            error = BadPayload(endpoint, f"{missing}; it is asked again")
            self._incomplete[series_id] = error

            async def fail() -> None:
                raise error.bare()

            await self._health.attempt(endpoint, fail, self._clock)
