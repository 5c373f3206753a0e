"""How long a file that Jellyfin or Shoko should list waits for it: until a scan, or a day."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from msgspec import Struct

from episodarr.model.ids import EpisodeFileId, SeriesKey
from episodarr.model.library import EpisodeFile
from episodarr.systems.pending_files import PendingSeries

PRECISION = timedelta(seconds=2)
"""Sonarr's times of files and the dates of answers are cut to whole seconds."""
LONGEST_WAIT = timedelta(hours=24)
"""A file that is not listed so long after its import counts as Sonarr reports it."""


class Scan(NamedTuple):
    """The scan of all libraries of one system, by that system's clock."""

    asked_at: datetime | None
    """When the system answered; None where the answer had no date."""
    complete_start: datetime | None
    """When the last scan began, if it ran to its end."""


class _Wait(Struct, frozen=True, gc=False):
    """Since when one file waits."""

    since: datetime
    """By the system's clock: a scan that began later could have found it."""
    ends_at: datetime
    """By ours: when its time is over in any case."""


_OVERDUE = _Wait(datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))
"""Of a file whose time was over before it was seen to wait: nearly every one of a library."""


class ScanWaits:
    """The files that one system did not list yet when it was queried for them."""

    def __init__(self, *, started_at: datetime) -> None:
        self._started_at = started_at
        self._waits: dict[SeriesKey, dict[EpisodeFileId, _Wait]] = {}
        self._over: dict[SeriesKey, set[EpisodeFileId]] = {}
        """Files whose wait ended while we watched."""
        self._next_end: datetime | None = None
        self.mark = object()
        """Another object after each file that began to wait."""
        self._marks: dict[SeriesKey, object | None] = {}
        """The same by series."""
        self.scanned_from: datetime | None = None
        """When the last scan began, if it ran to its end; the same object until another one."""

    def see(
        self,
        waiting: Iterable[tuple[PendingSeries, Iterable[EpisodeFileId]]],
        scan: Scan | None,
        now: datetime,
    ) -> Iterator[None]:
        """Take in a read, in steps: the scan's state before a good list was read, and what waited then.

        None: the scan is not known; then only time ends a wait.
        """
        asked_at = scan.asked_at if scan is not None and scan.asked_at is not None else now
        for one, file_ids in waiting:
            waits = self._waits.setdefault(one.series.key, {})
            for file_id in file_ids:
                file = one.detail.file_by_id.get(file_id)
                if file is not None and file_id not in waits:
                    wait = waits[file_id] = self._new_wait(file, asked_at, now)
                    if wait is not _OVERDUE:
                        self._next_end = min(wait.ends_at, self._next_end or wait.ends_at)
                    self.mark = self._marks[one.series.key] = object()
            yield
        if scan is not None and scan.complete_start != self.scanned_from:
            self.scanned_from = scan.complete_start

    def _new_wait(self, file: EpisodeFile, asked_at: datetime, now: datetime) -> _Wait:
        """A file that came while we watched waits from now on, whatever its Sonarr's clock shows."""
        added_at = min(file.added_at, now) if file.added_at is not None else now
        if added_at + LONGEST_WAIT <= now:
            return _OVERDUE
        was_there = added_at < self._started_at
        since = added_at + (asked_at - now) if was_there else asked_at
        return _Wait(since + PRECISION, added_at + LONGEST_WAIT)

    def has_waited(
        self, key: SeriesKey, file_id: EpisodeFileId, now: datetime, *, was_available: bool
    ) -> bool:
        """Whether a scan that could have found the file has ended well, or its time is over.

        What was shown as available when we came does not wait: it may have been listed before.
        """
        wait = self._waits.get(key, {}).get(file_id)
        if wait is None or file_id in self._over.get(key, ()):
            return wait is not None
        is_scanned = self.scanned_from is not None and self.scanned_from > wait.since
        is_over = not was_available and (is_scanned or now >= wait.ends_at)
        if is_over:
            self._over.setdefault(key, set()).add(file_id)
        return is_over

    def mark_of(self, key: SeriesKey) -> object:
        """Another object after each file of this series that began to wait."""
        return self._marks.get(key)

    def end_of(self, one: PendingSeries, now: datetime) -> datetime | None:
        """When the time of a file of this series is over next; None: of none. The same object until then."""
        waits = self._waits.get(one.series.key, {}).values()
        return min((wait.ends_at for wait in waits if wait.ends_at > now), default=None)

    def next_end(self, now: datetime) -> datetime | None:
        """When the time of any file is over next, as `end_of`; the file may be gone meanwhile."""
        if self._next_end is not None and self._next_end <= now:
            every = chain.from_iterable(waits.values() for waits in self._waits.values())
            ends = (wait.ends_at for wait in every if wait.ends_at > now)
            self._next_end = min(ends, default=None)
        return self._next_end

    def forget(self, key: SeriesKey, file_ids: Iterable[EpisodeFileId]) -> None:
        """Forget these files of a series: their ids are others' now."""
        for file_id in file_ids:
            self._waits.get(key, {}).pop(file_id, None)
            self._over.get(key, set()).discard(file_id)

    def keep_only(
        self,
        pending: Iterable[PendingSeries],
        unsettled: Callable[[PendingSeries], Collection[EpisodeFileId]],
    ) -> None:
        """Forget the files that do not wait any more."""
        if not self._waits:
            return
        waits, over, marks = self._waits, self._over, self._marks
        self._waits, self._over, self._marks = {}, {}, {}
        for one in pending:
            key = one.series.key
            if known := waits.get(key):
                left = set(unsettled(one)) & known.keys()
                self._waits[key] = {file_id: known[file_id] for file_id in left}
                self._over[key] = over.get(key, set()) & left
                self._marks[key] = marks.get(key)
