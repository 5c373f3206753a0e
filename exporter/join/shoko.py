"""Say whether the imported files of a series are matched to AniDB in Shoko.

Sonarr and Shoko see the same folders under different roots, so a file is the same where the paths
agree from the end up to the series' folder, or in all that lies below one of Shoko's folders. Where
folders differ, folder, name and size have to agree. "Season 01/01.mkv" alone is in many shows.

Gives: `ShokoTestimony`. Law: a file is called absent only if it was asked for, and another file of the
same series was found in the same look.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from exporter.join.paths import Parts, PathMappings, below, parts_of, views_of
from exporter.model.ids import EpisodeFileId
from exporter.model.library import Episode, EpisodeFile, Series
from exporter.model.reading import Missing, Reading, Stale
from exporter.model.testimony import (
    Number,
    ShokoFileId,
    ShokoFileRecord,
    ShokoNotSeen,
    ShokoPathLook,
    ShokoSees,
    ShokoTestimony,
    ShokoUnknown,
    ShokoWord,
)

_NO_PATHS: PathMappings = MappingProxyType({})
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


def shoko_testimony(
    series: Series,
    episodes: Sequence[Episode],
    file_by_id: Mapping[EpisodeFileId, EpisodeFile],
    look: Reading[ShokoPathLook],
    mappings: PathMappings = _NO_PATHS,
) -> ShokoTestimony:
    """What Shoko says of the episodes that have a file in Sonarr.

    `mappings` are from Sonarr's view to Shoko's; without any, folder and name are compared.
    """
    if isinstance(look, Missing):
        return ShokoUnknown(reason=look.reason)
    known = _compare(series, episodes, file_by_id, look.value, mappings)
    return ShokoUnknown(reason=look.reason, last_known=known) if isinstance(look, Stale) else known


def _compare(
    series: Series,
    episodes: Sequence[Episode],
    file_by_id: Mapping[EpisodeFileId, EpisodeFile],
    look: ShokoPathLook,
    mappings: PathMappings,
) -> ShokoSees | ShokoNotSeen:
    records = _Records(look.files)
    found_by_file = {
        file_id: records.find(file, series, mappings)
        for file_id, file in file_by_id.items()
        if file.path
    }
    if not any(found_by_file.values()):
        return ShokoNotSeen()
    word_by_number: dict[Number, ShokoWord] = {}
    file_ids: dict[Number, ShokoFileId] = {}
    for episode in episodes:
        file = file_by_id.get(episode.file_id) if episode.file_id is not None else None
        if file is None:
            continue
        number = (episode.season, episode.episode)
        found = found_by_file.get(file.file_id, ())
        word_by_number[number] = _word(found, was_asked=file.path in look.asked_paths)
        if len(found) == 1:
            file_ids[number] = found[0].file_id

    def numbers(word: ShokoWord) -> frozenset[Number]:
        return frozenset(number for number, said in word_by_number.items() if said is word)

    return ShokoSees(
        matched=numbers(ShokoWord.MATCHED),
        unmatched=numbers(ShokoWord.UNMATCHED),
        absent=numbers(ShokoWord.ABSENT),
        unanswered=numbers(ShokoWord.UNKNOWN),
        file_id_by_number=MappingProxyType(file_ids),
    )


def _word(found: Sequence[ShokoFileRecord], *, was_asked: bool) -> ShokoWord:
    """What the records of one file say, in a look that found at least one file of its series."""
    if not found:
        return ShokoWord.ABSENT if was_asked else ShokoWord.UNKNOWN
    said = {record.is_matched for record in found}
    if said == {True}:
        return ShokoWord.MATCHED
    return ShokoWord.UNMATCHED if said == {False} else ShokoWord.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One place of one record; `shown` is all of the path that Shoko gave."""

    shown: Parts
    is_absolute: bool
    record: ShokoFileRecord


class _Records:
    """Shoko's files by the names of their places."""

    def __init__(self, records: Iterable[ShokoFileRecord]) -> None:
        self._by_name: dict[str, list[_Place]] = {}
        for record in sorted(records, key=lambda r: r.file_id):
            for place in record.places:
                shown = parts_of(place.absolute_path or place.relative_path)
                if shown:
                    self._by_name.setdefault(shown[-1], []).append(
                        _Place(shown=shown, is_absolute=bool(place.absolute_path), record=record)
                    )

    def find(
        self, file: EpisodeFile, series: Series, mappings: PathMappings
    ) -> tuple[ShokoFileRecord, ...]:
        """The record of a file; several where they fit equally well."""
        views = views_of(file.path, mappings)
        if not views[0]:
            return ()
        places = self._by_name.get(views[0][-1], [])
        needed = len(below(file.path, series.path)) + 1
        alike = [(place, _common_tail(views[0], place.shown)) for place in places]
        exact = [place for place in places if place.shown in views]
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
        best = exact or near or sized
        same_size = [place for place in best if place.record.size_bytes == file.size_bytes]
        by_id = {place.record.file_id: place.record for place in same_size or best}
        return tuple(by_id.values())


def _common_tail(one: Parts, other: Parts) -> int:
    """How many parts two paths share from their ends."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
