"""The control port: read the counts, switch faults, run events."""

from __future__ import annotations

from typing import Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from episodarr.simulator.servers.answers import json_answer
from episodarr.simulator.servers.faults import Fault
from episodarr.simulator.servers.request_counts import RequestCounts
from episodarr.simulator.world import EVENTS, World


class Controlled(Protocol):
    """What the control port needs of a simulation."""

    @property
    def world(self) -> World:
        """The world."""

    @property
    def requests(self) -> RequestCounts:
        """The counts."""

    @property
    def urls(self) -> dict[str, str]:
        """The URL of every system."""

    def tick(self) -> None:
        """Moves the world to the present."""

    def environment(self) -> dict[str, str]:
        """The variables for an exporter."""

    def fault(
        self,
        system: str,
        kind: str,
        *,
        seconds: float = 0.0,
        status: int = 500,
        path_prefix: str = "/",
    ) -> None:
        """Switches a fault on."""

    def clear_faults(self, system: str | None = None) -> None:
        """Switches faults off."""

    def faults(self) -> dict[str, list[Fault]]:
        """The faults that are on."""


class FaultOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /control/faults``; kind ``none`` clears the system's faults."""

    system: str
    kind: str
    seconds: float = 0.0
    status: int = 500
    path_prefix: str = "/"


class EventOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /control/events``."""

    event: str
    arguments: dict[str, object] = {}


class SpeedOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /control/speed``."""

    speed: float


class ControlApp:
    """Handlers of the control port."""

    def __init__(self, simulation: Controlled) -> None:
        self._simulation = simulation

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/control/requests", self._requests),
                Route("/control/requests/reset", self._reset, methods=["POST"]),
                Route("/control/faults", self._faults),
                Route("/control/faults", self._fault, methods=["POST"]),
                Route("/control/events", self._event_names),
                Route("/control/events", self._event, methods=["POST"]),
                Route("/control/state", self._state),
                Route("/control/speed", self._speed, methods=["POST"]),
            ]
        )

    async def _requests(self, _request: Request) -> Response:
        return json_answer(self._simulation.requests.report())

    async def _reset(self, _request: Request) -> Response:
        self._simulation.requests.reset()
        return json_answer({"reset": True})

    async def _faults(self, _request: Request) -> Response:
        return json_answer(self._simulation.faults())

    async def _fault(self, request: Request) -> Response:
        try:
            order = msgspec.json.decode(await request.body(), type=FaultOrder)
            if order.kind == "none":
                self._simulation.clear_faults(None if order.system == "all" else order.system)
            else:
                self._simulation.fault(
                    order.system,
                    order.kind,
                    seconds=order.seconds,
                    status=order.status,
                    path_prefix=order.path_prefix,
                )
        except (msgspec.DecodeError, ValueError) as error:
            return json_answer({"error": str(error)}, 400)
        except KeyError as error:
            return json_answer({"error": f"no system is called {error}"}, 404)
        return json_answer(self._simulation.faults())

    async def _event_names(self, _request: Request) -> Response:
        return json_answer(list(EVENTS))

    async def _event(self, request: Request) -> Response:
        try:
            order = msgspec.json.decode(await request.body(), type=EventOrder)
            self._simulation.tick()
            result = self._simulation.world.trigger(order.event, order.arguments)
        except LookupError as error:
            return json_answer({"error": f"not found: {error}"}, 404)
        except (msgspec.DecodeError, TypeError, ValueError) as error:
            return json_answer({"error": str(error)}, 400)
        return json_answer({"event": order.event, "result": result})

    async def _state(self, _request: Request) -> Response:
        world = self._simulation.world
        return json_answer(
            {
                "now": world.now.isoformat(),
                "speed": world.speed,
                "urls": self._simulation.urls,
                "environment": self._simulation.environment(),
                "faults": self._simulation.faults(),
                **world.summary(),
            }
        )

    async def _speed(self, request: Request) -> Response:
        try:
            order = msgspec.json.decode(await request.body(), type=SpeedOrder)
        except msgspec.DecodeError as error:
            return json_answer({"error": str(error)}, 400)
        if order.speed < 0:
            return json_answer({"error": "the speed cannot be negative"}, 400)
        self._simulation.world.speed = order.speed
        return json_answer({"speed": order.speed})
