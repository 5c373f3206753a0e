"""Series, episodes and files as Sonarr lists them; new objects at each call, as of an answer."""

from episodarr.model.ids import (
    EpisodeFileId,
    SeriesKey,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import Episode, EpisodeFile, Series

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
