"""Decide whether the imported files of a series are matched to AniDB in Shoko.

Sonarr and Shoko see the same folders under different roots, so a file is the same where the paths
agree from the end up to the series' folder, or in all that lies below one of Shoko's folders. Where
folders differ, folder, name and size have to agree. "Season 01/01.mkv" alone is in many shows.
Copies of another Sonarr's are not taken for ours; their folders decide which is whose.

Gives: `ShokoMatches`. Law: a file is called absent only if it was requested, and another file of
the same series was found by the same fetch.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from episodarr.model.ids import EpisodeFileId, EpisodeNumber, ShokoFileId
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.reading import Missing, Reading, Stale
from episodarr.stages.paths import Parts, below, parts_of
from episodarr.stages.same_series import (
    Owner,
    SeriesElsewhere,
    common_tail,
    owner_of_file,
)
from episodarr.systems.shoko.matches import (
    ShokoMatch,
    ShokoMatches,
    ShokoNotSeen,
    ShokoSees,
    ShokoUnknown,
)
from episodarr.systems.shoko.records import ShokoFileRecord, ShokoPathCheck

_FOLDER_AND_NAME = 2


def paths_to_ask(
    file_by_id: Mapping[EpisodeFileId, EpisodeFile], waiting: Collection[EpisodeFileId]
) -> tuple[str, ...]:
    """The paths of the waiting files and of one other as a control: the oldest, which is settled."""
    if not waiting:
        return ()
    files = sorted(
        file_by_id.values(), key=lambda f: (f.added_at is not None, f.added_at, f.file_id)
    )
    control = next((f.path for f in files if f.file_id not in waiting and f.path), None)
    asked = [f.path for f in files if f.file_id in waiting and f.path]
    return tuple(asked) if control is None else (*asked, control)


def match_shoko(
    series: Series,
    episodes: Sequence[Episode],
    file_by_id: Mapping[EpisodeFileId, EpisodeFile],
    reading: Reading[ShokoPathCheck],
    same_series_elsewhere: Sequence[SeriesElsewhere] = (),
) -> ShokoMatches:
    """Shoko's state of each episode that has a file in Sonarr.

    Folder and name are compared; `same_series_elsewhere` is the same series in other Sonarrs.
    """
    if isinstance(reading, Missing):
        return ShokoUnknown(reason=reading.reason)
    known = _compare(series, episodes, file_by_id, reading.value, same_series_elsewhere)
    if isinstance(reading, Stale):
        return ShokoUnknown(reason=reading.reason, last_known=known)
    return known


def _compare(
    series: Series,
    episodes: Sequence[Episode],
    file_by_id: Mapping[EpisodeFileId, EpisodeFile],
    check: ShokoPathCheck,
    same_series_elsewhere: Sequence[SeriesElsewhere],
) -> ShokoSees | ShokoNotSeen:
    records = _Records(check.files, series, same_series_elsewhere)
    found_by_file = {
        file_id: records.find(file) for file_id, file in file_by_id.items() if file.path
    }
    if not any(found.records for found in found_by_file.values()):
        return ShokoNotSeen()
    match_by_number: dict[EpisodeNumber, ShokoMatch] = {}
    file_ids: dict[EpisodeNumber, ShokoFileId] = {}
    for episode in episodes:
        file = file_by_id.get(episode.file_id) if episode.file_id is not None else None
        if file is None:
            continue
        number = (episode.season, episode.episode)
        found = found_by_file.get(file.file_id, _NOTHING)
        was_asked = file.path in check.asked_paths
        match_by_number[number] = _match_of(
            found.records, can_be_absent=was_asked and found.is_certain
        )
        if len(found.records) == 1:
            file_ids[number] = found.records[0].file_id

    def numbers(match: ShokoMatch) -> frozenset[EpisodeNumber]:
        return frozenset(number for number, found in match_by_number.items() if found is match)

    return ShokoSees(
        matched=numbers(ShokoMatch.MATCHED),
        unmatched=numbers(ShokoMatch.UNMATCHED),
        absent=numbers(ShokoMatch.ABSENT),
        unanswered=numbers(ShokoMatch.UNKNOWN),
        file_id_by_number=MappingProxyType(file_ids),
    )


def _match_of(found: Sequence[ShokoFileRecord], *, can_be_absent: bool) -> ShokoMatch:
    """The state of one file by its records, where at least one file of its series was found."""
    if not found:
        return ShokoMatch.ABSENT if can_be_absent else ShokoMatch.UNKNOWN
    are_matched = {record.is_matched for record in found}
    if are_matched == {True}:
        return ShokoMatch.MATCHED
    return ShokoMatch.UNMATCHED if are_matched == {False} else ShokoMatch.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One place of one record; `shown` is all of the path that Shoko gave."""

    shown: Parts
    is_absolute: bool
    is_contested: bool
    """True if it may be another Sonarr's copy."""
    record: ShokoFileRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The record of a file; several where they fit equally well."""

    records: tuple[ShokoFileRecord, ...] = ()
    is_certain: bool = True
    """False: one of them may be another Sonarr's."""


_NOTHING = _Found()


class _Records:
    """Shoko's files by folder and name of their places, without those of other Sonarrs."""

    def __init__(
        self,
        records: Iterable[ShokoFileRecord],
        series: Series,
        same_series_elsewhere: Sequence[SeriesElsewhere],
    ) -> None:
        self._folder = series.path
        self._by_tail: dict[Parts, list[_Place]] = {}
        for record in sorted(records, key=lambda r: r.file_id):
            for place in record.places:
                path = place.absolute_path or place.relative_path
                shown = parts_of(path)
                owner = owner_of_file(path, series.path, same_series_elsewhere)
                if shown and owner is not Owner.THEIRS:
                    self._by_tail.setdefault(shown[-_FOLDER_AND_NAME:], []).append(
                        _Place(
                            shown=shown,
                            is_absolute=bool(place.absolute_path),
                            is_contested=owner is Owner.UNCLEAR,
                            record=record,
                        )
                    )

    def find(self, file: EpisodeFile) -> _Found:
        """The record of a file, by the best of its places."""
        best = self._best(file)
        ours = [place for place in best if not place.is_contested]
        same_size = [place for place in ours if place.record.size_bytes == file.size_bytes]
        by_id = {place.record.file_id: place.record for place in same_size or ours}
        return _Found(records=tuple(by_id.values()), is_certain=len(ours) == len(best))

    def _best(self, file: EpisodeFile) -> list[_Place]:
        parts = parts_of(file.path)
        if not parts:
            return []
        places = self._by_tail.get(parts[-_FOLDER_AND_NAME:], [])
        needed = len(below(file.path, self._folder)) + 1
        alike = [(place, common_tail(parts, place.shown)) for place in places]
        exact = [place for place in places if place.shown == parts]
        near = [
            place
            for place, length in alike
            if length >= max(needed, _FOLDER_AND_NAME)
            or (not place.is_absolute and length == len(place.shown) >= _FOLDER_AND_NAME)
        ]
        sized = [
            place
            for place, length in alike
            if length >= _FOLDER_AND_NAME and place.record.size_bytes == file.size_bytes
        ]
        return exact or near or sized
