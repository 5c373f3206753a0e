"""Many events for one series are one read now and one after Sonarr's lag."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from episodarr.cycle.wakeups import AGAIN_AFTER_SECONDS, APART_SECONDS, Subject, Wakeups
from episodarr.model.ids import SonarrName, SonarrSeriesId

SERIES: Subject = (SonarrName("tv"), SonarrSeriesId(7))
OTHER: Subject = (SonarrName("tv"), SonarrSeriesId(8))


def reads(wakeups: Wakeups, until: float, step: float = 0.5) -> list[tuple[float, Subject]]:
    found: list[tuple[float, Subject]] = []
    now = 0.0
    while now <= until:
        found += [(now, subject) for subject in wakeups.take_due(now)]
        now += step
    return found


def test_an_event_is_a_read_now_and_one_after_the_lag() -> None:
    rings: list[int] = []
    wakeups = Wakeups(lambda: rings.append(1))
    wakeups.notice(SERIES, 0.0)
    assert reads(wakeups, 30) == [(0.0, SERIES), (AGAIN_AFTER_SECONDS, SERIES)]
    assert rings == [1]


def test_a_storm_is_never_two_reads_within_five_seconds() -> None:
    wakeups = Wakeups(lambda: None)
    found: list[float] = []
    for tick in range(1_000):
        now = tick * 0.02
        wakeups.notice(SERIES, now)
        found += [now for _ in wakeups.take_due(now)]
    found += [at + 20 for at, _ in reads(wakeups, 30)]
    gaps = [b - a for a, b in itertools.pairwise(found)]
    assert min(gaps) >= APART_SECONDS - 0.021
    assert len(found) <= 8


def test_five_seconds_count_from_the_end_of_a_read() -> None:
    wakeups = Wakeups(lambda: None)
    wakeups.notice(SERIES, 0.0)
    assert wakeups.take_due(0.0) == [SERIES]
    wakeups.notice(SERIES, 0.5)
    wakeups.end_read(0.75)
    assert wakeups.seconds_until_due(0.75) == APART_SECONDS
    assert wakeups.take_due(APART_SECONDS + 0.5) == []
    assert wakeups.take_due(APART_SECONDS + 0.75) == [SERIES]


def test_series_do_not_wait_for_each_other() -> None:
    wakeups = Wakeups(lambda: None)
    wakeups.notice(SERIES, 0.0)
    assert wakeups.take_due(0.0) == [SERIES]
    wakeups.notice(OTHER, 1.0)
    assert wakeups.seconds_until_due(1.0) == 0.0
    assert wakeups.take_due(1.0) == [OTHER]


def test_nothing_noticed_is_nothing_due() -> None:
    wakeups = Wakeups(lambda: None)
    assert wakeups.seconds_until_due(0.0) is None
    assert wakeups.take_due(0.0) == []


class Log:
    """What happened, and which reads there were, each from its beginning to its end."""

    def __init__(self) -> None:
        self.wakeups, self.now = Wakeups(lambda: None), 0.0
        self.events: list[tuple[Subject, float]] = []
        self.reads: dict[Subject, list[tuple[float, float]]] = {SERIES: [], OTHER: []}

    def notice(self, subject: Subject) -> None:
        self.wakeups.notice(subject, self.now)
        self.events.append((subject, self.now))

    def cycle(self, length: float) -> None:
        began = self.now
        due = self.wakeups.take_due(began)
        self.now += length
        self.wakeups.end_read(self.now)
        for subject in due:
            self.reads[subject].append((began, self.now))


spans = st.floats(0, 8)


@given(st.lists(st.tuples(st.none() | st.sampled_from([SERIES, OTHER]), spans, spans)))
def test_every_event_has_a_read_after_it_and_one_after_the_lag_and_none_is_too_soon(
    given_: list[tuple[Subject | None, float, float]],
) -> None:
    log = Log()
    for subject, pause, length in given_:
        log.now += pause
        if subject is None:
            log.cycle(length)
        else:
            log.notice(subject)
    while (rest := log.wakeups.seconds_until_due(log.now)) is not None:
        log.now += rest
        log.cycle(0.25)
    for subject, at in log.events:
        last, _ = log.reads[subject][-1]
        assert last >= at + AGAIN_AFTER_SECONDS
        assert any(at <= began <= last for began, _ in log.reads[subject])
    for reads_of_one in log.reads.values():
        for (_, ended), (began, _) in itertools.pairwise(reads_of_one):
            assert began >= ended + APART_SECONDS
