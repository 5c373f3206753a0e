"""The upstream clients as witnesses of deletions, with answers shared where they may be.

sonarr    inventories from the episodes and files that the poller read
jellyfin  lists that serve inventories for a while, and are new for everything else
shoko     the same for its folders, and for all its files where many inventories are due at once
lists     Jellyseerr's requests and the clients' torrents, as the poller read them
rivals    where other Sonarrs keep the same series
sharing   when an answer that somebody else asked for is good enough

What makes up a look is in `exporter.verifier.systems`. The disk's client is a witness as it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from exporter.app.witnesses.jellyfin import JellyfinEyes
from exporter.app.witnesses.lists import JellyseerrEyes, QbittorrentEyes
from exporter.app.witnesses.rivals import rivals_in
from exporter.app.witnesses.sharing import Sharing
from exporter.app.witnesses.shoko import ShokoEyes
from exporter.app.witnesses.sonarr import SonarrEyes
from exporter.model.ids import SonarrName
from exporter.model.library import Series
from exporter.poller.clients import ClientLedger
from exporter.poller.kept import Looks
from exporter.poller.requests import RequestLedger
from exporter.upstream.disk.client import DiskClient
from exporter.upstream.jellyfin.catalog import CatalogCache
from exporter.upstream.jellyfin.client import JellyfinClient
from exporter.upstream.jellyseerr.client import JellyseerrClient
from exporter.upstream.shoko.client import ShokoClient
from exporter.verifier import Witnesses

__all__ = ["Sharing", "SonarrEyes", "build_witnesses"]


def build_witnesses(
    sonarr: Mapping[SonarrName, SonarrEyes],
    *,
    paths: Mapping[str, str],
    jellyfin: tuple[JellyfinClient, CatalogCache, Looks] | None,
    shoko: tuple[ShokoClient, Looks] | None,
    jellyseerr: tuple[JellyseerrClient, RequestLedger] | None,
    url_by_sonarr: Mapping[SonarrName, str],
    clients: Sequence[ClientLedger],
    sharing: Sharing,
    clock: Callable[[], datetime],
) -> Witnesses:
    """All witnesses; what is not configured is left out, and is not applicable."""
    rivals_of = rivals_in(sonarr)
    return Witnesses(
        sonarr=sonarr,
        disk=DiskClient(paths) if paths else None,
        jellyfin=None
        if jellyfin is None
        else JellyfinEyes(
            jellyfin[0],
            jellyfin[1],
            rivals_of=rivals_of,
            sharing=sharing,
            looks=jellyfin[2],
            clock=clock,
        ),
        shoko=None
        if shoko is None
        else ShokoEyes(shoko[0], clock=clock, rivals_of=rivals_of, looks=shoko[1]),
        jellyseerr=None
        if jellyseerr is None
        else JellyseerrEyes(
            *jellyseerr,
            url_by_sonarr=url_by_sonarr,
            library=lambda: _library(sonarr),
            sharing=sharing,
            clock=clock,
        ),
        qbittorrent=QbittorrentEyes(clients, sharing, clock=clock) if clients else None,
    )


def _library(sonarr: Mapping[SonarrName, SonarrEyes]) -> Iterator[Series]:
    """Every series that the poller read last, of all Sonarrs."""
    for eye in sonarr.values():
        yield from (eye.ledger.series.last or {}).values()
