"""What waits for Jellyfin or Shoko, when they are queried for it, and its state there so far.

A file that was seen once is not queried again: a library in which nothing changes costs nothing.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.memo import Memo
from episodarr.model.stage import Stage
from episodarr.stages.classify import Availability
from episodarr.stages.inputs import SeriesDetail
from episodarr.stages.same_series import SameSeriesElsewhere, SeriesElsewhere
from episodarr.systems.health import Health

PROBE_EVERY = timedelta(seconds=60)
"""How often a system is queried for nothing but an answer, while no file waits for it."""
NEW_AFTER = timedelta(seconds=5)
"""A file that was not queried yet is queried this soon after the last read."""

type FileById = Mapping[EpisodeFileId, EpisodeFile]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PendingSeries:
    """A series with files in active seasons."""

    series: Series
    seasons: frozenset[int]
    """The active ones."""
    file_ids: "FileIds"
    """Of the files in them."""
    detail: SeriesDetail
    """All of the series: its other files are controls."""
    shown_stages: Callable[[], Mapping[EpisodeNumber, Stage]]
    """The stages that were shown last, by this process or the one before; the same object until
    others are shown."""
    former_paths: Callable[[], frozenset[str]]
    """Paths of files that were replaced, renamed or deleted while we watched."""
    same_series_elsewhere: tuple[SeriesElsewhere, ...] = ()
    """The same series in other Sonarrs, whose files are not ours."""
    root: "RootFolder | None" = None

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """Those of active seasons that have a file; unpacked for it."""
        return tuple(
            e for e in self.detail.episodes if e.season in self.seasons and e.file_id is not None
        )


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


class FileIds:
    """A set of ids of files, in eight bytes each."""

    __slots__ = ("in_order",)

    def __init__(self, ids: Iterable[EpisodeFileId] = ()) -> None:
        self.in_order = array("q", sorted(set(ids)))

    def __len__(self) -> int:
        return len(self.in_order)

    def __iter__(self) -> Iterator[EpisodeFileId]:
        return map(EpisodeFileId, self.in_order)

    def has(self, file_id: EpisodeFileId) -> bool:
        """Whether it is among them."""
        at = bisect_left(self.in_order, file_id)
        return at < len(self.in_order) and self.in_order[at] == file_id

    def add(self, file_id: EpisodeFileId) -> None:
        """Add one that may be among them."""
        if not self.has(file_id):
            insort(self.in_order, file_id)

    def among(self, others: "FileIds") -> "FileIds":
        """Those that are among the others too; itself if those are all."""
        lost = self.without(others)
        return FileIds(set(self).difference(lost)) if lost else self

    def without(self, others: "FileIds") -> list[EpisodeFileId]:
        """Those that are not among the others."""
        if self.in_order == others.in_order:  # Nearly always; an array is compared at once.
            return []
        return sorted(set(self).difference(others))


_NO_FILES = FileIds()


class AvailabilityCache:
    """State of each file by the last good answers, and whether it is settled."""

    def __init__(self) -> None:
        self._seen: dict[SeriesKey, FileIds] = {}
        """What was listed, nearly every file of a library."""
        self._queried: dict[SeriesKey, dict[EpisodeFileId, Availability | None]] = {}
        """What was queried and not listed yet, with its state by the last good answer."""
        self._files: dict[SeriesKey, FileById] = {}
        """The files that the ids stood for last."""
        self._compared: Memo[None] = Memo()
        self._kept_for: Memo[None] = Memo()
        self._settled: dict[SeriesKey, PendingSeries] = {}
        """Series of which every file was seen: while they are the same objects, they stay so."""

    def is_settled(self, key: SeriesKey, file_id: EpisodeFileId) -> bool:
        """Whether the file was seen there: that holds as long as Sonarr has this file."""
        return self._seen.get(key, _NO_FILES).has(file_id)

    def is_new(self, key: SeriesKey, file_id: EpisodeFileId) -> bool:
        """Whether the file was not queried yet."""
        return file_id not in self._queried.get(key, ()) and not self.is_settled(key, file_id)

    def last_good(self, key: SeriesKey, file_id: EpisodeFileId) -> Availability | None:
        """State of this very file by the last good answer."""
        if self.is_settled(key, file_id):
            return Availability.YES
        return self._queried.get(key, {}).get(file_id)

    def note(
        self, key: SeriesKey, file_id: EpisodeFileId, availability: Availability, *, is_good: bool
    ) -> None:
        """Note a file's current state; only that of a good answer is remembered."""
        queried = self._queried.setdefault(key, {})
        if is_good and availability is Availability.YES:
            queried.pop(file_id, None)
            self._seen.setdefault(key, FileIds()).add(file_id)
        elif is_good and availability is Availability.NOT_YET:
            queried[file_id] = availability
        else:
            queried.setdefault(file_id)

    def unsettled(self, one: PendingSeries) -> list[EpisodeFileId]:
        """The files of a series that still have to be queried."""
        return one.file_ids.without(self._seen.get(one.series.key, _NO_FILES))

    def open_files(self, pending: Iterable[PendingSeries]) -> dict[SeriesKey, list[EpisodeFileId]]:
        """The files that still have to be queried, of series that have any."""
        found: dict[SeriesKey, list[EpisodeFileId]] = {}
        for one in pending:
            key = one.series.key
            if self._settled.get(key) is one:
                continue
            files = self.unsettled(one)
            if files:
                found[key] = files
                self._settled.pop(key, None)
            else:
                self._settled[key] = one
        return found

    def forget_replaced(
        self, pending: Sequence[PendingSeries]
    ) -> Iterator[tuple[SeriesKey, Set[EpisodeFileId]]]:
        """Forget files whose ids are others' now, and name them: so it is in a restored database.

        One that was only renamed has the time at which it was added.
        """
        if self._compared.holds(pending):
            return
        self._compared.put(pending, None)
        for one in pending:
            key, files = one.series.key, one.detail.file_by_id
            before = self._files.get(key, files)
            self._files[key] = files
            if before is files:
                continue
            added_at = {file_id: file.added_at for file_id, file in before.items()}
            ids = {
                i for i, file in files.items() if added_at.get(i, file.added_at) != file.added_at
            }
            if ids:
                self._seen[key] = FileIds(set(self._seen.get(key, _NO_FILES)).difference(ids))
                for file_id in ids:
                    self._queried.get(key, {}).pop(file_id, None)
                self._settled.pop(key, None)
                yield key, ids

    def keep_only(self, pending: Sequence[PendingSeries]) -> None:
        """Forget files that are not in an active season any more, or are gone."""
        if self._kept_for.holds(pending):
            return
        self._kept_for.put(pending, None)
        seen, queried = self._seen, self._queried
        self._seen, self._queried = {}, {}
        for one in pending:
            key, files = one.series.key, one.file_ids
            if key in seen:
                self._seen[key] = seen[key].among(files)
            if left := {i: state for i, state in queried.get(key, {}).items() if files.has(i)}:
                self._queried[key] = left
        there = {p.series.key for p in pending}
        self._files = {k: f for k, f in self._files.items() if k in there}
        self._settled = {k: p for k, p in self._settled.items() if k in there}


class PollSchedule:
    """When to query a system again, and since when a file waits for its answer."""

    def __init__(self, clock: Callable[[], datetime], health: Health, *, every: timedelta) -> None:
        self._clock = clock
        self._health = health
        self._every = every
        self._started_at = clock()
        self._queried_at: datetime | None = None
        self._probed_at: datetime | None = None

    def is_due(self, pending: Sequence[PendingSeries], cache: AvailabilityCache) -> bool:
        """Whether to query the system now: a file waits, or a probe of the server is due."""
        now = self._clock()
        if self._probed_at is None or now - self._probed_at >= PROBE_EVERY:
            return True
        files = cache.open_files(pending)
        if not files:
            return False
        if self._queried_at is None or now - self._queried_at >= self._every:
            return True
        is_new = any(cache.is_new(key, file_id) for key, ids in files.items() for file_id in ids)
        return is_new and now - self._queried_at >= NEW_AFTER

    def begin(self, *, is_probe: bool) -> datetime:
        """Note that the system is queried now; returns the time."""
        now = self._clock()
        self._probed_at = now
        if not is_probe:
            self._queried_at = now
        return now

    def is_since_answer(self, added_at: datetime | None) -> bool:
        """Whether a file came while the system did not answer, or was not queried yet.

        While the system answers, a file that was not queried yet waits for that answer.
        """
        if not self._health.failures:
            return True
        since = self._health.last_success_at or self._started_at
        return added_at is not None and added_at > since
