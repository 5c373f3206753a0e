"""Build the readers of Jellyfin, Shoko and Jellyseerr, where they are configured."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from episodarr.app.clients import (
    build_jellyfin,
    build_jellyseerr,
    build_shoko,
    counted_and_named,
)
from episodarr.cycle.library_servers import LibraryServers
from episodarr.instruments import Instruments
from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.settings import Settings
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.state import JellyfinState
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.jellyseerr.state import JellyseerrState
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.state import ShokoState


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbors:
    """The configured systems besides Sonarr and the download clients, and their clients."""

    library_servers: LibraryServers
    jellyfin: tuple[JellyfinClient, CatalogCache, Health] | None
    shoko: ShokoClient | None
    jellyseerr: JellyseerrClient | None


def build_library_servers(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> Neighbors:
    """The configured ones; a system that is not configured is not queried and not shown.

    Raises:
        SettingsError: a CA file cannot be used.
    """
    jellyfin, in_jellyfin = _jellyfin(settings, instruments, clock)
    shoko, in_shoko = _shoko(settings, instruments, clock)
    jellyseerr, requests = _requests(settings, instruments, clock)
    return Neighbors(
        library_servers=LibraryServers(jellyfin=in_jellyfin, shoko=in_shoko, requests=requests),
        jellyfin=jellyfin,
        shoko=shoko,
        jellyseerr=jellyseerr,
    )


def _jellyfin(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> tuple[tuple[JellyfinClient, CatalogCache, Health], JellyfinState] | tuple[None, None]:
    if settings.jellyfin is None:
        return None, None
    observer = instruments.observer("jellyfin", System.JELLYFIN)
    client = build_jellyfin(
        settings.jellyfin,
        observer.observe,
        counted_and_named(observer, "jellyfin", System.JELLYFIN),
        partial(observer.dated, clock),
    )
    catalogs = CatalogCache(client, clock=clock)
    health = Health(observer.unusable)
    return (client, catalogs, health), JellyfinState(
        client,
        catalogs,
        clock=clock,
        every=timedelta(seconds=settings.library_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        health=health,
        external_url=settings.jellyfin.external_url,
    )


def _shoko(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> tuple[ShokoClient, ShokoState] | tuple[None, None]:
    if settings.shoko is None:
        return None, None
    observer = instruments.observer("shoko", System.SHOKO)
    client = build_shoko(
        settings.shoko,
        observer.observe,
        counted_and_named(observer, "shoko", System.SHOKO),
        partial(observer.dated, clock),
    )
    return client, ShokoState(
        client,
        clock=clock,
        every=timedelta(seconds=settings.library_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        health=Health(observer.unusable),
    )


def _requests(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> tuple[JellyseerrClient, JellyseerrState] | tuple[None, None]:
    if settings.jellyseerr is None:
        return None, None
    observer = instruments.observer("jellyseerr", System.JELLYSEERR)
    client = build_jellyseerr(
        settings.jellyseerr,
        observer.observe,
        counted_and_named(observer, "jellyseerr", System.JELLYSEERR),
        partial(observer.dated, clock),
        shows_requester=settings.show_requested_by,
    )
    return client, JellyseerrState(
        client,
        clock=clock,
        every=timedelta(seconds=settings.requests_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        url_by_sonarr={SonarrName(n): s.url for n, s in settings.sonarr.items()},
        health=Health(observer.unusable),
    )
