"""Identities. Sonarr's numbers hold only within one instance, until a series is re-added."""

import hashlib
from collections.abc import Iterable
from typing import NewType

from msgspec import Struct

SonarrName = NewType("SonarrName", str)
"""The name an instance has in the configuration, lower case."""
TvdbId = NewType("TvdbId", int)
SonarrSeriesId = NewType("SonarrSeriesId", int)
SonarrEpisodeId = NewType("SonarrEpisodeId", int)
EpisodeFileId = NewType("EpisodeFileId", int)
DownloadId = NewType("DownloadId", str)
"""Sonarr's download id; torrent hashes in lower case, as qBittorrent has them."""
InfoHash = NewType("InfoHash", str)
"""40 lower-case hex: a v1 hash, or the first 40 of a v2 hash."""
ShokoFileId = NewType("ShokoFileId", int)
"""Also in the made-up names of Jellyfin's plugin Shokofin."""
type EpisodeNumber = tuple[int, int]
"""Season and episode as Sonarr numbers them; season 0 holds the specials."""


class SeriesKey(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A series, across restarts and re-adding."""

    sonarr: SonarrName
    tvdb_id: TvdbId


class EpisodeKey(Struct, frozen=True, order=True, array_like=True, gc=False):
    """An episode, across restarts and re-adding."""

    sonarr: SonarrName
    tvdb_id: TvdbId
    season: int
    episode: int


def episode_code(season: int, episode: int) -> str:
    """The way people write an episode: S02E11, S00E01, S01E1080."""
    return f"S{season:02d}E{episode:02d}"


def identity_of(parts: Iterable[object]) -> str:
    """A server's identity: a short mark for each of its folders or other series, joined by "+".

    An identity with all the marks of an earlier one, and more, is the same server.
    """
    marks = {hashlib.sha256(str(part).encode()).hexdigest()[:12] for part in parts}
    return "+".join(sorted(marks))
