"""`episodarr init`: asks for addresses and keys, tries each at once, and writes the configuration."""

import asyncio
import secrets
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

import click

from episodarr.app.clients import Clients
from episodarr.cli.configuration import EXIT_CONFIGURATION, NOTHING_YET, settings_from
from episodarr.cli.setup.check import drawn, media_option
from episodarr.cli.setup.findings import Finding, bad
from episodarr.cli.setup.folders import Proving, roots_of
from episodarr.cli.setup.questions import OTHERS, SONARR, SystemQuestions
from episodarr.cli.setup.reaching import reach_others, reach_sonarr
from episodarr.cli.setup.suggested import json_text
from episodarr.cli.setup.written import as_env, as_toml, write
from episodarr.cli.terminal.output import print_text
from episodarr.errors import SettingsError, UpstreamError
from episodarr.settings import Settings

type Variables = dict[str, str]


@click.command(short_help="Ask for addresses and keys, try them, write the configuration.")
@click.argument("path", default=".env", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@media_option
def init(path: Path, *, force: bool, media: tuple[str, ...]) -> None:
    """Ask for the systems' addresses and keys, try each at once, and write PATH (.env).

    A PATH that ends with .toml is written as TOML, to be named in EPISODARR_CONFIG. Only its owner
    can read the file. Exit code 2 without a terminal, or where the file is there already.
    """
    if not sys.stdin.isatty():
        click.echo("episodarr init asks on a terminal, and here is none. " + NOTHING_YET, err=True)
        sys.exit(EXIT_CONFIGURATION)
    if path.exists() and not force:
        print_text(f"{path} is there already: name another file, or give --force", err=True)
        sys.exit(EXIT_CONFIGURATION)
    variables = ask(media or None)
    try:
        write(path, (as_toml if path.suffix == ".toml" else as_env)(variables))
    except OSError as error:
        print_text(f"{path} cannot be written: {error.strerror}; name another place", err=True)
        sys.exit(EXIT_CONFIGURATION)
    print_text(f"\nWritten: {path}, readable by you only. Next: {_next(path)}")


def ask(media: Sequence[str] | None = None) -> Variables:
    """All answers, as variables of the environment; `media` as for `check`."""
    click.echo("Each system is tried at once. An empty address leaves a system out.\n")
    variables = _ask_system(SONARR, {}, is_needed=True)
    while click.confirm("Another Sonarr?", default=False):
        name = click.prompt("  Its name (a word, as in anime)", type=str).strip().lower()
        variables |= _ask_system(SONARR, variables, instance=name)
    for system in OTHERS:
        variables |= _ask_system(system, variables)
    paths = asyncio.run(_paths(settings_from(variables), media))
    if paths:
        variables["EPISODARR_PATHS"] = json_text(paths)
    return {**variables, "EPISODARR_WEB__SECRET": secrets.token_hex(20)}


def _ask_system(
    system: SystemQuestions,
    known: Mapping[str, str],
    *,
    instance: str = "",
    is_needed: bool = False,
) -> Variables:
    """The variables of one system that answered, or that shall be kept as they are."""
    for tries in count(1):
        answers = _answers(system, instance, is_needed=is_needed)
        if not answers:
            return {}
        finding = _tried(system, instance, {**known, **answers})
        click.echo(drawn(finding))
        if finding.is_good:
            return answers
        if tries == system.tries:
            click.echo("  It is kept as it is: one more refused login could ban this address.")
            return answers
        if click.confirm("  Keep it all the same?", default=False):
            return answers
    raise AssertionError


def _answers(system: SystemQuestions, instance: str, *, is_needed: bool) -> Variables:
    shown = f"{system.shown_name} {instance}".rstrip()
    words = f"{shown}: address (as in {system.example})"
    url = click.prompt(words, default=None if is_needed else "", show_default=False).strip()
    if not url:
        return {}
    prefix = system.prefix(instance)
    answers = {f"{prefix}URL": url if "://" in url else f"http://{url}"}
    for question in system.others:
        if question.unless and answers.get(prefix + question.unless):
            continue
        value = click.prompt(
            f"  {question.words}", default="", show_default=False, hide_input=question.is_secret
        ).strip()
        if value:
            answers[prefix + question.key] = value
    return answers


def _tried(system: SystemQuestions, instance: str, variables: Mapping[str, str]) -> Finding:
    name = instance or system.instance
    subject = f"{system.section} {name}".rstrip()
    try:
        settings = settings_from(variables)
    except SettingsError as error:
        return bad(subject, "; ".join(error.problems))
    if system is SONARR:
        return asyncio.run(_reach_sonarr(settings, name))
    alone = settings.model_copy(
        update={other.section: {} if other.instance else None for other in OTHERS}
        | {system.section: getattr(settings, system.section)}
    )
    return asyncio.run(reach_others(alone))[0]


async def _reach_sonarr(settings: Settings, name: str) -> Finding:
    try:
        client = Clients(settings).sonarr(name)
    except SettingsError as error:
        return bad(f"sonarr {name}", str(error))
    try:
        return await reach_sonarr(name, client)
    finally:
        await client.aclose()


async def _paths(settings: Settings, media: Sequence[str] | None) -> Mapping[str, str]:
    """Where Sonarr's root folders lie on this machine, if not under their own names."""
    found: dict[str, str] = {}
    proving = Proving({}, media)
    for name in sorted(settings.sonarr):
        client = Clients(settings).sonarr(name)
        try:
            folders = await client.fetch_root_folders()
            roots = roots_of(folders, await client.fetch_series())
            finding = await proving.prove(f"files of {name}", roots, client.fetch_episode_files)
        except UpstreamError as error:
            finding = bad(f"files of {name}", error.message)
        finally:
            await client.aclose()
        click.echo(drawn(finding))
        found |= finding.paths
    return found


def _next(path: Path) -> str:
    if path.suffix == ".toml":
        return f"EPISODARR_CONFIG={path.resolve()} episodarr check, and then episodarr serve"
    shown = path if path.is_absolute() else f"./{path}"
    return f"set -a; . {shown}; set +a; episodarr check, and then episodarr serve"
