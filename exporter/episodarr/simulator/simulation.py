"""All simulated systems, running: ports, time, faults, webhooks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp

from episodarr.simulator.scenarios.scenario import Scenario
from episodarr.simulator.servers.control import ControlApp
from episodarr.simulator.servers.courier import Courier, Deliveries
from episodarr.simulator.servers.faults import Fault
from episodarr.simulator.servers.jellyfin.app import JellyfinApp
from episodarr.simulator.servers.listener import HOST, Gate, Listener
from episodarr.simulator.servers.qbittorrent.app import QBittorrentApp
from episodarr.simulator.servers.request_counts import RequestCounts
from episodarr.simulator.servers.seerr.app import SeerrApp
from episodarr.simulator.servers.shoko.app import ShokoApp
from episodarr.simulator.servers.sonarr.app import SonarrApp
from episodarr.simulator.times import Clock, wall_clock
from episodarr.simulator.world import World

WEB_SECRET = "demo-episodarr-secret"  # noqa: S105 -- a made-up constant of the demo
WEBHOOK_USER = "sonarr"
TICK_SECONDS = 0.2


class Simulation:
    """Every system of a scenario on a port of its own; an asynchronous context manager.

    Args:
        scenario: What there is.
        media_root: A folder for real, sparse media files; without one the disk is imagined.
        speed: How many script seconds pass in a second.
        clock: The present; a test may drive it.
        ports: Fixed ports by system; every other system gets a free one.
        webhook_url: Where the Sonarrs send their webhooks; the instance's name is appended, and the
            demo's secret goes as Basic auth.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        media_root: Path | str | None = None,
        speed: float = 1.0,
        clock: Clock = wall_clock,
        ports: Mapping[str, int] | None = None,
        webhook_url: str | None = None,
    ) -> None:
        self.scenario = scenario
        self.media_root = Path(media_root) if media_root is not None else None
        self.requests = RequestCounts()
        self._clock = clock
        self._ports = dict(ports or {})
        self._world = scenario.build(clock(), speed=speed, media_root=self.media_root)
        self._hollow = scenario.hollow().build(clock(), speed=speed)
        self._gates: dict[str, Gate] = {}
        self._listeners: dict[str, Listener] = {}
        self._courier = Courier(self._world)
        self._task: asyncio.Task[None] | None = None
        self.send_webhooks_to(webhook_url)

    @property
    def world(self) -> World:
        """The shared state, with every event as a method."""
        return self._world

    @property
    def deliveries(self) -> Deliveries:
        """How many webhooks arrived and how many were lost."""
        return self._courier.deliveries

    @property
    def urls(self) -> dict[str, str]:
        """The URL of every system, base paths included, and of the control port."""
        urls = {name: f"http://{HOST}:{one.port}" for name, one in self._listeners.items()}
        for options in self.scenario.sonarrs:
            urls[f"sonarr.{options.name}"] += options.url_base
        return urls

    def send_webhooks_to(self, url: str | None) -> None:
        """Sets the address of all Sonarrs' webhooks; nothing is sent without one."""
        for state in self._world.sonarrs.values():
            target = f"{url.rstrip('/')}/{state.options.name}" if url else None
            state.options = replace(
                state.options,
                webhook_url=target,
                webhook_username=WEBHOOK_USER,
                webhook_password=WEB_SECRET,
            )

    def environment(self) -> dict[str, str]:
        """The variables that point an exporter at this simulation."""
        urls = self.urls
        values = {"EPISODARR_WEB__SECRET": WEB_SECRET}
        for options in self.scenario.sonarrs:
            prefix = f"EPISODARR_SONARR__{options.name.upper()}__"
            values[f"{prefix}URL"] = urls[f"sonarr.{options.name}"]
            values[f"{prefix}API_KEY"] = options.api_key
        for client in self.scenario.qbittorrents:
            prefix = f"EPISODARR_QBITTORRENT__{client.name.upper()}__"
            values[f"{prefix}URL"] = urls[f"qbittorrent.{client.name}"]
            values[f"{prefix}USERNAME"] = client.username
            values[f"{prefix}PASSWORD"] = client.password
        for name, system in (
            ("jellyfin", self.scenario.jellyfin),
            ("shoko", self.scenario.shoko),
            ("jellyseerr", self.scenario.jellyseerr),
        ):
            if system is not None:
                values[f"EPISODARR_{name.upper()}__URL"] = urls[name]
                values[f"EPISODARR_{name.upper()}__API_KEY"] = system.api_key
        if self.media_root is not None:
            roots = {root: str(self._world.disk.real(root)) for root in self._world.disk.roots}
            values["EPISODARR_PATHS"] = json.dumps(roots)
        return values

    def tick(self) -> None:
        """Moves the world to the present."""
        now = self._clock()
        self._world.advance(now)
        self._hollow.advance(now)

    def _apps(self, world: World) -> dict[str, ASGIApp]:
        apps: dict[str, ASGIApp] = {}
        for name, state in world.sonarrs.items():
            apps[f"sonarr.{name}"] = SonarrApp(world, state)
        for client in self.scenario.qbittorrents:
            app = QBittorrentApp(world, world.clients[client.name], client)
            apps[f"qbittorrent.{client.name}"] = app
        if world.jellyfin is not None:
            apps["jellyfin"] = JellyfinApp(world, world.jellyfin)
        if world.shoko is not None:
            apps["shoko"] = ShokoApp(world, world.shoko)
        if world.seerr is not None:
            apps["jellyseerr"] = SeerrApp(world, world.seerr)
        return apps

    async def __aenter__(self) -> Self:
        """Opens all ports."""
        hollow = self._apps(self._hollow)
        for name, app in self._apps(self._world).items():
            gate = Gate(name, (app, hollow[name]), self.requests, self.tick, self._clock)
            self._gates[name] = gate
            self._listeners[name] = Listener(gate, self._ports.get(name, 0))
        control = ControlApp(self).app()
        self._listeners["control"] = Listener(control, self._ports.get("control", 0))
        try:
            for listener in self._listeners.values():
                listener.open()
        except OSError:
            await self._close_all()
            raise
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes all ports."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._close_all()

    async def _close_all(self) -> None:
        await asyncio.gather(*(listener.aclose() for listener in self._listeners.values()))
        await self._courier.aclose()

    async def _run(self) -> None:
        while True:
            self.tick()
            await self._courier.deliver()
            await asyncio.sleep(TICK_SECONDS)

    async def flush_webhooks(self) -> None:
        """Sends what waits to be sent, for tests that cannot wait for the next tick."""
        self.tick()
        await self._courier.deliver()

    def fault(
        self,
        system: str,
        kind: str,
        *,
        seconds: float = 0.0,
        status: int = 500,
        path_prefix: str = "/",
    ) -> None:
        """Switches a fault on; see ``Fault`` for the kinds.

        A qBittorrent that cannot be used any more is unavailable to its Sonarr too.

        Raises:
            KeyError: There is no such system.
            ValueError: There is no such fault.
        """
        gate = self._gates[system]
        fault = Fault(kind=kind, seconds=seconds, status=status, path_prefix=path_prefix)
        gate.active.faults.append(fault)
        self._apply(system)

    def clear_faults(self, system: str | None = None) -> None:
        """Switches the faults of one system off, or of all.

        Raises:
            KeyError: There is no such system.
        """
        for name in list(self._gates) if system is None else [system]:
            self._gates[name].active.faults.clear()
            self._apply(name)

    def faults(self) -> dict[str, list[Fault]]:
        """The faults that are on, by system."""
        found = {name: list(gate.active.faults) for name, gate in self._gates.items()}
        return {name: faults for name, faults in found.items() if faults}

    def _apply(self, system: str) -> None:
        active = self._gates[system].active
        listener = self._listeners[system]
        if active.refused:
            listener.close()
        else:
            listener.open()
        reachable = not any(fault.breaks for fault in active.faults)
        if reachable:
            self._world.unreachable.discard(system)
        else:
            self._world.unreachable.add(system)
        if system.startswith("qbittorrent."):
            name = system.partition(".")[2]
            if self._world.clients[name].reachable != reachable:
                self._world.set_client(name, reachable=reachable)
