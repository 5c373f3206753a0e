"""Where other Sonarrs keep a series of ours: what is theirs is no evidence for ours."""

from collections.abc import Callable, Mapping

from episodarr.cycle.copies import Copies
from episodarr.errors import BadPayload
from episodarr.model.ids import SonarrName
from episodarr.model.library import Series
from episodarr.stages.same_series import SeriesElsewhere
from episodarr.systems.sonarr.evidence import SonarrEvidence

type SameSeriesElsewhere = Callable[[Series], tuple[SeriesElsewhere, ...]]
"""The same series in other Sonarrs; raises `UpstreamError` while that is not known."""


def same_series_in(sonarr: Mapping[SonarrName, SonarrEvidence]) -> SameSeriesElsewhere:
    """Finds them in the libraries as the poller read them last."""
    copies = Copies()

    def same_series_of(series: Series) -> tuple[SeriesElsewhere, ...]:
        copies.read(evidence.state for evidence in sonarr.values())
        unread = copies.unread()
        if unread:
            raise BadPayload(
                "series",
                f"the Sonarr named {unread[0]} was not read yet: it may have the same files",
            )
        return copies.of(series)

    return same_series_of
