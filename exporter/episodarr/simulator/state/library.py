"""A series as a Sonarr keeps it: episodes, files, and the numbers that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

QUALITIES: dict[str, tuple[int, str, int]] = {
    "HDTV-720p": (4, "television", 720),
    "WEBDL-720p": (5, "web", 720),
    "WEBDL-1080p": (3, "web", 1080),
    "WEBRip-1080p": (15, "webRip", 1080),
    "Bluray-1080p": (7, "bluray", 1080),
    "WEBDL-2160p": (18, "web", 2160),
    "Bluray-2160p": (19, "bluray", 2160),
}
"""Sonarr's quality definitions by name: id, source, resolution."""


@dataclass(slots=True)
class Episode:
    """One row of Sonarr's episode table."""

    id: int
    series_id: int
    tvdb_id: int
    season: int
    number: int
    title: str
    air_at: datetime | None
    absolute: int | None = None
    monitored: bool = True
    file_id: int = 0
    last_search_at: datetime | None = None


@dataclass(slots=True)
class EpisodeFile:
    """One row of Sonarr's file table; it may serve several episodes."""

    id: int
    series_id: int
    season: int
    relative_path: str
    size_bytes: int
    added_at: datetime
    episode_ids: tuple[int, ...]
    quality: str = "WEBDL-1080p"
    release_group: str | None = None
    scene_name: str | None = None
    release_type: str = "singleEpisode"


@dataclass(slots=True)
class AlternateTitle:
    """Another name of a series; a season where the name belongs to that season only."""

    title: str
    season: int | None = None


@dataclass(slots=True, kw_only=True)
class Series:
    """One series of one Sonarr with its episodes and files."""

    id: int
    tvdb_id: int
    tmdb_id: int
    title: str
    slug: str
    year: int
    series_type: str
    root: str
    path: str
    added_at: datetime
    imdb_id: str | None = None
    status: str = "continuing"
    monitored: bool = True
    runtime_minutes: int = 24
    genres: tuple[str, ...] = ()
    tags: tuple[int, ...] = ()
    alternate_titles: tuple[AlternateTitle, ...] = ()
    season_monitored: dict[int, bool] = field(default_factory=dict)
    episodes: list[Episode] = field(default_factory=list)
    files: dict[int, EpisodeFile] = field(default_factory=dict)
    numbered: dict[tuple[int, int], Episode] = field(default_factory=dict)
    lost_files: list[EpisodeFile] = field(default_factory=list)
    """Removed past Sonarr, and not found again yet."""

    def add(self, episode: Episode) -> None:
        """Takes an episode in; its season becomes known, monitored unless set otherwise before."""
        self.episodes.append(episode)
        self.numbered[episode.season, episode.number] = episode
        self.season_monitored.setdefault(episode.season, True)

    def pick(self, codes: Iterable[tuple[int, int]]) -> list[Episode]:
        """The episodes of these (season, number) pairs.

        Raises:
            KeyError: The series has no such episode.
        """
        return [self.numbered[code] for code in codes]

    def file_path(self, file: EpisodeFile) -> str:
        """The file's whole path as Sonarr sees it."""
        return f"{self.path}/{file.relative_path}"

    def episodes_of(self, file: EpisodeFile) -> list[Episode]:
        """The episodes that the file serves."""
        return [episode for episode in self.episodes if episode.file_id == file.id]


@dataclass(slots=True)
class Statistics:
    """Sonarr's counts for a series or one season, at one instant."""

    files: int = 0
    wanted: int = 0
    total: int = 0
    size_bytes: int = 0
    next_airing: datetime | None = None
    previous_airing: datetime | None = None
    groups: set[str] = field(default_factory=set)

    def count(self, episode: Episode, now: datetime) -> None:
        """Adds one episode.

        Wanted counts what is monitored and aired, or has a file; an episode that shares a file
        with another counts as a file of its own.
        """
        aired = episode.air_at is not None and episode.air_at <= now
        self.total += 1
        self.files += episode.file_id > 0
        self.wanted += (episode.monitored and aired) or episode.file_id > 0
        if episode.air_at is None:
            return
        if aired:
            self.previous_airing = max(self.previous_airing or episode.air_at, episode.air_at)
        elif episode.monitored:
            self.next_airing = min(self.next_airing or episode.air_at, episode.air_at)

    @property
    def percent(self) -> float:
        """Files of what is wanted, in percent; 0 when nothing is wanted, as Sonarr has it."""
        return 100.0 * self.files / self.wanted if self.wanted else 0.0


def season_statistics(series: Series, now: datetime) -> dict[int, Statistics]:
    """The counts of every season that Sonarr knows, seasons without an episode included."""
    seasons = {number: Statistics() for number in sorted(series.season_monitored)}
    for episode in series.episodes:
        seasons[episode.season].count(episode, now)
    for file in series.files.values():
        season = seasons[file.season]
        season.size_bytes += file.size_bytes
        if file.release_group:
            season.groups.add(file.release_group)
    return seasons
