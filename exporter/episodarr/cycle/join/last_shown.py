"""What was shown last, by this process or the one before: time in stage counts on from there."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import override

from episodarr.model.ids import EpisodeNumber, SeriesKey
from episodarr.model.stage import Stage
from episodarr.model.view import SeriesView
from episodarr.stages.inputs import StageClock
from episodarr.stages.series import clocks_of

type NumberClocks = Mapping[EpisodeNumber, StageClock]


class ViewClocks(Mapping[EpisodeNumber, StageClock]):
    """The clocks of a view, read from it on demand: most joins do without."""

    def __init__(self, view: SeriesView) -> None:
        self._view = view

    @cached_property
    def _clocks(self) -> NumberClocks:
        return clocks_of(self._view.seasons)

    @override
    def __getitem__(self, number: EpisodeNumber) -> StageClock:
        return self._clocks[number]

    @override
    def __iter__(self) -> Iterator[EpisodeNumber]:
        return iter(self._clocks)

    @override
    def __len__(self) -> int:
        return len(self._clocks)


class LastShown:
    """The views that one Sonarr's series were shown with; before a first read, stored stages."""

    def __init__(self, stored: Mapping[SeriesKey, NumberClocks]) -> None:
        self._stored = stored
        self._views: dict[SeriesKey, SeriesView] = {}
        self._stages: dict[SeriesKey, Mapping[EpisodeNumber, Stage]] = {}

    def view(self, key: SeriesKey) -> SeriesView | None:
        """The view that this process showed last."""
        return self._views.get(key)

    def put(self, view: SeriesView) -> None:
        """Note that this view is shown now."""
        self._views[view.key] = view
        self._stages.pop(view.key, None)

    def drop(self, key: SeriesKey) -> None:
        """Forget the view of a series that is not listed any more."""
        self._views.pop(key, None)
        self._stages.pop(key, None)

    def clocks(self, key: SeriesKey) -> NumberClocks:
        """Since when each episode is in its stage."""
        view = self._read_view(key)
        return self._stored.get(key, {}) if view is None else ViewClocks(view)

    def stages(self, key: SeriesKey) -> Mapping[EpisodeNumber, Stage]:
        """The stage of each episode; the same object until the series is shown again."""
        stages = self._stages.get(key)
        if stages is None:
            stages = self._stages[key] = dict(self._find_stages(key))
        return stages

    def _find_stages(self, key: SeriesKey) -> Iterator[tuple[EpisodeNumber, Stage]]:
        view = self._read_view(key)
        if view is None:
            return ((number, clock.stage) for number, clock in self._stored.get(key, {}).items())
        return (
            ((e.key.season, e.key.episode), e.stage)
            for season in view.seasons
            for e in season.episodes or ()
        )

    def _read_view(self, key: SeriesKey) -> SeriesView | None:
        """The view, if it has episodes: until their first read, the stored stages hold."""
        view = self._views.get(key)
        if view is None or all(season.episodes is None for season in view.seasons):
            return None
        return view
