"""Whether Jellyfin, or Shoko, has the pending files; computed again only where something changed."""

import logging
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, override

from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey
from episodarr.model.library import Episode
from episodarr.model.memo import Memo, MemoByKey
from episodarr.model.stage import Stage
from episodarr.stages.availability import FileMatch, availability_of
from episodarr.stages.classify import Availability
from episodarr.systems.health import Health
from episodarr.systems.pending_files import AvailabilityCache, PendingSeries, PollSchedule
from episodarr.systems.scan_waits import Scan, ScanWaits

log = logging.getLogger(__name__)

type StateByNumber = Mapping[EpisodeNumber, Availability]


_AVAILABILITIES = tuple(Availability)
_SEASON = 1 << 32
"""By so much the codes of two seasons differ."""
_SEASONS = 1 << 31


class PackedStates(Mapping[EpisodeNumber, Availability]):
    """The states of some episodes, in nine bytes each."""

    __slots__ = ("_codes", "_states")

    def __init__(self, states: StateByNumber) -> None:
        ordered = sorted(states)
        self._codes = array("q", (season * _SEASON + episode for season, episode in ordered))
        self._states = bytes(_AVAILABILITIES.index(states[number]) for number in ordered)

    @classmethod
    def of(cls, states: StateByNumber) -> StateByNumber:
        """These states packed, or as they are where a number is larger than a code can hold."""
        if all(0 <= s < _SEASONS and 0 <= e < _SEASON for s, e in states):
            return cls(states)
        return dict(states)

    @override
    def __getitem__(self, number: EpisodeNumber) -> Availability:
        if not 0 <= number[1] < _SEASON:
            raise KeyError(number)
        code = number[0] * _SEASON + number[1]
        at = bisect_left(self._codes, code)
        if at == len(self._codes) or self._codes[at] != code:
            raise KeyError(number)
        return _AVAILABILITIES[self._states[at]]

    @override
    def __iter__(self) -> Iterator[EpisodeNumber]:
        return (divmod(code, _SEASON) for code in self._codes)

    @override
    def __len__(self) -> int:
        return len(self._codes)

    @override
    def __eq__(self, other: object) -> bool:
        """Two of them are compared as they are packed: a library has a thousand, each cycle."""
        if isinstance(other, PackedStates):
            return self._states == other._states and self._codes == other._codes
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # compared by value


class SeriesResult[E](NamedTuple):
    """The result of one series."""

    states: StateByNumber
    is_unmatched: bool
    """The system should have the series, and it cannot be found there."""
    extra: E
    """What else the system shows of it."""


type Computation[E] = tuple[tuple[object, ...], Callable[[], SeriesResult[E]]]
"""The objects that the result of a series is computed from, and how."""


class FileAvailability[E]:
    """State of each pending file in one system, and when to query the system for it."""

    def __init__(self, health: Health, *, clock: Callable[[], datetime], every: timedelta) -> None:
        self.by_series: Mapping[SeriesKey, StateByNumber] = {}
        self.extras: Mapping[SeriesKey, E] = {}
        self.unmatched = 0
        """Series that the system should have, and that cannot be found there."""
        self._health = health
        self._clock = clock
        self._cache = AvailabilityCache()
        self._schedule = PollSchedule(clock, health, every=every)
        self._waits = ScanWaits(started_at=clock())
        self._evaluated: Memo[None] = Memo()
        self._results: MemoByKey[SeriesKey, SeriesResult[E]] = MemoByKey()

    def is_due(self, pending: Sequence[PendingSeries]) -> bool:
        """Whether to query the system in this cycle."""
        return self._schedule.is_due(pending, self._cache)

    def begin(self, pending: Sequence[PendingSeries]) -> tuple[list[PendingSeries], datetime]:
        """The series to query it for, and the time; without any it is only probed."""
        self._forget_replaced(pending)
        files = self._cache.open_files(pending)
        return (
            [one for one in pending if one.series.key in files],
            self._schedule.begin(is_probe=not files),
        )

    def _forget_replaced(self, pending: Sequence[PendingSeries]) -> None:
        for key, file_ids in self._cache.forget_replaced(pending):
            self._waits.forget(key, file_ids)

    def note_read(
        self, queried: Sequence[PendingSeries], scan: Scan | None, at: datetime
    ) -> Iterator[None]:
        """Note in steps that a good answer came for these series; `scan` is its state before it."""
        return self._waits.see(((one, self._cache.unsettled(one)) for one in queried), scan, at)

    def unsettled(self, one: PendingSeries) -> set[EpisodeFileId]:
        """The files of a series that the system was not seen to have."""
        return set(self._cache.unsettled(one))

    def evaluate(
        self,
        pending: Sequence[PendingSeries],
        inputs: tuple[object, ...],
        of_series: Callable[[PendingSeries], Computation[E]],
        touch: Callable[[SeriesKey], None],
        *,
        is_answering: bool = True,
    ) -> Iterator[None]:
        """Compute the states as of now, in steps; `touch` gets the series whose states change.

        A series whose computation fails unexpectedly has none; that error is raised at the end.

        Nothing is computed while `pending` and `inputs` are the same objects and no wait ends, and
        of a series only if what `of_series` gives for it is another. While the system does not
        answer nothing is kept: what its silence means depends on more.
        """
        self._forget_replaced(pending)
        now = self._clock()
        is_kept = is_answering and not self._health.failures
        waits = self._waits
        inputs = (pending, waits.mark, waits.next_end(now), waits.scanned_from, *inputs)
        if is_kept and self._evaluated.holds(inputs):
            return
        if not is_kept:
            self._evaluated.forget()
            self._results.keep_only(frozenset())
        results: dict[SeriesKey, SeriesResult[E]] = {}
        broken: Exception | None = None
        for one in pending:
            key = one.series.key
            try:
                result, is_new = self._result_of(one, of_series, now, is_kept=is_kept)
            except Exception as error:
                log.exception("%s could not be evaluated. This is a bug: report it", key)
                broken = error  # Its states are unknown; the others are not.
                continue
            results[key] = result
            if is_new:
                yield
        self._take(pending, results, touch)
        if broken is not None:
            self._evaluated.forget()
            raise broken
        if is_kept:
            self._evaluated.put(inputs, None)

    def _result_of(
        self,
        one: PendingSeries,
        of_series: Callable[[PendingSeries], Computation[E]],
        now: datetime,
        *,
        is_kept: bool,
    ) -> tuple[SeriesResult[E], bool]:
        """The result of one series, and whether it had to be computed."""
        key, waits = one.series.key, self._waits
        made_of, compute = of_series(one)
        shown, ends_at = one.shown_stages(), waits.end_of(one, now)
        made_of = (one, shown, waits.mark_of(key), ends_at, waits.scanned_from, *made_of)
        known = self._results.get(key, made_of)
        if known is not None:
            return known, False
        result = compute()
        if is_kept:
            self._results.put(key, made_of, result)
        return result, True

    def _take(
        self,
        pending: Sequence[PendingSeries],
        results: Mapping[SeriesKey, SeriesResult[E]],
        touch: Callable[[SeriesKey], None],
    ) -> None:
        before, self.by_series = self.by_series, {k: r.states for k, r in results.items()}
        for key in {**before, **self.by_series}:
            new, old = self.by_series.get(key), before.get(key)
            if new is not old and new != old:
                touch(key)
        self.extras = {k: r.extra for k, r in results.items()}
        self.unmatched = sum(r.is_unmatched for r in results.values())
        self._results.keep_only(results.keys())
        self._cache.keep_only(pending)
        self._waits.keep_only(pending, self._cache.unsettled)

    def states_of(
        self, one: PendingSeries, match_of: Callable[[EpisodeNumber], FileMatch]
    ) -> StateByNumber:
        """The state of each pending file of a series, by what a read shows of it."""
        stages = one.shown_stages()
        return PackedStates.of(
            {
                number: self._state_of(one, e, match_of(number), stages.get(number))
                for e in one.episodes
                for number in [(e.season, e.episode)]
            }
        )

    def _state_of(
        self, one: PendingSeries, episode: Episode, match: FileMatch, stage: Stage | None
    ) -> Availability:
        key, file_id = one.series.key, episode.file_id
        if file_id is None:
            return Availability.NOT_ASKED
        if self._cache.is_settled(key, file_id):
            return Availability.YES
        file = one.detail.file_by_id.get(file_id)
        is_since_answer = self._schedule.is_since_answer(file.added_at if file else None)
        is_available = stage is Stage.AVAILABLE
        state = availability_of(
            match,
            self._cache.last_good(key, file_id),
            is_imported_since_answer=is_since_answer or (stage is not None and not is_available),
            has_waited=match.has_wait_end
            and self._waits.has_waited(key, file_id, self._clock(), was_available=is_available),
        )
        if match.is_answered or self._health.failures:
            self._cache.note(key, file_id, state, is_good=match.is_answered)
        return state
