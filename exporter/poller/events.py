"""Count what happened: grabs, failures and imports from history, durations from transitions."""

from collections.abc import Sequence

from exporter.metrics.counters import Counters
from exporter.model.download import HistoryEvent
from exporter.model.stage import Stage
from exporter.poller.cycle import SonarrRecord
from exporter.poller.joiner import Transition

_TIMED_STAGES = frozenset({Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING})


def count_events(
    counters: Counters, records: Sequence[SonarrRecord], transitions: Sequence[Transition]
) -> Counters:
    """The counters after these events; the caller hands in each event once."""
    for sonarr, record in ((r.sonarr, r.record) for r in records):
        if record.event is HistoryEvent.GRABBED:
            counters = counters.added("episodarr_grabs_total", (sonarr, record.indexer))
        elif record.event is HistoryEvent.FAILED:
            counters = counters.added("episodarr_download_failures_total", (sonarr, record.indexer))
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
