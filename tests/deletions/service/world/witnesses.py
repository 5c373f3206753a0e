"""The world's systems as production composes them: its evidence over the world's clients."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from episodarr.app.systems import Systems
from episodarr.app.witnesses import build_witnesses
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.model.health import System
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.state import JellyfinState
from episodarr.systems.jellyseerr.state import JellyseerrState
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.shoko.state import ShokoState
from episodarr.systems.sonarr.evidence import SonarrEvidence
from episodarr.systems.sonarr.state import SonarrState
from tests.deletions.service.world.disk import DiskOfWorld
from tests.deletions.service.world.jellyfin import JellyfinOfWorld
from tests.deletions.service.world.jellyseerr import SeerrOfWorld
from tests.deletions.service.world.qbittorrent import QbittorrentOfWorld
from tests.deletions.service.world.shoko import ShokoOfWorld
from tests.deletions.service.world.shows import TV
from tests.deletions.service.world.sonarr import SonarrOfWorld
from tests.deletions.service.world.state import World

EVERY, KEEP = timedelta(minutes=1), timedelta(minutes=15)


def witnesses_of(
    world: World,
    folder: Path,
    *,
    policy: Policy,
    without: frozenset[System],
    clock: Callable[[], datetime],
) -> Witnesses:
    """All of them, but for those that are not configured; the disk's files lie in the folder."""
    systems = _systems(world, without, clock)
    sonarr = {
        name: SonarrEvidence(state, clock=clock, settling=policy.settling)
        for name, state in systems.sonarr.items()
    }
    witnesses = build_witnesses(systems, sonarr, paths={}, freshness=AnswerFreshness(), clock=clock)
    disk = None if System.DISK in without else DiskOfWorld(world, folder)
    return replace(witnesses, disk=disk)


def _systems(world: World, without: frozenset[System], clock: Callable[[], datetime]) -> Systems:
    source = JellyfinOfWorld(world)
    catalogs = CatalogCache(source, clock=clock)
    jellyfin = JellyfinState(source, catalogs, clock=clock, every=EVERY, keep=KEEP, health=Health())
    shoko = ShokoState(ShokoOfWorld(world), clock=clock, every=EVERY, keep=KEEP, health=Health())
    seerr = JellyseerrState(
        SeerrOfWorld(world),
        clock=clock,
        every=EVERY,
        keep=KEEP,
        url_by_sonarr={TV: "http://sonarr"},
    )
    client = ClientState("main", QbittorrentOfWorld(world), clock=clock)
    return Systems(
        sonarr={TV: SonarrState(TV, SonarrOfWorld(world), clock=clock)},
        qbittorrent=() if System.QBITTORRENT in without else (client,),
        jellyfin=None if System.JELLYFIN in without else jellyfin,
        shoko=None if System.SHOKO in without else shoko,
        jellyseerr=None if System.JELLYSEERR in without else seerr,
    )
