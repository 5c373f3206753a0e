"""Series, episodes and files as Sonarr lists them; new objects at each call, as of an answer."""

from episodarr.model.ids import (
    EpisodeFileId,
    SeriesKey,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import Episode, EpisodeFile, SeasonStatistics, Series

TV = SonarrName("tv")


def a_series(number: int) -> Series:
    return Series(
        key=SeriesKey(TV, TvdbId(1_000 + number)),
        sonarr_id=SonarrSeriesId(number),
        title=f"Series {number}",
        title_slug=f"series-{number}",
        series_type="standard",
        year=2020,
        is_monitored=True,
        path=f"/tv/Series {number}",
    )


def a_season(
    number: int = 1, *, files: int = 0, total: int | None = None, size_bytes: int = 0
) -> SeasonStatistics:
    """Sonarr's counts of a season; as many episodes as files if no total is given."""
    return SeasonStatistics(
        season=number,
        is_monitored=True,
        episode_file_count=files,
        episode_count=files if total is None else total,
        total_episode_count=files if total is None else total,
        size_on_disk_bytes=size_bytes,
    )


def an_episode(number: int, title: str = "") -> Episode:
    """Of the first season, with the file of the same number."""
    return Episode(
        sonarr_id=SonarrEpisodeId(30 + number),
        season=1,
        episode=number,
        title=title,
        is_monitored=True,
        file_id=EpisodeFileId(number),
    )


def a_file(number: int, size_bytes: int = 1) -> EpisodeFile:
    return EpisodeFile(
        file_id=EpisodeFileId(number),
        path=f"/tv/Show/E{number:02d}.mkv",
        size_bytes=size_bytes,
    )
