"""Which series are in several Sonarrs: where the others keep theirs, and under which names."""

from collections.abc import Iterable, Mapping, Sequence

from episodarr.errors import BadPayload
from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.library import Series
from episodarr.stages.same_series import SameSeriesElsewhere, SeriesElsewhere, name_of
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

    def of(self, key: SeriesKey) -> tuple[SeriesElsewhere, ...]:
        """The same series in the other Sonarrs."""
        return tuple(
            SeriesElsewhere(folder=other.path, names=self._names_of(other))
            for other in self._by_tvdb.get(key.tvdb_id, ())
            if other.key.sonarr != key.sonarr
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


def same_series_in(states: Sequence[SonarrState]) -> SameSeriesElsewhere:
    """Finds them in the libraries as they were listed last; unknown until each was listed."""
    copies = Copies()

    def same_series_of(key: SeriesKey) -> tuple[SeriesElsewhere, ...]:
        copies.read(states)
        unread = next((one.name for one in states if one.library.series.last is None), None)
        if unread is not None:
            raise BadPayload(
                "series", f"the Sonarr named {unread} was not read yet: it may have the same files"
            )
        return copies.of(key)

    return same_series_of
