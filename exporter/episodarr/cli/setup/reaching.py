"""Each configured system, asked for its version with the credentials it was given."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from episodarr.app.clients import Clients
from episodarr.cli.setup.findings import Finding, bad, good
from episodarr.errors import SettingsError, UpstreamError
from episodarr.settings import Settings
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.qbittorrent.client import QbittorrentClient
from episodarr.systems.qbittorrent.logins import LoginGates
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.sonarr.client import SonarrClient


async def reach_sonarr(name: str, client: SonarrClient) -> Finding:
    """Whether this Sonarr answers."""
    return await _reach(f"sonarr {name}", partial(_sonarr_version, client))


async def reach_others(settings: Settings) -> list[Finding]:
    """Whether each of the other systems answers, in the order of the configuration."""
    # Each run of this command may be one of the five refused logins that ban the address.
    clients = Clients(settings, gates=LoginGates(refusals_allowed=1))
    findings = [
        await _examine(
            f"qbittorrent {name}",
            partial(clients.qbittorrent, name),
            QbittorrentClient.fetch_version,
        )
        for name in sorted(settings.qbittorrent)
    ]
    if (jellyfin := settings.jellyfin) is not None:
        build_jellyfin = partial(clients.jellyfin, jellyfin)
        findings.append(await _examine("jellyfin", build_jellyfin, _jellyfin_version))
    if (shoko := settings.shoko) is not None:
        build_shoko = partial(clients.shoko, shoko)
        findings.append(await _examine("shoko", build_shoko, _shoko_version))
    if (seerr := settings.jellyseerr) is not None:
        build_seerr = partial(clients.jellyseerr, seerr)
        findings.append(await _examine("jellyseerr", build_seerr, _jellyseerr_version))
    return findings


async def _sonarr_version(client: SonarrClient) -> str:
    return (await client.fetch_status()).version


async def _jellyfin_version(client: JellyfinClient) -> str:
    return (await client.fetch_identity()).version


async def _shoko_version(client: ShokoClient) -> str:
    server = await client.fetch_server()
    restricted = (
        ""
        if await client.fetch_is_unrestricted()
        else ("; but this user does not see everything: give one without restrictions")
    )
    return f"{server.version}{restricted}"


async def _jellyseerr_version(client: JellyseerrClient) -> str:
    requests = await client.fetch_requests()
    return f"{await client.fetch_version()}, {len(requests)} requests for television"


class _Closable(Protocol):
    async def aclose(self) -> None: ...


async def _examine[C: _Closable](
    subject: str, build: Callable[[], C], ask: Callable[[C], Awaitable[str]]
) -> Finding:
    """Build a client, ask it for its version, close it."""
    try:
        client = build()
    except SettingsError as error:
        return bad(subject, str(error))
    try:
        return await _reach(subject, lambda: ask(client))
    finally:
        await client.aclose()


async def _reach(subject: str, ask: Callable[[], Awaitable[str]]) -> Finding:
    try:
        version = await ask()
    except UpstreamError as error:
        return bad(subject, error.message)
    return good(subject, f"answers, version {version}")
