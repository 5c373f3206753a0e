"""What Shoko's records show of a series' files, before a deletion and after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from episodarr.model.check import ImportFolder, ShokoLocationSeen, ShokoQuestion
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
    ShokoPathCheck,
    ShokoPlace,
    ShokoSeriesFiles,
)

NO_FOLDER = 0


def server_id_of(folders: Iterable[ShokoFolder]) -> str:
    """The identity of a Shoko by its import folders."""
    return identity_of(f"{folder.folder_id}:{folder.path}" for folder in folders)


def holding_of(
    series: Series,
    files: tuple[LibraryFile, ...],
    check: ShokoPathCheck,
    folders: Sequence[ShokoFolder],
    at: datetime,
    same_series_elsewhere: Sequence[SeriesElsewhere],
) -> Taken[ShokoHolding]:
    """The records of these files, without those of other Sonarrs; `at` is when they were read."""
    owners = _Owners(series, same_series_elsewhere)
    check = _with_whole_paths(check, folders)
    own = tuple(file for file in check.files if owners.may_be_ours(file))
    server_id = server_id_of(folders)
    if not own:
        return Taken(at=at, value=ShokoHolding(server_id=server_id, series_ids=(), files=()))
    sees = match_shoko(
        series,
        episodes_of(files),
        file_by_id(files),
        Fresh(replace(check, files=own), at),
        same_series_elsewhere=same_series_elsewhere,
    )
    numbers_by_id: dict[ShokoFileId, list[EpisodeNumber]] = {}
    decided: set[EpisodeNumber] = set()
    if isinstance(sees, ShokoSees):
        decided = {*sees.file_id_by_number, *sees.absent}
        for number, file_id in sees.file_id_by_number.items():
            numbers_by_id.setdefault(file_id, []).append(number)
    records = [record for record in own if record.file_id in numbers_by_id]
    linked = (link.series_id for record in records for link in record.links or ())
    return Taken(
        at=at,
        is_complete=isinstance(sees, ShokoSees)
        and all(number in decided for file in files for number in file.episodes),
        value=ShokoHolding(
            server_id=server_id,
            series_ids=tuple(dict.fromkeys(i for i in linked if i is not None)),
            files=tuple(owners.held(record, numbers_by_id[record.file_id]) for record in records),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Owners:
    """Which places are ours, and which another Sonarr's with the same series."""

    series: Series
    same_series_elsewhere: Sequence[SeriesElsewhere]

    def _is_theirs(self, place: ShokoPlace) -> bool:
        path = place.absolute_path or place.relative_path
        owner = owner_of_file(path, self.series.path, self.same_series_elsewhere)
        return owner is Owner.THEIRS

    def may_be_ours(self, record: ShokoFileRecord) -> bool:
        return not record.places or not all(map(self._is_theirs, record.places))

    def held(self, record: ShokoFileRecord, numbers: Iterable[EpisodeNumber]) -> ShokoFile:
        places = [(_location(place), self._is_theirs(place)) for place in record.places]
        return ShokoFile(
            file_id=record.file_id,
            episodes=tuple(sorted(numbers)),
            locations=tuple(location for location, is_theirs in places if not is_theirs),
            other_locations=tuple(location for location, is_theirs in places if is_theirs),
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


def _location(place: ShokoPlace) -> ShokoLocation:
    return ShokoLocation(place.folder_id or NO_FOLDER, place.relative_path)


def places_of(record: ShokoFileRecord) -> tuple[ShokoLocationSeen, ...]:
    """The places of a record; where Shoko gives no accessibility, a place counts as accessible."""
    return tuple(
        ShokoLocationSeen(location=_location(place), is_accessible=place.is_accessible is not False)
        for place in record.places
    )


def seen_at_paths(
    question: ShokoQuestion, check: ShokoPathCheck, folders: Iterable[ShokoFolder]
) -> Mapping[str, tuple[ShokoLocationSeen, ...]]:
    """The places at the paths of files without an inventoried record, by Sonarr's path.

    A place counts if its path equals Sonarr's from the series' folder on.
    """
    records = _with_whole_paths(check, folders).files
    places = [
        (parts_of(place.absolute_path or place.relative_path), seen)
        for record in records
        for place, seen in zip(record.places, places_of(record), strict=True)
    ]
    name = parts_of(question.folder)[-1:]
    found: dict[str, tuple[ShokoLocationSeen, ...]] = {}
    for path in question.unheld_paths:
        needed = (*name, *below(path, question.folder))
        seen = tuple(one for parts, one in places if parts[-len(needed) :] == needed)
        if seen:
            found[path] = seen
    return found


def count_left(series: ShokoSeriesFiles, inventoried: frozenset[int]) -> int:
    """The number of a series' file records, without files never inventoried that Shoko can see.

    Those files belong to others, and stay rightly.
    """
    return sum(
        1
        for file in series.files
        if file.file_id in inventoried or not any(p.is_accessible is True for p in file.places)
    )


def import_folder(
    folder: ShokoFolder, sample: Iterable[ShokoFileRecord], gone: frozenset[ShokoLocation]
) -> ImportFolder:
    """How many files of a folder's sample Shoko can see, without those `gone`."""
    places = [
        place
        for file in sample
        for place in file.places
        if place.folder_id == folder.folder_id and _location(place) not in gone
    ]
    return ImportFolder(
        name=folder.name,
        accessible_count=sum(1 for place in places if place.is_accessible),
        sampled_count=len(places),
    )
