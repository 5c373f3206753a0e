"""`episodarr demo`: the main job against simulated systems, to be watched."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from episodarr.app import Application, build
from episodarr.cli.configuration import refuse, settings_from
from episodarr.cli.serve import shown_address
from episodarr.cli.terminal.draw import Lines, draw_deletions, draw_status, row_lines
from episodarr.cli.terminal.pages import PagedScreen
from episodarr.errors import SettingsError
from episodarr.logs import set_up
from episodarr.model.view import Snapshot
from episodarr.runtime.listening import LISTEN_VARIABLE, bound_socket
from episodarr.settings import Settings, secrets_of
from episodarr.simulator import Scenario, Simulation
from episodarr.simulator.simulation import WEB_SECRET
from episodarr.views.deletion_documents import deletion_summary, in_order
from episodarr.views.deletion_tree import verdict_sentence
from episodarr.views.documents import (
    downloads_by_series,
    is_under_way,
    requests_by_series,
    series_document,
    series_list_head,
)
from episodarr.views.text import plain
from episodarr.views.tree import series_picture

DEFAULT_PORT = 10987
REDRAW_SECONDS = 1.0
CYCLE_SECONDS = 2
START_LOOK_SECONDS = 0.25
LONGEST_START_LOOKS = 240
DELETION_SECONDS = {
    "DEADLINE_SONARR": 20,
    "DEADLINE_DISK": 20,
    "DEADLINE_JELLYFIN_RESCAN": 120,
    "DEADLINE_SHOKO": 30,
    "DEADLINE_JELLYSEERR": 150,
    "CHECK": 2,
}
"""At speed 1: short enough to be watched, and longer than the simulated systems lag."""


@click.command(short_help="Watch the exporter with simulated systems.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Of the page and metrics; 0 is any free one."
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1),
    default=1.0,
    show_default=True,
    help="How much faster than the clock things happen.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Varies names and sizes.")
@click.option("--seconds", type=click.FloatRange(min=1), help="Stop by itself after so long.")
def demo(port: int | None, speed: float, seed: int, seconds: float | None) -> None:
    """Run the exporter against simulated systems and show the tree of episodes, live.

    Nothing real is touched. Where the output is no terminal, a line is printed for each change.
    Ctrl-C stops everything.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="episodarr-demo-") as folder:
            asyncio.run(_demo(folder, port, speed, seed, seconds))
    except SettingsError as error:
        refuse(error)
    except KeyboardInterrupt:
        click.echo(err=True)


async def _demo(
    folder: str, port: int | None, speed: float, seed: int, seconds: float | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    shell = dict(os.environ)
    chosen = usual_port(shell.get(LISTEN_VARIABLE, "")) if port is None else port
    simulation = Simulation(Scenario.default(seed=seed), media_root=f"{folder}/media", speed=0)
    async with simulation:
        settings = _settings(simulation.environment(), folder, chosen, speed)
        # On a terminal a line of the log would stand in the middle of the picture.
        set_up("error" if sys.stdout.isatty() else "warning", secrets_of(settings))
        sock = bound_socket(settings.web.host, settings.web.port, f"--port {chosen}")
        address = shown_address(sock.getsockname())
        simulation.send_webhooks_to(f"http://{address}/webhooks/sonarr")
        application = build(settings)
        _introduce(address, simulation.urls, shell)
        beside = (
            asyncio.create_task(_show(application, address)),
            asyncio.create_task(_begin(simulation, application, speed)),
        )
        try:
            await application.run(sock, stop)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
    click.echo("The demo is over; nothing is left of it.", err=True)


def usual_port(listen_of_shell: str, usual: int = DEFAULT_PORT) -> int:
    """The usual port; 0 for any free one where it is taken, which is printed."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", usual))
        except OSError:
            is_ours = listen_of_shell.rpartition(":")[2] == str(usual)
            by = f" by {LISTEN_VARIABLE} of this shell" if is_ours else ""
            click.echo(f"Port {usual} is taken{by}, so the demo takes a free one.", err=True)
            return 0
    return usual


def _settings(environment: Mapping[str, str], folder: str, port: int, speed: float) -> Settings:
    """The configuration of the demo; the shell's own configuration is ignored."""
    own = {
        **environment,
        "EPISODARR_WEB__LISTEN": f"127.0.0.1:{port}",
        "EPISODARR_STATE_DIR": f"{folder}/state",
        "EPISODARR_CYCLE_SECONDS": str(CYCLE_SECONDS),
        "EPISODARR_LIBRARY_SECONDS": "10",
        "EPISODARR_REQUESTS_SECONDS": "10",
        "EPISODARR_DELETION__RESCAN_SHOKO": "true",
        "EPISODARR_DELETION__RESCAN_JELLYFIN": "true",
        **{
            f"EPISODARR_DELETION__{name}_SECONDS": str(seconds / speed)
            for name, seconds in DELETION_SECONDS.items()
        },
    }
    return settings_from(own)


def _introduce(address: str, urls: Mapping[str, str], shell: Mapping[str, str]) -> None:
    click.echo(f"The page:     http://{address}/")
    click.echo(f"The metrics:  http://{address}/metrics")
    click.echo(f"The API:      http://{address}/api/v1/series")
    click.echo(f"Simulated:    {', '.join(sorted(urls))}; faults at {urls['control']}")
    elsewhere = {LISTEN_VARIABLE, "EPISODARR_URL", "EPISODARR_CONFIG"} & shell.keys()
    is_usual = address.endswith(f":{DEFAULT_PORT}") and not elsewhere
    url = "" if is_usual else f"EPISODARR_URL=http://{address} "
    click.echo(f"In another terminal: {url}{_command()} status --watch")
    click.echo(f"For what needs a secret: EPISODARR_WEB__SECRET={WEB_SECRET}")
    click.echo("Ctrl-C stops it.\n")


async def _begin(simulation: Simulation, application: Application, speed: float) -> None:
    """Let things happen once there is an inventory, however slow this machine is.

    A series that is deleted before that can never be verified.
    """
    for _ in range(LONGEST_START_LOOKS):
        if _is_inventoried(application.published.snapshot):
            break
        await asyncio.sleep(START_LOOK_SECONDS)
    simulation.world.speed = speed


def _is_inventoried(snapshot: Snapshot) -> bool:
    pending = snapshot.inventory_pending_by_sonarr
    return snapshot.is_complete and bool(pending) and not any(pending.values())


def _command() -> str:
    """This program, as it can be called from this folder."""
    if shutil.which("episodarr"):
        return "episodarr"
    called = Path(sys.argv[0])
    if called.name != "episodarr":
        return "python -m episodarr"
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)


async def _show(application: Application, address: str) -> None:
    console = Console(file=sys.stdout, highlight=False)
    if console.is_terminal:
        await _show_live(console, application, address)
    else:
        await _show_lines(application)


async def _show_live(console: Console, application: Application, address: str) -> None:
    head = [Text(f"Page http://{address}/   metrics http://{address}/metrics", "dim"), Text()]
    with PagedScreen(console, time.monotonic) as screen:
        while True:
            screen.show(head, picture(application.published.snapshot, console.width))
            await asyncio.sleep(REDRAW_SECONDS)


def picture(snapshot: Snapshot, width: int | None) -> Lines:
    """Everything under way, and every deletion."""
    requests = requests_by_series(snapshot.requests)
    downloads = downloads_by_series(snapshot.downloads)
    series = [
        series_document(view, requests.get(key, []), downloads.get(key, []))
        for key, view in snapshot.series_by_key.items()
        if is_under_way(view, requests.get(key, []))
    ]
    lines = draw_status(series_list_head(snapshot), series, [], snapshot.at, width)
    if snapshot.deletions:
        summaries = [deletion_summary(view) for view in in_order(snapshot)]
        lines = [*lines, Text(), *draw_deletions(summaries, snapshot.at, width)]
    return lines


async def _show_lines(application: Application) -> None:
    shown: dict[str, str] = {}
    while True:
        snapshot = application.published.snapshot
        for key, line in _lines_by_key(snapshot, snapshot.at):
            if shown.get(key) != line:
                shown[key] = line
                click.echo(line)
        sys.stdout.flush()
        await asyncio.sleep(REDRAW_SECONDS)


def _lines_by_key(snapshot: Snapshot, now: datetime) -> Iterator[tuple[str, str]]:
    requests = requests_by_series(snapshot.requests)
    for key, view in snapshot.series_by_key.items():
        asked = requests.get(key, [])
        if view.tally is not None and is_under_way(view, asked):
            drawn = series_picture(series_document(view, asked, []), now)
            for row, line in row_lines(drawn).items():
                yield f"{key} {row}", line
    for deletion in in_order(snapshot):
        summary = deletion_summary(deletion)
        line = f"{plain(summary.series)}: {summary.status}, {verdict_sentence(summary)}"
        yield f"deletion {deletion.deletion_id}", line
