"""`episodarr check`: is everything configured reachable, allowed in, and in the same place on disk."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

import click

from episodarr.app.clients import (
    build_jellyfin,
    build_jellyseerr,
    build_qbittorrent,
    build_shoko,
    build_sonarr,
)
from episodarr.cli.configuration import settings_or_exit
from episodarr.cli.findings import Finding, bad, good
from episodarr.cli.folders import listed_by_jellyfin, prove_paths, roots_of
from episodarr.cli.serve import MAKE_YOUR_OWN
from episodarr.errors import SettingsError, UpstreamError
from episodarr.settings import Settings
from episodarr.systems.http import ignore_requests
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.records import JellyfinSeries
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.qbittorrent.client import QbittorrentClient
from episodarr.systems.qbittorrent.logins import LoginGates
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.sonarr.client import SonarrClient
from episodarr.views.text import escaped

EXIT_TROUBLE = 1


@click.command(short_help="Is everything configured right and within reach?")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for programs.")
def check(as_json: bool) -> None:  # noqa: FBT001  click passes options by name
    """Check the configuration, reach every system, and find real files through the path mappings.

    Exit code 0 when all is well, 1 when something is not, 2 when the configuration is wrong.
    """
    settings = settings_or_exit()
    findings = asyncio.run(examine(settings))
    if as_json:
        click.echo(json.dumps({"checks": [asdict(f) for f in findings]}, indent=2))
    else:
        for finding in findings:
            click.echo(drawn(finding))
    sys.exit(0 if all(f.is_good for f in findings) else EXIT_TROUBLE)


def drawn(finding: Finding) -> str:
    """The line for a terminal, with control characters from a system's answer escaped."""
    mark = click.style("✓", fg="cyan") if finding.is_good else click.style("✗", fg="red")
    return f"{mark} {escaped(f'{finding.subject:<22} {finding.words}')}"


async def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order of the configuration; nothing is changed anywhere."""
    findings = [good("configuration", "is complete")]
    if settings.web.has_published_secret and not _is_demo(settings):
        words = f"EPISODARR_WEB__SECRET is the demo's, which everybody knows: {MAKE_YOUR_OWN}"
        findings.append(bad("secret", words))
    jellyfin = await _series_of_jellyfin(settings) if settings.sonarr else None
    for name in sorted(settings.sonarr):
        try:
            client = build_sonarr(settings, name, ignore_requests)
        except SettingsError as error:
            findings.append(bad(f"sonarr {name}", str(error)))
            continue
        findings += await _examine_sonarr(settings, name, client, jellyfin)
        await client.aclose()
    # Each run of this command may be one of the five refused logins that ban the address.
    gates = LoginGates(refusals_allowed=1)
    for name in sorted(settings.qbittorrent):
        findings.append(
            await _examine(
                f"qbittorrent {name}",
                partial(build_qbittorrent, settings, name, ignore_requests, gates),
                QbittorrentClient.fetch_version,
            )
        )
    findings += await _examine_others(settings)
    return findings


def _is_demo(settings: Settings) -> bool:
    """Whether all Sonarrs are on this machine, as the simulated ones are."""
    hosts = {urlsplit(section.url).hostname for section in settings.sonarr.values()}
    return hosts <= {"127.0.0.1", "::1", "localhost"}


async def _examine_others(settings: Settings) -> list[Finding]:
    findings = []
    if (jellyfin := settings.jellyfin) is not None:
        findings.append(
            await _examine(
                "jellyfin", lambda: build_jellyfin(jellyfin, ignore_requests), _jellyfin_version
            )
        )
    if (shoko := settings.shoko) is not None:
        findings.append(
            await _examine("shoko", lambda: build_shoko(shoko, ignore_requests), _shoko_version)
        )
    if (seerr := settings.jellyseerr) is not None:
        findings.append(
            await _examine(
                "jellyseerr",
                lambda: build_jellyseerr(seerr, ignore_requests, shows_requester=False),
                _jellyseerr_version,
            )
        )
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


async def _examine_sonarr(
    settings: Settings, name: str, client: SonarrClient, jellyfin: Sequence[JellyfinSeries] | None
) -> list[Finding]:
    """Whether it answers, whether its files are in place, and what Jellyfin lists of them."""
    findings = [await _reach(f"sonarr {name}", partial(_sonarr_version, client))]
    if not findings[0].is_good:
        return findings
    subject = f"files of {name}"
    try:
        folders = [folder.path for folder in await client.fetch_root_folders()]
        roots = roots_of(folders, await client.fetch_series())
        findings.append(
            await prove_paths(subject, settings.paths, roots, client.fetch_episode_files)
        )
    except UpstreamError as error:
        return [*findings, bad(subject, error.message)]
    if jellyfin is not None:
        findings.append(listed_by_jellyfin(f"jellyfin for {name}", settings.paths, roots, jellyfin))
    return findings


async def _series_of_jellyfin(settings: Settings) -> Sequence[JellyfinSeries] | None:
    """All series that Jellyfin lists; None if it is not configured or fails, which is reported apart."""
    if settings.jellyfin is None:
        return None
    try:
        client = build_jellyfin(settings.jellyfin, ignore_requests)
    except SettingsError:
        return None
    try:
        return await client.fetch_all_series()
    except UpstreamError:
        return None
    finally:
        await client.aclose()
