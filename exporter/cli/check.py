"""`episodarr check`: is everything configured reachable, allowed in, and in the same place on disk."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import click

from exporter.app.clients import (
    build_jellyfin,
    build_jellyseerr,
    build_qbittorrent,
    build_shoko,
    build_sonarr,
)
from exporter.cli.serve import settings_or_exit
from exporter.errors import SettingsError, UpstreamError
from exporter.settings import Settings
from exporter.upstream.http import ignore_requests
from exporter.upstream.jellyfin.client import JellyfinClient
from exporter.upstream.jellyseerr.client import JellyseerrClient
from exporter.upstream.qbittorrent.client import QbittorrentClient
from exporter.upstream.qbittorrent.logins import LoginGates
from exporter.upstream.shoko.client import ShokoClient
from exporter.upstream.sonarr.client import SonarrClient
from exporter.views.text import escaped

EXIT_TROUBLE = 1
PROOF_FILES = 3
"""Real files that have to be found through the path mappings, per Sonarr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    subject: str
    is_good: bool
    words: str


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
    """The line for a terminal; nothing that a system said can steer it."""
    mark = click.style("✓", fg="cyan") if finding.is_good else click.style("✗", fg="red")
    return f"{mark} {escaped(f'{finding.subject:<22} {finding.words}')}"


async def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order of the configuration; nothing is changed anywhere."""
    findings = [Finding(subject="configuration", is_good=True, words="is complete")]
    for name in sorted(settings.sonarr):
        try:
            client = build_sonarr(settings, name, ignore_requests)
        except SettingsError as error:
            findings.append(_bad(f"sonarr {name}", str(error)))
            continue
        findings += await _examine_sonarr(settings, name, client)
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
        return _bad(subject, str(error))
    try:
        return await _reach(subject, lambda: ask(client))
    finally:
        await client.aclose()


async def _reach(subject: str, ask: Callable[[], Awaitable[str]]) -> Finding:
    try:
        version = await ask()
    except UpstreamError as error:
        return _bad(subject, error.message)
    return Finding(subject=subject, is_good=True, words=f"answers, version {version}")


async def _examine_sonarr(settings: Settings, name: str, client: SonarrClient) -> list[Finding]:
    findings = [await _reach(f"sonarr {name}", partial(_sonarr_version, client))]
    if findings[0].is_good:
        try:
            findings.append(await _prove_paths(settings, name, client))
        except UpstreamError as error:
            findings.append(_bad(f"files of {name}", error.message))
    return findings


async def _prove_paths(settings: Settings, name: str, client: SonarrClient) -> Finding:
    """Look for files that Sonarr says it has, where the path mappings put them."""
    subject = f"files of {name}"
    paths = await _some_files(client)
    if not paths:
        return Finding(subject=subject, is_good=True, words="Sonarr has no file to look for yet")
    if not settings.paths:
        return Finding(
            subject=subject,
            is_good=True,
            words="are not looked at: set EPISODARR_PATHS to have deletions verified on disk "
            f"(for example: {json.dumps({_top(paths[0]): '/media'})})",
        )
    local: Path | None = None
    for path in paths:
        local = mapped(settings.paths, path)
        if local is None:
            return _bad(
                subject,
                f"no mapping for {path}: add its folder to EPISODARR_PATHS, as in "
                f"{json.dumps({_top(path): '/media'})}",
            )
        if not _is_there(local):
            return _bad(
                subject,
                f"{path} should be at {local}, and is not: check EPISODARR_PATHS and the mount",
            )
    return Finding(subject=subject, is_good=True, words=f"are where they should be, as in {local}")


async def _some_files(client: SonarrClient) -> list[str]:
    for series in sorted(await client.fetch_series(), key=lambda s: s.sonarr_id):
        if any(season.episode_file_count for season in series.seasons):
            files = await client.fetch_episode_files(series.sonarr_id)
            return sorted(f.path for f in files)[:PROOF_FILES]
    return []


def mapped(paths: dict[str, str], path: str) -> Path | None:
    """Where a system's path is on this machine; None if no mapping covers it."""
    best = max(
        (p for p in paths if path == p or path.startswith(p.rstrip("/") + "/")),
        key=len,
        default=None,
    )
    return None if best is None else Path(paths[best] + path[len(best.rstrip("/")) :])


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _top(path: str) -> str:
    return "/" + path.strip("/").partition("/")[0]


def _bad(subject: str, words: str) -> Finding:
    return Finding(subject=subject, is_good=False, words=words)
