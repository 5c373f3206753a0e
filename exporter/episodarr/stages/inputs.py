"""The inputs from which one series is joined."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from episodarr.model.download import SearchCommand
from episodarr.model.ids import EpisodeFileId, SonarrEpisodeId
from episodarr.model.library import EpisodeFile, Series
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import NO_LINKS
from episodarr.stages.classify import (
    Availability,
    EpisodeHistory,
)
from episodarr.stages.downloads.record import Download
from episodarr.stages.packed_episodes import PackedEpisodes

NOTHING: Mapping[Any, Any] = MappingProxyType({})
"""One for all: most series have nothing of most kinds, and an empty dictionary takes 80 bytes."""


class SeriesDetail(Struct, frozen=True, kw_only=True, gc=False):
    """The episodes of a series and, where read, their files."""

    episodes: PackedEpisodes
    file_by_id: Mapping[EpisodeFileId, EpisodeFile]
    read_at: datetime
    searched_at: Mapping[SonarrEpisodeId, datetime] = NOTHING
    """When episodes were searched for by our clock, where Sonarr's own cannot be right."""
    is_whole: bool = True
    """False: a record of either could not be read; its last good one is used, if there is one."""


class StageClock(Struct, frozen=True, kw_only=True, gc=False):
    """The stage an episode was last seen in, and since when."""

    stage: Stage
    entered_at: datetime | None
    """None: it was in this stage at the first reading, and no upstream has a time for it."""
    hold: Hold | None = None
    is_watched: bool = False
    """True if this process saw it so a cycle ago; else it was stored, maybe long ago."""


class SeriesInputs(Struct, frozen=True, kw_only=True, gc=False):
    """All inputs of a series' view."""

    series: Series
    detail: SeriesDetail | None
    downloads: Sequence[Download] = ()
    commands: Sequence[SearchCommand] = ()
    """Searches that may cover it."""
    episode_histories: Mapping[SonarrEpisodeId, EpisodeHistory] = NOTHING
    grab_counts_until: Mapping[SonarrEpisodeId, datetime] = NOTHING
    lost_grabs: frozenset[SonarrEpisodeId] = frozenset()
    """Grabs that the queue does not show because their client cannot be reached."""
    jellyfin: Mapping[tuple[int, int], Availability] = NOTHING
    shoko: Mapping[tuple[int, int], Availability] = NOTHING
    requested_seasons: frozenset[int] = frozenset()
    unfinished_seasons: frozenset[int] = frozenset()
    """Seasons in an unfinished request."""
    clocks: Mapping[tuple[int, int], StageClock] = NOTHING
    asks_jellyfin: bool = False
    asks_shoko: bool = False
    """True if Shoko is configured, and for series of this kind."""
    counts_specials: bool = False
    links: Mapping[str, str] = NO_LINKS


NO_CLOCKS: Mapping[tuple[int, int], StageClock] = MappingProxyType({})
