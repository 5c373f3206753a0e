"""Which imported files wait for Jellyfin or Shoko, and their state there so far.

Only active seasons are queried, and a file that was seen once is not queried again: a library in
which nothing changes costs nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from episodarr.cycle.copies import Copies
from episodarr.cycle.joiner import SonarrJoiner
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey, SonarrName, SonarrSeriesId
from episodarr.model.library import Episode, Series
from episodarr.model.sameness import are_same
from episodarr.model.view import SeriesView
from episodarr.stages.classify import Availability
from episodarr.stages.paths import Parts, parts_of
from episodarr.stages.same_series import SeriesElsewhere
from episodarr.stages.series import SeriesDetail
from episodarr.systems.health import Health

_NO_LIBRARY: Mapping[SonarrSeriesId, Series] = MappingProxyType({})
NEW_AFTER = timedelta(seconds=5)
"""A file that was not queried yet is queried this soon after the last read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSeries:
    """A series with files in active seasons."""

    series: Series
    episodes: tuple[Episode, ...]
    """Those of active seasons that have a file."""
    joiner: SonarrJoiner

    detail: SeriesDetail
    """All of the series: its other files are controls."""
    same_series_elsewhere: tuple[SeriesElsewhere, ...] = ()
    """The same series in other Sonarrs, whose files are not ours."""
    mates: "Mates | None" = None
    """The other series of the same root folder."""


@dataclass(frozen=True, slots=True, eq=False)
class Mates:
    """The series of one Sonarr root folder, with where other Sonarrs keep the same.

    A system that sees one of them sees the folder. The same object while no library changes.
    """

    series: tuple[Series, ...]
    same_series_of: Callable[[Series], tuple[SeriesElsewhere, ...]]

    def all(self) -> Iterator[tuple[Series, tuple[SeriesElsewhere, ...]]]:
        """Each series with the same one in other Sonarrs."""
        return ((series, self.same_series_of(series)) for series in self.series)


@dataclass(slots=True)
class _Known:
    view: SeriesView
    series: Series
    detail: SeriesDetail
    active: frozenset[int]
    same_series_elsewhere: tuple[SeriesElsewhere, ...]
    waiting: PendingSeries | None
    """None: none of its episodes has a file."""


class PendingFiles:
    """Every series that has an episode with a file in an active season.

    One that waits as before is the same object again: what follows from it need not be computed
    again.
    """

    def __init__(self) -> None:
        self._known: dict[SeriesKey, _Known] = {}
        self._copies = Copies()
        self._mates: tuple[tuple[object, ...], dict[tuple[SonarrName, Parts], Mates]] = ((), {})
        self._revisions: list[tuple[object, SonarrJoiner]] = []
        self._waiting: list[PendingSeries] = []

    def read(self, joiners: Sequence[SonarrJoiner]) -> list[PendingSeries]:
        """Those that wait now, in order of Sonarr and key; the same list while nothing happened."""
        revisions = [(joiner.revision, joiner) for joiner in joiners]
        # What changed and is not joined yet is among the touched.
        is_same = revisions == self._revisions and not any(j.state.touched for j in joiners)
        if not is_same:
            self._waiting = self._read(joiners)
            self._revisions = revisions
        return self._waiting

    def _read(self, joiners: Sequence[SonarrJoiner]) -> list[PendingSeries]:
        self._copies.read(joiner.state for joiner in joiners)
        self._find_mates(joiners)
        known: dict[SeriesKey, _Known] = {}
        for joiner in joiners:
            library = joiner.state.series.last or {}
            for key in sorted(joiner.active):
                series = library.get(joiner.sonarr_id_of(key))
                detail = joiner.state.details.get(series.sonarr_id) if series is not None else None
                if series is not None and detail is not None:
                    known[key] = self._look_at(joiner, joiner.views[key], series, detail)
        self._known = known
        return [one.waiting for one in known.values() if one.waiting is not None]

    def _find_mates(self, joiners: Sequence[SonarrJoiner]) -> None:
        """Group all series by root folder, if a library changed."""
        libraries = tuple(joiner.state.series.last or _NO_LIBRARY for joiner in joiners)
        if are_same(libraries, self._mates[0]):
            return
        found: dict[tuple[SonarrName, Parts], list[Series]] = {}
        for library in libraries:
            for series in library.values():
                found.setdefault(_root_of(series), []).append(series)
        before = self._mates[1]
        self._mates = (
            libraries,
            {
                root: old
                if (old := before.get(root)) is not None and are_same(old.series, several)
                else Mates(tuple(several), self._copies.of)
                for root, several in found.items()
            },
        )

    def _look_at(
        self, joiner: SonarrJoiner, view: SeriesView, series: Series, detail: SeriesDetail
    ) -> _Known:
        known = self._known.get(view.key)
        same_series_elsewhere = self._copies.of(series)
        mates = self._mates[1].get(_root_of(series))
        is_same = (
            known is not None
            and known.series is series
            and known.detail.episodes is detail.episodes
            and known.detail.file_by_id is detail.file_by_id
            and known.same_series_elsewhere == same_series_elsewhere
            and (known.waiting is None or known.waiting.mates is mates)
        )
        if known is not None and is_same and known.view is view:
            return known
        active = frozenset(season.season for season in view.seasons if season.is_active)
        if known is not None and is_same and known.active == active:
            known.view = view
            return known
        episodes = tuple(e for e in detail.episodes if e.season in active and e.file_id is not None)
        waiting = (
            PendingSeries(
                series=series,
                episodes=episodes,
                joiner=joiner,
                detail=detail,
                same_series_elsewhere=same_series_elsewhere,
                mates=mates,
            )
            if episodes
            else None
        )
        return _Known(view, series, detail, active, same_series_elsewhere, waiting)


def _root_of(series: Series) -> tuple[SonarrName, Parts]:
    return series.key.sonarr, parts_of(series.path)[:-1]


class ResultBySeries[T]:
    """Per series the last result, and the objects that it was computed from.

    For results while the system answers: what its silence means depends on more.
    """

    def __init__(self) -> None:
        self._known: dict[SeriesKey, tuple[tuple[object, ...], T]] = {}

    def get(self, key: SeriesKey, made_of: tuple[object, ...]) -> T | None:
        """The former result, if it came from the very same objects."""
        known = self._known.get(key)
        return known[1] if known is not None and are_same(known[0], made_of) else None

    def put(self, key: SeriesKey, made_of: tuple[object, ...], result: T) -> None:
        """Remember a result."""
        self._known[key] = made_of, result

    def keep_only(self, keys: Set[SeriesKey]) -> None:
        """Forget the series that do not wait any more."""
        for key in self._known.keys() - keys:
            del self._known[key]


@dataclass(frozen=True, slots=True)
class SeriesMatch[T]:
    """The testimony of Jellyfin or Shoko on one series, and how it was shown before."""

    matches: T
    should_be_listed: bool
    """It has nothing of the series, and is proven to watch the series' folder."""
    was_available: frozenset[EpisodeNumber]
    was_unavailable: frozenset[EpisodeNumber]
    """Only filled where a read failed."""


def unavailable(waiting: PendingSeries, health: Health) -> frozenset[EpisodeNumber]:
    """Episodes that were not available when shown last; empty unless a read failed."""
    return waiting.joiner.unavailable(waiting.series.key) if health.failures else frozenset()


class AvailabilityCache:
    """State of each file by the last good answers, and whether it is settled."""

    def __init__(self) -> None:
        self._states: dict[tuple[SeriesKey, EpisodeFileId], Availability] = {}
        self._asked: set[tuple[SeriesKey, EpisodeFileId]] = set()
        self._kept_for: tuple[PendingSeries, ...] = ()
        self._settled: dict[SeriesKey, PendingSeries] = {}
        """Series of which every file was seen: as long as they wait as they do, they stay so."""
        self.availabilities: dict[SeriesKey, dict[EpisodeNumber, Availability]] = {}

    def is_settled(self, key: SeriesKey, file_id: EpisodeFileId) -> bool:
        """Whether the file was seen there: that holds as long as Sonarr has this file."""
        return self._states.get((key, file_id)) is Availability.YES

    def open_files(self, waiting: Iterable[PendingSeries]) -> dict[SeriesKey, tuple[Episode, ...]]:
        """The episodes whose file still has to be queried, of series that have any."""
        found: dict[SeriesKey, tuple[Episode, ...]] = {}
        for one in waiting:
            key = one.series.key
            if self._settled.get(key) is one:
                continue
            episodes = unsettled(one, self)
            if episodes:
                found[key] = episodes
                self._settled.pop(key, None)
            else:
                self._settled[key] = one
        return found

    def is_new(self, key: SeriesKey, file_id: EpisodeFileId) -> bool:
        """Whether the file was not queried yet."""
        return (key, file_id) not in self._asked

    def last_good(self, key: SeriesKey, file_id: EpisodeFileId) -> Availability | None:
        """State of this very file by the last good answer."""
        return self._states.get((key, file_id))

    def note(
        self, key: SeriesKey, file_id: EpisodeFileId, availability: Availability, *, is_good: bool
    ) -> None:
        """Note a file's current state; only that of a good answer is remembered."""
        self._asked.add((key, file_id))
        if is_good and availability in {Availability.YES, Availability.NOT_YET}:
            self._states[key, file_id] = availability

    def keep_only(self, waiting: Iterable[PendingSeries]) -> None:
        """Forget files that are not in an active season any more, or are gone."""
        waiting = tuple(waiting)
        if are_same(waiting, self._kept_for):
            return
        self._kept_for = waiting
        alive = {
            (w.series.key, e.file_id) for w in waiting for e in w.episodes if e.file_id is not None
        }
        self._states = {k: v for k, v in self._states.items() if k in alive}
        there = {w.series.key for w in waiting}
        self._settled = {k: w for k, w in self._settled.items() if k in there}
        self._asked &= alive

    def replace_all(
        self,
        availabilities: dict[SeriesKey, dict[EpisodeNumber, Availability]],
        touch: Callable[[SeriesKey], None],
    ) -> None:
        """Make these the current states; `touch` gets the series that they change."""
        for key in availabilities.keys() | self.availabilities.keys():
            new, old = availabilities.get(key), self.availabilities.get(key)
            if new is not old and new != old:
                touch(key)
        self.availabilities = availabilities


def unsettled(waiting: PendingSeries, memory: AvailabilityCache) -> tuple[Episode, ...]:
    """The episodes whose file still has to be queried."""
    return tuple(
        e
        for e in waiting.episodes
        if e.file_id is not None and not memory.is_settled(waiting.series.key, e.file_id)
    )


class PollSchedule:
    """When to query Jellyfin or Shoko again, and since when a file waits for its answer."""

    def __init__(
        self, clock: Callable[[], datetime], health: Health, *, every: timedelta, probe: timedelta
    ) -> None:
        self._clock = clock
        self._health = health
        self._every = every
        self._probe = probe
        self._started_at = clock()
        self._look_at: datetime | None = None
        self._probe_at: datetime | None = None

    def is_due(self, waiting: Sequence[PendingSeries], memory: AvailabilityCache) -> bool:
        """Whether to query it in this cycle: a file waits, or it is time to probe the server."""
        now = self._clock()
        if self._probe_at is None or now - self._probe_at >= self._probe:
            return True
        files = [
            (key, e.file_id)
            for key, episodes in memory.open_files(waiting).items()
            for e in episodes
            if e.file_id is not None
        ]
        if not files:
            return False
        if self._look_at is None or now - self._look_at >= self._every:
            return True
        is_new = any(memory.is_new(key, file_id) for key, file_id in files)
        return is_new and now - self._look_at >= NEW_AFTER

    def begin(self, *, is_probe: bool) -> datetime:
        """Note that it is queried now; returns the time."""
        now = self._clock()
        self._probe_at = now
        if not is_probe:
            self._look_at = now
        return now

    def is_since_answer(self, added_at: datetime | None) -> bool:
        """Whether a file came while the system did not answer, or was not queried yet.

        While the system answers, a file that was not queried yet waits for that answer.
        """
        if not self._health.failures:
            return True
        since = self._health.last_success_at or self._started_at
        return added_at is not None and added_at > since
