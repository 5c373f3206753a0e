"""What is so in the simulated world, read from its state and the real disk, never from an API."""

from collections.abc import Iterable
from dataclasses import dataclass

from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.ids import EpisodeNumber, SeriesKey
from episodarr.model.stage import Stage
from episodarr.simulator.state.library import Episode, Series
from episodarr.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One simulated world, asked directly."""

    world: World

    def series(self, key: SeriesKey) -> Series | None:
        """The series that this Sonarr lists now."""
        return self.world.sonarrs[key.sonarr].by_tvdb.get(key.tvdb_id)

    def is_on_disk(self, path: str) -> bool:
        """Whether the file exists, also where its root folder is away for a while."""
        disk = self.world.disk
        root = disk.root_of(path)
        folder = disk.real(root)
        rest = path.removeprefix(root).lstrip("/")
        aside = folder.with_name(f".{folder.name}.away")
        return (folder / rest).exists() or (aside / rest).exists()

    def is_in_jellyfin(self, key: SeriesKey, number: EpisodeNumber) -> bool:
        """Whether Jellyfin has a playable entry of this episode, at whatever path."""
        jellyfin = self.world.jellyfin
        assert jellyfin is not None
        return any(
            (episode.season, episode.number) == number
            for series in jellyfin.series.values()
            for entry in series.episodes.values()
            if entry.content.series.tvdb_id == key.tvdb_id
            for episode in entry.content.episodes
        )

    def has_others_in_jellyfin(self, path: str) -> bool:
        """Whether Jellyfin lists anything below the root folder of this path: else it proves nothing."""
        jellyfin = self.world.jellyfin
        assert jellyfin is not None
        root = self.world.disk.root_of(path)
        return any(
            other.startswith(f"{root}/")
            for series in jellyfin.series.values()
            for other in series.episodes
        )

    def has_others_on_disk(self, path: str) -> bool:
        """Whether a file that some Sonarr has lies below the root folder of this path.

        A bare root proves little, and files that no system knows prove nothing.
        """
        disk = self.world.disk
        root = disk.root_of(path)
        return any(
            series.root == root and disk.exists(series.file_path(file))
            for state in self.world.sonarrs.values()
            for series in state.series.values()
            for file in series.files.values()
        )

    def has_newer_file(self, record: DeletionRecord, episode: ExpectedEpisode) -> bool:
        """Whether Sonarr has another file for it by now, so that it is no longer expected."""
        series = self.series(record.key)
        found = None if series is None else series.numbered.get(episode.number)
        return found is not None and found.file_id not in (0, episode.file_id)

    def is_kept_by_another(self, path: str) -> bool:
        """Whether some series of some Sonarr has a file at this path now."""
        return any(
            series.file_path(file) == path
            for state in self.world.sonarrs.values()
            for series in state.series.values()
            for file in series.files.values()
        )

    def stage(self, series: Series, episode: Episode) -> Stage:
        """The stage when all is quiet: nothing under way, every scan done, no recent search."""
        if episode.file_id:
            return Stage.AVAILABLE
        if not (episode.monitored and series.monitored):
            return Stage.UNMONITORED
        if episode.air_at is None or episode.air_at > self.world.now:
            return Stage.UNAIRED
        return Stage.QUEUED


def twice_opened(
    records: Iterable[DeletionRecord],
) -> list[tuple[SeriesKey, EpisodeNumber, int]]:
    """Files that more than one deletion expects to go; a superseded one expects nothing."""
    seen: set[tuple[SeriesKey, EpisodeNumber, int]] = set()
    twice = []
    for record in records:
        for episode in record.expected:
            if episode.file_id is None:
                continue
            fact = (record.key, episode.number, int(episode.file_id))
            if fact in seen:
                twice.append(fact)
            seen.add(fact)
    return twice
