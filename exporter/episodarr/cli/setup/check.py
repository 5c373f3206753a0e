"""`episodarr check`: is everything configured reachable, allowed in, and in the same place on disk."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

import click

from episodarr.app.clients import Clients
from episodarr.cli.configuration import settings_or_exit
from episodarr.cli.serve import MAKE_YOUR_OWN
from episodarr.cli.setup.findings import Finding, bad, good
from episodarr.cli.setup.folders import Proving, listed_by_jellyfin, roots_of
from episodarr.cli.setup.reaching import reach_others, reach_sonarr
from episodarr.cli.setup.suggested import CONFIG_VARIABLE, lines_to_add
from episodarr.cli.terminal.output import print_text
from episodarr.errors import SettingsError, UpstreamError
from episodarr.settings import Settings
from episodarr.systems.jellyfin.records import JellyfinSeries
from episodarr.systems.sonarr.client import SonarrClient
from episodarr.views.text import escaped

EXIT_TROUBLE = 1


media_option = click.option(
    "--media",
    multiple=True,
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Search Sonarr's folders only in here; without it, in all that is mounted.",
)


@click.command(short_help="Is everything configured right and within reach?")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for programs.")
@media_option
def check(*, as_json: bool, media: tuple[str, ...]) -> None:
    """Check the configuration, reach every system, and find real files through the path mappings.

    What is missing and was found ends it, as lines for the configuration. Exit code 0 when all is
    well, 1 when something is not, 2 when the configuration is wrong.
    """
    settings = settings_or_exit()
    findings = asyncio.run(examine(settings, media or None))
    lines = lines_to_add(
        findings,
        settings.paths,
        has_published_secret=_is_secret_to_change(settings),
        is_toml=CONFIG_VARIABLE in os.environ and "EPISODARR_PATHS" not in os.environ,
    )
    if as_json:
        click.echo(json.dumps({"checks": [_shown(f) for f in findings], "add": lines}, indent=2))
    else:
        for finding in findings:
            click.echo(drawn(finding))
        if lines:
            click.echo("\nAdd to the configuration, in place of lines that set the same:\n")
        for line in lines:
            print_text(line)
    sys.exit(0 if all(f.is_good for f in findings) else EXIT_TROUBLE)


def _shown(finding: Finding) -> dict[str, object]:
    return {"subject": finding.subject, "is_good": finding.is_good, "words": finding.words}


def drawn(finding: Finding) -> str:
    """The line for a terminal, with control characters from a system's answer escaped."""
    mark = click.style("✓", fg="cyan") if finding.is_good else click.style("✗", fg="red")
    return f"{mark} {escaped(f'{finding.subject:<22} {finding.words}')}"


async def examine(settings: Settings, starts: Sequence[str] | None = None) -> list[Finding]:
    """Every finding, in the order of the configuration; nothing is changed anywhere.

    `starts` are the folders in which Sonarr's are searched: what is mounted, if not given.
    """
    proving = Proving(settings.paths, starts)
    findings = [good("configuration", "is complete")]
    if _is_secret_to_change(settings):
        words = f"EPISODARR_WEB__SECRET is the demo's, which is public: {MAKE_YOUR_OWN}"
        findings.append(bad("secret", words))
    jellyfin = await _series_of_jellyfin(settings) if settings.sonarr else None
    for name in sorted(settings.sonarr):
        try:
            client = Clients(settings).sonarr(name)
        except SettingsError as error:
            findings.append(bad(f"sonarr {name}", str(error)))
            continue
        findings += await _examine_sonarr(name, client, jellyfin, proving)
        await client.aclose()
    return findings + await reach_others(settings)


def _is_secret_to_change(settings: Settings) -> bool:
    return settings.web.has_published_secret and not _is_demo(settings)


def _is_demo(settings: Settings) -> bool:
    """Whether all Sonarrs are on this machine, as the simulated ones are."""
    hosts = {urlsplit(section.url).hostname for section in settings.sonarr.values()}
    return hosts <= {"127.0.0.1", "::1", "localhost"}


async def _examine_sonarr(
    name: str,
    client: SonarrClient,
    jellyfin: Sequence[JellyfinSeries] | None,
    proving: Proving,
) -> list[Finding]:
    """Whether it answers, whether its files are in place, and what Jellyfin lists of them."""
    findings = [await reach_sonarr(name, client)]
    if not findings[0].is_good:
        return findings
    subject = f"files of {name}"
    try:
        folders = await client.fetch_root_folders()
        roots = roots_of(folders, await client.fetch_series())
        findings.append(await proving.prove(subject, roots, client.fetch_episode_files))
    except UpstreamError as error:
        return [*findings, bad(subject, error.message)]
    if jellyfin is not None:
        findings.append(listed_by_jellyfin(f"jellyfin for {name}", roots, jellyfin))
    return findings


async def _series_of_jellyfin(settings: Settings) -> Sequence[JellyfinSeries] | None:
    """All series that Jellyfin lists; None if it is not configured or fails, which is reported apart."""
    if settings.jellyfin is None:
        return None
    try:
        client = Clients(settings).jellyfin(settings.jellyfin)
    except SettingsError:
        return None
    try:
        return await client.fetch_all_series()
    except UpstreamError:
        return None
    finally:
        await client.aclose()
