"""Build the clients of the configured systems, each watched in the same way.

qBittorrent's comes with an HTTP library of its own, so it is imported where one is configured.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from pydantic import SecretStr

from episodarr.instruments import Instruments
from episodarr.logs import UnreadLog
from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.model.reading import FailureReason
from episodarr.model.records import OnUnread, Unread, ignore_unread
from episodarr.runtime.backpressure import next_turn
from episodarr.settings import (
    ConnectionSettings,
    JellyfinSettings,
    JellyseerrSettings,
    Settings,
    ShokoSettings,
)
from episodarr.systems.guard import (
    ConnectionOptions,
    OnDate,
    RequestObserver,
    ignore_date,
    ignore_requests,
)
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.qbittorrent.logins import LoginGates
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.session import ShokoKey, ShokoLogin
from episodarr.systems.sonarr.client import SonarrClient

if TYPE_CHECKING:
    from episodarr.systems.qbittorrent.client import QbittorrentClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Callbacks for the requests, clock and unread records of one system; by default none."""

    on_request: RequestObserver = ignore_requests
    on_unread: OnUnread = ignore_unread
    on_date: OnDate = ignore_date
    on_unusable: Callable[[str, FailureReason], None] | None = None
    """With endpoint and reason, where a good answer turns out to be of no use."""


type Watching = Callable[[str, System], Watch]
"""The watch of the system of this name; the same one each time."""


def counting(instruments: Instruments, clock: Callable[[], datetime]) -> Watching:
    """Callbacks that count requests and clocks, and log and count records that cannot be read."""

    @cache
    def watch(name: str, system: System) -> Watch:
        observer, unread_log = instruments.observer(name, system), UnreadLog(name, system)

        def on_unread(unread: Sequence[Unread]) -> None:
            observer.dropped(unread)
            unread_log.report(unread)

        return Watch(
            on_request=observer.observe,
            on_unread=on_unread,
            on_date=partial(observer.dated, clock),
            on_unusable=observer.unusable,
        )

    return watch


class Clients:
    """Builds clients; every method raises SettingsError where a CA file cannot be used."""

    def __init__(
        self,
        settings: Settings,
        *,
        watching: Watching = lambda _name, _system: Watch(),
        gates: LoginGates | None = None,
        yield_to_responses: Callable[[], Awaitable[None]] = next_turn,
    ) -> None:
        """`gates` limit refused logins, also where several clients log in to one server."""
        self._settings = settings
        self._watching = watching
        self._gates = gates or LoginGates()
        self._yield_to_responses = yield_to_responses

    def sonarr(self, name: str) -> SonarrClient:
        """The client of one configured Sonarr."""
        section, watch = self._settings.sonarr[name], self._watching(name, System.SONARR)
        return SonarrClient(
            SonarrName(name),
            _connection(section, watch),
            api_key=section.api_key.get_secret_value(),
            observer=watch.on_request,
            on_unread=watch.on_unread,
        )

    def qbittorrent(self, name: str) -> QbittorrentClient:
        """The client of one configured qBittorrent."""
        from episodarr.systems.qbittorrent.client import QbittorrentClient

        section, watch = self._settings.qbittorrent[name], self._watching(name, System.QBITTORRENT)
        return QbittorrentClient(
            name,
            _connection(section, watch),
            observer=watch.on_request,
            on_unread=watch.on_unread,
            username=section.username,
            password=section.password.get_secret_value(),
            api_key=revealed(section.api_key) or "",
            yield_to_responses=self._yield_to_responses,
            gate=self._gates.of(section.url),
        )

    def jellyfin(self, section: JellyfinSettings) -> JellyfinClient:
        """The client of Jellyfin."""
        watch = self._watching("jellyfin", System.JELLYFIN)
        return JellyfinClient(
            _connection(section, watch),
            api_key=section.api_key.get_secret_value(),
            observer=watch.on_request,
            on_unread=watch.on_unread,
        )

    def shoko(self, section: ShokoSettings) -> ShokoClient:
        """The client of Shoko."""
        watch = self._watching("shoko", System.SHOKO)
        credentials: ShokoKey | ShokoLogin
        if section.api_key is not None:
            credentials = ShokoKey(api_key=section.api_key.get_secret_value())
        else:
            credentials = ShokoLogin(
                username=section.username, password=section.password.get_secret_value()
            )
        return ShokoClient(
            _connection(section, watch),
            credentials=credentials,
            observer=watch.on_request,
        )

    def jellyseerr(self, section: JellyseerrSettings) -> JellyseerrClient:
        """The client of Jellyseerr or Seerr."""
        watch = self._watching("jellyseerr", System.JELLYSEERR)
        return JellyseerrClient(
            _connection(section, watch),
            api_key=section.api_key.get_secret_value(),
            observer=watch.on_request,
            on_unread=watch.on_unread,
            keeps_requester=self._settings.show_requested_by,
        )


def _connection(section: ConnectionSettings, watch: Watch) -> ConnectionOptions:
    return ConnectionOptions(
        base_url=section.url,
        timeout_seconds=section.timeout_seconds,
        ca_file=section.ca_file,
        verify_tls=not section.skip_verify,
        on_date=watch.on_date,
    )


def revealed(secret: SecretStr | None) -> str | None:
    """The plain text of a secret; only the header or the login that needs it may hold it."""
    return secret.get_secret_value() if secret is not None else None
