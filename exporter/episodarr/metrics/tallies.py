"""Samples of a tally, for seasons, series and requests alike."""

from collections.abc import Mapping, Sequence

from episodarr.metrics.family import Sample, one
from episodarr.model.stage import TRACKED_STAGES, Stage
from episodarr.model.view import Tally


def by_stage(counts: Mapping[Stage, int], *, with_zeros: bool) -> Sequence[Sample]:
    """A bucket per tracked stage: all of them, or `available` and what is not 0."""
    return [
        ((stage.label,), counts.get(stage, 0))
        for stage in TRACKED_STAGES
        if with_zeros or stage is Stage.AVAILABLE or counts.get(stage)
    ]


def tracked(tally: Tally | None) -> Sequence[Sample]:
    """What the buckets add up to; none while it is unknown."""
    return one(None if tally is None else tally.tracked)


def available_ratio(tally: Tally | None) -> Sequence[Sample]:
    """0 to 1; none where nothing is tracked."""
    return one(None if tally is None else tally.available_ratio)


def progress_ratio(tally: Tally | None) -> Sequence[Sample]:
    """0 to 1; none where nothing is tracked."""
    return one(None if tally is None else tally.progress_ratio)
