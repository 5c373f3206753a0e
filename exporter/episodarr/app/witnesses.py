"""The configured systems' evidence for the verification of deletions."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from episodarr.app.systems import Systems
from episodarr.cycle.copies import same_series_in
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.model.ids import SonarrName
from episodarr.model.library import Series
from episodarr.systems.disk.client import DiskClient
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.jellyfin.evidence import JellyfinEvidence
from episodarr.systems.jellyseerr.evidence import JellyseerrEvidence
from episodarr.systems.qbittorrent.evidence import QbittorrentEvidence
from episodarr.systems.shoko.evidence import ShokoEvidence
from episodarr.systems.sonarr.evidence import SonarrEvidence


def build_witnesses(
    systems: Systems,
    sonarr: Mapping[SonarrName, SonarrEvidence],
    *,
    paths: Mapping[str, str],
    freshness: AnswerFreshness,
    clock: Callable[[], datetime],
) -> Witnesses:
    """All witnesses; what is not configured is left out, and is not applicable."""
    same_series_of = same_series_in(tuple(systems.sonarr.values()))
    jellyfin = shoko = jellyseerr = qbittorrent = None
    if systems.jellyfin is not None:
        jellyfin = JellyfinEvidence(
            systems.jellyfin.source,
            systems.jellyfin.catalogs,
            same_series_of=same_series_of,
            freshness=freshness,
            health=systems.jellyfin.health,
            clock=clock,
        )
    if systems.shoko is not None:
        shoko = ShokoEvidence(
            systems.shoko.source,
            clock=clock,
            same_series_of=same_series_of,
            health=systems.shoko.health,
        )
    if systems.jellyseerr is not None:
        jellyseerr = JellyseerrEvidence(
            systems.jellyseerr, library=lambda: _library(systems), freshness=freshness, clock=clock
        )
    if systems.qbittorrent:
        qbittorrent = QbittorrentEvidence(systems.qbittorrent, freshness, clock=clock)
    return Witnesses(
        sonarr=sonarr,
        disk=DiskClient(paths),
        jellyfin=jellyfin,
        shoko=shoko,
        jellyseerr=jellyseerr,
        qbittorrent=qbittorrent,
    )


def _library(systems: Systems) -> Iterator[Series]:
    """The series of all Sonarrs, as each listed them last."""
    for state in systems.sonarr.values():
        yield from (state.library.series.last or {}).values()
