"""Jellyfin, Shoko and Jellyseerr beside the Sonarrs: which to read in a cycle, and the results."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from episodarr.cycle.join.joiner import ServerAvailability, SonarrJoiner
from episodarr.cycle.pending_files import PendingFiles
from episodarr.cycle.reads import Read
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import EpisodeFileId, SeriesKey, ShokoFileId
from episodarr.model.memo import Memo
from episodarr.model.view import NO_LINKS, RequestView, SeriesView
from episodarr.stages.inputs import NOTHING
from episodarr.stages.requests import RequestedSeasons
from episodarr.systems.availability import StateByNumber
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.state import JellyfinState
from episodarr.systems.jellyseerr.state import JellyseerrState
from episodarr.systems.pending_files import PendingSeries
from episodarr.systems.shoko.state import ShokoState

type _States = Mapping[SeriesKey, StateByNumber]

_NO_STATES: _States = MappingProxyType({})
_NO_FILES: Mapping[SeriesKey, Mapping[EpisodeFileId, ShokoFileId]] = MappingProxyType({})


class LibraryServers:
    """Optional systems; None where not configured."""

    def __init__(
        self,
        *,
        jellyfin: JellyfinState | None = None,
        shoko: ShokoState | None = None,
        requests: JellyseerrState | None = None,
    ) -> None:
        self.jellyfin = jellyfin
        self.shoko = shoko
        self.requests = requests
        self._pending_files = PendingFiles()
        self._pending_anime: Memo[list[PendingSeries]] = Memo()
        self._availabilities: Memo[Mapping[SeriesKey, ServerAvailability]] = Memo()

    def introduce(self, sonarrs: Sequence[SonarrJoiner]) -> None:
        """Set for each Sonarr which optional systems are configured."""
        for joiner in sonarrs:
            joiner.asks_jellyfin = self.jellyfin is not None
            joiner.asks_shoko = self.shoko is not None

    def due_request_reads(self) -> Mapping[str, Read]:
        """The read of the requests, by the name of its system; empty if it is not due."""
        if self.requests is None or not self.requests.is_due():
            return {}
        return {"jellyseerr": self.requests.read}

    def due_file_reads(
        self, sonarrs: Sequence[SonarrJoiner], due: dict[str, Read]
    ) -> Iterator[None]:
        """Add to `due`, in steps, the reads of Shoko and Jellyfin that are, by name, Shoko first."""
        pending = yield from self._pending_files.read_steps(sonarrs)
        if self.shoko is not None:
            shoko, anime = self.shoko, self._anime(pending)
            if shoko.availability.is_due(anime):
                due["shoko"] = lambda: shoko.read(anime)
        if self.jellyfin is not None:
            jellyfin = self.jellyfin
            if jellyfin.availability.is_due(pending):
                due["jellyfin"] = lambda: jellyfin.read(pending)

    def _anime(self, pending: Sequence[PendingSeries]) -> list[PendingSeries]:
        return self._pending_anime.of(
            (pending,), lambda: [one for one in pending if one.series.is_anime]
        )

    def evaluate(self, sonarrs: Sequence[SonarrJoiner], changed: set[SeriesKey]) -> Iterator[None]:
        """Evaluate the match results in steps; series that they change are added to `changed`."""
        pending = yield from self._pending_files.read_steps(sonarrs)
        if self.shoko is not None:
            with self.shoko.health.isolated("join"):
                yield from self.shoko.evaluate(self._anime(pending), changed.add)
        if self.jellyfin is not None:
            files = self.shoko.availability.extras if self.shoko is not None else _NO_FILES
            with self.jellyfin.health.isolated("join"):
                yield from self.jellyfin.evaluate(pending, files, changed.add)

    def touch(self, sonarrs: Sequence[SonarrJoiner], changed: Iterable[SeriesKey]) -> None:
        """Mark these series to be joined again."""
        touch = _toucher(sonarrs)
        for key in changed:
            touch(key)

    def join_requests(
        self, sonarrs: Sequence[SonarrJoiner], views: Mapping[SeriesKey, SeriesView]
    ) -> None:
        """Join requests to series, and touch the series they change."""
        if self.requests is not None:
            libraries = [s.state.library.series.last or {} for s in sonarrs]
            with self.requests.health.isolated("join"):
                self.requests.join(libraries, views, _toucher(sonarrs))

    def availabilities(self) -> Mapping[SeriesKey, ServerAvailability]:
        """Match results per series that was queried; the same object while nothing changed."""
        jellyfin = self.jellyfin.availability.by_series if self.jellyfin is not None else _NO_STATES
        shoko = self.shoko.availability.by_series if self.shoko is not None else _NO_STATES
        links = self.jellyfin.links if self.jellyfin is not None else {}
        return self._availabilities.of(
            (jellyfin, shoko), lambda: _availability_by_key(jellyfin, shoko, links)
        )

    @property
    def asked(self) -> Mapping[SeriesKey, RequestedSeasons]:
        """The seasons requested, by series."""
        return self.requests.asked if self.requests is not None else {}

    def request_views(self, views: Mapping[SeriesKey, SeriesView]) -> tuple[RequestView, ...]:
        """The requests as they are shown."""
        if self.requests is None:
            return ()
        with self.requests.health.isolated("show"):
            self.requests.show(views)
        return self.requests.views

    def health_by_name(self) -> Mapping[str, Health]:
        """The health of each configured system, by the name of its read."""
        named = {"jellyfin": self.jellyfin, "shoko": self.shoko, "jellyseerr": self.requests}
        return {name: one.health for name, one in named.items() if one is not None}

    def upstream_health(self) -> tuple[UpstreamHealth, ...]:
        """Health, version and failures of each configured system, as shown."""
        there = (self.jellyfin, self.shoko, self.requests)
        return tuple(one.upstream_health() for one in there if one is not None)

    def availabilities_by_system(self) -> dict[System, _States]:
        """What Jellyfin and Shoko showed last of each series' episodes."""
        named = {System.JELLYFIN: self.jellyfin, System.SHOKO: self.shoko}
        return {s: one.availability.by_series for s, one in named.items() if one is not None}

    def unmatched(self) -> Mapping[tuple[str, str], int]:
        """How many series Jellyfin or Shoko should have and do not match, by (upstream, system)."""
        found: dict[tuple[str, str], int] = {}
        if self.jellyfin is not None:
            found["jellyfin", System.JELLYFIN.value] = self.jellyfin.availability.unmatched
        if self.shoko is not None:
            found["shoko", System.SHOKO.value] = self.shoko.availability.unmatched
        return MappingProxyType(found)


def _availability_by_key(
    jellyfin: _States, shoko: _States, links: Mapping[SeriesKey, str]
) -> Mapping[SeriesKey, ServerAvailability]:
    return {
        key: ServerAvailability(
            jellyfin=jellyfin.get(key, NOTHING),
            shoko=shoko.get(key, NOTHING),
            links={"jellyfin": links[key]} if key in links else NO_LINKS,
        )
        for key in jellyfin.keys() | shoko.keys() | links.keys()
    }


def _toucher(sonarrs: Sequence[SonarrJoiner]) -> Callable[[SeriesKey], None]:
    by_name = {s.state.name: s for s in sonarrs}

    def touch(key: SeriesKey) -> None:
        by_name[key.sonarr].touch(key)

    return touch
