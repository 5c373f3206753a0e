"""The states of pending files are computed again only where something changed, or a wait ended."""

import dataclasses
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from msgspec.structs import replace

from episodarr.errors import TimedOut
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey
from episodarr.model.stage import Stage
from episodarr.stages.availability import FileMatch
from episodarr.stages.classify import Availability
from episodarr.stages.inputs import SeriesDetail
from episodarr.stages.packed_episodes import PackedEpisodes
from episodarr.systems.availability import (
    Computation,
    FileAvailability,
    PackedStates,
    SeriesResult,
)
from episodarr.systems.health import Health
from episodarr.systems.pending_files import FileIds, PendingSeries
from episodarr.systems.scan_waits import LONGEST_WAIT, Scan
from tests.calls import counted_calls
from tests.library import a_file, a_series, an_episode

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FOUND = FileMatch(Availability.YES)
ABSENT = FileMatch(Availability.NOT_YET)
NO_ANSWER = FileMatch(None, is_answered=False)
NO_PATHS: frozenset[str] = frozenset()

type Stages = Mapping[EpisodeNumber, Stage]

NO_STAGES: Stages = MappingProxyType({})


def never_shown() -> Stages:
    return NO_STAGES


def a_pending_series(
    number: int, shown_stages: Callable[[], Stages] = never_shown
) -> PendingSeries:
    """A series with one episode, imported half an hour ago."""
    episode = an_episode(number)
    file = replace(a_file(number), added_at=AT - timedelta(minutes=30))
    return PendingSeries(
        series=a_series(number),
        seasons=frozenset({1}),
        file_ids=FileIds([file.file_id]),
        detail=SeriesDetail(
            episodes=PackedEpisodes((episode,)), file_by_id={file.file_id: file}, read_at=AT
        ),
        shown_stages=shown_stages,
        former_paths=lambda: NO_PATHS,
    )


class System:
    """Shows the same of every file, and notes of which series something was computed."""

    def __init__(self) -> None:
        self.now = AT
        self.health = Health()
        self.match = ABSENT
        self.answer: dict[SeriesKey, object] = {}
        self.computed: list[int] = []
        self.touched: list[int] = []
        self.availability: FileAvailability[None] = FileAvailability(
            self.health, clock=lambda: self.now, every=timedelta(minutes=1)
        )

    def read(self, pending: list[PendingSeries], scan: Scan | None = None) -> None:
        queried, at = self.availability.begin(pending)
        for _ in self.availability.note_read(queried, scan, at):
            pass

    def evaluate(self, pending: list[PendingSeries], *inputs: object) -> list[Availability]:
        """The state of each series' episode."""

        def of_series(one: PendingSeries) -> Computation[None]:
            return (self.answer.get(one.series.key),), self._compute(one)

        def touch(key: SeriesKey) -> None:
            self.touched.append(key.tvdb_id - 1_000)

        self.computed, self.touched = [], []
        for _ in self.availability.evaluate(pending, inputs, of_series, touch):
            pass
        return [s for one in pending for s in self.availability.by_series[one.series.key].values()]

    def _compute(self, one: PendingSeries) -> Callable[[], SeriesResult[None]]:
        def match_of(number: EpisodeNumber) -> FileMatch:
            return self.match

        def compute() -> SeriesResult[None]:
            self.computed.append(int(one.series.sonarr_id))
            return SeriesResult(self.availability.states_of(one, match_of), False, None)

        return compute


def test_only_a_series_of_which_something_changed_is_computed_again() -> None:
    system, pending = System(), [a_pending_series(1), a_pending_series(2)]
    system.read(pending)
    assert system.evaluate(pending) == [Availability.NOT_YET] * 2
    assert (system.computed, system.touched) == ([1, 2], [1, 2])
    system.evaluate(pending)
    assert system.computed == []
    system.match, system.answer = FOUND, {pending[1].series.key: object()}
    assert system.evaluate(pending, "an answer") == [Availability.NOT_YET, Availability.YES]
    assert (system.computed, system.touched) == ([2], [2])


def test_a_series_is_computed_again_when_other_stages_were_shown() -> None:
    shown: list[Stages] = [{(1, 1): Stage.IMPORTING}]
    system, pending = System(), [a_pending_series(1, lambda: shown[-1])]
    system.read(pending)
    system.evaluate(pending)
    shown.append({(1, 1): Stage.AVAILABLE})
    system.evaluate(list(pending))
    assert system.computed == [1]


def test_what_is_gone_touches_its_series_and_is_forgotten() -> None:
    system, pending = System(), [a_pending_series(1), a_pending_series(2)]
    system.read(pending)
    system.evaluate(pending)
    assert system.evaluate(pending[:1]) == [Availability.NOT_YET]
    assert (system.computed, system.touched) == ([], [2])


def test_a_wait_that_time_alone_ends_stays_ended() -> None:
    """Its former state came back from what was kept of the series, one evaluation later."""
    system, pending = System(), [a_pending_series(1), a_pending_series(2)]
    system.read(pending)
    assert system.evaluate(pending) == [Availability.NOT_YET] * 2
    system.now += LONGEST_WAIT - timedelta(minutes=31)
    assert system.evaluate(pending) == [Availability.NOT_YET] * 2
    system.now += timedelta(minutes=2)
    for _ in range(3):
        assert system.evaluate(pending) == [Availability.UNMATCHED] * 2
    assert system.computed == []


def test_a_wait_that_begins_after_the_first_state_ends_too() -> None:
    system, pending = System(), [a_pending_series(1)]
    assert system.evaluate(pending) == [Availability.NOT_YET]
    system.read(pending)
    assert system.evaluate(pending) == [Availability.NOT_YET]
    system.now += LONGEST_WAIT
    assert system.evaluate(pending) == [Availability.UNMATCHED]


def test_a_scan_that_could_have_found_it_ends_the_wait_and_one_before_it_does_not() -> None:
    system, pending = System(), [a_pending_series(1)]
    system.read(pending, Scan(AT, complete_start=AT - timedelta(minutes=31)))
    assert system.evaluate(pending) == [Availability.NOT_YET]
    system.read(pending, Scan(AT, complete_start=AT + timedelta(minutes=1)))
    for _ in range(2):
        assert system.evaluate(pending) == [Availability.UNMATCHED]
    system.read(pending, Scan(AT, complete_start=None))
    assert system.evaluate(pending) == [Availability.UNMATCHED], "a cancelled one changes nothing"


def test_while_it_does_not_answer_every_series_is_computed_each_time() -> None:
    shown: Stages = {(1, 1): Stage.IMPORTING}
    system, pending = System(), [a_pending_series(1, lambda: shown)]
    system.health.failures["list"] = TimedOut("list", "no answer")
    system.match = NO_ANSWER
    for _ in range(2):
        assert system.evaluate(pending) == [Availability.UNKNOWN_SINCE_IMPORT]
        assert system.computed == [1]
    system.health.failures.clear()
    system.match = FOUND
    assert system.evaluate(pending) == [Availability.YES]


def test_a_file_that_was_seen_is_settled_and_only_probed_for() -> None:
    system, pending = System(), [a_pending_series(1)]
    assert system.availability.is_due(pending)
    system.match = FOUND
    system.read(pending)
    system.evaluate(pending)
    system.now += timedelta(seconds=59)
    assert not system.availability.is_due(pending)
    system.match = ABSENT
    assert system.evaluate(pending, "an answer") == [Availability.YES]
    system.now += timedelta(seconds=1)
    assert system.availability.is_due(pending)
    assert system.availability.begin(pending) == ([], system.now)


def a_long_series(number: int, files: int) -> PendingSeries:
    """A series with so many files, imported a month ago and more."""
    first = 1_000 * number
    episodes = tuple(an_episode(first + n) for n in range(files))
    at = AT - timedelta(days=30)
    imported = (replace(a_file(first + n), added_at=at + timedelta(n)) for n in range(files))
    by_id = {file.file_id: file for file in imported}
    detail = SeriesDetail(episodes=PackedEpisodes(episodes), file_by_id=by_id, read_at=AT)
    return dataclasses.replace(a_pending_series(number), file_ids=FileIds(by_id), detail=detail)


def test_a_file_that_was_seen_takes_little_memory() -> None:
    """It took 685 bytes for each system, with every season active 90 MB of a large library."""
    system, pending = System(), [a_long_series(number, 60) for number in range(40)]
    system.match = FOUND
    tracemalloc.start()
    system.read(pending)
    assert set(system.evaluate(pending)) == {Availability.YES}
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / (40 * 60) < 200


def test_a_file_that_comes_later_is_queried_and_those_that_were_seen_are_not() -> None:
    system, before, after = System(), a_long_series(1, 3), a_long_series(1, 4)
    system.match = FOUND
    system.read([before])
    system.evaluate([before])
    system.match = ABSENT
    assert system.availability.unsettled(after) == {1_003}
    assert system.availability.begin([after])[0] == [after]
    system.read([after])
    assert system.evaluate([after]) == [Availability.YES] * 3 + [Availability.UNMATCHED]
    assert system.evaluate([]) == []
    assert system.availability.unsettled(after) == {1_000, 1_001, 1_002, 1_003}


def test_ids_of_files_are_a_set_in_whatever_order_they_come() -> None:
    numbers = [EpisodeFileId(n * n % 101) for n in range(60)]
    ids = FileIds()
    for number in numbers:
        ids.add(number)
    assert ids.without(FileIds(numbers[20:])) == sorted({*numbers[:20]} - {*numbers[20:]})
    kept = ids.among(FileIds(numbers[:20]))
    assert [n for n in range(101) if ids.has(EpisodeFileId(n))] == sorted(set(numbers))
    assert [n for n in range(101) if kept.has(EpisodeFileId(n))] == sorted(set(numbers[:20]))
    assert ids.among(FileIds(map(EpisodeFileId, range(101)))) is ids


def test_a_series_that_cannot_be_computed_costs_no_other_its_states() -> None:
    system, pending = System(), [a_pending_series(number) for number in (1, 2, 3)]
    touched: list[SeriesKey] = []

    def of_series(one: PendingSeries) -> Computation[None]:
        if one is pending[1]:
            raise ZeroDivisionError
        return (), system._compute(one)

    system.match = FOUND
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            list(system.availability.evaluate(pending, (), of_series, touched.append))
        states = {k.tvdb_id: list(s.values()) for k, s in system.availability.by_series.items()}
        assert states == {1_001: [Availability.YES], 1_003: [Availability.YES]}
    assert touched == [pending[0].series.key, pending[2].series.key]
    assert system.evaluate(pending) == [Availability.YES] * 3


def test_states_are_compared_as_they_are_packed() -> None:
    states = {(1, number): Availability.YES for number in range(1, 500)}
    one, same = PackedStates(states), PackedStates(dict(reversed(states.items())))
    other = PackedStates({**states, (1, 7): Availability.NOT_YET})
    fewer = PackedStates({k: v for k, v in states.items() if k != (1, 499)})
    with counted_calls() as calls:
        assert one == same
        assert one != other
        assert one != fewer
    assert not calls["PackedStates.__getitem__"]
    assert one == states
    assert states == one
    assert one != {}
