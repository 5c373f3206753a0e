"""The upstream clients as witnesses of deletions, with answers shared where they may be.

sonarr    inventories from the episodes and files that the poller read
jellyfin  lists that serve inventories for a while, and are new for everything else
shoko     the same for its folders, and for all its files where many inventories are due at once
lists     Jellyseerr's requests and the clients' torrents, as the poller read them
rivals    where other Sonarrs keep the same series
sharing   when the answer to another part's request is good enough

What makes up a check is in `episodarr.verifier.systems`. The disk's client is a witness as it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from episodarr.app.witnesses.jellyfin import JellyfinEyes
from episodarr.app.witnesses.lists import JellyseerrEyes, QbittorrentEyes
from episodarr.app.witnesses.rivals import rivals_in
from episodarr.app.witnesses.sharing import Sharing
from episodarr.app.witnesses.shoko import ShokoEyes
from episodarr.app.witnesses.sonarr import SonarrEyes
from episodarr.cycle.clients import ClientLedger
from episodarr.cycle.kept import Looks
from episodarr.cycle.requests import RequestLedger
from episodarr.model.ids import SonarrName
from episodarr.model.library import Series
from episodarr.systems.disk.client import DiskClient
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.shoko.client import ShokoClient
from episodarr.verifier import Witnesses

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
