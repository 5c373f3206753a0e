"""Shoko as a witness."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from episodarr.model.check import ImportFolder, ShokoLocationSeen, ShokoQuestion, ShokoSeen
from episodarr.model.ids import EpisodeNumber, ShokoFileId, identity_of
from episodarr.model.inventory import LibraryFile, ShokoFile, ShokoHolding, ShokoLocation, Taken
from episodarr.model.library import Series
from episodarr.model.reading import Fresh
from episodarr.stages.inventoried import episodes_of, file_by_id
from episodarr.stages.paths import below, parts_of
from episodarr.stages.same_series import Owner, SeriesElsewhere, owner_of_file
from episodarr.systems.shoko.matches import ShokoSees
from episodarr.systems.shoko.matching import match_shoko
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoPathCheck,
    ShokoPlace,
    ShokoSeries,
    ShokoSeriesFiles,
    ShokoSeriesId,
)

SINGLE_FILES_LIMIT = 40
"""Beyond this number, files are read from their series' lists, not by one request each."""
FEW = 5
"""Files requested singly all the same, to check that those lists are complete."""

OLDEST_WITH_TARGETED_REMOVAL = 6
NO_FOLDER = 0


class ShokoSource(Protocol):
    """The methods of Shoko's client that verification uses."""

    async def fetch_readiness(self) -> int:
        """The major version of a Shoko that has started."""

    async def fetch_is_unrestricted(self) -> bool:
        """Whether this user may see everything in Shoko."""

    async def fetch_series(self, series_id: ShokoSeriesId) -> ShokoSeries | None:
        """One series; None if Shoko itself answers that it has none."""

    async def fetch_series_files(self, series_id: ShokoSeriesId) -> ShokoSeriesFiles:
        """All files of a series."""

    async def fetch_files(
        self, file_ids: Iterable[ShokoFileId]
    ) -> Mapping[ShokoFileId, ShokoFileRecord]:
        """Those of the given files that are still recorded."""

    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        """Shoko's file records at some of Sonarr's paths."""

    async def fetch_folders(self) -> tuple[ShokoFolder, ...]:
        """All import or managed folders."""

    async def fetch_folder_sample(
        self, folder_id: ShokoFolderId, *, limit: int = 20
    ) -> tuple[ShokoFileRecord, ...]:
        """A few files of a folder with whether Shoko can see them."""

    async def remove_missing_files(self) -> None:
        """Drops records of files that do not exist, without MyList; returns when done."""

    async def notify_change(self, absolute_path: str) -> None:
        """Requests that Shoko 6 scans one path, without MyList."""


class ShokoTestifier:
    """Shoko as a witness. It has no identity of its own; its import folders replace one."""

    def __init__(self, source: ShokoSource, *, tries_first: bool = True) -> None:
        """`tries_first`: request a few paths before all; False where requests cost nothing."""
        self._source = source
        self._tries_first = tries_first

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        now: datetime,
        same_series_elsewhere: Sequence[SeriesElsewhere] = (),
    ) -> Taken[ShokoHolding]:
        """The records of these files; incomplete if some cannot be matched uniquely.

        A few files are requested first: most series are not in Shoko at all. `rivals` are the same
        series in other Sonarrs; records of their files are left out.
        """
        folders = await self._source.fetch_folders()
        server_id = _server_id(folders)
        paths = [file.path for file in files]
        tried = dict.fromkeys(_worth_trying(paths) if self._tries_first else paths)
        check = await self._source.fetch_files_at(tried)
        if check.files and len(paths) > len(tried):
            check = await self._source.fetch_files_at(paths)
        check = _without_same_series(
            _with_whole_paths(check, folders), series, same_series_elsewhere
        )
        if not check.files:
            nothing = ShokoHolding(server_id=server_id, series_ids=(), files=())
            return Taken(at=now, value=nothing)
        return _taken(server_id, series, files, check, now, same_series_elsewhere)

    async def check(self, question: ShokoQuestion, now: datetime) -> ShokoSeen:
        """The requested records, and then a control series that still has files.

        The control comes last: a proxy that loses Shoko in between answers 404 to everything.
        """
        is_unrestricted = await self._source.fetch_is_unrestricted()
        folders = await self._source.fetch_folders()
        listed = [
            await self._source.fetch_series_files(ShokoSeriesId(one)) for one in question.series_ids
        ]
        records = {file.file_id: file for one in listed for file in one.files}
        unseen = [ShokoFileId(i) for i in question.file_ids if i not in records]
        if len(unseen) > SINGLE_FILES_LIMIT and listed:
            found = await self._source.fetch_files(unseen[:FEW])
            # One of them is in another series by now: the lists of the series are no proof.
            unseen = unseen[FEW:] if found else []
            records.update(found)
        records.update(await self._source.fetch_files(unseen))
        at_paths = await self._at_paths(question, folders)
        controls = await self._control(question.control_ids)
        own = frozenset() if controls else await self._own_series(question.series_ids)
        return ShokoSeen(
            at=now,
            method=f"GET /File of {len(question.file_ids)} files, {len(listed)} series",
            server_id=_server_id(folders),
            is_unrestricted=is_unrestricted,
            locations_by_file_id={
                i: _places(records[ShokoFileId(i)])
                for i in question.file_ids
                if ShokoFileId(i) in records
            },
            file_count_by_series_id={
                one.series_id: _count_left(one, frozenset(question.file_ids))
                for one in listed
                if one.is_there
            },
            control_ids=controls,
            missing_control_ids=frozenset() if controls else frozenset(question.control_ids),
            own_series_ids=own,
            locations_by_path=at_paths,
        )

    async def _at_paths(
        self, question: ShokoQuestion, folders: Sequence[ShokoFolder]
    ) -> Mapping[str, tuple[ShokoLocationSeen, ...]]:
        """Locations at the paths of files without an inventoried record; requests a few first."""
        paths = question.unheld_paths
        if not paths:
            return {}
        tried = dict.fromkeys(_worth_trying(paths))
        check = await self._source.fetch_files_at(tried)
        if check.files and len(paths) > len(tried):
            check = await self._source.fetch_files_at(paths)
        records = _with_whole_paths(check, folders).files
        return {path: seen for path in paths if (seen := _seen_at(path, question.folder, records))}

    async def _own_series(self, series_ids: tuple[int, ...]) -> frozenset[int]:
        """The first of the deletion's own series that Shoko still has, even without files."""
        for series_id in series_ids:
            if await self._source.fetch_series(ShokoSeriesId(series_id)) is not None:
                return frozenset({series_id})
        return frozenset()

    async def _control(self, control_ids: tuple[int, ...]) -> frozenset[int]:
        """The first of the control series that has files: one is enough."""
        for control_id in control_ids:
            series = await self._source.fetch_series(ShokoSeriesId(control_id))
            if series is not None and series.local_episode_count:
                return frozenset({control_id})
        return frozenset()

    async def major_version(self) -> int:
        """The API's major version."""
        return await self._source.fetch_readiness()

    async def folders(
        self, gone: frozenset[ShokoLocation] = frozenset()
    ) -> tuple[ImportFolder, ...]:
        """Every import folder, with how many files of a sample Shoko can see.

        `gone` are files that the disk proved gone: the removal is for them, so they do not count.
        """
        found: list[ImportFolder] = []
        for folder in await self._source.fetch_folders():
            sample = await self._source.fetch_folder_sample(folder.folder_id)
            places = [
                place
                for file in sample
                for place in file.places
                if place.folder_id == folder.folder_id
                and ShokoLocation(folder.folder_id, place.relative_path) not in gone
            ]
            accessible = sum(1 for place in places if place.is_accessible)
            found.append(
                ImportFolder(
                    name=folder.name, accessible_count=accessible, sampled_count=len(places)
                )
            )
        return tuple(found)

    async def rescan(self, locations: tuple[ShokoLocation, ...]) -> None:
        """Request a scan of just these locations from version 6 on; before, remove all missing."""
        if await self._source.fetch_readiness() < OLDEST_WITH_TARGETED_REMOVAL:
            await self._source.remove_missing_files()
            return
        path_by_id = {f.folder_id: f.path for f in await self._source.fetch_folders()}
        for location in locations:
            folder = path_by_id.get(ShokoFolderId(location.folder_id))
            if folder is not None:
                path = f"{folder.rstrip('/')}/{location.relative_path}"
                await self._source.notify_change(path)


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


def _seen_at(
    path: str, folder: str, records: Iterable[ShokoFileRecord]
) -> tuple[ShokoLocationSeen, ...]:
    """The places whose path equals Sonarr's from the series' folder on."""
    needed = (*parts_of(folder)[-1:], *below(path, folder))
    return tuple(
        seen
        for record in records
        for place, seen in zip(record.places, _places(record), strict=True)
        if parts_of(place.absolute_path or place.relative_path)[-len(needed) :] == needed
    )


def _with_whole_paths(check: ShokoPathCheck, folders: Iterable[ShokoFolder]) -> ShokoPathCheck:
    """The records with absolute paths: Shoko 4 gives only the part below the import folder."""
    path_by_id = {folder.folder_id: folder.path.rstrip("/\\") for folder in folders}

    def whole(place: ShokoPlace) -> ShokoPlace:
        above = path_by_id.get(place.folder_id) if place.folder_id is not None else None
        if place.absolute_path or not above:
            return place
        return replace(place, absolute_path=f"{above}/{place.relative_path}")

    files = (replace(file, places=tuple(map(whole, file.places))) for file in check.files)
    return replace(check, files=tuple(files))


def _without_same_series(
    check: ShokoPathCheck, series: Series, same_series_elsewhere: Sequence[SeriesElsewhere]
) -> ShokoPathCheck:
    """The records without those that lie only in another Sonarr's folder."""
    return replace(
        check,
        files=tuple(
            file
            for file in check.files
            if not file.places
            or any(
                _owner(place, series, same_series_elsewhere) is not Owner.THEIRS
                for place in file.places
            )
        ),
    )


def _owner(
    place: ShokoPlace, series: Series, same_series_elsewhere: Sequence[SeriesElsewhere]
) -> Owner:
    path = place.absolute_path or place.relative_path
    return owner_of_file(path, series.path, same_series_elsewhere)


def _locations(
    record: ShokoFileRecord,
    series: Series,
    same_series_elsewhere: Sequence[SeriesElsewhere],
    *,
    is_theirs: bool,
) -> tuple[ShokoLocation, ...]:
    return tuple(
        ShokoLocation(place.folder_id or NO_FOLDER, place.relative_path)
        for place in record.places
        if (_owner(place, series, same_series_elsewhere) is Owner.THEIRS) is is_theirs
    )


def _count_left(series: ShokoSeriesFiles, inventoried: frozenset[int]) -> int:
    """The number of a series' file records, without files never inventoried that Shoko can see.

    Those files belong to others, and stay rightly.
    """
    return sum(
        1
        for file in series.files
        if file.file_id in inventoried or not any(p.is_accessible is True for p in file.places)
    )


def _server_id(folders: tuple[ShokoFolder, ...]) -> str:
    return identity_of(f"{folder.folder_id}:{folder.path}" for folder in folders)


def _places(record: ShokoFileRecord) -> tuple[ShokoLocationSeen, ...]:
    """The places of a record; where Shoko gives no accessibility, a place counts as accessible."""
    return tuple(
        ShokoLocationSeen(
            location=ShokoLocation(place.folder_id or NO_FOLDER, place.relative_path),
            is_accessible=place.is_accessible is not False,
        )
        for place in record.places
    )


def _taken(
    server_id: str,
    series: Series,
    files: tuple[LibraryFile, ...],
    check: ShokoPathCheck,
    now: datetime,
    same_series_elsewhere: Sequence[SeriesElsewhere],
) -> Taken[ShokoHolding]:
    numbers = {number for file in files for number in file.episodes}
    testimony = match_shoko(
        series,
        episodes_of(files),
        file_by_id(files),
        Fresh(check, now),
        same_series_elsewhere=same_series_elsewhere,
    )
    sees = testimony if isinstance(testimony, ShokoSees) else None
    numbers_by_id: dict[ShokoFileId, list[EpisodeNumber]] = {}
    for number, file_id in (sees.file_id_by_number if sees is not None else {}).items():
        numbers_by_id.setdefault(file_id, []).append(number)
    told = {number for found in numbers_by_id.values() for number in found}
    absent = sees.absent if sees is not None else frozenset()
    records = [record for record in check.files if record.file_id in numbers_by_id]
    return Taken(
        at=now,
        is_complete=sees is not None and numbers <= told | absent,
        value=ShokoHolding(
            server_id=server_id,
            series_ids=tuple(
                dict.fromkeys(
                    link.series_id
                    for record in records
                    for link in record.links or ()
                    if link.series_id is not None
                )
            ),
            files=tuple(
                ShokoFile(
                    file_id=record.file_id,
                    episodes=tuple(sorted(numbers_by_id[record.file_id])),
                    locations=_locations(record, series, same_series_elsewhere, is_theirs=False),
                    other_locations=_locations(
                        record, series, same_series_elsewhere, is_theirs=True
                    ),
                )
                for record in records
            ),
        ),
    )
