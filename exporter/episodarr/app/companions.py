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
from episodarr.cycle.companions import Companions
from episodarr.cycle.jellyfin import JellyfinLedger
from episodarr.cycle.kept import Looks
from episodarr.cycle.requests import RequestLedger
from episodarr.cycle.shoko import ShokoLedger
from episodarr.instruments import Instruments
from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.settings import Settings
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.shoko.client import ShokoClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbors:
    """The configured systems besides Sonarr and the download clients, and their clients."""

    companions: Companions
    jellyfin: tuple[JellyfinClient, CatalogCache, Looks] | None
    shoko: ShokoClient | None
    jellyseerr: JellyseerrClient | None


def build_companions(
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
        companions=Companions(jellyfin=in_jellyfin, shoko=in_shoko, requests=requests),
        jellyfin=jellyfin,
        shoko=shoko,
        jellyseerr=jellyseerr,
    )


def _jellyfin(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> tuple[tuple[JellyfinClient, CatalogCache, Looks], JellyfinLedger] | tuple[None, None]:
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
    looks = Looks(observer.unusable)
    return (client, catalogs, looks), JellyfinLedger(
        client,
        catalogs,
        clock=clock,
        every=timedelta(seconds=settings.library_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        looks=looks,
        external_url=settings.jellyfin.external_url,
    )


def _shoko(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> tuple[ShokoClient, ShokoLedger] | tuple[None, None]:
    if settings.shoko is None:
        return None, None
    observer = instruments.observer("shoko", System.SHOKO)
    client = build_shoko(
        settings.shoko,
        observer.observe,
        counted_and_named(observer, "shoko", System.SHOKO),
        partial(observer.dated, clock),
    )
    return client, ShokoLedger(
        client,
        clock=clock,
        every=timedelta(seconds=settings.library_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        looks=Looks(observer.unusable),
    )


def _requests(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> tuple[JellyseerrClient, RequestLedger] | tuple[None, None]:
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
    return client, RequestLedger(
        client,
        clock=clock,
        every=timedelta(seconds=settings.requests_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        url_by_sonarr={SonarrName(n): s.url for n, s in settings.sonarr.items()},
        looks=Looks(observer.unusable),
    )
