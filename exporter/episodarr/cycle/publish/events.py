"""Apply events to the persistent counters: records of history, and transitions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from episodarr.cycle.contract import SonarrRecord
from episodarr.cycle.join.transitions import Transition
from episodarr.metrics.counters import Counters, LabelValues
from episodarr.model.download import HistoryEvent
from episodarr.model.stage import Stage

type _Sample = tuple[str, LabelValues]
"""A family and the values of its labels."""

_BY_INDEXER = {
    HistoryEvent.GRABBED: "episodarr_grabs_total",
    HistoryEvent.FAILED: "episodarr_download_failures_total",
}
_TIMED_STAGES = frozenset({Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING})


def count_events(
    counters: Counters, records: Sequence[SonarrRecord], transitions: Sequence[Transition]
) -> Counters:
    """The counters after these events; the caller hands in each event once.

    Old events count nothing; their indexers start at 0, so that a first grab is seen as an increase.
    """
    indexers = {(r.sonarr, r.record.indexer) for r in records if r.record.event in _BY_INDEXER}
    for labels in sorted(indexers):
        for family in _BY_INDEXER.values():
            counters = counters.added(family, labels, 0)
    # Counted first: counters are copied with each change, and a pack's end is a thousand events.
    for (family, values), count in _counted(records).items():
        counters = counters.added(family, values, count)
    observations: dict[_Sample, list[float]] = {}
    for transition in transitions:
        for sample, duration in _durations(transition):
            observations.setdefault(sample, []).append(max(0.0, duration))
    for (family, values), seconds in observations.items():
        counters = counters.observed(family, values, *seconds)
    return counters


def _counted(records: Iterable[SonarrRecord]) -> Counter[_Sample]:
    counted: Counter[_Sample] = Counter()
    for sonarr, record in ((r.sonarr, r.record) for r in records if not r.is_old):
        if record.event in _BY_INDEXER:
            counted[_BY_INDEXER[record.event], (sonarr, record.indexer)] += 1
        elif record.event is HistoryEvent.IMPORTED:
            counted["episodarr_imports_total", (sonarr,)] += 1
    return counted


def _durations(transition: Transition) -> Iterator[tuple[_Sample, float]]:
    """What took how many seconds, by the transition."""
    sonarr = transition.key.sonarr
    if transition.left in _TIMED_STAGES and transition.left_entered_at is not None:
        spent = (transition.at - transition.left_entered_at).total_seconds()
        labels = (sonarr, transition.left.label)
        yield ("episodarr_episode_stage_duration_seconds", labels), spent
    if transition.entered is Stage.AVAILABLE and transition.grabbed_at is not None:
        taken = (transition.at - transition.grabbed_at).total_seconds()
        yield ("episodarr_episode_grab_to_available_seconds", (sonarr,)), taken
