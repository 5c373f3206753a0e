"""The series list, episodes and files of Sonarr as model records."""

import msgspec

from episodarr.model.ids import (
    EpisodeFileId,
    SeriesKey,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import (
    AlternateTitle,
    Episode,
    EpisodeFile,
    SeasonStatistics,
    Series,
)
from episodarr.systems.payload import decode, decode_record, utc_moment
from episodarr.systems.sonarr.wire.fields import (
    Body,
    Count,
    Moment,
    Number,
    Positive,
    Wire,
    day_of,
)


class _SeasonStatistics(Wire):
    episode_file_count: Count
    episode_count: Count
    total_episode_count: Count
    size_on_disk: Count


class _Season(Wire):
    season_number: Count
    monitored: bool
    statistics: _SeasonStatistics | None = None
    """Null for a season that has no episode rows (SeriesController.LinkSeriesStatistics)."""


class _AlternateTitle(Wire):
    title: str | None = None
    season_number: Number | None = None


class _Series(Wire):
    id: Positive
    title: str
    tvdb_id: Positive
    monitored: bool
    path: str
    year: Number
    series_type: str
    seasons: tuple[_Season, ...]
    title_slug: str | None = None
    tmdb_id: Number | None = None
    imdb_id: str | None = None
    alternate_titles: tuple[_AlternateTitle, ...] | None = None


class _Episode(Wire):
    id: Positive
    season_number: Count
    episode_number: Count
    monitored: bool
    episode_file_id: Count
    title: str | None = None
    tvdb_id: Number | None = None
    absolute_episode_number: Number | None = None
    scene_season_number: Number | None = None
    scene_episode_number: Number | None = None
    scene_absolute_episode_number: Number | None = None
    air_date: str | None = None
    air_date_utc: Moment | None = None
    last_search_time: Moment | None = None


class _EpisodeFile(Wire):
    id: Positive
    path: str
    size: Count
    date_added: Moment | None = None


_SPARE_OF_SERIES = frozenset({"titleSlug", "tmdbId", "imdbId", "alternateTitles"})
_SPARE_OF_EPISODE = frozenset(
    {
        "title",
        "tvdbId",
        "absoluteEpisodeNumber",
        "sceneSeasonNumber",
        "sceneEpisodeNumber",
        "sceneAbsoluteEpisodeNumber",
        "airDate",
        "airDateUtc",
        "lastSearchTime",
    }
)
_SPARE_OF_FILE = frozenset({"dateAdded"})
"""Fields without which a record is still usable; an unreadable one is only left out."""

_NO_STATISTICS = _SeasonStatistics(0, 0, 0, 0)


def split_list(endpoint: str, body: bytes) -> list[msgspec.Raw]:
    """The items of a JSON array, not decoded yet, so that the caller can decode them in slices.

    Raises:
        BadPayload: it is not a whole JSON array.
    """
    return decode(endpoint, body, list[msgspec.Raw])


def parse_series(body: Body, sonarr: SonarrName, *, at: str = "$") -> Series:
    """One item of /series, or the body of /series/{id}; seasons in the order of their numbers.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode_record("series", body, _Series, _SPARE_OF_SERIES, at=at)
    return Series(
        key=SeriesKey(sonarr, TvdbId(wire.tvdb_id)),
        sonarr_id=SonarrSeriesId(wire.id),
        title=wire.title,
        title_slug=wire.title_slug or "",
        series_type=wire.series_type,
        year=wire.year,
        is_monitored=wire.monitored,
        path=wire.path,
        tmdb_id=wire.tmdb_id or None,
        imdb_id=wire.imdb_id or None,
        alternate_titles=tuple(
            AlternateTitle(title=other.title, season=_season_or_all(other.season_number))
            for other in wire.alternate_titles or ()
            if other.title
        ),
        seasons=tuple(
            _season(season) for season in sorted(wire.seasons, key=lambda s: s.season_number)
        ),
    )


def parse_episode(body: Body, *, at: str = "$") -> Episode:
    """One item of /episode.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode_record("episode", body, _Episode, _SPARE_OF_EPISODE, at=at)
    return Episode(
        sonarr_id=SonarrEpisodeId(wire.id),
        season=wire.season_number,
        episode=wire.episode_number,
        title=wire.title or "",
        is_monitored=wire.monitored,
        file_id=EpisodeFileId(wire.episode_file_id) if wire.episode_file_id else None,
        tvdb_id=wire.tvdb_id or None,
        absolute=wire.absolute_episode_number,
        scene_season=wire.scene_season_number,
        scene_episode=wire.scene_episode_number,
        scene_absolute=wire.scene_absolute_episode_number,
        air_date=day_of(wire.air_date),
        air_at=utc_moment(wire.air_date_utc),
        last_search_at=utc_moment(wire.last_search_time),
    )


def parse_episode_file(body: Body, *, at: str = "$") -> EpisodeFile:
    """One item of /episodefile.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode_record("episodefile", body, _EpisodeFile, _SPARE_OF_FILE, at=at)
    return EpisodeFile(
        file_id=EpisodeFileId(wire.id),
        path=wire.path,
        size_bytes=wire.size,
        added_at=utc_moment(wire.date_added),
    )


def _season(wire: _Season) -> SeasonStatistics:
    counts = wire.statistics or _NO_STATISTICS
    return SeasonStatistics(
        season=wire.season_number,
        is_monitored=wire.monitored,
        episode_file_count=counts.episode_file_count,
        episode_count=counts.episode_count,
        total_episode_count=counts.total_episode_count,
        size_on_disk_bytes=counts.size_on_disk,
    )


def _season_or_all(number: int | None) -> int | None:
    """Scene mappings write -1 for all seasons."""
    return number if number is not None and number >= 0 else None
