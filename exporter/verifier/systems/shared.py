"""What the witnesses share: one answer for all who ask at the same moment, and identities.

Also inventoried files in the shape in which the join for stages takes them.
"""

import asyncio
import hashlib
import posixpath
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from exporter.model.ids import EpisodeFileId, SonarrEpisodeId
from exporter.model.inventory import LibraryFile
from exporter.model.library import Episode, EpisodeFile
from exporter.upstream.disk.mapping import below, clean


class OncePer[T]:
    """An answer that is asked for once and serves for a while; a failure is nobody's answer."""

    def __init__(self, ask: Callable[[], Awaitable[T]], lifetime: timedelta) -> None:
        self._ask = ask
        self._lifetime = lifetime
        self._turn = asyncio.Lock()
        self._kept: tuple[datetime, T] | None = None

    async def get(self, now: datetime) -> T:
        """The answer; never one that was asked for before `now` minus the lifetime.

        Raises:
            UpstreamError: it had to be asked for, and could not be had.
        """
        async with self._turn:
            if self._kept is not None and now - self._kept[0] <= self._lifetime:
                return self._kept[1]
            self._kept = None
            answer = await self._ask()
            self._kept = (now, answer)
            return answer


def identity_of(parts: Iterable[object]) -> str:
    """What tells one server from another: a short mark for each of its folders or neighbors.

    Another answer with more marks is the same server, to which something was added.
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
    """The files' episodes; only their numbers and their files are known here."""
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
