"""Build the clients of the configured systems."""

from collections.abc import Awaitable, Callable, Sequence

from pydantic import SecretStr

from episodarr import instruments
from episodarr.logs import UnreadLog
from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.model.records import OnUnread, Unread, ignore_unread
from episodarr.settings import (
    ConnectionSettings,
    JellyfinSettings,
    JellyseerrSettings,
    Settings,
    ShokoSettings,
)
from episodarr.systems.http import ConnectionOptions, OnDate, RequestObserver, ignore_date
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.qbittorrent.client import QbittorrentClient, next_turn
from episodarr.systems.qbittorrent.logins import LoginGates
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.session import ShokoKey, ShokoLogin
from episodarr.systems.sonarr.client import SonarrClient


def build_sonarr(
    settings: Settings,
    name: str,
    observer: RequestObserver,
    on_unread: OnUnread = ignore_unread,
    on_date: OnDate = ignore_date,
) -> SonarrClient:
    """The client of one configured Sonarr.

    Raises:
        SettingsError: its CA file cannot be used.
    """
    section = settings.sonarr[name]
    return SonarrClient(
        SonarrName(name),
        _connection(section, on_date),
        api_key=section.api_key.get_secret_value(),
        observer=observer,
        on_unread=on_unread,
    )


def build_qbittorrent(
    settings: Settings,
    name: str,
    observer: RequestObserver,
    gates: LoginGates,
    on_unread: OnUnread = ignore_unread,
    yield_to_responses: Callable[[], Awaitable[None]] = next_turn,
    on_date: OnDate = ignore_date,
) -> QbittorrentClient:
    """The client of one configured qBittorrent; see there for `give_way`.

    `gates` are those of all clients of this run, for several may be configured for one server.

    Raises:
        SettingsError: its CA file cannot be used.
    """
    section = settings.qbittorrent[name]
    return QbittorrentClient(
        name,
        _connection(section, on_date),
        observer=observer,
        on_unread=on_unread,
        username=section.username,
        password=section.password.get_secret_value(),
        api_key=revealed(section.api_key) or "",
        yield_to_responses=yield_to_responses,
        gate=gates.of(section.url),
    )


def build_jellyfin(
    section: JellyfinSettings,
    observer: RequestObserver,
    on_unread: OnUnread = ignore_unread,
    on_date: OnDate = ignore_date,
) -> JellyfinClient:
    """The client of Jellyfin.

    Raises:
        SettingsError: its CA file cannot be used.
    """
    return JellyfinClient(
        _connection(section, on_date),
        api_key=section.api_key.get_secret_value(),
        observer=observer,
        on_unread=on_unread,
    )


def build_shoko(
    section: ShokoSettings,
    observer: RequestObserver,
    on_unread: OnUnread = ignore_unread,
    on_date: OnDate = ignore_date,
) -> ShokoClient:
    """The client of Shoko.

    Raises:
        SettingsError: its CA file cannot be used.
    """
    credentials: ShokoKey | ShokoLogin
    if section.api_key is not None:
        credentials = ShokoKey(api_key=section.api_key.get_secret_value())
    else:
        credentials = ShokoLogin(
            username=section.username, password=section.password.get_secret_value()
        )
    return ShokoClient(
        _connection(section, on_date),
        credentials=credentials,
        observer=observer,
        on_unread=on_unread,
    )


def build_jellyseerr(
    section: JellyseerrSettings,
    observer: RequestObserver,
    on_unread: OnUnread = ignore_unread,
    on_date: OnDate = ignore_date,
    *,
    shows_requester: bool,
) -> JellyseerrClient:
    """The client of Jellyseerr or Seerr.

    Raises:
        SettingsError: its CA file cannot be used.
    """
    return JellyseerrClient(
        _connection(section, on_date),
        api_key=section.api_key.get_secret_value(),
        observer=observer,
        on_unread=on_unread,
        keeps_requester=shows_requester,
    )


def _connection(section: ConnectionSettings, on_date: OnDate = ignore_date) -> ConnectionOptions:
    return ConnectionOptions(
        base_url=section.url,
        timeout_seconds=section.timeout_seconds,
        ca_file=section.ca_file,
        verify_tls=not section.skip_verify,
        on_date=on_date,
    )


def counted_and_named(observer: instruments.RequestObserver, name: str, system: System) -> OnUnread:
    """A function that counts and logs the unusable records of one upstream."""
    named = UnreadLog(name, system)

    def on_unread(unread: Sequence[Unread]) -> None:
        observer.dropped(unread)
        named.tell(unread)

    return on_unread


def revealed(secret: SecretStr | None) -> str | None:
    """The text of a secret, for the one place that needs it."""
    return secret.get_secret_value() if secret is not None else None
