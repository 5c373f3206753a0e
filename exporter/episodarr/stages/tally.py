"""Count episodes by stage, and name the most telling stage of a season, series or request."""

from collections import Counter
from collections.abc import Iterable
from math import fsum

from episodarr.model.stage import TELLING_ORDER, Stage
from episodarr.model.view import EpisodeView, Tally


def tally_of(episodes: Iterable[EpisodeView]) -> Tally:
    """Episodes by stage; the buckets add up to the episodes given."""
    by_stage: Counter[Stage] = Counter()
    progress: list[float] = []
    for episode in episodes:
        by_stage[episode.stage] += 1
        if episode.stage is not Stage.UNMONITORED:
            progress.append(episode.progress_ratio)
    return Tally.of(by_stage, progress_sum=fsum(progress))


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """The tally over all episodes of the given tallies."""
    by_stage: Counter[Stage] = Counter()
    progress: list[float] = []
    for tally in tallies:
        by_stage.update(tally.by_stage)
        progress.append(tally.progress_sum)
    return Tally.of(by_stage, progress_sum=fsum(progress))


def telling_stage(tally: Tally) -> Stage:
    """The most telling stage of a group; unmonitored when nothing is tracked."""
    return next(filter(tally.count, TELLING_ORDER), Stage.UNMONITORED)
