"""What history and transitions add to the counters."""

from datetime import UTC, datetime, timedelta

from episodarr.cycle.join.transitions import Transition
from episodarr.cycle.publish.events import count_events
from episodarr.metrics.counters import Counters
from episodarr.model.ids import EpisodeKey, SonarrName, TvdbId
from episodarr.model.stage import Stage
from tests.calls import counted_calls

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TV = SonarrName("tv")


def arrived(number: int) -> Transition:
    return Transition(
        key=EpisodeKey(TV, TvdbId(1), 1, number),
        left=Stage.IMPORTING,
        left_entered_at=NOW - timedelta(seconds=number),
        entered=Stage.AVAILABLE,
        at=NOW,
        grabbed_at=NOW - timedelta(minutes=number),
    )


def test_events_together_count_as_one_by_one() -> None:
    several = [arrived(number) for number in range(1, 30)]
    together = count_events(Counters(), [], several)
    one_by_one = Counters()
    for one in several:
        one_by_one = count_events(one_by_one, [], [one])
    assert together == one_by_one
    assert sum(h.count for by in together.histograms.values() for h in by.values()) == 58


def test_the_counters_are_made_anew_for_each_kind_of_event_and_not_for_each() -> None:
    """At a first start Jellyfin shows thousands of files at a time."""
    with counted_calls() as calls:
        count_events(Counters(), [], [arrived(number) for number in range(1, 1000)])
    assert 0 < calls["Counters.__post_init__"] <= 3
