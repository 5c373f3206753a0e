"""Inventoried files as Sonarr's records: they are matched to other systems as those of a cycle are."""

from collections.abc import Iterable

from episodarr.model.ids import EpisodeFileId, SonarrEpisodeId
from episodarr.model.inventory import LibraryFile
from episodarr.model.library import Episode, EpisodeFile


def episodes_of(files: Iterable[LibraryFile]) -> list[Episode]:
    """The files' episodes, with numbers and file ids only."""
    return [
        Episode(
            sonarr_id=SonarrEpisodeId(0),
            season=season,
            episode=episode,
            title="",
            is_monitored=False,
            file_id=file.file_id,
        )
        for file in files
        for season, episode in file.episodes
    ]


def file_by_id(files: Iterable[LibraryFile]) -> dict[EpisodeFileId, EpisodeFile]:
    """The files as Sonarr's records."""
    return {
        file.file_id: EpisodeFile(
            file_id=file.file_id,
            path=file.path,
            size_bytes=file.size_bytes,
            added_at=file.added_at,
        )
        for file in files
    }
