"""Shoko's files listed once, where many inventories are due at a time: paths are matched here.

Path by path, a library of 1,700 series took 20,000 requests to Shoko; all its files are some dozen
pages. For a few series the paths cost less, and Shoko touches no other file for them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from episodarr.errors import BadPayload
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoPathCheck,
)

LIFETIME = timedelta(minutes=10)
MANY = 5
AT_ONCE = timedelta(minutes=1)
"""More than so many inventories within it are worth the list; those of every day are fewer."""
FILES_IN_A_ROW = 250
"""Files matched before the next yield to the event loop."""


class ShokoListing:
    """All files by the end of their path, while many inventories are due."""

    def __init__(
        self,
        fetch_all_files: Callable[[], Awaitable[tuple[ShokoFileRecord, ...]]],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._fetch = fetch_all_files
        self._clock = clock
        self._asked_at: list[datetime] = []
        self._listed_at: datetime | None = None
        self._was_asked = False
        """The first inventories of a run are often those of the whole library."""
        self._by_tail: dict[str, list[ShokoFileRecord]] = {}
        self._turn = asyncio.Lock()

    async def fetch_if_many(self, folders: Iterable[ShokoFolder]) -> datetime | None:
        """When the list for this inventory was requested; None: read its paths one by one.

        Raises:
            UpstreamError: the list was requested, and no good answer came.
        """
        now = self._clock()
        self._asked_at = [at for at in self._asked_at[-MANY:] if now - at < AT_ONCE] + [now]
        async with self._turn:
            if self._listed_at is not None and now - self._listed_at < LIFETIME:
                return self._listed_at
            self._listed_at, self._by_tail = None, {}
            if self._was_asked and len(self._asked_at) <= MANY:
                return None
            self._was_asked = True
            try:
                files = await self._fetch()
            except BadPayload:
                return None  # It changes faster than it can be read.
            self._by_tail = await _by_tail(files, {f.folder_id: f.path for f in folders})
            self._listed_at = now
            return now

    def files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        """What the list has at some of Sonarr's paths; folder and name are compared."""
        asked = frozenset(paths)
        found = {
            file.file_id: file for path in asked for file in self._by_tail.get(_tail(path), ())
        }
        return ShokoPathCheck(asked_paths=asked, files=tuple(found[key] for key in sorted(found)))


async def _by_tail(
    files: Iterable[ShokoFileRecord], path_by_folder: Mapping[ShokoFolderId, str]
) -> dict[str, list[ShokoFileRecord]]:
    """The files by each of their places. Whole paths, which double the size, are dropped."""
    found: dict[str, list[ShokoFileRecord]] = {}
    for count, file in enumerate(files):
        if count % FILES_IN_A_ROW == 0:
            await asyncio.sleep(0)  # A hundred thousand would block the event loop.
        tails = {
            _tail(
                place.absolute_path
                or f"{path_by_folder.get(place.folder_id or ShokoFolderId(0), '')}/"
                f"{place.relative_path}"
            )
            for place in file.places
        }
        slim = replace(
            file,
            places=tuple(
                replace(p, absolute_path=None) if p.folder_id in path_by_folder else p
                for p in file.places
            ),
        )
        for tail in tails:
            found.setdefault(tail, []).append(slim)
    return found


def _tail(path: str) -> str:
    """The file's name and its folder's, in lower case: these are the same in Sonarr and Shoko."""
    return "/".join(path.replace("\\", "/").strip("/").split("/")[-2:]).lower()
