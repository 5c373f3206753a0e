"""Series of one Sonarr that have the same TVDB number: one is shown, the others are named."""

import logging
from collections.abc import Container, Iterable

from episodarr.model.ids import SeriesKey, SonarrSeriesId
from episodarr.model.library import DoubleSeries, Series

log = logging.getLogger(__name__)


class Doubles:
    """Which series are left out, for another one has their number."""

    def __init__(self) -> None:
        self.found: tuple[DoubleSeries, ...] = ()

    def one_of_each(
        self, listed: Iterable[Series], shown: Container[SonarrSeriesId]
    ) -> list[Series]:
        """The series, of those with one TVDB number the one that was shown before, else the first.

        That number is the identity here; the others are named and counted.
        """
        by_key: dict[SeriesKey, list[Series]] = {}
        for series in listed:
            by_key.setdefault(series.key, []).append(series)
        kept: list[Series] = []
        doubles: list[DoubleSeries] = []
        for same in by_key.values():
            first, *others = sorted(same, key=lambda s: (s.sonarr_id not in shown, s.sonarr_id))
            kept.append(first)
            doubles += [DoubleSeries(shown=first, left_out=other) for other in others]
        for double in set(doubles) - set(self.found):
            log.warning("%s", double.sentence)
        self.found = tuple(doubles)
        return kept
