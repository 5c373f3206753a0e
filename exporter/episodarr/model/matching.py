"""Input and result of the matcher: which file of a torrent holds which episode.

Sonarr queues episodes for a torrent; the client lists the torrent's files.
These records carry both to the matcher, and its verdict back with the reason for each decision.
"""

from datetime import date
from typing import Literal

from msgspec import Struct

from episodarr.model.ids import EpisodeNumber
from episodarr.model.library import AlternateTitle

type SeriesType = Literal["standard", "daily", "anime"]


class Candidate(Struct, frozen=True, kw_only=True, gc=False):
    """One episode that Sonarr queued for the torrent.

    Scene numbers are those under which releases are published where they differ from Sonarr's own.
    Source: Sonarr API v3 `/api/v3/episode` (v4.0).
    """

    season: int
    episode: int
    absolute: int | None = None
    scene_season: int | None = None
    scene_episode: int | None = None
    scene_absolute: int | None = None
    air_date: date | None = None
    title: str | None = None

    @property
    def number(self) -> EpisodeNumber:
        """Season and episode, the identity of a candidate within its series."""
        return (self.season, self.episode)


class SeriesNames(Struct, frozen=True, kw_only=True):
    """The names by which releases may call the series."""

    titles: tuple[str, ...]
    alternate_titles: tuple[AlternateTitle, ...] = ()
    series_type: SeriesType = "standard"


class ListedFile(Struct, frozen=True, kw_only=True):
    """A file as the download client lists it: path inside the torrent, `/` between folders."""

    path: str
    size_bytes: int


class FileMatch(Struct, frozen=True, kw_only=True):
    """The episodes one file holds, and why.

    `rule` names the decision (`scene`, `absolute`, `extras`, …);
    `tokens` are the pieces of the path it rests on;
    `confidence` runs from 0 to 1, and is 0 where nothing is known;
    `is_sure` where the file states its season and episode, or date, and is not of another series.
    """

    path: str
    episodes: tuple[EpisodeNumber, ...]
    rule: str
    tokens: tuple[str, ...]
    confidence: float
    is_sure: bool = False


class TorrentMatch(Struct, frozen=True, kw_only=True):
    """The verdict on every file of a torrent, in the order of the paths."""

    files: tuple[FileMatch, ...]

    def episodes_by_path(self) -> dict[str, tuple[EpisodeNumber, ...]]:
        """Episodes keyed by path; every file of the torrent appears, empty when it holds none."""
        return {match.path: match.episodes for match in self.files}
