"""Where other Sonarrs keep a series of ours: what is theirs is no evidence for ours."""

from collections.abc import Callable, Mapping

from episodarr.app.witnesses.sonarr import SonarrEyes
from episodarr.cycle.copies import Copies
from episodarr.errors import BadPayload
from episodarr.model.ids import SonarrName
from episodarr.model.library import Series
from episodarr.stages.rivals import Rival

type RivalsOf = Callable[[Series], tuple[Rival, ...]]
"""The same series in other Sonarrs; raises `UpstreamError` while that is not known."""


def rivals_in(sonarr: Mapping[SonarrName, SonarrEyes]) -> RivalsOf:
    """Finds them in the libraries as the poller read them last."""
    copies = Copies()

    def rivals_of(series: Series) -> tuple[Rival, ...]:
        copies.read(eye.ledger for eye in sonarr.values())
        unread = copies.unread()
        if unread:
            raise BadPayload(
                "series",
                f"the Sonarr named {unread[0]} was not read yet: it may have the same files",
            )
        return copies.of(series)

    return rivals_of
