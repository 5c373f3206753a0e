"""Compose the program: the only place that reads the clock and builds clients."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from starlette.types import ASGIApp

from episodarr import __version__
from episodarr.app.clients import build_qbittorrent, build_sonarr, counted_and_named, revealed
from episodarr.app.clock import SteadyClock
from episodarr.app.companions import Neighbors, build_companions
from episodarr.app.courtesy import Courtesy
from episodarr.app.deletions import Deletions, policy_of, settling_time
from episodarr.app.desk import ActionDesk
from episodarr.app.showcase import Showcase
from episodarr.app.storing import open_store, store_failure_teller
from episodarr.app.witnesses import Sharing, SonarrEyes, build_witnesses
from episodarr.cycle.clients import ClientLedger
from episodarr.cycle.clocks import ClockKeeper
from episodarr.cycle.joiner import NumberClocks, SonarrJoiner
from episodarr.cycle.kept import Looks
from episodarr.cycle.run import Poller, PollerOptions
from episodarr.cycle.sonarr import SonarrLedger
from episodarr.deletions.policy import Policy
from episodarr.instruments import Instruments
from episodarr.logs import UpstreamLog, reopen_files
from episodarr.metrics.exposition import Exposition
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.server.app import build_app
from episodarr.server.contract import ServerOptions
from episodarr.settings import Settings
from episodarr.store.store import Store
from episodarr.systems.qbittorrent.logins import LoginGates
from episodarr.systems.sonarr.client import SonarrClient

log = logging.getLogger(__name__)

CLOSED_WITHIN_SECONDS = 2.0
LONGEST_PATIENCE_SECONDS = 5.0
"""Longest time that a cycle waits for one round of reads."""


@dataclass(frozen=True, slots=True)
class Application:
    """The composed program, not yet running."""

    settings: Settings
    showcase: Showcase
    poller: Poller
    deletions: Deletions
    web: ASGIApp
    give_way: Callable[[], Awaitable[None]]
    """Awaited before work that can wait until answers are out."""
    closers: tuple[Callable[[], object], ...]
    forget_refusals: Callable[[], None]
    """Allow refused logins again, after the operator mended their cause."""

    def renew(self) -> None:
        """Handle SIGHUP: open the log's file again, allow refused logins, begin a cycle at once."""
        reopen_files()
        self.forget_refusals()
        log.info("SIGHUP: the log is opened anew, and refused logins are tried again")
        self.poller.look_now()

    async def aclose(self) -> None:
        """Close every connection; one that hangs or fails keeps none of the others open."""
        for close in self.closers:
            try:
                async with asyncio.timeout(CLOSED_WITHIN_SECONDS):
                    result = close()
                    if asyncio.iscoroutine(result):
                        await result
            except TimeoutError:
                log.warning("%s did not end in time", getattr(close, "__qualname__", close))
            except Exception:
                log.exception("something could not be closed")


def build(settings: Settings, *, clock: Callable[[], datetime] | None = None) -> Application:
    """Put the program together; `clock` is the steady one unless it is given.

    Raises:
        SettingsError: a CA file or the state directory cannot be used.
    """
    clock = clock or SteadyClock()
    instruments = Instruments()
    courtesy = Courtesy(time.monotonic)
    store = open_store(settings, clock())
    keeper = ClockKeeper(store, store_failure_teller(instruments))
    clocks = keeper.load() or {}
    sonarrs: list[SonarrJoiner] = []
    eyes: dict[SonarrName, SonarrEyes] = {}
    policy = policy_of(settings.deletion)
    for name in sorted(settings.sonarr):
        client, joiner = _sonarr(settings, name, instruments, clock, clocks)
        sonarrs.append(joiner)
        eyes[SonarrName(name)] = SonarrEyes(
            client,
            joiner.ledger,
            clock=clock,
            settling=settling_time(policy),
            fetch_recycle_bin=client.fetch_recycle_bin,
        )
    gates = LoginGates(time.monotonic)
    clients = [
        _client(settings, name, instruments, courtesy, clock, gates)
        for name in sorted(settings.qbittorrent)
    ]
    neighbors = build_companions(settings, instruments, clock)
    companions = neighbors.companions
    deletions = _deletions(settings, store, eyes, clients, neighbors, policy, instruments, clock)
    showcase = Showcase(
        exposition=Exposition(settings.episodes, instruments=instruments),
        clock=clock,
        upstream_log=UpstreamLog(),
        keeper=keeper,
        on_clocks=partial(_give_clocks, sonarrs),
        give_way=courtesy.give_way,
        deletions=deletions,
    )
    poller = Poller(
        sonarrs,
        clients,
        options=PollerOptions(
            cycle=timedelta(seconds=settings.cycle_seconds),
            series_every=timedelta(seconds=settings.series_seconds),
            keep=timedelta(seconds=settings.keep_seconds),
            patience=timedelta(seconds=min(LONGEST_PATIENCE_SECONDS, settings.cycle_seconds)),
        ),
        clock=clock,
        monotonic=time.monotonic,
        publisher=showcase,
        give_way=courtesy.give_way,
        observer=instruments,
        companions=companions,
        deletions=deletions,
    )
    desk = ActionDesk(poller, instruments, settings.sonarr, deletions)
    web = courtesy.served(build_app(showcase, desk, _server_options(settings), clock=clock))
    closers = (
        deletions.aclose,
        keeper.close,
        *(s.ledger.source.aclose for s in sonarrs),
        *(c.source.aclose for c in clients),
        *companions.closers(),
        store.close,
    )
    return Application(
        settings,
        showcase,
        poller,
        deletions,
        web,
        courtesy.give_way,
        closers,
        gates.forget_refusals,
    )


def _give_clocks(sonarrs: Sequence[SonarrJoiner], clocks: Mapping[SeriesKey, NumberClocks]) -> None:
    for joiner in sonarrs:
        joiner.take_stored_clocks(clocks)


def _deletions(
    settings: Settings,
    store: Store,
    eyes: Mapping[SonarrName, SonarrEyes],
    clients: Sequence[ClientLedger],
    neighbors: Neighbors,
    policy: Policy,
    instruments: Instruments,
    clock: Callable[[], datetime],
) -> Deletions:
    """The verification of deletions, composed."""
    sharing = Sharing()
    requests, in_shoko = neighbors.companions.requests, neighbors.companions.shoko
    witnesses = build_witnesses(
        eyes,
        paths=settings.paths,
        jellyfin=neighbors.jellyfin,
        shoko=None
        if neighbors.shoko is None or in_shoko is None
        else (neighbors.shoko, in_shoko.looks),
        jellyseerr=None
        if neighbors.jellyseerr is None or requests is None
        else (neighbors.jellyseerr, requests),
        url_by_sonarr={SonarrName(n): s.url for n, s in settings.sonarr.items()},
        clients=clients,
        sharing=sharing,
        clock=clock,
    )
    return Deletions(
        store,
        witnesses,
        eyes,
        companions=neighbors.companions,
        sharing=sharing,
        policy=policy,
        clock=clock,
        instruments=instruments,
    )


def _server_options(settings: Settings) -> ServerOptions:
    web = settings.web
    return ServerOptions(
        secret=revealed(web.secret),
        host_names=web.host_names,
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
) -> tuple[SonarrClient, SonarrJoiner]:
    observer = instruments.observer(name, System.SONARR)
    client = build_sonarr(
        settings,
        name,
        observer.observe,
        counted_and_named(observer, name, System.SONARR),
        partial(observer.dated, clock),
    )
    ledger = SonarrLedger(
        SonarrName(name),
        client,
        clock=clock,
        looks=Looks(observer.unusable),
    )
    return client, SonarrJoiner(
        ledger,
        keep=timedelta(seconds=settings.keep_seconds),
        counts_specials=settings.count_specials,
        external_url=settings.sonarr[name].external_url,
        stored_clocks={k: c for k, c in clocks.items() if k.sonarr == name},
    )


def _client(
    settings: Settings,
    name: str,
    instruments: Instruments,
    courtesy: Courtesy,
    clock: Callable[[], datetime],
    gates: LoginGates,
) -> ClientLedger:
    observer = instruments.observer(name, System.QBITTORRENT)
    return ClientLedger(
        name,
        build_qbittorrent(
            settings,
            name,
            observer.observe,
            gates,
            counted_and_named(observer, name, System.QBITTORRENT),
            courtesy.give_way,
            partial(observer.dated, clock),
        ),
        clock=clock,
        looks=Looks(observer.unusable),
    )
