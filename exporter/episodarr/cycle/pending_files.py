"""Which imported files wait for Jellyfin or Shoko: only those of active seasons are queried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from episodarr.cycle.copies import Copies
from episodarr.cycle.join.joiner import SonarrJoiner
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName, SonarrSeriesId
from episodarr.model.library import Series
from episodarr.model.memo import Memo, are_same
from episodarr.model.stage import Stage
from episodarr.model.steps import Steps
from episodarr.model.view import SeriesView
from episodarr.stages.inputs import SeriesDetail
from episodarr.stages.paths import Parts, parts_of
from episodarr.stages.same_series import SeriesElsewhere
from episodarr.systems.pending_files import FileIds, PendingSeries, RootFolder
from episodarr.systems.sonarr.state import SonarrState

_NO_LIBRARY: Mapping[SonarrSeriesId, Series] = MappingProxyType({})

type _Root = tuple[SonarrName, Parts]
"""A root folder of one Sonarr."""


@dataclass(slots=True)
class _Known:
    view: SeriesView
    series: Series
    detail: SeriesDetail
    active: frozenset[int]
    same_series_elsewhere: tuple[SeriesElsewhere, ...]
    pending: PendingSeries | None
    """None: none of its episodes has a file."""


class PendingFiles:
    """The series with a file in an active season.

    One that waits as before is the same object again: what follows from it need not be computed
    again.
    """

    def __init__(self) -> None:
        self._known: dict[SeriesKey, _Known] = {}
        self._copies = Copies()
        self._roots: Memo[None] = Memo()
        self._root_folders: dict[_Root, RootFolder] = {}
        self._root_folder_of: dict[SeriesKey, RootFolder] = {}
        self._pending: Memo[list[PendingSeries]] = Memo()

    def read_steps(self, joiners: Sequence[SonarrJoiner]) -> Steps[list[PendingSeries]]:
        """The series that wait, in order of Sonarr and key; the same list while unchanged."""
        inputs = [x for joiner in joiners for x in (joiner, joiner.revision)]
        # What changed and is not joined yet is among the touched.
        known = None if any(j.state.touched for j in joiners) else self._pending.get(inputs)
        if known is None:
            # What is read during a pause is among the touched, too, when this is asked again.
            known = self._pending.put(inputs, (yield from self._found_steps(joiners)))
        return known

    def _found_steps(self, joiners: Sequence[SonarrJoiner]) -> Steps[list[PendingSeries]]:
        self._copies.read(joiner.state for joiner in joiners)
        libraries = tuple(joiner.state.library.series.last or _NO_LIBRARY for joiner in joiners)
        self._find_roots(joiners, libraries)
        known: dict[SeriesKey, _Known] = {}
        for joiner, library in zip(joiners, libraries, strict=True):
            for key in sorted(joiner.active):
                series = library.get(joiner.sonarr_id_of(key))
                detail = joiner.state.details.get(series.sonarr_id) if series is not None else None
                if series is not None and detail is not None:
                    known[key] = self._find(joiner, joiner.views[key], series, detail)
                yield
        self._known = known
        return [one.pending for one in known.values() if one.pending is not None]

    def _find_roots(
        self,
        joiners: Sequence[SonarrJoiner],
        libraries: tuple[Mapping[SonarrSeriesId, Series], ...],
    ) -> None:
        """Group all series by root folder, if a library changed."""
        if self._roots.holds(libraries):
            return
        found: dict[_Root, list[Series]] = {}
        for library in libraries:
            for series in library.values():
                found.setdefault(_root_of(series), []).append(series)
        before = self._root_folders
        details = {joiner.state.name: partial(_detail_of, joiner.state) for joiner in joiners}
        self._root_folders = {
            root: old
            if (old := before.get(root)) is not None and are_same(old.series, several)
            else RootFolder(
                series=tuple(several),
                same_series_of=self._copies.of,
                detail_of=details[root[0]],
            )
            for root, several in found.items()
        }
        self._root_folder_of = {
            series.key: self._root_folders[root]
            for root, several in found.items()
            for series in several
        }
        self._roots.put(libraries, None)

    def _find(
        self, joiner: SonarrJoiner, view: SeriesView, series: Series, detail: SeriesDetail
    ) -> _Known:
        known = self._known.get(view.key)
        same_series_elsewhere = self._copies.of(series.key)
        root = self._root_folder_of.get(series.key)
        is_same = (
            known is not None
            and known.series is series
            and known.detail.episodes is detail.episodes
            and known.detail.file_by_id is detail.file_by_id
            and known.same_series_elsewhere == same_series_elsewhere
            and (known.pending is None or known.pending.root is root)
        )
        if known is not None and is_same and known.view is view:
            return known
        active = frozenset(season.season for season in view.seasons if season.is_active)
        if known is not None and is_same and known.active == active:
            known.view = view
            return known
        in_active = (e.file_id for e in detail.episodes if e.season in active)
        file_ids = FileIds(file_id for file_id in in_active if file_id is not None)
        pending = (
            PendingSeries(
                series=series,
                seasons=active,
                file_ids=file_ids,
                detail=detail,
                shown_stages=partial(_shown_stages, joiner, view.key),
                former_paths=partial(joiner.state.details.former_paths.of, series.sonarr_id),
                same_series_elsewhere=same_series_elsewhere,
                root=root,
            )
            if len(file_ids)
            else None
        )
        return _Known(view, series, detail, active, same_series_elsewhere, pending)


def _detail_of(state: SonarrState, series: Series) -> SeriesDetail | None:
    return state.details.get(series.sonarr_id)


def _shown_stages(joiner: SonarrJoiner, key: SeriesKey) -> Mapping[EpisodeNumber, Stage]:
    return joiner.last_shown.stages(key)


def _root_of(series: Series) -> _Root:
    return series.key.sonarr, parts_of(series.path)[:-1]
