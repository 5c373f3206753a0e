"""Build the configured systems: of each its client, and what a cycle keeps of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.app.clients import Clients, Watching
from episodarr.cycle.library_servers import LibraryServers
from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.settings import Settings
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.state import JellyfinState
from episodarr.systems.jellyseerr.state import JellyseerrState
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.shoko.state import ShokoState
from episodarr.systems.sonarr.state import SonarrState


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """The configured systems; one that is None is neither queried nor shown."""

    sonarr: Mapping[SonarrName, SonarrState]
    qbittorrent: tuple[ClientState, ...]
    jellyfin: JellyfinState | None
    shoko: ShokoState | None
    jellyseerr: JellyseerrState | None

    def library_servers(self) -> LibraryServers:
        """Jellyfin, Shoko and Jellyseerr as a cycle reads them."""
        return LibraryServers(jellyfin=self.jellyfin, shoko=self.shoko, requests=self.jellyseerr)

    def closers(self) -> tuple[Callable[[], object], ...]:
        """A function for each system, in no order, that closes its connections."""
        optional = (self.jellyfin, self.shoko, self.jellyseerr)
        states = (*self.sonarr.values(), *self.qbittorrent, *optional)
        return tuple(state.source.aclose for state in states if state is not None)


def build_systems(
    settings: Settings, clients: Clients, watching: Watching, clock: Callable[[], datetime]
) -> Systems:
    """The configured systems, before their first read.

    Raises:
        SettingsError: a CA file cannot be used.
    """
    build = _Builder(settings, clients, watching, clock)
    return Systems(
        sonarr={SonarrName(name): build.sonarr(name) for name in sorted(settings.sonarr)},
        qbittorrent=tuple(build.qbittorrent(name) for name in sorted(settings.qbittorrent)),
        jellyfin=build.jellyfin(),
        shoko=build.shoko(),
        jellyseerr=build.jellyseerr(),
    )


class _Builder:
    def __init__(
        self,
        settings: Settings,
        clients: Clients,
        watching: Watching,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._watching = watching
        self._clock = clock
        self._keep = timedelta(seconds=settings.keep_seconds)
        self._library_every = timedelta(seconds=settings.library_seconds)

    def _health(self, name: str, system: System) -> Health:
        return Health(self._watching(name, system).on_unusable)

    def sonarr(self, name: str) -> SonarrState:
        client, health = self._clients.sonarr(name), self._health(name, System.SONARR)
        return SonarrState(SonarrName(name), client, clock=self._clock, health=health)

    def qbittorrent(self, name: str) -> ClientState:
        client, health = self._clients.qbittorrent(name), self._health(name, System.QBITTORRENT)
        return ClientState(name, client, clock=self._clock, health=health)

    def jellyfin(self) -> JellyfinState | None:
        if self._settings.jellyfin is None:
            return None
        client = self._clients.jellyfin(self._settings.jellyfin)
        return JellyfinState(
            client,
            CatalogCache(client, clock=self._clock),
            clock=self._clock,
            every=self._library_every,
            keep=self._keep,
            health=self._health("jellyfin", System.JELLYFIN),
            external_url=self._settings.jellyfin.external_url,
        )

    def shoko(self) -> ShokoState | None:
        if self._settings.shoko is None:
            return None
        return ShokoState(
            self._clients.shoko(self._settings.shoko),
            clock=self._clock,
            every=self._library_every,
            keep=self._keep,
            health=self._health("shoko", System.SHOKO),
        )

    def jellyseerr(self) -> JellyseerrState | None:
        if self._settings.jellyseerr is None:
            return None
        return JellyseerrState(
            self._clients.jellyseerr(self._settings.jellyseerr),
            clock=self._clock,
            every=timedelta(seconds=self._settings.requests_seconds),
            keep=self._keep,
            url_by_sonarr={SonarrName(n): s.url for n, s in self._settings.sonarr.items()},
            health=self._health("jellyseerr", System.JELLYSEERR),
        )
