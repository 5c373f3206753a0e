"""The configuration of a command: loaded, or its faults on standard error and exit code 2."""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

import click

from episodarr.cli.terminal.output import print_text
from episodarr.errors import NothingConfigured, SettingsError
from episodarr.settings import PREFIX, Settings, load_settings

EXIT_CONFIGURATION = 2
NOTHING_YET = (
    "No Sonarr is configured yet: set these two, or let “episodarr init” ask on a terminal.\n"
    "  EPISODARR_SONARR__TV__URL=http://sonarr:8989\n"
    "  EPISODARR_SONARR__TV__API_KEY=…   (in Sonarr: Settings → General → Security)"
)
"""Three lines for the first start."""


def settings_or_exit() -> Settings:
    """The configuration; where it is wrong, its faults on standard error and exit code 2."""
    try:
        return load_settings()
    except SettingsError as error:
        refuse(error)


def settings_from(variables: Mapping[str, str]) -> Settings:
    """The configuration that these variables give, and nothing else of this environment.

    Raises:
        SettingsError: they give none.
    """
    for name in [n for n in os.environ if n.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(variables)
    return load_settings()


def refuse(error: SettingsError) -> NoReturn:
    """Print every fault of the configuration, or what a first start needs, and end."""
    if isinstance(error, NothingConfigured):
        click.echo(NOTHING_YET, err=True)
        sys.exit(EXIT_CONFIGURATION)
    click.echo("The configuration cannot be used:", err=True)
    for problem in error.problems:
        print_text(f"  {problem}", err=True)
    sys.exit(EXIT_CONFIGURATION)
