"""Shoko's files listed once, where many inventories are due at a time: paths are matched here.

Path by path, a library of 1,700 series took 20,000 requests to Shoko; all its files are some dozen
pages. For a few series the paths cost less, and Shoko touches no other file for them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from episodarr.errors import BadPayload
from episodarr.model.ids import ShokoFileId
from episodarr.systems.shoko.packed import FolderPaths, PackedPage, packed, tail_of
from episodarr.systems.shoko.records import ShokoFileRecord, ShokoFolder, ShokoPathCheck

LIFETIME = timedelta(minutes=10)
MANY = 5
AT_ONCE = timedelta(minutes=1)
"""More than so many inventories within it are worth the list; those of every day are fewer."""
_PAGES_PER_TURN = 20
"""Pages that are searched for a series' files before others have their turn."""

type Pack = Callable[[Sequence[ShokoFileRecord]], PackedPage]


class ShokoListing:
    """All files, while many inventories are due."""

    def __init__(
        self,
        fetch_all_files: Callable[[Pack], Awaitable[Sequence[PackedPage]]],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._fetch = fetch_all_files
        self._clock = clock
        self._asked_at: list[datetime] = []
        self._listed_at: datetime | None = None
        self._was_asked = False
        """The first inventories of a run are often those of the whole library."""
        self._pages: Sequence[PackedPage] = ()
        self._folders: FolderPaths = {}
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
            self._listed_at, self._pages = None, ()
            if self._was_asked and len(self._asked_at) <= MANY:
                return None
            self._was_asked = True
            paths: FolderPaths = {f.folder_id: f.path.rstrip("/\\") for f in folders}
            try:
                self._pages = await self._fetch(partial(packed, folders=paths))
            except BadPayload:
                return None  # It changes faster than it can be read.
            self._folders, self._listed_at = paths, now
            return now

    async def files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        """What the list has at some of Sonarr's paths; folder and name are compared."""
        asked = frozenset(paths)
        tails, folders = set(map(tail_of, asked)), self._folders
        found: dict[ShokoFileId, ShokoFileRecord] = {}
        hashes = set(map(hash, tails))
        for number, page in enumerate(self._pages):
            if number % _PAGES_PER_TURN == 0:
                await asyncio.sleep(0)
            if page.may_have(hashes):
                found.update((file.file_id, file) for file in page.with_tails(tails, folders))
                await asyncio.sleep(0)  # A thousand files may lie on as many pages.
        return ShokoPathCheck(asked_paths=asked, files=tuple(found[key] for key in sorted(found)))
