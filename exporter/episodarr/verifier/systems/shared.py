"""Shared by the witnesses: identities, and inventoried files converted for matching."""

import hashlib
import posixpath
from collections.abc import Iterable

from episodarr.model.ids import EpisodeFileId, SonarrEpisodeId
from episodarr.model.inventory import LibraryFile
from episodarr.model.library import Episode, EpisodeFile
from episodarr.systems.disk.mapping import below, clean


def identity_of(parts: Iterable[object]) -> str:
    """A server's identity: a short mark for each of its folders or neighbors, joined by "+".

    An identity with all the marks of an earlier one, and more, is the same server.
    """
    marks = {hashlib.sha256(str(part).encode()).hexdigest()[:12] for part in parts}
    return "+".join(sorted(marks))


def root_folder_of(path: str, root_folders: Iterable[str]) -> str:
    """Sonarr's root folder that a series lies in; the folder above it where none holds it.

    A series may be the root folder itself.
    """
    path = clean(path)
    holding = [root for root in root_folders if below(path, clean(root)) is not None]
    return max(holding, key=len, default=posixpath.dirname(path))


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
            season=file.episodes[0][0] if file.episodes else 0,
            path=file.path,
            size_bytes=file.size_bytes,
            added_at=file.added_at,
        )
        for file in files
    }
