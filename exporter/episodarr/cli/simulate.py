"""``episodarr simulate``: only the simulated systems, on given ports, of any size."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import shlex
import signal
from pathlib import Path

import click

from episodarr.simulator import Scenario, Simulation

PORT_NAMES = ("sonarr", "qbittorrent", "jellyfin", "shoko", "jellyseerr", "control")


def _ports(scenario: Scenario, base: int | None, given: dict[str, int | None]) -> dict[str, int]:
    """The ports of all systems: consecutive from the base, single ones as given."""
    names = [f"sonarr.{options.name}" for options in scenario.sonarrs]
    names += [f"qbittorrent.{options.name}" for options in scenario.qbittorrents]
    names += ["jellyfin", "shoko", "jellyseerr", "control"]
    ports = {name: base + offset for offset, name in enumerate(names)} if base else {}
    for short, port in given.items():
        if port is not None:
            first = next(name for name in names if name == short or name.startswith(f"{short}."))
            ports[first] = port
    return ports


def _announce(simulation: Simulation, *, as_json: bool) -> None:
    urls, environment = simulation.urls, simulation.environment()
    if as_json:
        click.echo(json.dumps({"urls": urls, "environment": environment}))
        return
    click.echo("The simulated systems are up:")
    width = max(len(name) for name in urls)
    for name, url in urls.items():
        click.echo(f"  {name:<{width}}  {url}")
    click.echo("\nAn exporter sees them with:")
    for key, value in environment.items():
        click.echo(f"export {key}={shlex.quote(value)}")
    click.echo("\nCtrl-C stops them.")


async def _run(simulation: Simulation, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    # The library stays; the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    async with simulation:
        _announce(simulation, as_json=as_json)
        await stop.wait()


def _scenario(
    seed: int,
    series: int | None,
    episodes: int | None,
    active: int | None,
    torrents: int | None,
    moving: float,
    requests: int | None,
    *,
    all_active: bool,
) -> Scenario:
    if series is None:
        if any(value is not None for value in (episodes, active, torrents, requests)):
            message = "--episodes, --active, --torrents and --requests need --series"
            raise click.UsageError(message)
        return Scenario.default(seed=seed)
    in_flight = active or 0
    try:
        return Scenario.sized(
            series=series,
            episodes=episodes if episodes is not None else series * 60,
            active=in_flight,
            torrents=torrents if torrents is not None else in_flight,
            seed=seed,
            moving=moving,
            requests=requests or 0,
            all_active=all_active,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@click.command(short_help="Run only the simulated systems.")
@click.option("--seed", type=int, default=1, show_default=True, help="Varies names and sizes.")
@click.option("--series", type=click.IntRange(min=1), help="Series; without it the demo's library.")
@click.option("--episodes", type=click.IntRange(min=1), help="Episodes in all; 60 per series.")
@click.option("--active", type=click.IntRange(min=0), help="Episodes being downloaded; 0.")
@click.option("--torrents", type=click.IntRange(min=0), help="In so many torrents; one each.")
@click.option("--requests", type=click.IntRange(min=0), help="Series that were requested; 0.")
@click.option(
    "--moving",
    type=click.FloatRange(0.0, 1.0),
    default=0.05,
    show_default=True,
    help="Share of the torrents that receives bytes, with --series.",
)
@click.option(
    "--all-active", is_flag=True, help="Every season had an episode today, with --series."
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.0),
    default=1.0,
    show_default=True,
    help="How much faster than the clock things happen.",
)
@click.option("--port-base", type=click.IntRange(1, 65000), help="First of consecutive ports.")
@click.option("--sonarr-port", type=click.IntRange(0, 65535), help="The first Sonarr's port.")
@click.option("--qbittorrent-port", type=click.IntRange(0, 65535))
@click.option("--jellyfin-port", type=click.IntRange(0, 65535))
@click.option("--shoko-port", type=click.IntRange(0, 65535))
@click.option("--jellyseerr-port", type=click.IntRange(0, 65535))
@click.option("--control-port", type=click.IntRange(0, 65535))
@click.option(
    "--media-root",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for real (sparse) media files; without it the disk is imagined.",
)
@click.option("--webhook-url", help="Sonarr's webhooks go there; the instance's name is appended.")
@click.option("--json", "as_json", is_flag=True, help="Print URLs and environment as one line.")
def simulate(
    seed: int,
    series: int | None,
    episodes: int | None,
    active: int | None,
    torrents: int | None,
    requests: int | None,
    moving: float,
    speed: float,
    port_base: int | None,
    media_root: Path | None,
    webhook_url: str | None,
    all_active: bool,  # noqa: FBT001 -- click passes options by name
    as_json: bool,  # noqa: FBT001 -- click passes options by name
    **single_ports: int | None,
) -> None:
    """Run simulated Sonarr, qBittorrent, Jellyfin, Shoko and Jellyseerr until interrupted.

    Without --series they hold the library of the demo; with it one of that size, for measuring.
    Faults and events are switched on at the control port.
    """
    scenario = _scenario(
        seed, series, episodes, active, torrents, moving, requests, all_active=all_active
    )
    given = {name: single_ports.get(f"{name}_port") for name in PORT_NAMES}
    simulation = Simulation(
        scenario,
        media_root=media_root,
        speed=speed,
        ports=_ports(scenario, port_base, given),
        webhook_url=webhook_url,
    )
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_run(simulation, as_json=as_json))
    except OSError as error:
        message = f"cannot open a port: {error.strerror or error}"
        raise click.ClickException(message) from error
