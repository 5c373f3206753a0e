"""Put the program together: the only place that reads the clock and builds clients."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.types import ASGIApp

from exporter import __version__
from exporter.app.clients import build_qbittorrent, build_sonarr, revealed
from exporter.app.clock import utc_now
from exporter.app.companions import build_companions
from exporter.app.desk import ActionDesk
from exporter.app.showcase import Showcase
from exporter.app.storing import open_store, store_failure_teller
from exporter.instruments import Instruments
from exporter.logs import UpstreamLog
from exporter.metrics.exposition import Exposition
from exporter.model.health import System
from exporter.model.ids import SeriesKey, SonarrName
from exporter.poller.clients import ClientLedger
from exporter.poller.clocks import ClockKeeper
from exporter.poller.cycle import Poller, PollerOptions
from exporter.poller.joiner import NumberClocks, SonarrJoiner
from exporter.poller.kept import Looks
from exporter.poller.sonarr import SonarrLedger
from exporter.server.app import build_app
from exporter.server.contract import ServerOptions
from exporter.settings import Settings


@dataclass(frozen=True, slots=True)
class Application:
    """The program, put together and not yet running."""

    settings: Settings
    showcase: Showcase
    poller: Poller
    web: ASGIApp
    closers: tuple[Callable[[], object], ...]

    async def aclose(self) -> None:
        """Close every connection."""
        for close in self.closers:
            result = close()
            if asyncio.iscoroutine(result):
                await result


def build(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Application:
    """Put the program together.

    Raises:
        SettingsError: a CA file or the state directory cannot be used.
    """
    instruments = Instruments()
    store = open_store(settings, clock())
    keeper = ClockKeeper(store, store_failure_teller(instruments))
    clocks = keeper.load()
    showcase = Showcase(
        exposition=Exposition(settings.episodes, instruments=instruments),
        clock=clock,
        upstream_log=UpstreamLog(),
        keeper=keeper,
    )
    sonarrs = [
        _sonarr(settings, name, instruments, clock, clocks) for name in sorted(settings.sonarr)
    ]
    clients = [_client(settings, name, instruments, clock) for name in sorted(settings.qbittorrent)]
    companions = build_companions(settings, instruments, clock)
    poller = Poller(
        sonarrs,
        clients,
        options=PollerOptions(
            cycle=timedelta(seconds=settings.cycle_seconds),
            series_every=timedelta(seconds=settings.series_seconds),
            keep=timedelta(seconds=settings.keep_seconds),
        ),
        clock=clock,
        monotonic=time.monotonic,
        publisher=showcase,
        observer=instruments,
        companions=companions,
    )
    desk = ActionDesk(poller, instruments, settings.sonarr)
    web = build_app(showcase, desk, _server_options(settings), clock=clock)
    closers = (
        *(s.ledger.source.aclose for s in sonarrs),
        *(c.source.aclose for c in clients),
        *companions.closers(),
        store.close,
    )
    return Application(settings, showcase, poller, web, closers)


def _server_options(settings: Settings) -> ServerOptions:
    web = settings.web
    return ServerOptions(
        secret=revealed(web.secret),
        username=web.username or None,
        password=revealed(web.password),
        dashboard_url=web.dashboard_url,
        version=__version__,
    )


def _sonarr(
    settings: Settings,
    name: str,
    instruments: Instruments,
    clock: Callable[[], datetime],
    clocks: Mapping[SeriesKey, NumberClocks],
) -> SonarrJoiner:
    observer = instruments.observer(name, System.SONARR)
    ledger = SonarrLedger(
        SonarrName(name),
        build_sonarr(settings, name, observer.observe),
        clock=clock,
        looks=Looks(observer.unusable),
    )
    return SonarrJoiner(
        ledger,
        keep=timedelta(seconds=settings.keep_seconds),
        counts_specials=settings.count_specials,
        external_url=settings.sonarr[name].external_url,
        stored_clocks={k: c for k, c in clocks.items() if k.sonarr == name},
    )


def _client(
    settings: Settings, name: str, instruments: Instruments, clock: Callable[[], datetime]
) -> ClientLedger:
    observer = instruments.observer(name, System.QBITTORRENT)
    return ClientLedger(
        name,
        build_qbittorrent(settings, name, observer.observe),
        clock=clock,
        looks=Looks(observer.unusable),
    )
