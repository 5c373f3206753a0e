"""Build what looks at Jellyfin, Shoko and Jellyseerr, where they are configured."""

from collections.abc import Callable
from datetime import datetime, timedelta

from exporter.app.clients import build_jellyfin, build_jellyseerr, build_shoko
from exporter.instruments import Instruments
from exporter.model.health import System
from exporter.model.ids import SonarrName
from exporter.poller.companions import Companions
from exporter.poller.jellyfin import JellyfinLedger
from exporter.poller.kept import Looks
from exporter.poller.requests import RequestLedger
from exporter.poller.shoko import ShokoLedger
from exporter.settings import Settings


def build_companions(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> Companions:
    """The configured ones; a system that is not configured is not asked and not shown.

    Raises:
        SettingsError: a CA file cannot be used.
    """
    return Companions(
        jellyfin=_jellyfin(settings, instruments, clock),
        shoko=_shoko(settings, instruments, clock),
        requests=_requests(settings, instruments, clock),
    )


def _jellyfin(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> JellyfinLedger | None:
    if settings.jellyfin is None:
        return None
    observer = instruments.observer("jellyfin", System.JELLYFIN)
    return JellyfinLedger(
        build_jellyfin(settings.jellyfin, observer.observe),
        clock=clock,
        every=timedelta(seconds=settings.library_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        looks=Looks(observer.unusable),
        external_url=settings.jellyfin.external_url,
    )


def _shoko(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> ShokoLedger | None:
    if settings.shoko is None:
        return None
    observer = instruments.observer("shoko", System.SHOKO)
    return ShokoLedger(
        build_shoko(settings.shoko, observer.observe),
        clock=clock,
        every=timedelta(seconds=settings.library_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        looks=Looks(observer.unusable),
    )


def _requests(
    settings: Settings, instruments: Instruments, clock: Callable[[], datetime]
) -> RequestLedger | None:
    if settings.jellyseerr is None:
        return None
    observer = instruments.observer("jellyseerr", System.JELLYSEERR)
    return RequestLedger(
        build_jellyseerr(
            settings.jellyseerr, observer.observe, shows_requester=settings.show_requested_by
        ),
        clock=clock,
        every=timedelta(seconds=settings.requests_seconds),
        keep=timedelta(seconds=settings.keep_seconds),
        url_by_sonarr={SonarrName(n): s.url for n, s in settings.sonarr.items()},
        looks=Looks(observer.unusable),
    )
