"""The configured systems' evidence for the verification of deletions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from episodarr.cycle.copies import same_series_in
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.model.ids import SonarrName
from episodarr.model.library import Series
from episodarr.systems.disk.client import DiskClient
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.evidence import JellyfinEvidence
from episodarr.systems.jellyseerr.evidence import JellyseerrEvidence
from episodarr.systems.jellyseerr.state import JellyseerrState
from episodarr.systems.qbittorrent.evidence import QbittorrentEvidence
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.sharing import Sharing
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.evidence import ShokoEvidence
from episodarr.systems.sonarr.evidence import SonarrEvidence


def build_witnesses(
    sonarr: Mapping[SonarrName, SonarrEvidence],
    *,
    paths: Mapping[str, str],
    jellyfin: tuple[JellyfinClient, CatalogCache, Health] | None,
    shoko: tuple[ShokoClient, Health] | None,
    jellyseerr: JellyseerrState | None,
    clients: Sequence[ClientState],
    sharing: Sharing,
    clock: Callable[[], datetime],
) -> Witnesses:
    """All witnesses; what is not configured is left out, and is not applicable."""
    same_series_of = same_series_in(tuple(evidence.state for evidence in sonarr.values()))
    return Witnesses(
        sonarr=sonarr,
        disk=DiskClient(paths),
        jellyfin=None
        if jellyfin is None
        else JellyfinEvidence(
            jellyfin[0],
            jellyfin[1],
            same_series_of=same_series_of,
            sharing=sharing,
            health=jellyfin[2],
            clock=clock,
        ),
        shoko=None
        if shoko is None
        else ShokoEvidence(shoko[0], clock=clock, same_series_of=same_series_of, health=shoko[1]),
        jellyseerr=None
        if jellyseerr is None
        else JellyseerrEvidence(
            jellyseerr,
            library=lambda: _library(sonarr),
            sharing=sharing,
            clock=clock,
        ),
        qbittorrent=QbittorrentEvidence(clients, sharing, clock=clock) if clients else None,
    )


def _library(sonarr: Mapping[SonarrName, SonarrEvidence]) -> Iterator[Series]:
    """Every series that the poller read last, of all Sonarrs."""
    for evidence in sonarr.values():
        yield from (evidence.state.library.series.last or {}).values()
