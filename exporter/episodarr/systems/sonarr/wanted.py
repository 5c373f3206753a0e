"""Which series' episodes to read again: those that something named, and one in rotation."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import override

from episodarr.model.ids import SonarrSeriesId
from episodarr.stages.inputs import SeriesDetail

READ_UNDER_WAY_EVERY = timedelta(minutes=1)
READ_ACTIVE_EVERY = timedelta(minutes=10)
READ_ALL_EVERY = timedelta(hours=24)
"""How old the episodes of a series may be, though nothing shows that they changed; one a cycle."""
TURN_EVERY = timedelta(seconds=5)
"""Between two of those, however short the cycles are."""


class Wishes:
    """Series of one Sonarr of which something is to be read, in the order in which they were named.

    An answer meets the wishes from before its request only: what is named while it is under way may
    be newer than what it says.
    """

    def __init__(self) -> None:
        self._series: dict[SonarrSeriesId, object] = {}

    def __contains__(self, series_id: object) -> bool:
        return series_id in self._series

    def add(self, series_ids: Iterable[SonarrSeriesId]) -> None:
        """Note series that may have changed."""
        for series_id in series_ids:
            self._series[series_id] = object()

    def mark(self, series_id: SonarrSeriesId) -> object:
        """What to give to `meet` once a request that begins now is answered."""
        return self._series.get(series_id)

    def meet(self, series_id: SonarrSeriesId, mark: object) -> None:
        """It was read by a request that began when the mark was taken."""
        if self._series.get(series_id) is mark:
            self.drop(series_id)

    def drop(self, series_id: SonarrSeriesId) -> None:
        """It is gone."""
        self._series.pop(series_id, None)


class Wanted(Wishes):
    """Series whose episodes are to be read, the most pressing first."""

    def __init__(self) -> None:
        super().__init__()
        self._by_turn: SonarrSeriesId | None = None
        """The one that is read again though nothing shows that it changed."""
        self._turned_at: datetime | None = None

    @override
    def add(self, series_ids: Iterable[SonarrSeriesId]) -> None:
        for series_id in series_ids:
            super().add((series_id,))
            if series_id == self._by_turn:
                self._by_turn = None

    def pressing(self, listed: Collection[SonarrSeriesId] | None) -> list[SonarrSeriesId]:
        """Those that can be read: of the ones that are listed, where there is a list."""
        return [i for i in self._series if listed is None or i in listed]

    def is_by_turn(self, series_id: SonarrSeriesId) -> bool:
        """Whether this one is read in rotation only: nothing shows that it changed."""
        return series_id == self._by_turn

    def is_turn_due(self, now: datetime) -> bool:
        """Whether one may be added in rotation."""
        return self._turned_at is None or now - self._turned_at >= TURN_EVERY

    def take_turn(
        self,
        details: Mapping[SonarrSeriesId, SeriesDetail],
        *,
        under_way: Iterable[SonarrSeriesId],
        active: Iterable[SonarrSeriesId],
        now: datetime,
    ) -> None:
        """Add one series that was read long ago: sooner the more active it is.

        A search by hand, or an episode's monitored flag, shows nowhere else.
        """
        self._turned_at = now
        for series_ids, age in (
            (under_way, READ_UNDER_WAY_EVERY),
            (active, READ_ACTIVE_EVERY),
            (details, READ_ALL_EVERY),
        ):
            before = now - age
            old = [i for i in series_ids if (d := details.get(i)) and d.read_at < before]
            if old:
                oldest = min(old, key=lambda i: (details[i].read_at, i))
                if oldest not in self._series:
                    self._series[oldest] = object()
                    self._by_turn = oldest
                return
