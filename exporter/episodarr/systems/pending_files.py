"""What waits for Jellyfin or Shoko, when they are queried for it, and its state there so far.

A file that was seen once is not queried again: a library in which nothing changes costs nothing.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey
from episodarr.model.library import Episode, Series
from episodarr.model.sameness import are_same
from episodarr.model.stage import Stage
from episodarr.stages.classify import Availability
from episodarr.stages.same_series import SameSeriesElsewhere, SeriesElsewhere
from episodarr.stages.series import SeriesDetail
from episodarr.systems.health import Health

NEW_AFTER = timedelta(seconds=5)
"""A file that was not queried yet is queried this soon after the last read."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PendingSeries:
    """A series with files in active seasons."""

    series: Series
    episodes: tuple[Episode, ...]
    """Those of active seasons that have a file."""
    detail: SeriesDetail
    """All of the series: its other files are controls."""
    shown_stages: Callable[[], Iterable[tuple[EpisodeNumber, Stage]]]
    """The stages that were shown last, by this process or the one before."""
    former_paths: Callable[[], frozenset[str]]
    """Paths of files that were replaced, renamed or deleted while we watched."""
    same_series_elsewhere: tuple[SeriesElsewhere, ...] = ()
    """The same series in other Sonarrs, whose files are not ours."""
    root: "RootFolder | None" = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RootFolder:
    """The series of one Sonarr root folder: a system that sees one of them sees the folder.

    The same object while no library changes.
    """

    series: tuple[Series, ...]
    same_series_of: SameSeriesElsewhere
    """Where other Sonarrs keep the same."""
    detail_of: Callable[[Series], SeriesDetail | None]
    """What was read of it last; None before the first time."""


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
    if not health.failures:
        return frozenset()
    return frozenset(n for n, stage in waiting.shown_stages() if stage is not Stage.AVAILABLE)


def available(waiting: PendingSeries) -> frozenset[EpisodeNumber]:
    """Episodes that were available when shown last."""
    return frozenset(n for n, stage in waiting.shown_stages() if stage is Stage.AVAILABLE)


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
