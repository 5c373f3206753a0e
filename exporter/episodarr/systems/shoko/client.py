"""Requests to Shoko's endpoints; `wire` parses the answers.

Routes differ between 4, 5 and 6. Only `remove_missing_files` and `notify_change` change anything, and
nothing here calls them.

Source: ShokoServer v4.2.2, v5.3.3 and v6.0.0-dev.425, `Shoko.Server/API/v3/Controllers`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from types import MappingProxyType
from typing import override

import httpx

from episodarr.errors import BadPayload, BadStatus
from episodarr.model.ids import ShokoFileId
from episodarr.systems.guard import ConnectionOptions, RequestObserver
from episodarr.systems.http import QueryParams
from episodarr.systems.shoko import wire
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoPathCheck,
    ShokoSeries,
    ShokoSeriesFiles,
    ShokoSeriesId,
    ShokoServer,
)
from episodarr.systems.shoko.session import ShokoCredentials, ShokoSession

_ALL = 0
"""As a page size: everything."""
_WITH_LINKS: QueryParams = MappingProxyType(
    {"include": "XRefs,AbsolutePaths,Ignored", "includeXRefs": True}
)
"""The first for 5 and 6, the second for 4; each ignores the other's."""
_REMOVAL_SECONDS = 1800.0
"""Shoko 5 answers only after it has checked every file that it knows."""
_LISTING_PAGE = 500
"""Decoding one page blocks the event loop, so pages are short."""
_OLD_PAGE = 100
"""Shoko 4 gives no larger ones."""
_LISTING_TRIES = 3
_SAMPLE_PAGE = 100
"""Files on one page of a sample."""
_SMALLEST_FOLDER_LISTING = 2
"""From so many more files in one folder on, it is listed instead of requesting each file."""


class ShokoClient:
    """One Shoko; every method gives one complete answer, or raises `UpstreamError`."""

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        credentials: ShokoCredentials,
        observer: RequestObserver,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._session = ShokoSession(
            options,
            credentials=credentials,
            observer=observer,
            transport=transport,
        )

    @override
    def __repr__(self) -> str:
        return f"ShokoClient({self._session.options.address!r})"

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._session.aclose()

    async def fetch_server(self) -> ShokoServer:
        """Version and readiness; sent without a key, so it proves nothing of the credentials."""
        return await self._session.fetch_server()

    async def fetch_readiness(self) -> int:
        """The major version of a Shoko that has started; one request once the version is known."""
        return await self._session.require_ready()

    async def fetch_is_unrestricted(self) -> bool:
        """Whether Shoko hides nothing from this user; also proves that the credentials are good."""
        await self._session.require_ready()
        body = await self._session.get("user", "/User/Current")
        return wire.parse_is_unrestricted("user", body)

    async def fetch_series(self, series_id: ShokoSeriesId) -> ShokoSeries | None:
        """One series; None if Shoko itself answers that none has this id."""
        await self._session.require_ready()
        body = await self._session.get_if_there("one_series", f"/Series/{series_id}")
        return wire.parse_series("one_series", body) if body is not None else None

    async def fetch_series_files(self, series_id: ShokoSeriesId) -> ShokoSeriesFiles:
        """All files of a series, with their places and links: also those Shoko hides by default.

        These are ignored ones, and from 6 on those that are linked but not imported yet, which an
        older Shoko does not hide: it refuses a request for them.
        """
        major = await self._session.require_ready()
        params: QueryParams = {**_WITH_LINKS, "pageSize": _ALL}
        if major >= 6:
            params = {**params, "include": f"{_WITH_LINKS['include']},ImportLimbo"}
        body = await self._session.get_if_there("series_files", f"/Series/{series_id}/File", params)
        return ShokoSeriesFiles(
            series_id=series_id,
            is_there=body is not None,
            files=wire.parse_files("series_files", body) if body is not None else (),
        )

    async def fetch_files(
        self, file_ids: Iterable[ShokoFileId]
    ) -> Mapping[ShokoFileId, ShokoFileRecord]:
        """Those of the given files that are still recorded; one request for each."""
        await self._session.require_ready()
        found: dict[ShokoFileId, ShokoFileRecord] = {}
        for file_id in dict.fromkeys(file_ids):
            body = await self._session.get_if_there("file", f"/File/{file_id}", _WITH_LINKS)
            if body is not None:
                found[file_id] = wire.parse_file("file", body)
        return MappingProxyType(found)

    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        """What Shoko has at some of Sonarr's paths; folder and name are compared, no mapping needed.

        One request for each path; from 5 on, folders with several are listed once one of their files
        was found.
        """
        major = await self._session.require_ready()
        asked = dict.fromkeys(paths)
        by_folder: dict[str, list[str]] = {}
        for path in asked:
            by_folder.setdefault(path.replace("\\", "/").rpartition("/")[0], []).append(path)
        found: dict[ShokoFileId, ShokoFileRecord] = {}
        for waiting in by_folder.values():
            while waiting:
                files = await self._files_ending_with(_tail(waiting.pop()))
                found.update({file.file_id: file for file in files})
                folder = _folder_of(files) if major >= 5 else None
                if folder is not None and len(waiting) >= _SMALLEST_FOLDER_LISTING:
                    files = await self._files_in(folder, major)
                    found.update({file.file_id: file for file in files})
                    break
        return ShokoPathCheck(
            asked_paths=frozenset(asked), files=tuple(found[key] for key in sorted(found))
        )

    async def fetch_folders(self) -> tuple[ShokoFolder, ...]:
        """All import or managed folders."""
        major = await self._session.require_ready()
        return wire.parse_folders(
            "folders", await self._session.get("folders", _folder_route(major))
        )

    async def fetch_folder_sample(
        self, folder_id: ShokoFolderId, *, limit: int = 20
    ) -> tuple[ShokoFileRecord, ...]:
        """Files of a folder with whether Shoko can see them, which shows if the share is mounted.

        All if there are no more than `limit`, else about so many, taken evenly from the whole list:
        files that are adjacent in the list are so on the disk, too.
        """
        major = await self._session.require_ready()
        size = min(limit, _SAMPLE_PAGE)
        first, total = await self._folder_page(major, folder_id, 1, size)
        found = {file.file_id: file for file in first}
        for page in _spread(ceil(total / size), at_most=ceil(limit / size))[1:]:
            files, _ = await self._folder_page(major, folder_id, page, size)
            found.update({file.file_id: file for file in files})
        return tuple(found.values())

    async def fetch_all_files[P](self, keep: Callable[[Sequence[ShokoFileRecord]], P]) -> list[P]:
        """Every file in every folder, by pages: for many series at once, in place of paths.

        `keep` gets each page as it comes, and what it gives is returned. A folder is read again
        where its total changed between two pages. Shoko checks each file on disk while it answers,
        so this is no request for every few minutes.

        Raises:
            BadPayload: the list of a folder changed each time it was read.
        """
        pages: list[P] = []
        for folder in await self.fetch_folders():
            for _ in range(_LISTING_TRIES):
                listed = await self._list_folder(folder.folder_id, keep)
                if listed is not None:
                    break
            else:
                raise BadPayload("folder_page", "the list of files changed each time it was read")
            pages += listed
        await self._session.require_ready()  # Before it has started its answers mean nothing.
        return pages

    async def _list_folder[P](
        self, folder_id: ShokoFolderId, keep: Callable[[Sequence[ShokoFileRecord]], P]
    ) -> list[P] | None:
        """All pages of a folder; None where they disagree."""
        major = await self._session.require_ready()
        size = _OLD_PAGE if major < 5 else _LISTING_PAGE
        pages: list[P] = []
        ids: set[ShokoFileId] = set()
        total: int | None = None
        while total is None or len(pages) * size < total:
            files, now = await self._folder_page(major, folder_id, len(pages) + 1, size)
            if total not in {None, now}:
                return None
            total = now
            ids.update(file.file_id for file in files)
            pages.append(keep(files))
        return pages if len(ids) == total else None

    async def _folder_page(
        self, major: int, folder_id: ShokoFolderId, page: int, size: int
    ) -> tuple[tuple[ShokoFileRecord, ...], int]:
        body = await self._session.get(
            "folder_page",
            f"{_folder_route(major)}/{folder_id}/File",
            {**_WITH_LINKS, "pageSize": size, "page": page},
        )
        return wire.parse_file_page("folder_page", body)

    async def remove_missing_files(self) -> None:
        """Request that Shoko drop its records of files that do not exist; AniDB's MyList is kept.

        Changes Shoko's database: records of every folder that is not mounted go too, so call this
        only after files were seen in every folder. Returns when Shoko has finished, maybe minutes
        later.

        Raises:
            BadStatus: before 5, where Shoko would change MyList whatever the request asks.
        """
        major = await self._session.require_ready()
        if major < 5:
            raise BadStatus(
                "remove_missing_files",
                "not sent: Shoko 4 would change AniDB's MyList too; update Shoko, or do it by hand",
            )
        await self._session.send(
            "remove_missing_files",
            "GET",
            "/Action/RemoveMissingFiles/false",
            at_least_seconds=_REMOVAL_SECONDS,
        )

    async def notify_change(self, absolute_path: str) -> None:
        """Request that Shoko 6 check one path again: Shoko's own view. MyList is kept.

        Raises:
            BadStatus: before 6, which has no such route.
        """
        if await self._session.require_ready() < 6:
            raise BadStatus("notify_change", "not sent: only Shoko 6 can check a single path")
        await self._session.send(
            "notify_change",
            "POST",
            "/ManagedFolder/NotifyChangeDetected",
            json={"Path": absolute_path, "UpdateMyList": False},
        )

    async def _files_ending_with(self, tail: str) -> tuple[ShokoFileRecord, ...]:
        params: QueryParams = {**_WITH_LINKS, "path": tail}
        body = await self._session.get("files_by_path", "/File/PathEndsWith", params)
        return wire.parse_files("files_by_path", body)

    async def _files_in(
        self, folder: tuple[ShokoFolderId, str], major: int
    ) -> tuple[ShokoFileRecord, ...]:
        folder_id, relative_path = folder
        body = await self._session.get(
            "folder_files",
            f"{_folder_route(major)}/{folder_id}/File",
            {**_WITH_LINKS, "folderPath": relative_path, "pageSize": _ALL},
        )
        return wire.parse_files("folder_files", body)


def _folder_route(major: int) -> str:
    return "/ManagedFolder" if major >= 6 else "/ImportFolder"


def _spread(pages: int, *, at_most: int) -> tuple[int, ...]:
    """Numbers of pages from 1 on, evenly over all of them, the first and the last among them."""
    count = min(pages, at_most)
    if count < 2:
        return (1,)
    return tuple(round(1 + i * (pages - 1) / (count - 1)) for i in range(count))


def _tail(path: str) -> str:
    """The file's name and its folder's: the part of the path common to Sonarr and Shoko."""
    return "/".join(path.replace("\\", "/").strip("/").split("/")[-2:])


def _folder_of(files: Sequence[ShokoFileRecord]) -> tuple[ShokoFolderId, str] | None:
    """The one folder that these files lie in; None where they lie in several."""
    places: dict[tuple[ShokoFolderId, str], None] = {}
    for file in files:
        for place in file.places:
            if place.folder_id is None:
                return None
            places[place.folder_id, place.relative_path.rpartition("/")[0]] = None
    return next(iter(places)) if len(places) == 1 else None
