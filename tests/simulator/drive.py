"""A stage: a simulation whose clock moves only when its scene says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from episodarr.simulator import Scenario, Simulation

START = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
SONARR_KEY = {"X-Api-Key": "demo-sonarr-key"}
JELLYFIN_KEY = {"Authorization": 'MediaBrowser Token="demo-jellyfin-key"'}
SHOKO_KEY = {"apikey": "demo-shoko-key"}
SEERR_KEY = {"X-Api-Key": "demo-jellyseerr-key"}

_KEYS = {
    "sonarr": SONARR_KEY,
    "jellyfin": JELLYFIN_KEY,
    "shoko": SHOKO_KEY,
    "jellyseerr": SEERR_KEY,
    "qbittorrent": {},
    "control": {},
}


class Stage:
    """A running simulation with a client for it."""

    def __init__(self, simulation: Simulation, client: httpx.AsyncClient) -> None:
        self.simulation = simulation
        self.world = simulation.world
        self.client = client
        self.now = START

    def wait(self, seconds: float) -> None:
        """Lets time pass for the simulated systems."""
        self.now += timedelta(seconds=seconds)
        self.simulation.tick()

    async def ask(
        self, system: str, path: str, *, headers: dict[str, str] | None = None, method: str = "GET"
    ) -> httpx.Response:
        """Sends a request with the system's key, or with these headers instead."""
        keys = _KEYS[system.partition(".")[0]] if headers is None else headers
        return await self.client.request(method, self.simulation.urls[system] + path, headers=keys)

    async def rows(self, system: str, path: str) -> list[dict[str, object]]:
        """A list, from a good answer only."""
        answer = await self.ask(system, path)
        assert answer.status_code == 200
        body = answer.json()
        assert isinstance(body, list)
        return body

    async def log_in(self, system: str = "qbittorrent.main", password: str | None = None) -> int:
        """Logs in at qBittorrent and returns the status of the answer."""
        given = "demo-qbittorrent-password" if password is None else password
        answer = await self.client.post(
            f"{self.simulation.urls[system]}/api/v2/auth/login",
            data={"username": "demo", "password": given},
        )
        return answer.status_code


@asynccontextmanager
async def play(
    scenario: Scenario,
    *,
    media_root: Path | None = None,
    speed: float = 1.0,
    webhook_url: str | None = None,
) -> AsyncIterator[Stage]:
    """The stage of a simulation that runs until the block ends."""
    stages: list[Stage] = []

    def clock() -> datetime:
        return stages[0].now if stages else START

    simulation = Simulation(
        scenario, media_root=media_root, speed=speed, clock=clock, webhook_url=webhook_url
    )
    async with (
        simulation,
        httpx.AsyncClient(verify=False, timeout=httpx.Timeout(10.0)) as client,  # noqa: S501 -- plain HTTP, nothing to verify
    ):
        stages.append(Stage(simulation, client))
        yield stages[0]
