"""`episodarr serve`: the main job."""

import asyncio
import logging
import os
import signal
import sys

import click

from episodarr.app import build
from episodarr.app.storing import own_state
from episodarr.cli.configuration import refuse, settings_or_exit
from episodarr.cli.terminal.output import print_text
from episodarr.errors import SettingsError, StoreInUse
from episodarr.logs import set_up
from episodarr.runtime.ending import Ending
from episodarr.runtime.listening import bound_socket
from episodarr.runtime.lookups import OwnLookups
from episodarr.settings import Settings, secrets_of

log = logging.getLogger(__name__)

MAKE_YOUR_OWN = "make your own, as with openssl rand -hex 20"
EXIT_IN_USE = 3


@click.command(short_help="Run the exporter: the main job.")
def serve() -> None:
    """Run the exporter with the configuration of the environment and EPISODARR_CONFIG.

    Stops on SIGINT and SIGTERM with exit code 0, within five seconds; a configuration that cannot be
    used ends with 2, a state directory that another process owns with 3. SIGHUP opens the
    log anew and has refused logins tried again.
    """
    settings = settings_or_exit()
    set_up(settings.log_level, secrets_of(settings))
    os.umask(0o077)  # Files it writes are readable by its own user only.
    if settings.web.has_published_secret:
        log.warning("EPISODARR_WEB__SECRET is the demo's, which is public: %s", MAKE_YOUR_OWN)
    # Logged before it is done: on a dead mount this line is the last one.
    log.info("opening the state directory %s", settings.state_dir)
    try:
        own_state(settings)
        asyncio.run(serve_until_signal(settings, Ending()), loop_factory=OwnLookups)
    except SettingsError as error:
        refuse(error)
    except StoreInUse as error:
        print_text(str(error), err=True)
        sys.exit(EXIT_IN_USE)


async def serve_until_signal(settings: Settings, ending: Ending | None = None) -> None:
    """Serve until this process is asked to stop; `ending` sees to it that it then does.

    Raises:
        SettingsError: a port is taken, or a certificate cannot be used.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        if ending is not None:
            ending.begin()

    # Until all is built, a signal ends the process as any other: the store may hang in there.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sock = bound_socket(settings.web.host, settings.web.port)
    application = build(settings)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, application.renew)
    click.echo(f"episodarr listens on http://{shown_address(sock.getsockname())}", err=True)
    await application.run(sock, stop)


def shown_address(name: tuple[object, ...]) -> str:
    """A bound address as people would type it."""
    host, port = str(name[0]), name[1]
    if host in {"::", "0.0.0.0", ""}:  # noqa: S104  only to show it
        host = "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
