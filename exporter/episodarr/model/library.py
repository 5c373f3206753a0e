"""What Sonarr has in its library: series, seasons, episodes and their files."""

from datetime import date, datetime

from msgspec import Struct

from episodarr.model.ids import EpisodeFileId, SeriesKey, SonarrEpisodeId, SonarrSeriesId


class AlternateTitle(Struct, frozen=True, kw_only=True, gc=False):
    """Another title of a series, or of one of its seasons only."""

    title: str
    season: int | None = None


class SeasonStatistics(Struct, frozen=True, kw_only=True, gc=False):
    """Sonarr's own counts for one season, as /series gives them."""

    season: int
    is_monitored: bool
    episode_file_count: int
    """Episodes that have a file: a double episode counts two."""
    episode_count: int
    """Episodes that have a file, or are monitored and aired."""
    total_episode_count: int
    size_on_disk_bytes: int


class Series(Struct, frozen=True, kw_only=True, gc=False):
    """One series of one Sonarr."""

    key: SeriesKey
    sonarr_id: SonarrSeriesId
    title: str
    title_slug: str
    series_type: str
    """standard, daily, anime, or another value of a newer Sonarr."""
    year: int
    is_monitored: bool
    path: str
    """Sonarr's view of the folder."""
    tmdb_id: int | None = None
    imdb_id: str | None = None
    alternate_titles: tuple[AlternateTitle, ...] = ()
    seasons: tuple[SeasonStatistics, ...] = ()

    @property
    def is_anime(self) -> bool:
        """Whether Shoko is queried for it."""
        return self.series_type == "anime"


class DoubleSeries(Struct, frozen=True, kw_only=True, gc=False):
    """Two series of one Sonarr that have the same TVDB number, which is the key here."""

    shown: Series
    left_out: Series

    @property
    def sentence(self) -> str:
        """Which is left out, and what to do about it."""
        key = self.left_out.key
        return (
            f"{self.left_out.title} ({self.left_out.path}) is left out: in Sonarr {key.sonarr} it "
            f"has the same TVDB number as {self.shown.title} ({self.shown.path}), {key.tvdb_id}. "
            "Remove one of the two there."
        )


class Episode(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One episode row of Sonarr."""

    sonarr_id: SonarrEpisodeId
    season: int
    episode: int
    title: str
    is_monitored: bool
    """The episode's own flag; it only counts while the series is monitored too."""
    file_id: EpisodeFileId | None
    """None: Sonarr has no file for it."""
    tvdb_id: int | None = None
    """TVDB's number of the episode itself."""
    absolute: int | None = None
    scene_season: int | None = None
    scene_episode: int | None = None
    scene_absolute: int | None = None
    air_date: date | None = None
    """In the series' own country."""
    air_at: datetime | None = None
    """None: not announced."""
    last_search_at: datetime | None = None


class EpisodeFile(Struct, frozen=True, kw_only=True, gc=False):
    """One file in the library; several episodes may share it."""

    file_id: EpisodeFileId
    path: str
    """Sonarr's view of the file."""
    size_bytes: int
    added_at: datetime | None = None
