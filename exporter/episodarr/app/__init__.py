"""Compose the program: the only place that reads the clock and builds clients."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr import __version__
from episodarr.app.application import Application
from episodarr.app.clients import Clients, counting, revealed
from episodarr.app.storing import open_store, store_failure_log
from episodarr.app.systems import Systems, build_systems
from episodarr.app.witnesses import build_witnesses
from episodarr.cycle.join.joiner import SonarrJoiner
from episodarr.cycle.join.last_shown import NumberClocks
from episodarr.cycle.library_servers import LibraryServers
from episodarr.cycle.match_questions import MatchQuestions
from episodarr.cycle.publish.clocks import ClockKeeper
from episodarr.cycle.publish.published import PublishedState
from episodarr.cycle.run import Poller, PollerOptions
from episodarr.deletions.service.service import Deletions
from episodarr.instruments import Instruments
from episodarr.logs import UpstreamLog
from episodarr.metrics.rendering.exposition import Exposition
from episodarr.model.ids import SeriesKey
from episodarr.runtime.backpressure import Backpressure
from episodarr.runtime.clock import SteadyClock
from episodarr.server.app import build_app
from episodarr.server.commands import Commands
from episodarr.server.contract import ServerOptions
from episodarr.settings import Settings
from episodarr.store.store import Store
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.qbittorrent.logins import LoginGates
from episodarr.systems.sonarr.evidence import SonarrEvidence

__all__ = ["Application", "build"]

LONGEST_WAIT_SECONDS = 5.0
"""Longest time that a cycle waits for one round of reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """Settings, clocks and counters that every part is built with."""

    settings: Settings
    clock: Callable[[], datetime]
    instruments: Instruments
    backpressure: Backpressure

    @property
    def keep(self) -> timedelta:
        """How long the last good answer of a failing system is shown."""
        return timedelta(seconds=self.settings.keep_seconds)


def build(settings: Settings, *, clock: Callable[[], datetime] | None = None) -> Application:
    """Put the program together; `clock` is the steady one unless it is given.

    Raises:
        SettingsError: a CA file or the state directory cannot be used.
    """
    shared = _Shared(
        settings=settings,
        clock=clock or SteadyClock(),
        instruments=Instruments(),
        backpressure=Backpressure(time.monotonic),
    )
    store = open_store(settings, shared.clock())
    keeper = ClockKeeper(store, store_failure_log(shared.instruments))
    gates = LoginGates(time.monotonic)
    systems = _systems(shared, gates)
    library_servers = systems.library_servers()
    deletions = _deletions(shared, store, systems, library_servers)
    joiners = _joiners(shared, systems, keeper.load() or {})
    published = _published(shared, keeper, joiners, systems, deletions)
    poller = _poller(shared, joiners, systems, library_servers, deletions, published)
    commands = Commands(poller.notice, shared.instruments, settings.sonarr, deletions)
    web = build_app(published, commands, _server_options(settings), clock=shared.clock)
    return Application(
        settings,
        published,
        poller,
        deletions,
        web=shared.backpressure.served(web),
        yield_to_responses=shared.backpressure.yield_to_responses,
        closers=(deletions.aclose, keeper.close, *systems.closers(), store.close),
        forget_refusals=gates.forget_refusals,
    )


def _systems(shared: _Shared, gates: LoginGates) -> Systems:
    watching = counting(shared.instruments, shared.clock)
    clients = Clients(
        shared.settings,
        watching=watching,
        gates=gates,
        yield_to_responses=shared.backpressure.yield_to_responses,
    )
    return build_systems(shared.settings, clients, watching, shared.clock)


def _joiners(
    shared: _Shared, systems: Systems, stored_clocks: Mapping[SeriesKey, NumberClocks]
) -> tuple[SonarrJoiner, ...]:
    settings = shared.settings
    return tuple(
        SonarrJoiner(
            state,
            keep=shared.keep,
            counts_specials=settings.count_specials,
            external_url=settings.sonarr[name].external_url,
            seerr_url=settings.jellyseerr.external_url if settings.jellyseerr else None,
            stored_clocks=stored_clocks,
        )
        for name, state in systems.sonarr.items()
    )


def _deletions(
    shared: _Shared, store: Store, systems: Systems, library_servers: LibraryServers
) -> Deletions:
    """The service that verifies deletions, with its witnesses and its policy."""
    policy, freshness = shared.settings.deletion.policy(), AnswerFreshness()
    sonarr_evidence = {
        name: SonarrEvidence(state, clock=shared.clock, settling=policy.settling)
        for name, state in systems.sonarr.items()
    }
    witnesses = build_witnesses(
        systems,
        sonarr_evidence,
        paths=shared.settings.paths,
        freshness=freshness,
        clock=shared.clock,
    )
    return Deletions(
        store,
        witnesses,
        sonarr_evidence,
        availabilities=library_servers.availabilities_by_system,
        outdate_lists=freshness.happened,
        policy=policy,
        clock=shared.clock,
        count_write_failure=shared.instruments.store_write_failed,
    )


def _published(
    shared: _Shared,
    keeper: ClockKeeper,
    joiners: Sequence[SonarrJoiner],
    systems: Systems,
    deletions: Deletions,
) -> PublishedState:
    def take_stored_clocks(clocks: Mapping[SeriesKey, NumberClocks]) -> None:
        for joiner in joiners:
            joiner.take_stored_clocks(clocks)

    return PublishedState(
        exposition=Exposition(shared.settings.episodes, instruments=shared.instruments),
        clock=shared.clock,
        log_upstreams=UpstreamLog().report,
        keeper=keeper,
        on_clocks=take_stored_clocks,
        yield_to_responses=shared.backpressure.yield_to_responses,
        deletions=deletions.reports,
        match_question=MatchQuestions(joiners, systems.qbittorrent).find,
    )


def _poller(
    shared: _Shared,
    joiners: Sequence[SonarrJoiner],
    systems: Systems,
    library_servers: LibraryServers,
    deletions: Deletions,
    published: PublishedState,
) -> Poller:
    settings = shared.settings
    return Poller(
        joiners,
        systems.qbittorrent,
        options=PollerOptions(
            cycle=timedelta(seconds=settings.cycle_seconds),
            series_every=timedelta(seconds=settings.series_seconds),
            keep=shared.keep,
            longest_wait=timedelta(seconds=min(LONGEST_WAIT_SECONDS, settings.cycle_seconds)),
        ),
        clock=shared.clock,
        monotonic=time.monotonic,
        publisher=published,
        yield_to_responses=shared.backpressure.yield_to_responses,
        observer=shared.instruments,
        library_servers=library_servers,
        deletions=deletions,
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
