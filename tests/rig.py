"""A whole exporter against simulated systems, in one event loop, with a clock that a test drives."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from prometheus_client.parser import text_string_to_metric_families

from episodarr.app import Application, build
from episodarr.model.view import EpisodeView, Snapshot
from episodarr.settings import Settings, load_settings
from episodarr.simulator import Scenario, Simulation

type Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


@dataclass
class DrivenClock:
    """Real time that a test may push forward."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def push(self, **span: float) -> None:
        self.ahead += timedelta(**span)


@dataclass
class Rig:
    """The exporter and what it reads."""

    simulation: Simulation
    application: Application
    clock: DrivenClock

    async def cycle(self, times: int = 1) -> Snapshot:
        for _ in range(times):
            self.simulation.tick()
            await self.application.poller.cycle()
        return self.snapshot

    async def settle(self) -> Snapshot:
        """Cycle until the episodes of every series were read; inventories are not waited for."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            snapshot = await self.cycle()
            if self._is_read(snapshot):
                return await self.cycle()
            await asyncio.sleep(0.05)
        msg = "the library was never read whole"
        raise AssertionError(msg)

    def _is_read(self, snapshot: Snapshot) -> bool:
        sonarrs = self.application.settings.sonarr
        return len(snapshot.inventory_pending_by_sonarr) == len(sonarrs) and all(
            season.episodes is not None
            for series in snapshot.series_by_key.values()
            for season in series.seasons
        )

    @property
    def snapshot(self) -> Snapshot:
        return self.application.published.snapshot

    def episode(self, sonarr: str, tvdb_id: int, season: int, number: int) -> EpisodeView:
        for key, view in self.snapshot.series_by_key.items():
            if (key.sonarr, key.tvdb_id) == (sonarr, tvdb_id):
                for season_view in view.seasons:
                    for episode in season_view.episodes or ():
                        if (episode.key.season, episode.key.episode) == (season, number):
                            return episode
        msg = f"{sonarr} {tvdb_id} S{season:02d}E{number:02d} is not in the snapshot"
        raise AssertionError(msg)

    def metrics(self) -> str:
        _, _, parts = self.application.published.metrics_response("", "")
        return b"".join(parts).decode()

    def samples(self) -> Samples:
        return samples_of(self.metrics())

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=self.application.web)
        async with httpx.AsyncClient(transport=transport, base_url="http://episodarr") as client:
            yield client


def samples_of(text: str) -> Samples:
    """Samples by name and sorted labels."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """The one sample that has these labels among its own; None if there is none."""
    wanted = labels.items()
    found = [v for own, v in samples.get(name, {}).items() if wanted <= dict(own).items()]
    if len(found) > 1:
        msg = f"{len(found)} samples of {name} have {labels}"
        raise AssertionError(msg)
    return found[0] if found else None


def settings_of(variables: Mapping[str, str]) -> Settings:
    """The configuration that these variables give beside those of the environment."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        return load_settings()
    finally:
        os.environ.clear()
        os.environ.update(before)


@asynccontextmanager
async def rig(
    scenario: Scenario | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    speed: float = 1.0,
    media_root: str | None = None,
    without: tuple[str, ...] = (),
    own_clock: Callable[[DrivenClock], Callable[[], datetime]] = lambda clock: clock,
) -> AsyncIterator[Rig]:
    """An exporter that is built and has read nothing yet.

    `environment` is laid over the simulation's own; variables that start with one of `without`
    are left out. `own_clock` makes the exporter's clock, where it is not the simulation's.
    """
    clock = DrivenClock()
    simulation = Simulation(
        scenario or Scenario.default(seed=1), clock=clock, speed=speed, media_root=media_root
    )
    async with simulation:
        state = {"EPISODARR_STATE_DIR": tempfile.mkdtemp(prefix="episodarr-test-")}
        variables = {
            k: v
            for k, v in {**simulation.environment(), **state, **(environment or {})}.items()
            if not k.startswith(without or ("\0",))
        }
        application = build(settings_of(variables), clock=own_clock(clock))
        running = Rig(simulation, application, clock)
        try:
            yield running
        finally:
            await running.application.poller.stop()
            await running.application.aclose()
            shutil.rmtree(state["EPISODARR_STATE_DIR"], ignore_errors=True)
