"""The configuration of a command: loaded, or its faults on standard error and exit code 2."""

import sys
from typing import NoReturn

import click

from episodarr.cli.output import say
from episodarr.errors import SettingsError
from episodarr.settings import Settings, load_settings

EXIT_CONFIGURATION = 2


def settings_or_exit() -> Settings:
    """The configuration; where it is wrong, its faults on standard error and exit code 2."""
    try:
        return load_settings()
    except SettingsError as error:
        refuse(error)


def refuse(error: SettingsError) -> NoReturn:
    """Print every fault of the configuration and end."""
    click.echo("The configuration cannot be used:", err=True)
    for problem in error.problems:
        say(f"  {problem}", err=True)
    sys.exit(EXIT_CONFIGURATION)
