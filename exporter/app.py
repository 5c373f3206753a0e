"""Put the program together: the only module that reads the clock and builds clients."""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from exporter import __version__
from exporter.errors import BadPayload, SettingsError
from exporter.instruments import Instruments
from exporter.logs import UpstreamLog
from exporter.metrics.counters import Counters
from exporter.metrics.exposition import Bodies, Exposition
from exporter.metrics.negotiation import choose_body
from exporter.model.deletion import DeletionId
from exporter.model.health import System
from exporter.model.ids import SonarrName
from exporter.model.view import Snapshot
from exporter.model.webhook import WebhookEvent
from exporter.poller.clients import ClientLedger
from exporter.poller.cycle import Poller, PollerOptions, SonarrRecord
from exporter.poller.events import count_events
from exporter.poller.joiner import SonarrJoiner, Transition
from exporter.poller.sonarr import SonarrLedger
from exporter.server.app import build_app
from exporter.server.contract import ActionRefusedError, ServerOptions, WebhookResult
from exporter.settings import ConnectionSettings, Settings
from exporter.upstream.http import ConnectionOptions, RequestObserver
from exporter.upstream.qbittorrent.client import QbittorrentClient
from exporter.upstream.sonarr.client import SonarrClient
from exporter.upstream.sonarr.webhook import parse_webhook
from exporter.views.deletion_documents import ExpectedDeletionDocument

log = logging.getLogger(__name__)


_CHANGES_LIST = frozenset({WebhookEvent.SERIES_ADD, WebhookEvent.SERIES_DELETE})


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass
class Showcase:
    """The latest snapshot in all its forms: what the server reads, and what the poller fills."""

    exposition: Exposition
    clock: Callable[[], datetime]
    upstream_log: UpstreamLog

    def __post_init__(self) -> None:
        self.snapshot = empty_snapshot(self.clock())
        self.counters = Counters()
        self._bodies: Bodies = self.exposition.update(self.snapshot, self.counters)

    @property
    def is_ready(self) -> bool:
        """Whether there was one good cycle."""
        return self.snapshot.is_complete

    @property
    def health_lines(self) -> Sequence[str]:
        """What is wrong with the exporter itself."""
        return ()

    def metrics_response(self, accept: str, accept_encoding: str) -> tuple[str, str | None, bytes]:
        """Content type, content encoding and prepared bytes that fit the request's headers."""
        return choose_body(self._bodies, accept, accept_encoding)

    async def publish(
        self,
        snapshot: Snapshot,
        records: Sequence[SonarrRecord],
        transitions: Sequence[Transition],
    ) -> None:
        """Render the snapshot piece by piece, then show it in all surfaces at once."""
        self.counters = count_events(self.counters, records, transitions)
        steps = self.exposition.update_steps(snapshot, self.counters)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                self._bodies = done.value
                break
            await asyncio.sleep(0)
        self.snapshot = snapshot
        self.upstream_log.tell(snapshot.upstreams)


def empty_snapshot(now: datetime) -> Snapshot:
    """What is known before the first cycle: nothing, and that it is nothing yet."""
    nothing: MappingProxyType[object, int] = MappingProxyType({})
    return Snapshot(
        at=now,
        is_complete=False,
        series_by_key=MappingProxyType({}),
        downloads=(),
        requests=(),
        deletions=(),
        upstreams=(),
        inventory_pending_by_sonarr=nothing,  # type: ignore[arg-type]  # empty, of any key
        held_disappearances_by_sonarr=nothing,  # type: ignore[arg-type]  # empty, of any key
        unmatched_series_by_upstream=nothing,  # type: ignore[arg-type]  # empty, of any key
    )


class ActionDesk:
    """What may be asked of the program from outside."""

    def __init__(self, poller: Poller, instruments: Instruments, sonarrs: Iterable[str]) -> None:
        self._poller = poller
        self._instruments = instruments
        self._sonarrs = frozenset(sonarrs)

    async def sonarr_webhook(self, name: str, payload: bytes) -> WebhookResult:
        """Take note of what Sonarr says, and look sooner."""
        if name not in self._sonarrs:
            return WebhookResult.UNKNOWN_SONARR
        try:
            webhook = parse_webhook(payload)
        except BadPayload as error:
            log.warning("webhook of sonarr %s: %s", name, error.message)
            return WebhookResult.MALFORMED
        self._instruments.webhook_accepted(name, webhook.event_word)
        if webhook.event in _CHANGES_LIST:
            self._poller.notice(SonarrName(name), None)
        elif webhook.series is not None:
            self._poller.notice(SonarrName(name), webhook.series.sonarr_id)
        return WebhookResult.ACCEPTED

    async def expect_deletion(self, series: str, dry_run: bool) -> ExpectedDeletionDocument:  # noqa: FBT001, ARG002
        """Announce a deletion."""
        raise ActionRefusedError("deletions are not followed yet")

    async def acknowledge(self, deletion_id: DeletionId) -> bool:  # noqa: ARG002
        """Mark a bad verdict as seen."""
        return False

    async def recheck(self, deletion_id: DeletionId) -> bool:  # noqa: ARG002
        """Make every check due now."""
        return False


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
        SettingsError: a CA file cannot be used.
    """
    instruments = Instruments()
    showcase = Showcase(
        exposition=Exposition(settings.episodes, instruments=instruments),
        clock=clock,
        upstream_log=UpstreamLog(),
    )
    sonarrs = [_sonarr(settings, name, instruments, clock) for name in sorted(settings.sonarr)]
    clients = [_client(settings, name, instruments, clock) for name in sorted(settings.qbittorrent)]
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
    )
    desk = ActionDesk(poller, instruments, settings.sonarr)
    web = build_app(showcase, desk, _server_options(settings), clock=clock)
    closers = (
        *(s.ledger.source.aclose for s in sonarrs),
        *(c.source.aclose for c in clients),
    )
    return Application(settings, showcase, poller, web, closers)


def _sonarr(
    settings: Settings, name: str, instruments: Instruments, clock: Callable[[], datetime]
) -> SonarrJoiner:
    section = settings.sonarr[name]
    source = SonarrClient(
        SonarrName(name),
        _connection(section),
        api_key=section.api_key.get_secret_value(),
        observer=_observer(instruments, name, System.SONARR),
    )
    return SonarrJoiner(
        SonarrLedger(SonarrName(name), source, clock=clock),
        keep=timedelta(seconds=settings.keep_seconds),
        counts_specials=settings.count_specials,
        external_url=section.external_url,
    )


def _client(
    settings: Settings, name: str, instruments: Instruments, clock: Callable[[], datetime]
) -> ClientLedger:
    section = settings.qbittorrent[name]
    source = QbittorrentClient(
        name,
        _connection(section),
        observer=_observer(instruments, name, System.QBITTORRENT),
        username=section.username,
        password=section.password.get_secret_value(),
        api_key=_revealed(section.api_key) or "",
    )
    return ClientLedger(name, source, clock=clock)


def _connection(section: ConnectionSettings) -> ConnectionOptions:
    return ConnectionOptions(
        base_url=section.url,
        timeout_seconds=section.timeout_seconds,
        ca_file=section.ca_file,
        verify_tls=not section.skip_verify,
    )


def _observer(instruments: Instruments, name: str, system: System) -> RequestObserver:
    return instruments.observer(name, system).observe


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _server_options(settings: Settings) -> ServerOptions:
    web = settings.web
    return ServerOptions(
        secret=_revealed(web.secret),
        username=web.username or None,
        password=_revealed(web.password),
        dashboard_url=web.dashboard_url,
        version=__version__,
    )


def bound_socket(settings: Settings) -> socket.socket:
    """The socket the server listens on.

    Raises:
        SettingsError: the address cannot be bound; says so with the remedy.
    """
    host = settings.web.host
    family = socket.AF_INET6 if ":" in host or not host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and not host:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((host, settings.web.port))
    except OSError as error:
        if family == socket.AF_INET6 and not host:
            return _bound_ipv4(settings)
        raise _cannot_listen(settings, error) from None
    return sock


def _bound_ipv4(settings: Settings) -> socket.socket:
    """For machines without IPv6."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("", settings.web.port))
    except OSError as error:
        raise _cannot_listen(settings, error) from None
    return sock


def _cannot_listen(settings: Settings, error: OSError) -> SettingsError:
    why = error.strerror or str(error)
    return SettingsError(
        [
            f"EPISODARR_WEB__LISTEN: cannot listen on {settings.web.listen}: {why}; "
            "stop the program that has it, or choose another (for example: :10988)"
        ]
    )


class WebServer(uvicorn.Server):
    """Uvicorn, on a socket that is bound already, leaving signals to us."""

    @classmethod
    def on(cls, app: ASGIApp, settings: Settings) -> "WebServer":
        """A server for this application.

        Raises:
            SettingsError: the certificate or its key cannot be used.
        """
        web = settings.web
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ssl_certfile=str(web.tls_cert_file) if web.tls_cert_file else None,
            ssl_keyfile=str(web.tls_key_file) if web.tls_key_file else None,
            timeout_graceful_shutdown=2,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                [f"EPISODARR_WEB__TLS_CERT_FILE: cannot use certificate and key: {error.strerror}"]
            ) from None
        return cls(config)


async def run(application: Application, sock: socket.socket, stop: asyncio.Event) -> None:
    """Serve and poll until `stop` is set; then close everything in order."""
    server = WebServer.on(application.web, application.settings)
    serving = asyncio.create_task(server._serve([sock]), name="web")  # noqa: SLF001  `serve` would take our signals
    polling = asyncio.create_task(application.poller.run(), name="poller")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({serving, polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        polling.cancel()
        stopping.cancel()
        results = await asyncio.gather(serving, polling, stopping, return_exceptions=True)
        await application.aclose()
        for result in results:
            if isinstance(result, Exception):
                raise result
