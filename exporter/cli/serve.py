"""`episodarr serve`: the main job."""

import asyncio
import signal
import sys
from typing import NoReturn

import click

from exporter.app import build
from exporter.app.listening import bound_socket
from exporter.app.serving import run
from exporter.cli.output import say
from exporter.errors import SettingsError
from exporter.logs import set_up
from exporter.settings import Settings, load_settings, secrets_of

EXIT_CONFIGURATION = 2


@click.command(short_help="Run the exporter: the main job.")
def serve() -> None:
    """Run the exporter with the configuration of the environment and EPISODARR_CONFIG.

    Stops on SIGINT and SIGTERM with exit code 0; a configuration that cannot be used ends with 2.
    """
    settings = settings_or_exit()
    set_up(settings.log_level, secrets_of(settings))
    try:
        asyncio.run(serve_until_signal(settings))
    except SettingsError as error:
        refuse(error)


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


async def serve_until_signal(settings: Settings) -> None:
    """Serve until this process is asked to stop.

    Raises:
        SettingsError: a port is taken, or a certificate cannot be used.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    sock = bound_socket(settings)
    application = build(settings)
    click.echo(f"episodarr listens on http://{shown_address(sock.getsockname())}", err=True)
    await run(application, sock, stop)


def shown_address(name: tuple[object, ...]) -> str:
    """A bound address as people would type it."""
    host, port = str(name[0]), name[1]
    if host in {"::", "0.0.0.0", ""}:  # noqa: S104  only to show it
        host = "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
