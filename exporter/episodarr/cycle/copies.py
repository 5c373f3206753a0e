"""Which series are in several Sonarrs: where the others keep theirs, and under which names."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from episodarr.errors import BadPayload
from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.library import Series
from episodarr.model.memo import Memo, MemoByKey
from episodarr.stages.inputs import SeriesDetail
from episodarr.stages.same_series import SameSeriesElsewhere, SeriesElsewhere, name_of
from episodarr.systems.sonarr.state import SonarrState

_NO_LIBRARY: Mapping[SonarrSeriesId, Series] = MappingProxyType({})


class Copies:
    """The libraries of all Sonarrs by TVDB's numbers, read anew where one changed."""

    def __init__(self) -> None:
        self._states: Mapping[SonarrName, SonarrState] = {}
        self._by_tvdb: Mapping[TvdbId, Sequence[Series]] = {}
        self._found: Memo[Mapping[TvdbId, Sequence[Series]]] = Memo()
        self._names: MemoByKey[SeriesKey, frozenset[str]] = MemoByKey()

    def read(self, states: Iterable[SonarrState]) -> None:
        """Take in the libraries as they were listed last."""
        self._states = {one.name: one for one in states}
        if len(self._states) < 2:
            return
        libraries = [one.library.series.last or _NO_LIBRARY for one in self._states.values()]
        self._by_tvdb = self._found.of(libraries, lambda: self._find(libraries))

    def _find(
        self, libraries: Iterable[Mapping[SonarrSeriesId, Series]]
    ) -> Mapping[TvdbId, Sequence[Series]]:
        """All series by TVDB number: one that left a Sonarr is still in the others."""
        found: dict[TvdbId, list[Series]] = {}
        for library in libraries:
            for series in library.values():
                found.setdefault(series.key.tvdb_id, []).append(series)
        self._names.keep_only({series.key for same in found.values() for series in same})
        return found

    def of(self, key: SeriesKey) -> tuple[SeriesElsewhere, ...]:
        """The same series in the other Sonarrs."""
        return tuple(
            SeriesElsewhere(folder=other.path, names=self._names_of(other))
            for other in self._by_tvdb.get(key.tvdb_id, ())
            if other.key.sonarr != key.sonarr
        )

    def _names_of(self, series: Series) -> frozenset[str] | None:
        detail = self._states[series.key.sonarr].details.get(series.sonarr_id)
        if detail is None:
            return None
        return self._names.of(series.key, (detail,), lambda: _file_names(detail))


def _file_names(detail: SeriesDetail) -> frozenset[str]:
    return frozenset(name_of(file.path) for file in detail.file_by_id.values())


def same_series_in(states: Sequence[SonarrState]) -> SameSeriesElsewhere:
    """A function that finds a series in the other Sonarrs, as they were listed last.

    It raises `BadPayload` until each Sonarr was listed once.
    """
    copies = Copies()

    def same_series_of(key: SeriesKey) -> tuple[SeriesElsewhere, ...]:
        copies.read(states)
        others = (one for one in states if one.name != key.sonarr)
        unread = next((one.name for one in others if one.library.series.last is None), None)
        if unread is not None:
            raise BadPayload(
                "series", f"the Sonarr named {unread} was not read yet: it may have the same files"
            )
        return copies.of(key)

    return same_series_of
