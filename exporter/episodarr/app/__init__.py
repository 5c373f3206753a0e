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
from episodarr.app.commands import Commands
from episodarr.app.library_servers import Neighbors, build_library_servers
from episodarr.app.published import PublishedState
from episodarr.app.storing import open_store, store_failure_teller
from episodarr.app.witnesses import Sharing, SonarrEvidence, build_witnesses
from episodarr.cycle.clocks import ClockKeeper
from episodarr.cycle.joiner import SonarrJoiner
from episodarr.cycle.last_shown import NumberClocks
from episodarr.cycle.run import Poller, PollerOptions
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.service import Deletions
from episodarr.instruments import Instruments
from episodarr.logs import UpstreamLog, reopen_files
from episodarr.metrics.exposition import Exposition
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.runtime.backpressure import Backpressure
from episodarr.runtime.clock import SteadyClock
from episodarr.server.app import build_app
from episodarr.server.contract import ServerOptions
from episodarr.settings import Settings
from episodarr.store.store import Store
from episodarr.systems.health import Health
from episodarr.systems.qbittorrent.logins import LoginGates
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.sonarr.client import SonarrClient
from episodarr.systems.sonarr.state import SonarrState

log = logging.getLogger(__name__)

CLOSED_WITHIN_SECONDS = 2.0
LONGEST_PATIENCE_SECONDS = 5.0
"""Longest time that a cycle waits for one round of reads."""


@dataclass(frozen=True, slots=True)
class Application:
    """The composed program, not yet running."""

    settings: Settings
    published: PublishedState
    poller: Poller
    deletions: Deletions
    web: ASGIApp
    yield_to_responses: Callable[[], Awaitable[None]]
    """Awaited before work that can wait until answers are out."""
    closers: tuple[Callable[[], object], ...]
    forget_refusals: Callable[[], None]
    """Allow refused logins again, after the operator mended their cause."""

    def renew(self) -> None:
        """Handle SIGHUP: open the log's file again, allow refused logins, begin a cycle at once."""
        reopen_files()
        self.forget_refusals()
        log.info("SIGHUP: the log is opened anew, and refused logins are tried again")
        self.poller.begin_now()

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
    backpressure = Backpressure(time.monotonic)
    store = open_store(settings, clock())
    keeper = ClockKeeper(store, store_failure_teller(instruments))
    clocks = keeper.load() or {}
    sonarrs: list[SonarrJoiner] = []
    sonarr_evidence: dict[SonarrName, SonarrEvidence] = {}
    policy = settings.deletion.policy()
    for name in sorted(settings.sonarr):
        client, joiner = _sonarr(settings, name, instruments, clock, clocks)
        sonarrs.append(joiner)
        sonarr_evidence[SonarrName(name)] = SonarrEvidence(
            client,
            joiner.state,
            clock=clock,
            settling=policy.settling,
            fetch_recycle_bin=client.fetch_recycle_bin,
        )
    gates = LoginGates(time.monotonic)
    clients = [
        _client(settings, name, instruments, backpressure, clock, gates)
        for name in sorted(settings.qbittorrent)
    ]
    neighbors = build_library_servers(settings, instruments, clock)
    library_servers = neighbors.library_servers
    deletions = _deletions(
        settings, store, sonarr_evidence, clients, neighbors, policy, instruments, clock
    )
    published = PublishedState(
        exposition=Exposition(settings.episodes, instruments=instruments),
        clock=clock,
        upstream_log=UpstreamLog(),
        keeper=keeper,
        on_clocks=partial(_give_clocks, sonarrs),
        yield_to_responses=backpressure.yield_to_responses,
        deletions=deletions.reports,
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
        publisher=published,
        yield_to_responses=backpressure.yield_to_responses,
        observer=instruments,
        library_servers=library_servers,
        deletions=deletions,
    )
    commands = Commands(poller, instruments, settings.sonarr, deletions)
    web = backpressure.served(
        build_app(published, commands, _server_options(settings), clock=clock)
    )
    closers = (
        deletions.aclose,
        keeper.close,
        *(s.state.source.aclose for s in sonarrs),
        *(c.source.aclose for c in clients),
        *library_servers.closers(),
        store.close,
    )
    return Application(
        settings,
        published,
        poller,
        deletions,
        web,
        backpressure.yield_to_responses,
        closers,
        gates.forget_refusals,
    )


def _give_clocks(sonarrs: Sequence[SonarrJoiner], clocks: Mapping[SeriesKey, NumberClocks]) -> None:
    for joiner in sonarrs:
        joiner.take_stored_clocks(clocks)


def _deletions(
    settings: Settings,
    store: Store,
    sonarr_evidence: Mapping[SonarrName, SonarrEvidence],
    clients: Sequence[ClientState],
    neighbors: Neighbors,
    policy: Policy,
    instruments: Instruments,
    clock: Callable[[], datetime],
) -> Deletions:
    """The verification of deletions, composed."""
    sharing = Sharing()
    requests, in_shoko = neighbors.library_servers.requests, neighbors.library_servers.shoko
    witnesses = build_witnesses(
        sonarr_evidence,
        paths=settings.paths,
        jellyfin=neighbors.jellyfin,
        shoko=None
        if neighbors.shoko is None or in_shoko is None
        else (neighbors.shoko, in_shoko.health),
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
        sonarr_evidence,
        availabilities=neighbors.library_servers.availabilities_by_system,
        outdate_lists=sharing.happened,
        policy=policy,
        clock=clock,
        count_write_failure=instruments.store_write_failed,
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
    state = SonarrState(
        SonarrName(name),
        client,
        clock=clock,
        health=Health(observer.unusable),
    )
    return client, SonarrJoiner(
        state,
        keep=timedelta(seconds=settings.keep_seconds),
        counts_specials=settings.count_specials,
        external_url=settings.sonarr[name].external_url,
        stored_clocks={k: c for k, c in clocks.items() if k.sonarr == name},
    )


def _client(
    settings: Settings,
    name: str,
    instruments: Instruments,
    backpressure: Backpressure,
    clock: Callable[[], datetime],
    gates: LoginGates,
) -> ClientState:
    observer = instruments.observer(name, System.QBITTORRENT)
    return ClientState(
        name,
        build_qbittorrent(
            settings,
            name,
            observer.observe,
            gates,
            counted_and_named(observer, name, System.QBITTORRENT),
            backpressure.yield_to_responses,
            partial(observer.dated, clock),
        ),
        clock=clock,
        health=Health(observer.unusable),
    )
