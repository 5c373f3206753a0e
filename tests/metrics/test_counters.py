"""Counters are frozen, add up, and know the catalogue."""

from collections.abc import Callable

import pytest

from episodarr.metrics.counters import Counters, Histogram

GRABS = "episodarr_grabs_total"
DURATION = "episodarr_episode_stage_duration_seconds"


def test_adding_leaves_the_old_record_as_it_was() -> None:
    before = Counters().added(GRABS, ("tv", "Nyaa"), 2)
    after = before.added(GRABS, ("tv", "Nyaa")).added(GRABS, ("tv", ""))
    assert before.values[GRABS] == {("tv", "Nyaa"): 2}
    assert after.values[GRABS] == {("tv", "Nyaa"): 3, ("tv", ""): 1}


def test_an_observation_on_a_bound_falls_into_its_bucket() -> None:
    histogram = Histogram.empty((1.0, 5.0))
    for value in (0.0, 1.0, 1.5, 5.0, 5.1):
        histogram = histogram.plus([value], (1.0, 5.0))
    assert histogram == Histogram((2, 2, 1), 12.6)
    assert histogram.count == 5


def test_merging_adds_what_both_have() -> None:
    one = Counters().added(GRABS, ("tv", "a"), 2).observed(DURATION, ("tv", "found"), 10.0)
    two = (
        Counters()
        .added(GRABS, ("tv", "a"), 3)
        .added(GRABS, ("tv", "b"))
        .observed(DURATION, ("tv", "found"), 7.0)
        .observed(DURATION, ("tv", "importing"), 1.0)
    )
    both = one.merged(two)
    assert both.values[GRABS] == {("tv", "a"): 5, ("tv", "b"): 1}
    assert both.histograms[DURATION]["tv", "found"].count == 2
    assert both.histograms[DURATION]["tv", "found"].sum == 17.0
    assert both.histograms[DURATION]["tv", "importing"].count == 1


WRONG: dict[str, Callable[[], Counters]] = {
    "unknown family": lambda: Counters().added("episodarr_nothing_total"),
    "family of views": lambda: Counters().added(
        "episodarr_series_stage", ("tv", "1", "x", "found")
    ),
    "too few labels": lambda: Counters().added(GRABS, ("tv",)),
    "number for a histogram": lambda: Counters().added(DURATION, ("tv", "found")),
    "observation for a number": lambda: Counters().observed(GRABS, ("tv", "a"), 1.0),
    "too few labels of a histogram": lambda: Counters().observed(DURATION, ("tv",), 1.0),
    "other buckets": lambda: Counters(histograms={DURATION: {("tv", "found"): Histogram((1, 2))}}),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_the_catalogue_does_not_have_is_refused(wrong: Callable[[], Counters]) -> None:
    with pytest.raises(ValueError, match="episodarr_"):
        wrong()
