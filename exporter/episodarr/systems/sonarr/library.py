"""The series that one Sonarr lists: read now and then, and where something shows a change."""

import logging
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.errors import UpstreamError
from episodarr.model.ids import SeriesKey, SonarrSeriesId
from episodarr.model.library import DoubleSeries, Series
from episodarr.model.records import carried_over, has_nameless, unread_in, unread_keys
from episodarr.systems.cache import LastGood
from episodarr.systems.doubt import Doubt
from episodarr.systems.health import Health
from episodarr.systems.sonarr.source import SonarrSource

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryChange:
    """What differs between two lists of series."""

    gone: frozenset[SonarrSeriesId]
    changed: tuple[tuple[Series | None, Series], ...]
    """Each as it was and as it is; None: it is new."""
    replaced: frozenset[SonarrSeriesId] = frozenset()
    """Those of `gone` whose number is another series' now, as in a restored database."""

    @property
    def series_ids(self) -> frozenset[SonarrSeriesId]:
        """The series that differ."""
        return self.gone | {record.sonarr_id for _, record in self.changed}


class SonarrLibrary:
    """The list of series, and when it is read again."""

    def __init__(
        self, source: SonarrSource, health: Health, *, clock: Callable[[], datetime]
    ) -> None:
        self.series: LastGood[dict[SonarrSeriesId, Series]] = LastGood()
        self.is_due = True
        self.asked_at: datetime | None = None
        """When the request for the last good and complete list began."""
        self.listed_at: datetime | None = None
        """When its answer came."""
        self.unread_ids: frozenset[int | str] = frozenset()
        """Numbers of series that the last list has, and that could not be read."""
        self.is_whole = True
        """False: a record of the last list did not even show its number."""
        self.doubles: tuple[DoubleSeries, ...] = ()
        """Series that are left out, for another one has the same TVDB number."""
        self._strangers: set[SonarrSeriesId] = set()
        """Series that something named and the list does not: it is read for each of them once."""
        self._source = source
        self._health = health
        self._clock = clock
        self._doubt = Doubt(
            "series",
            "it lists no series any more; is this still the same Sonarr? If so, it is believed"
            " in a quarter of an hour",
            clock=clock,
        )

    def meet(self, series_ids: Iterable[SonarrSeriesId]) -> None:
        """Have the list read once for each series that was added since."""
        listed = self.series.last
        if listed is None:
            return
        strangers = set(series_ids) - listed.keys() - self._strangers
        if strangers:
            self._strangers |= strangers
            self.is_due = True

    async def fetch(self) -> tuple[Series, ...]:
        """The series; also what shows whether nothing is left of a list because all of it ended.

        Raises:
            UpstreamError: no good answer, or one that shows none of the series that there were.
        """
        series = await self._source.fetch_series()
        has = len(series) + len(unread_in(series))
        self._doubt.check(had=len(self.series.last or {}), has=has)
        return series

    async def read(self, *, every: timedelta) -> LibraryChange | None:
        """Read the list if it is due; None where no good answer came. A failure is noted."""
        now = self._clock()
        if self.listed_at is None or now - self.listed_at >= every:
            self.is_due = True
        if not self.is_due:
            return None
        self.is_due, is_taken = False, False  # Who wants it from now on wants a newer one.
        try:
            with suppress(UpstreamError):
                series = await self._health.attempt("series", self.fetch, self._clock)
                self.asked_at, change, is_taken = now, self._take(series), True
                return change
            return None
        finally:
            self.is_due = self.is_due or not is_taken

    def _take(self, series: tuple[Series, ...]) -> LibraryChange:
        at, before = self._clock(), self.series.last or {}
        there = {one.sonarr_id: one for one in self._one_of_each(series, before)}
        # What a record is about that cannot be read is as it was: it is there.
        there |= {one.sonarr_id: one for one in carried_over(before.items(), series, there)}
        self.unread_ids = unread_keys(series)
        self.is_whole = not has_nameless(series)
        self.series.succeed(there, at)
        self.listed_at = at
        self._strangers -= there.keys()
        replaced = frozenset(
            i for i in before.keys() & there.keys() if before[i].key != there[i].key
        )
        return LibraryChange(
            gone=frozenset(before.keys() - there.keys()) | replaced,
            changed=tuple(
                (None if i in replaced else old, one)
                for i, one in there.items()
                if (old := before.get(i)) is not one
            ),
            replaced=replaced,
        )

    def _one_of_each(
        self, listed: Iterable[Series], shown: Container[SonarrSeriesId]
    ) -> list[Series]:
        """The series, of those with one TVDB number the one that was shown before, else the first.

        That number is the identity here; the others are named and counted.
        """
        by_key: dict[SeriesKey, list[Series]] = {}
        for series in listed:
            by_key.setdefault(series.key, []).append(series)
        kept: list[Series] = []
        doubles: list[DoubleSeries] = []
        for same in by_key.values():
            first, *others = sorted(same, key=lambda s: (s.sonarr_id not in shown, s.sonarr_id))
            kept.append(first)
            doubles += [DoubleSeries(shown=first, left_out=other) for other in others]
        for double in set(doubles) - set(self.doubles):
            log.warning("%s", double.sentence)
        self.doubles = tuple(doubles)
        return kept
