"""Many events for one series are one read now and one after Sonarr's lag."""

import itertools

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
