"""Apply events to the persistent counters: records of history, and transitions."""

from collections.abc import Sequence

from episodarr.cycle.contract import SonarrRecord
from episodarr.cycle.join.transitions import Transition
from episodarr.metrics.counters import Counters
from episodarr.model.download import HistoryEvent
from episodarr.model.stage import Stage

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
    for sonarr, record in ((r.sonarr, r.record) for r in records if not r.is_old):
        if record.event in _BY_INDEXER:
            counters = counters.added(_BY_INDEXER[record.event], (sonarr, record.indexer))
        elif record.event is HistoryEvent.IMPORTED:
            counters = counters.added("episodarr_imports_total", (sonarr,))
    for transition in transitions:
        counters = _observe(counters, transition)
    return counters


def _observe(counters: Counters, transition: Transition) -> Counters:
    sonarr = transition.key.sonarr
    if transition.left in _TIMED_STAGES and transition.left_entered_at is not None:
        spent = (transition.at - transition.left_entered_at).total_seconds()
        counters = counters.observed(
            "episodarr_episode_stage_duration_seconds",
            (sonarr, transition.left.label),
            max(0.0, spent),
        )
    if transition.entered is Stage.AVAILABLE and transition.grabbed_at is not None:
        taken = (transition.at - transition.grabbed_at).total_seconds()
        counters = counters.observed(
            "episodarr_episode_grab_to_available_seconds", (sonarr,), max(0.0, taken)
        )
    return counters
