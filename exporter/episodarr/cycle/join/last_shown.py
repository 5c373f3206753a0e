"""What was shown last, by this process or the one before: time in stage counts on from there."""

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import override

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName
from episodarr.model.packed import Packed, Packing
from episodarr.model.stage import Stage
from episodarr.model.view import SeasonView, SeriesView
from episodarr.stages.inputs import StageClock
from episodarr.stages.series import clocks_of

type NumberClocks = Mapping[EpisodeNumber, StageClock]


class _Row(Struct, frozen=True, array_like=True, gc=False):
    season: int
    episode: int
    clock: StageClock


_ROWS = Packing(_Row, kept=4)


class PackedClocks(Mapping[EpisodeNumber, StageClock]):
    """The clocks of one series, packed: the store's are loaded at once, and needed one by one."""

    __slots__ = ("_rows",)

    def __init__(self, clocks: NumberClocks) -> None:
        self._rows = Packed((_Row(*number, clock) for number, clock in clocks.items()), _ROWS)

    @override
    def __getitem__(self, number: EpisodeNumber) -> StageClock:
        return _clocks_in(self)[number]

    @override
    def __iter__(self) -> Iterator[EpisodeNumber]:
        return ((row.season, row.episode) for row in self._rows)

    @override
    def __len__(self) -> int:
        return len(self._rows)

    def found(self) -> NumberClocks:
        """All of them, unpacked."""
        return {(row.season, row.episode): row.clock for row in self._rows}

    __hash__ = object.__hash__


@lru_cache(maxsize=4)
def _clocks_in(packed: PackedClocks) -> NumberClocks:
    """Kept for the series that is joined, which reads one episode after the other."""
    return packed.found()


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


class ShownStages(Mapping[EpisodeNumber, Stage]):
    """The stages of one series as it was shown, read on demand; each is equal to itself alone."""

    def __init__(self, shown: SeriesView | NumberClocks) -> None:
        self._shown = shown

    def take(self, view: SeriesView) -> bool:
        """Read them from this view from now on, if they are the same in it; whether they are."""
        is_same = isinstance(self._shown, SeriesView) and _have_same_stages(self._shown, view)
        if is_same:
            self._shown = view
        return is_same

    def found(self) -> Mapping[EpisodeNumber, Stage]:
        """The stage of every episode as it was shown last."""
        if isinstance(self._shown, Mapping):
            return {number: clock.stage for number, clock in self._shown.items()}
        return {
            (e.key.season, e.key.episode): e.stage
            for season in self._shown.seasons
            for e in season.episodes or ()
        }

    @override
    def __getitem__(self, number: EpisodeNumber) -> Stage:
        return _stages_of(self)[number]

    @override
    def __iter__(self) -> Iterator[EpisodeNumber]:
        return iter(_stages_of(self))

    @override
    def __len__(self) -> int:
        return len(_stages_of(self))

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def _have_same_stages(one: SeriesView, other: SeriesView) -> bool:
    """Whether two views of a series have the same episodes in the same stages."""
    return len(one.seasons) == len(other.seasons) and all(
        a is b or _stage_rows(a) == _stage_rows(b)
        for a, b in zip(one.seasons, other.seasons, strict=True)
    )


def _stage_rows(season: SeasonView) -> list[tuple[int, int, Stage]] | None:
    if season.episodes is None:
        return None
    return [(e.key.season, e.key.episode, e.stage) for e in season.episodes]


@lru_cache(maxsize=4)
def _stages_of(shown: ShownStages) -> Mapping[EpisodeNumber, Stage]:
    """Kept for the series that is evaluated, which reads one episode after the other."""
    return shown.found()


class LastShown:
    """The views that one Sonarr's series were shown with; before a first read, stored stages."""

    def __init__(self, sonarr: SonarrName, stored: Mapping[SeriesKey, NumberClocks]) -> None:
        """Of the stored clocks, those of this Sonarr are taken."""
        self._stored = {key: clocks for key, clocks in stored.items() if key.sonarr == sonarr}
        """Of series whose episodes were not read yet, or that are not listed any more."""
        self._views: dict[SeriesKey, SeriesView] = {}
        self._stages: dict[SeriesKey, ShownStages] = {}

    def view(self, key: SeriesKey) -> SeriesView | None:
        """The view that this process showed last."""
        return self._views.get(key)

    def put(self, view: SeriesView) -> None:
        """Note that this view is shown now; where it has no episodes, the former clocks are kept.

        A series that was added again has another number in Sonarr, and is read anew.
        """
        if _has_episodes(view):
            self._stored.pop(view.key, None)
        else:
            self._keep_clocks(view.key)
        self._views[view.key] = view
        stages = self._stages.get(view.key)
        if stages is not None and not stages.take(view):
            del self._stages[view.key]

    def drop(self, key: SeriesKey) -> None:
        """Forget the view of a series that is not listed any more; its clocks are kept."""
        self._keep_clocks(key)
        self._views.pop(key, None)
        self._stages.pop(key, None)

    def _keep_clocks(self, key: SeriesKey) -> None:
        if (view := self._read_view(key)) is not None:
            clocks = clocks_of(view.seasons)
            self._stored[key] = PackedClocks(
                {number: replace(clock, is_watched=False) for number, clock in clocks.items()}
            )

    def clocks(self, key: SeriesKey) -> NumberClocks:
        """Since when each episode is in its stage."""
        view = self._read_view(key)
        return self._stored.get(key, {}) if view is None else ViewClocks(view)

    def stages(self, key: SeriesKey) -> Mapping[EpisodeNumber, Stage]:
        """The stage of each episode; the same object until the series is shown in others."""
        stages = self._stages.get(key)
        if stages is None:
            shown = self._read_view(key) or self._stored.get(key, {})
            stages = self._stages[key] = ShownStages(shown)
        return stages

    def _read_view(self, key: SeriesKey) -> SeriesView | None:
        """The view, if it has episodes: until their first read, the stored stages hold."""
        view = self._views.get(key)
        return view if view is not None and _has_episodes(view) else None


def _has_episodes(view: SeriesView) -> bool:
    return any(season.episodes is not None for season in view.seasons)
