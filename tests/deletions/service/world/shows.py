"""The series of the small world, and where their files lie."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.inventory import LibraryFile
from episodarr.model.library import Series
from tests.library import a_season

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TV = SonarrName("tv")
CHARLOTTE = TvdbId(299963)
FRIEREN = TvdbId(424536)
SPY = TvdbId(405920)


@dataclass(slots=True, kw_only=True)
class Show:
    """One series with its files by number; ids and paths follow from the numbers."""

    tvdb_id: TvdbId
    sonarr_id: SonarrSeriesId
    title: str
    files: dict[EpisodeNumber, LibraryFile] = field(default_factory=dict)
    path: str = ""
    """Its folder, if it is not the root folder's one of its title."""

    @property
    def folder(self) -> str:
        return self.path or f"/tv/{self.title}"

    def series(self, sonarr: SonarrName = TV) -> Series:
        """The series as Sonarr lists it."""
        by_season: dict[int, list[LibraryFile]] = {}
        for (season, _), file in self.files.items():
            by_season.setdefault(season, []).append(file)
        return Series(
            key=SeriesKey(sonarr, self.tvdb_id),
            sonarr_id=self.sonarr_id,
            title=self.title,
            title_slug=self.title.lower(),
            series_type="anime",
            year=2015,
            is_monitored=True,
            path=self.folder,
            seasons=tuple(
                a_season(season, files=len(files), size_bytes=sum(f.size_bytes for f in files))
                for season, files in sorted(by_season.items())
            ),
        )


def local(path: str) -> str:
    """The world's disk has Sonarr's path under this one."""
    return "/media" + path
