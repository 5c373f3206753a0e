"""The start of a simulation: which systems there are and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from episodarr.simulator.events.intake import SeasonPlan, SeriesPlan
from episodarr.simulator.scenarios.default import DEMO_STEPS, demo_seerr, demo_sonarrs
from episodarr.simulator.scenarios.sized import sized_steps
from episodarr.simulator.state.engine import Lags
from episodarr.simulator.state.jellyfin import JellyfinDatabase, JellyfinOptions
from episodarr.simulator.state.qbittorrent import QBittorrentOptions
from episodarr.simulator.state.seerr import SeerrDatabase, SeerrOptions
from episodarr.simulator.state.shoko import ShokoDatabase, ShokoOptions
from episodarr.simulator.state.sonarr import SonarrOptions, sonarr_options
from episodarr.simulator.world import Step, World


@dataclass(slots=True, kw_only=True)
class Scenario:
    """Systems and the steps that fill them. The same seed and steps give the same world."""

    seed: int = 1
    sonarrs: list[SonarrOptions] = field(default_factory=lambda: [sonarr_options("tv")])
    qbittorrents: list[QBittorrentOptions] = field(
        default_factory=lambda: [QBittorrentOptions(name="main")]
    )
    jellyfin: JellyfinOptions | None = field(default_factory=JellyfinOptions)
    shoko: ShokoOptions | None = field(default_factory=ShokoOptions)
    jellyseerr: SeerrOptions | None = field(default_factory=SeerrOptions)
    lags: Lags = field(default_factory=Lags)
    steps: list[Step] = field(default_factory=list)

    @classmethod
    def empty(cls, seed: int = 1) -> Self:
        """One Sonarr called ``tv`` and one of each other system, with nothing in them."""
        return cls(seed=seed)

    @classmethod
    def default(cls, seed: int = 1) -> Self:
        """The library of the demo: every stage, two deletions to come, a second Sonarr."""
        return cls(
            seed=seed, sonarrs=demo_sonarrs(), jellyseerr=demo_seerr(), steps=list(DEMO_STEPS)
        )

    @classmethod
    def sized(
        cls,
        *,
        series: int,
        episodes: int,
        active: int = 0,
        torrents: int = 0,
        seed: int = 1,
        moving: float = 0.0,
        requests: int = 0,
        all_active: bool = False,
    ) -> Self:
        """A library of any size.

        Args:
            series: How many series.
            episodes: How many episodes in all, spread over the series.
            active: How many of them are being downloaded.
            torrents: In how many torrents; more than one episode makes a torrent a pack.
            seed: Of everything that varies.
            moving: Which share of the torrents receives bytes.
            requests: For how many of the series there is a request.
            all_active: Whether the last episode of every season aired today.
        """
        steps = sized_steps(
            series=series,
            episodes=episodes,
            active=active,
            torrents=torrents,
            moving=moving,
            requests=requests,
            all_active=all_active,
        )
        return cls(seed=seed, steps=steps)

    def then(self, step: Step) -> Self:
        """Adds a step; steps run in their order when the world is built."""
        self.steps.append(step)
        return self

    def add_series(
        self,
        tvdb_id: int,
        title: str,
        seasons: dict[int, SeasonPlan],
        *,
        sonarr: str = "tv",
        **details: object,
    ) -> Self:
        """Adds a series; the details are those of ``SeriesPlan``."""
        plan = SeriesPlan(tvdb_id=tvdb_id, title=title, seasons=seasons)
        plan = replace(plan, **details)  # type: ignore[arg-type] # checked by replace itself
        return self.then(lambda world: world.add_series(sonarr, plan))

    def add_download(
        self,
        tvdb_id: int,
        episodes: Sequence[tuple[int, int]],
        *,
        sonarr: str = "tv",
        **details: object,
    ) -> Self:
        """Adds a download that is under way; the details are those of ``World.grab``."""

        def step(world: World) -> None:
            world.grab(sonarr, tvdb_id, episodes, **details)  # type: ignore[arg-type] # as given

        return self.then(step)

    def add_request(
        self, tvdb_id: int, seasons: Sequence[int], *, sonarr: str = "tv", **details: object
    ) -> Self:
        """Adds a request; the details are those of ``World.request_series``."""

        def step(world: World) -> None:
            world.request_series(sonarr, tvdb_id, seasons, **details)  # type: ignore[arg-type] # as given

        return self.then(step)

    def build(self, now: datetime, *, speed: float = 1.0, media_root: Path | None = None) -> World:
        """The world as it is at that time; every queue has been read once."""
        world = World(
            now=now, seed=self.seed, speed=speed, media_root=media_root, lags=replace(self.lags)
        )
        for client in self.qbittorrents:
            world.add_client(client.name)
        for options in self.sonarrs:
            world.add_sonarr(replace(options))
        if self.jellyfin is not None:
            world.jellyfin = JellyfinDatabase(world, replace(self.jellyfin))
        if self.shoko is not None:
            world.shoko = ShokoDatabase(world, replace(self.shoko))
        if self.jellyseerr is not None:
            world.seerr = SeerrDatabase(world, replace(self.jellyseerr), world.jellyfin)
        for step in self.steps:
            step(world)
        world.settle()
        for name in world.sonarrs:
            world.refresh_queue(name)
        world.outbox.clear()
        return world

    def hollow(self) -> Scenario:
        """The same systems with nothing in them, for a double of each that is well but empty."""
        return replace(self, steps=[], seed=self.seed + 1_000_003)
