"""A whole exporter that follows deletions of simulated systems, through a time that the test drives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvicorn

from episodarr.app import Application, build
from episodarr.app.storing import FILE_NAME
from episodarr.deletions.service.service import Deletions
from episodarr.model.deletion import Answer, DeletionStatus, DeletionView, Verdict
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey
from episodarr.model.inventory import InventorySummary
from episodarr.runtime.listening import bound_socket
from episodarr.runtime.web_server import WebServer
from episodarr.settings import Settings
from episodarr.simulator import JellyfinOptions, Scenario, SeasonPlan, SeerrOptions, Simulation
from episodarr.simulator.scenarios.default import CHARLOTTE
from episodarr.simulator.world import World
from episodarr.store.store import Store
from tests.replacing import replace
from tests.rig import DrivenClock, Rig, Samples, rig

RESCANS = {
    "EPISODARR_DELETION__RESCAN_SHOKO": "true",
    "EPISODARR_DELETION__RESCAN_JELLYFIN": "true",
}
LATE_JELLYFIN = JellyfinOptions(realtime_seconds=None)
"""Nothing but its scan, twice a day."""


@dataclass
class Following:
    """The rig, and its deletions."""

    rig: Rig
    server: uvicorn.Server | None = None
    url: str = ""

    @property
    def world(self) -> World:
        return self.rig.simulation.world

    @property
    def simulation(self) -> Simulation:
        return self.rig.simulation

    @property
    def clock(self) -> DrivenClock:
        return self.rig.clock

    @property
    def application(self) -> Application:
        return self.rig.application

    @property
    def deletions(self) -> Deletions:
        deletions = self.application.deletions
        assert deletions is not None
        return deletions

    @property
    def settings(self) -> Settings:
        return self.application.settings

    async def ready(self) -> None:
        """Read the library, and take every inventory."""
        await self.rig.settle()
        await self.settle_deletions()
        await self.rig.cycle()

    async def settle_deletions(self) -> None:
        """Do everything that is due at this moment, inventories and rescans included."""
        await self.deletions.pass_over()
        await self.deletions.keep_inventories()
        if self.deletions.verification is not None:
            await self.deletions.verification.passes.rescans.settled()
        await self.deletions.pass_over()

    async def step(self, **span: float) -> None:
        """Let that time pass, then one cycle and all that it makes due; shown in the next cycle."""
        self.clock.push(**span)
        self.simulation.tick()
        await self.simulation.flush_webhooks()
        await self.rig.cycle()
        await self.settle_deletions()

    async def until(
        self, is_reached: Callable[[], bool], *, within: timedelta, every: float = 15
    ) -> None:
        """Steps until it is so."""
        for _ in range(int(within.total_seconds() / every) + 1):
            if is_reached():
                return
            await self.step(seconds=every)
        shown = [(v.series, v.status.value, v.notes, v.advice) for v in self.views()]
        raise AssertionError(f"not reached within {within}: {shown}")

    async def last(self, length: timedelta, *, every: float = 60) -> None:
        """Steps for that long."""
        for _ in range(int(length.total_seconds() / every)):
            await self.step(seconds=every)

    def views(self) -> tuple[DeletionView, ...]:
        return self.deletions.reports.views()

    def view(self, tvdb_id: int) -> DeletionView:
        (view,) = [v for v in self.views() if v.tvdb_id == tvdb_id]
        return view

    def has(self, tvdb_id: int, status: DeletionStatus) -> bool:
        return any(v.tvdb_id == tvdb_id and v.status is status for v in self.views())

    async def samples(self) -> Samples:
        """What a scrape finds after the next cycle."""
        await self.rig.cycle()
        return self.rig.samples()

    def inventories(self) -> Mapping[SeriesKey, InventorySummary]:
        """What is stored of every inventory."""
        store = Store.open(self.settings.state_dir / FILE_NAME, self.clock())
        try:
            return store.load_summaries()
        finally:
            store.close()

    async def restart(self, ahead: timedelta = timedelta()) -> None:
        """Stop the exporter and start another one on the same store, its clock so far ahead."""
        await self.application.poller.stop()
        await self.application.aclose()
        self.rig.application = build(self.settings, clock=lambda: self.clock() + ahead)

    def kill(self) -> Application:
        """Start another exporter on the same store; the old one is left as a kill -9 leaves it.

        Returns:
            The old one, to be closed once nothing is compared any more.
        """
        killed = self.application
        self.simulation.send_webhooks_to(None)  # Its port is gone with it.
        self.rig.application = build(self.settings, clock=self.clock)
        return killed

    async def serve(self) -> None:
        """Open the exporter's port, so that webhooks and commands reach it."""
        sock = bound_socket(self.settings.web.host, self.settings.web.port)
        self.server = WebServer.on(self.application.web)
        self._serving = asyncio.create_task(self.server._serve([sock]))
        self.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        self.simulation.send_webhooks_to(f"{self.url}/webhooks/sonarr")

    async def close(self) -> None:
        if self.server is not None:
            self.simulation.send_webhooks_to(None)
            self.server.should_exit = True
            await self._serving


@asynccontextmanager
async def following(
    scenario: Scenario,
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    webhooks: bool = False,
    without: tuple[str, ...] = (),
) -> AsyncIterator[Following]:
    """An exporter with real files below `folder`, that has read nothing yet."""
    own = {
        "EPISODARR_WEB__LISTEN": "127.0.0.1:0",
        "EPISODARR_STATE_DIR": str(folder / "state"),
        **(environment or {}),
    }
    async with rig(
        scenario, environment=own, media_root=str(folder / "media"), without=without
    ) as running:
        found = Following(running)
        try:
            if webhooks:
                await found.serve()
            yield found
        finally:
            await found.close()


def demo(*, jellyfin: JellyfinOptions | None = None, seerr: SeerrOptions | None = None) -> Scenario:
    """The demo's library without what the demo would delete by itself."""
    scenario = Scenario.default(seed=1)
    scenario.steps = scenario.steps[:-1]
    if jellyfin is not None:
        scenario.jellyfin = jellyfin
    if seerr is not None:
        scenario.jellyseerr = seerr
    assert scenario.shoko is not None
    scenario.shoko = replace(scenario.shoko, remove_seconds=0.01)
    return scenario


def small(
    *, episodes: int = 24, shows: int = 3, others: int = 24, roots: tuple[str, ...] = ("/anime",)
) -> Scenario:
    """A few anime, each a season long: the last one in the last root, all others in the first."""
    scenario = Scenario.empty()
    scenario.sonarrs = [replace(s, root_folders=roots) for s in scenario.sonarrs]
    assert scenario.shoko is not None
    scenario.shoko = replace(scenario.shoko, remove_seconds=0.01)
    for number in range(1, shows + 1):
        count = episodes if number == 1 else min(episodes, others)
        scenario.add_series(
            1000 + number,
            f"Show {number}",
            {1: SeasonPlan(episodes=count, files=count, last_aired_days=400)},
            series_type="anime",
            root=roots[-1] if number == shows else roots[0],
            added_days=300,
        )
    return scenario


def others_catch_up(world: World) -> None:
    """What people and daily jobs do: Shoko, Jellyfin and Seerr learn what is gone."""
    assert world.jellyfin is not None
    assert world.shoko is not None
    assert world.seerr is not None
    world.shoko.remove_missing(from_mylist=False)
    world.jellyfin.scan_now()
    world.seerr.sync_availability()


def answers(view: DeletionView, system: System) -> set[Answer]:
    """Everything that a system says of the expected episodes."""
    return {
        episode.answer_by_system[system]
        for episode in view.episodes
        if episode.verdict is not Verdict.SUPERSEDED
    }


__all__ = [
    "CHARLOTTE",
    "LATE_JELLYFIN",
    "RESCANS",
    "Following",
    "answers",
    "demo",
    "following",
    "others_catch_up",
    "small",
]
