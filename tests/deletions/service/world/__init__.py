"""A small world in memory: a Sonarr, a disk, Shoko, Jellyfin, Jellyseerr and qBittorrent.

It can be made to fail, or to answer well and wrong, system by system. Each system's client answers
from the world's state what the real one would; what follows from the answers is production's own.
"""

from tests.deletions.service.world.disk import DiskOfWorld
from tests.deletions.service.world.shows import (
    CHARLOTTE,
    FRIEREN,
    SPY,
    START,
    TV,
    Show,
    local,
)
from tests.deletions.service.world.state import Sample, World, a_world
from tests.deletions.service.world.witnesses import witnesses_of

__all__ = [
    "CHARLOTTE",
    "FRIEREN",
    "SPY",
    "START",
    "TV",
    "DiskOfWorld",
    "Sample",
    "Show",
    "World",
    "a_world",
    "local",
    "witnesses_of",
]
