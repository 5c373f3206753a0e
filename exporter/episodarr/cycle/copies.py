"""Which series are in several Sonarrs: where the others keep theirs, and under which names."""

from collections.abc import Iterable, Mapping, Sequence

from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.library import Series
from episodarr.stages.same_series import SeriesElsewhere, name_of
from episodarr.stages.series import SeriesDetail
from episodarr.systems.sonarr.state import SonarrState


class Copies:
    """The libraries of all Sonarrs by TVDB's numbers, read anew where one changed."""

    def __init__(self) -> None:
        self._states: tuple[SonarrState, ...] = ()
        self._libraries: dict[SonarrName, Mapping[SonarrSeriesId, Series]] = {}
        self._by_tvdb: dict[TvdbId, tuple[Series, ...]] = {}
        self._names: dict[SeriesKey, tuple[SeriesDetail, frozenset[str]]] = {}

    def read(self, states: Iterable[SonarrState]) -> None:
        """Take in the libraries as they were listed last."""
        self._states = tuple(states)
        if len(self._states) < 2:
            return
        libraries: dict[SonarrName, Mapping[SonarrSeriesId, Series]] = {
            one.name: one.library.series.last or {} for one in self._states
        }
        if libraries.keys() == self._libraries.keys() and all(
            library is self._libraries[name] for name, library in libraries.items()
        ):
            return
        self._libraries = libraries
        found: dict[TvdbId, list[Series]] = {}
        for library in libraries.values():
            for series in library.values():
                found.setdefault(series.key.tvdb_id, []).append(series)
        self._by_tvdb = {key: tuple(several) for key, several in found.items() if len(several) > 1}
        self._names.clear()

    def unread(self) -> Sequence[SonarrName]:
        """Sonarrs whose library was never seen: they may have anything."""
        return [one.name for one in self._states if one.library.series.last is None]

    def of(self, series: Series) -> tuple[SeriesElsewhere, ...]:
        """The same series in the other Sonarrs."""
        return tuple(
            SeriesElsewhere(folder=other.path, names=self._names_of(other))
            for other in self._by_tvdb.get(series.key.tvdb_id, ())
            if other.key.sonarr != series.key.sonarr
        )

    def _names_of(self, series: Series) -> frozenset[str] | None:
        state = next(one for one in self._states if one.name == series.key.sonarr)
        detail = state.details.get(series.sonarr_id)
        if detail is None:
            return None
        known = self._names.get(series.key)
        if known is None or known[0] is not detail:
            names = frozenset(name_of(file.path) for file in detail.file_by_id.values())
            known = self._names[series.key] = (detail, names)
        return known[1]
