"""What is kept of pending files changes no state: the same as where everything is computed anew."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace as struct_replace

from episodarr.errors import TimedOut
from episodarr.model.ids import EpisodeNumber, SeriesKey
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
from episodarr.systems.scan_waits import Scan
from tests.library import a_file, a_series, an_episode
from tests.systems.test_availability import ABSENT, AT, FOUND, NO_PATHS, Stages

SERIES = (1, 2)
FILES = (1, 2, 3)
AGES = (timedelta(minutes=30), timedelta(hours=23), timedelta(days=30))
"""Of the files: when they were imported."""

type States = dict[SeriesKey, dict[EpisodeNumber, Availability]]

numbers = st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))


@given(st.dictionaries(numbers, st.sampled_from(Availability)), st.lists(numbers))
def test_packed_states_are_those_that_were_packed(
    states: dict[EpisodeNumber, Availability], others: list[EpisodeNumber]
) -> None:
    packed = PackedStates.of(states)
    assert packed == states
    assert set(packed) == states.keys()
    low = [(season, episode % 2**32) for season, episode in states]
    for number in (*others, *low):
        assert packed.get(number) == states.get(number)


@dataclass
class Library:
    """The series that wait, and what a system has of their files, as of its last answer."""

    files: dict[int, frozenset[int]] = field(
        default_factory=lambda: dict.fromkeys(SERIES, frozenset(FILES[:1]))
    )
    lives: dict[int, int] = field(default_factory=lambda: dict.fromkeys(SERIES, 0))
    """How often the ids of a series' files were given to others."""
    listed: set[tuple[int, int]] = field(default_factory=set)
    """Now, and shown by the next answer."""
    shown: dict[int, Stages] = field(default_factory=lambda: {n: {} for n in SERIES})
    pending: list[PendingSeries] = field(default_factory=list)

    def make_pending(self) -> None:
        """The series with files; those whose files are the same are the same objects."""
        before = {one.series.key: one for one in self.pending}
        self.pending = [
            known
            if (known := before.get(a_series(n).key)) is not None
            and set(known.file_ids) == self.files[n]
            else self._pending(n)
            for n in SERIES
            if self.files[n]
        ]

    def _pending(self, number: int) -> PendingSeries:
        files = [
            struct_replace(
                a_file(n), added_at=AT - AGES[n - 1] + timedelta(seconds=self.lives[number])
            )
            for n in sorted(self.files[number])
        ]
        episodes = tuple(an_episode(file.file_id) for file in files)
        by_id = {file.file_id: file for file in files}
        return PendingSeries(
            series=a_series(number),
            seasons=frozenset({1}),
            file_ids=FileIds(by_id),
            detail=SeriesDetail(episodes=PackedEpisodes(episodes), file_by_id=by_id, read_at=AT),
            shown_stages=lambda: self.shown[number],
            former_paths=lambda: NO_PATHS,
        )


class System:
    """One of the two: it keeps what it may, or has everything computed each time."""

    def __init__(self, library: Library, now: Callable[[], timedelta], *, keeps: bool) -> None:
        self.library = library
        self.health = Health()
        self.keeps = keeps
        self.answer: dict[SeriesKey, frozenset[int]] | None = None
        self.objects: dict[SeriesKey, object] = {}
        self.availability: FileAvailability[None] = FileAvailability(
            self.health, clock=lambda: AT + now(), every=timedelta(minutes=1)
        )

    def read(self, scan: Scan | None) -> None:
        queried, at = self.availability.begin(self.library.pending)
        self.health.failures.clear()
        answer = {
            a_series(n).key: frozenset(f for s, f in self.library.listed if s == n) for n in SERIES
        }
        before, self.answer = self.answer or {}, answer
        for key, files in answer.items():
            if files != before.get(key):
                self.objects[key] = object()
        for _ in self.availability.note_read(queried, scan, at):
            pass

    def evaluate(self) -> States:
        def of_series(one: PendingSeries) -> Computation[None]:
            key = one.series.key
            made_of = self.objects.get(key) if self.keeps else object()
            return (made_of,), lambda: self._compute(one)

        inputs = tuple(self.objects.values()) if self.keeps else (object(),)
        for _ in self.availability.evaluate(
            self.library.pending, inputs, of_series, lambda _: None
        ):
            pass
        return {key: dict(states) for key, states in self.availability.by_series.items()}

    def _compute(self, one: PendingSeries) -> SeriesResult[None]:
        def match_of(number: EpisodeNumber) -> FileMatch:
            if self.answer is None:
                return FileMatch(None, is_answered=False)
            return FOUND if number[1] in self.answer[one.series.key] else ABSENT

        return SeriesResult(self.availability.states_of(one, match_of), False, None)


@dataclass
class Scene:
    library: Library = field(default_factory=Library)
    passed: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.systems = [System(self.library, lambda: self.passed, keeps=k) for k in (True, False)]
        self.seen: dict[SeriesKey, set[int]] = {}
        """Of the files that are there: those that were found once."""

    def change_files(self, series: int, files: frozenset[int]) -> None:
        self.library.files[series] = files

    def restore(self, series: int, _files: frozenset[int]) -> None:
        """The database, and other files get the same ids."""
        self.library.lives[series] += 1
        self.library.pending = [
            one for one in self.library.pending if one.series.sonarr_id != series
        ]
        self.seen.pop(a_series(series).key, None)

    def list(self, series: int, files: frozenset[int]) -> None:
        self.library.listed = {(s, f) for s, f in self.library.listed if s != series}
        self.library.listed |= {(series, f) for f in files}

    def read(self, files: frozenset[int], *, has_scan: bool) -> None:
        self.library.make_pending()
        scan = Scan(AT + self.passed, AT + self.passed if files else None)
        for system in self.systems:
            system.read(scan if has_scan else None)

    def fail(self, *_: object) -> None:
        for system in self.systems:
            system.health.failures["list"] = TimedOut("list", "no answer")

    def wait(self, _series: int, files: frozenset[int]) -> None:
        self.passed += timedelta(minutes=10 ** len(files))

    def evaluate(self) -> None:
        self.library.make_pending()
        kept, anew = [system.evaluate() for system in self.systems]
        assert kept == anew
        before, self.seen = self.seen, {}
        for one in self.library.pending:
            key = one.series.key
            found = (self.systems[0].answer or {}).get(key, frozenset())
            self.seen[key] = (before.get(key, set()) | found) & set(one.file_ids)
            unsettled = set(one.file_ids) - self.seen[key]
            for system in self.systems:
                assert system.availability.unsettled(one) == unsettled
            number = one.series.sonarr_id
            shown = {
                n: Stage.AVAILABLE if s in _AVAILABLE else Stage.IMPORTING
                for n, s in kept[key].items()
            }
            if shown != self.library.shown[number]:
                self.library.shown[number] = shown


_AVAILABLE = {Availability.YES, Availability.UNMATCHED}
cycles = st.tuples(
    st.sampled_from([Scene.change_files, Scene.restore, Scene.list, Scene.fail, Scene.wait]),
    st.sampled_from(SERIES),
    st.frozensets(st.sampled_from(FILES)),
    st.none() | st.booleans(),
)
"""What happens, and whether the system is read then, with the state of its scan or without."""


@given(st.lists(cycles, max_size=30))
@example(  # A wait that was over when it began is no moment at which anything ends.
    [
        (Scene.change_files, 1, frozenset({3}), None),
        (Scene.list, 1, frozenset(), None),
        (Scene.list, 1, frozenset(), True),
    ]
)
@example(  # A file that was seen is not another one that has its id later.
    [
        (Scene.list, 1, frozenset({1, 2}), None),
        (Scene.change_files, 1, frozenset({1, 2}), False),
        (Scene.list, 1, frozenset(), None),
        (Scene.change_files, 1, frozenset({1}), False),
        (Scene.change_files, 1, frozenset({1, 2}), None),
    ]
)
@example(
    [
        (Scene.list, 1, frozenset({1}), False),
        (Scene.list, 1, frozenset(), False),
        (Scene.restore, 1, frozenset(), None),
    ]
)
def test_what_is_kept_gives_what_computing_everything_gives(
    given_: list[
        tuple[Callable[[Scene, int, frozenset[int]], None], int, frozenset[int], bool | None]
    ],
) -> None:
    scene = Scene()
    for act, series, files, has_scan in given_:
        act(scene, series, files)
        if has_scan is not None:
            scene.read(files, has_scan=has_scan)
        scene.evaluate()
