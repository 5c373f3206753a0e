"""Shoko as evidence: the records of a series' files, before a deletion and after."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from episodarr.model.check import ImportFolder, ShokoQuestion, ShokoSeen
from episodarr.model.ids import ShokoFileId
from episodarr.model.inventory import LibraryFile, ShokoHolding, ShokoLocation, Taken
from episodarr.model.library import Series
from episodarr.stages.same_series import SameSeriesElsewhere
from episodarr.systems.cache import TtlCache, seconds_of
from episodarr.systems.health import Health
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.holding import (
    count_left,
    holding_of,
    import_folder,
    places_of,
    seen_at_paths,
    server_id_of,
)
from episodarr.systems.shoko.listing import ShokoListing
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolderId,
    ShokoPathCheck,
    ShokoSeriesId,
)

FOLDERS_LIFETIME = timedelta(minutes=10)
"""How long the list of folders serves inventories."""
FOLDER_SAMPLE = 1_000
"""Files by which each import folder is judged before a rescan."""
SINGLE_FILES_LIMIT = 40
"""Beyond this number, files are read from their series' lists, not by one request each."""
FEW = 5
"""Files requested singly all the same, to check that those lists are complete."""
OLDEST_WITH_TARGETED_REMOVAL = 6


class ShokoEvidence:
    """What verification asks of Shoko, which has no identity but its import folders."""

    def __init__(
        self,
        client: ShokoClient,
        *,
        clock: Callable[[], datetime],
        same_series_of: SameSeriesElsewhere,
        health: Health,
    ) -> None:
        self._client = client
        self._same_series_of = same_series_of
        self._health = health
        self._folders = TtlCache(
            client.fetch_folders, FOLDERS_LIFETIME, monotonic=seconds_of(clock)
        )
        self._listing = ShokoListing(client.fetch_all_files, clock=clock)

    async def holding(
        self, series: Series, files: tuple[LibraryFile, ...], now: datetime
    ) -> Taken[ShokoHolding]:
        """The records of these files; incomplete if some cannot be matched uniquely.

        Raises:
            UpstreamError: no good answer.
        """
        same_series_elsewhere = self._same_series_of(series.key)
        with self._health.noting("inventory"):
            folders = await self._folders.get()
            listed_at = await self._listing.fetch_if_many(folders)
            paths = [file.path for file in files]
            if listed_at is None:
                at, check = now, await self._fetch_files_at(paths)
            else:
                at, check = min(now, listed_at), await self._listing.files_at(paths)
            return holding_of(series, files, check, folders, at, same_series_elsewhere)

    async def _fetch_files_at(self, paths: Sequence[str]) -> ShokoPathCheck:
        """What Shoko has at these paths, of which a few are requested first.

        Most series are not in Shoko at all.
        """
        tried = tuple(dict.fromkeys(_worth_trying(paths)))
        check = await self._client.fetch_files_at(tried)
        if check.files and len(paths) > len(tried):
            return await self._client.fetch_files_at(paths)
        return check

    async def check(self, question: ShokoQuestion, now: datetime) -> ShokoSeen:
        """The requested records, and then a control series that still has files.

        The control comes last: a proxy that loses Shoko in between answers 404 to everything.

        Raises:
            UpstreamError: no good answer.
        """
        with self._health.noting("verification"):
            return await self._check(question, now)

    async def _check(self, question: ShokoQuestion, now: datetime) -> ShokoSeen:
        is_unrestricted = await self._client.fetch_is_unrestricted()
        folders = await self._client.fetch_folders()
        listed = [
            await self._client.fetch_series_files(ShokoSeriesId(one)) for one in question.series_ids
        ]
        records = {file.file_id: file for one in listed for file in one.files}
        records |= await self._fetch_unlisted(question, records, has_lists=bool(listed))
        at_paths = (
            seen_at_paths(question, await self._fetch_files_at(question.unheld_paths), folders)
            if question.unheld_paths
            else {}
        )
        controls = await self._control(question.control_ids)
        own = frozenset() if controls else await self._own_series(question.series_ids)
        return ShokoSeen(
            at=now,
            method=f"GET /File of {len(question.file_ids)} files, {len(listed)} series",
            server_id=server_id_of(folders),
            is_unrestricted=is_unrestricted,
            locations_by_file_id={
                i: places_of(records[ShokoFileId(i)])
                for i in question.file_ids
                if ShokoFileId(i) in records
            },
            file_count_by_series_id={
                one.series_id: count_left(one, frozenset(question.file_ids))
                for one in listed
                if one.is_there
            },
            control_ids=controls,
            missing_control_ids=frozenset() if controls else frozenset(question.control_ids),
            own_series_ids=own,
            locations_by_path=at_paths,
        )

    async def _fetch_unlisted(
        self,
        question: ShokoQuestion,
        listed: Mapping[ShokoFileId, ShokoFileRecord],
        *,
        has_lists: bool,
    ) -> Mapping[ShokoFileId, ShokoFileRecord]:
        """Those of the question's files that are recorded, but not in the lists of its series."""
        unseen = [ShokoFileId(i) for i in question.file_ids if i not in listed]
        if len(unseen) <= SINGLE_FILES_LIMIT or not has_lists:
            return await self._client.fetch_files(unseen)
        found = await self._client.fetch_files(unseen[:FEW])
        # One of them is in another series by now: the lists of the series are no proof.
        return {**found, **await self._client.fetch_files(unseen[FEW:])} if found else found

    async def _own_series(self, series_ids: Iterable[int]) -> frozenset[int]:
        """The first of the deletion's own series that Shoko still has, even without files."""
        for series_id in series_ids:
            if await self._client.fetch_series(ShokoSeriesId(series_id)) is not None:
                return frozenset({series_id})
        return frozenset()

    async def _control(self, control_ids: Iterable[int]) -> frozenset[int]:
        """The first of the control series that has files: one is enough."""
        for control_id in control_ids:
            series = await self._client.fetch_series(ShokoSeriesId(control_id))
            if series is not None and series.local_episode_count:
                return frozenset({control_id})
        return frozenset()

    async def major_version(self) -> int:
        """The major version of its API: 4, 5 or 6."""
        return await self._client.fetch_readiness()

    async def folders(self, gone: frozenset[ShokoLocation]) -> tuple[ImportFolder, ...]:
        """Every import folder, with how many files of a fair sample Shoko can see.

        `gone` are files that the disk proved gone: the removal is for them, so they do not count.
        """
        return tuple(
            [
                import_folder(
                    folder,
                    await self._client.fetch_folder_sample(folder.folder_id, limit=FOLDER_SAMPLE),
                    gone,
                )
                for folder in await self._client.fetch_folders()
            ]
        )

    async def rescan(self, locations: tuple[ShokoLocation, ...]) -> None:
        """Remove missing files without MyList, or, from version 6 on, only these; until done.

        Raises:
            UpstreamError: it was refused, or its end was not seen.
        """
        if await self._client.fetch_readiness() < OLDEST_WITH_TARGETED_REMOVAL:
            await self._client.remove_missing_files()
            return
        path_by_id = {f.folder_id: f.path for f in await self._client.fetch_folders()}
        for location in locations:
            folder = path_by_id.get(ShokoFolderId(location.folder_id))
            if folder is not None:
                path = f"{folder.rstrip('/')}/{location.relative_path}"
                await self._client.notify_change(path)


def _worth_trying(paths: Sequence[str]) -> Iterable[str]:
    """The first, last and middle path, and one per folder: Shoko may have only one season."""
    if not paths:
        return
    yield from (paths[i] for i in (0, len(paths) // 2, -1))
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(path.replace("\\", "/").rpartition("/")[0], []).append(path)
    for inside in folders.values():
        yield inside[len(inside) // 2]
