"""One series with three episodes in two files, of which systems are asked what they hold."""

from datetime import UTC, datetime

from episodarr.model.ids import EpisodeFileId, SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.inventory import LibraryFile
from episodarr.model.library import Series

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERIES = Series(
    key=SeriesKey(SonarrName("tv"), TvdbId(5)),
    sonarr_id=SonarrSeriesId(7),
    title="Charlotte",
    title_slug="charlotte",
    series_type="anime",
    year=2015,
    is_monitored=True,
    path="/tv/Charlotte",
    tmdb_id=55,
)
E1, E2, E3 = ((1, n) for n in (1, 2, 3))
FILES = (
    LibraryFile(
        file_id=EpisodeFileId(1), episodes=(E1, E2), path="/tv/Charlotte/S1/A.mkv", size_bytes=11
    ),
    LibraryFile(
        file_id=EpisodeFileId(2), episodes=(E3,), path="/tv/Charlotte/S1/B.mkv", size_bytes=12
    ),
)
