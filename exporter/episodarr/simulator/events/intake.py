"""Series being added, with the files that they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.simulator.events import webhooks
from episodarr.simulator.names import (
    GIB,
    episode_code,
    folder_name,
    hex_id,
    slug,
    small_hash,
)
from episodarr.simulator.state.engine import Content, Engine
from episodarr.simulator.state.library import AlternateTitle, Episode, EpisodeFile, Series
from episodarr.simulator.state.sonarr import HistoryRow, SonarrDatabase

_REMEMBERED_IMPORTS = timedelta(days=14)
"""Files that are newer than this come with their row of history."""

Codes = Sequence[tuple[int, int]]
"""Episodes as (season, episode) pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonPlan:
    """How a season stands when its series is added.

    ``aired`` episodes of ``episodes`` are out, one a week, the last ``last_aired_days`` ago; those
    up to ``files`` are in the library. The rest airs weekly from ``next_airing_hours`` on.
    """

    episodes: int
    aired: int | None = None
    files: int = 0
    monitored: bool = True
    last_aired_days: float = 30.0
    in_turn: bool = True
    """Whether the seasons after it came later by their length and a pause."""
    next_airing_hours: float = 48.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """A series to add. Without a path it lies in its root folder under its own title."""

    tvdb_id: int
    title: str
    seasons: dict[int, SeasonPlan]
    series_type: str = "standard"
    year: int = 2020
    root: str | None = None
    status: str = "continuing"
    monitored: bool = True
    added_days: float = 60.0
    file_bytes: int = int(1.4 * GIB)
    quality: str = "WEBDL-1080p"
    release_group: str = "NTb"
    alternate_titles: tuple[AlternateTitle, ...] = ()
    tmdb_id: int | None = None


class IntakeEvents(Engine):
    """How series come into a Sonarr."""

    def add_series(self, sonarr: str, plan: SeriesPlan, *, quiet: bool = True) -> Series:
        """A series is in Sonarr from now on, with the files that its plan gives it.

        Args:
            sonarr: The instance's name.
            plan: What to add.
            quiet: Without a webhook, as for what was there before the world began.

        Raises:
            ValueError: The instance has the series already.
        """
        state = self.sonarrs[sonarr]
        if plan.tvdb_id in state.by_tvdb:
            msg = f"{sonarr} has the series {plan.tvdb_id} already"
            raise ValueError(msg)
        series = self._new_series(state, plan)
        absolute = 0
        for number, season in sorted(plan.seasons.items()):
            series.season_monitored[number] = season.monitored
            for index in range(1, season.episodes + 1):
                absolute += number > 0
                self._add_episode(state, series, plan, season, (number, index, absolute))
        state.add_series(series)
        for number, season in plan.seasons.items():
            for index in range(1, season.files + 1):
                self._stock_file(state, series, plan, series.numbered[number, index])
        if not quiet:
            self.send(state, webhooks.series_add(state, series))
        return series

    def _new_series(self, state: SonarrDatabase, plan: SeriesPlan) -> Series:
        root = plan.root or state.options.root_folders[0]
        return Series(
            id=state.next_id("series"),
            tvdb_id=plan.tvdb_id,
            tmdb_id=plan.tmdb_id if plan.tmdb_id is not None else plan.tvdb_id % 99_991 + 1_000,
            title=plan.title,
            slug=slug(plan.title),
            year=plan.year,
            series_type=plan.series_type,
            root=root,
            path=f"{root}/{folder_name(plan.title)}",
            added_at=self.now - timedelta(days=plan.added_days),
            imdb_id=f"tt{plan.tvdb_id:07d}" if plan.tvdb_id % 7 else None,
            status=plan.status,
            monitored=plan.monitored,
            runtime_minutes=24 if plan.series_type == "anime" else 45,
            genres=("Animation", "Anime") if plan.series_type == "anime" else ("Drama",),
            alternate_titles=plan.alternate_titles,
        )

    def _add_episode(
        self,
        state: SonarrDatabase,
        series: Series,
        plan: SeriesPlan,
        season: SeasonPlan,
        place: tuple[int, int, int],
    ) -> None:
        number, index, absolute = place
        air_at = self._air_time(plan, season, number, index)
        episode = Episode(
            state.next_id("episode"),
            series.id,
            series.tvdb_id * 10 % 90_000_000 + number * 1_000 + index,
            number,
            index,
            f"Episode {index}",
            air_at,
            absolute if plan.series_type == "anime" and number > 0 else None,
            season.monitored,
        )
        series.add(episode)
        if air_at > self.now:
            self.expect_airing(state, series, air_at)

    def _air_time(self, plan: SeriesPlan, season: SeasonPlan, number: int, index: int) -> datetime:
        aired = season.episodes if season.aired is None else season.aired
        later_seasons = sum(
            other.episodes * 7 + 60
            for key, other in plan.seasons.items()
            if season.in_turn and key > number > 0
        )
        if index <= aired:
            days = season.last_aired_days + later_seasons + 7 * (aired - index)
            return (self.now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
        hours = season.next_airing_hours + 7 * 24 * (index - aired - 1)
        return (self.now + timedelta(hours=hours)).replace(second=0, microsecond=0)

    def _stock_file(
        self, state: SonarrDatabase, series: Series, plan: SeriesPlan, episode: Episode
    ) -> None:
        spread = small_hash(series.tvdb_id, episode.season, episode.number) % 1_000
        aired_at = episode.air_at or self.now
        file = EpisodeFile(
            state.next_id("file"),
            series.id,
            episode.season,
            library_path(series, [episode], plan.quality),
            plan.file_bytes + spread * (plan.file_bytes // 10_000),
            min(max(aired_at, series.added_at) + timedelta(hours=3), self.now),
            (episode.id,),
            plan.quality,
            plan.release_group,
        )
        series.files[file.id] = file
        episode.file_id = file.id
        self.write_file(series.file_path(file), file.size_bytes, Content(series, (episode,)))
        if self.now - file.added_at < _REMEMBERED_IMPORTS:
            self._record_old_import(state, series, file, episode)

    def _record_old_import(
        self, state: SonarrDatabase, series: Series, file: EpisodeFile, episode: Episode
    ) -> None:
        state.record(
            HistoryRow(
                id=state.next_id("history"),
                series_id=series.id,
                episode_id=episode.id,
                event="downloadFolderImported",
                at=file.added_at,
                source_title=file.relative_path.rpartition("/")[2].removesuffix(".mkv"),
                quality=file.quality,
                download_id=hex_id("old", series.tvdb_id, file.id).upper(),
                data={
                    "fileId": str(file.id),
                    "droppedPath": f"/downloads/{state.options.category}/{series.slug}.mkv",
                    "importedPath": series.file_path(file),
                    "downloadClient": "QBittorrent",
                    "downloadClientName": state.options.client_name,
                    "releaseGroup": file.release_group,
                    "customFormatScore": "0",
                    "size": str(file.size_bytes),
                    "indexerFlags": "0",
                    "releaseType": "SingleEpisode",
                },
            )
        )


def library_path(series: Series, episodes: Sequence[Episode], quality: str) -> str:
    """A file's path below its series' folder, as Sonarr's naming gives it."""
    first = episodes[0]
    code = episode_code(first.season, first.number)
    if len(episodes) > 1:
        code += f"-E{episodes[-1].number:02d}"
    folder = "Specials" if first.season == 0 else f"Season {first.season:02d}"
    name = folder_name(f"{series.title} - {code} - {first.title} {quality}")
    return f"{folder}/{name}.mkv"
