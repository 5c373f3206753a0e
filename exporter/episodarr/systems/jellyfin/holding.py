"""What Jellyfin holds of a series' files before a deletion, by its catalog."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from episodarr.model.ids import EpisodeFileId, EpisodeNumber, ShokoFileId
from episodarr.model.inventory import (
    JellyfinEntry,
    JellyfinHolding,
    LibraryFile,
    ShokoHolding,
    Taken,
)
from episodarr.model.library import Series
from episodarr.model.records import unread_in
from episodarr.stages.inventoried import episodes_of, file_by_id
from episodarr.stages.paths import parts_of
from episodarr.stages.same_series import Owner, SeriesElsewhere, owner_of_file
from episodarr.systems.jellyfin.files import Clues, compare
from episodarr.systems.jellyfin.folders import Folders, library_folders
from episodarr.systems.jellyfin.linking import SeriesIndex, all_of_show, link_series
from episodarr.systems.jellyfin.matches import JellyfinSees
from episodarr.systems.jellyfin.packed import JellyfinCatalog
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinLibrary,
    JellyfinSeries,
)


def holding_of(
    series: Series,
    files: tuple[LibraryFile, ...],
    shoko: ShokoHolding | None,
    catalog: JellyfinCatalog,
    index: SeriesIndex,
    libraries: Iterable[JellyfinLibrary],
    same_series_elsewhere: tuple[SeriesElsewhere, ...],
) -> Taken[JellyfinHolding]:
    """The entries that these files back.

    For a series that Jellyfin does not have the result is complete, without entries. It is
    incomplete if Jellyfin has the series and some file can be neither matched nor excluded, and
    if it may have the series without an id of any database.
    """
    linked = link_series(series, index, same_series_elsewhere=same_series_elsewhere)
    others = tuple(i.path for i in all_of_show(series, index) if i not in linked and i.path)
    if not linked:
        unlinked = (item for item in catalog.series if item.path not in others)
        # A series that cannot be read may be this one.
        is_absent = not unread_in(catalog.series) and not _is_there_unlinked(series, unlinked)
        nothing = JellyfinHolding(
            server_id=catalog.server.server_id,
            library="",
            series_ids=(),
            season_ids=(),
            entries=(),
            other_folders=others,
        )
        return Taken(at=catalog.at, value=nothing, is_complete=is_absent)
    entries = {e.item_id: e for e in catalog.episodes_of(item.item_id for item in linked)}
    clues = Clues(
        shoko_file_ids=_in_shoko(files, shoko), same_series_elsewhere=same_series_elsewhere
    )
    sees = compare(
        series, episodes_of(files), file_by_id(files), linked, tuple(entries.values()), clues
    )
    held = _held(catalog, library_folders(libraries, linked, catalog.series), linked, entries, sees)
    own = tuple(_own(entry, series, same_series_elsewhere) for entry in held.entries)
    numbers = {number for file in files for number in file.episodes}
    return Taken(
        at=catalog.at,
        is_complete=numbers <= {*sees.playable, *sees.absent},
        value=replace(held, entries=own, other_folders=others),
    )


def _is_there_unlinked(series: Series, listed: Iterable[JellyfinSeries]) -> bool:
    """Whether an item has the title, or the name of the folder, of this series."""
    folder = parts_of(series.path)[-1:]
    title = series.title.casefold()
    return any(
        item.name.casefold() == title or (item.path and parts_of(item.path)[-1:] == folder)
        for item in listed
    )


def _in_shoko(
    files: Iterable[LibraryFile], shoko: ShokoHolding | None
) -> dict[EpisodeFileId, ShokoFileId]:
    """Shoko's numbers of the files, which match Shokofin's made-up paths to them."""
    if shoko is None:
        return {}
    known = {file.episodes: ShokoFileId(file.file_id) for file in shoko.files}
    return {file.file_id: known[file.episodes] for file in files if file.episodes in known}


def _own(
    entry: JellyfinEntry, series: Series, same_series_elsewhere: Sequence[SeriesElsewhere]
) -> JellyfinEntry:
    """The entry, with versions of another Sonarr moved to `other_paths`."""
    theirs = tuple(
        path
        for path in entry.paths
        if owner_of_file(path, series.path, same_series_elsewhere) is Owner.THEIRS
    )
    if not theirs:
        return entry
    own = tuple(path for path in entry.paths if path not in theirs)
    return replace(entry, paths=own, other_paths=theirs)


def _held(
    catalog: JellyfinCatalog,
    folders: Folders,
    linked: tuple[JellyfinSeries, ...],
    entries: Mapping[JellyfinId, JellyfinEpisode],
    sees: JellyfinSees,
) -> JellyfinHolding:
    """The entries of the files, with the series and seasons of those entries, or of all if none."""
    numbers: dict[JellyfinId, list[EpisodeNumber]] = {}
    for number, entry_ids in sees.item_ids_by_number.items():
        for entry_id in entry_ids:
            numbers.setdefault(entry_id, []).append(number)
    ours = [entries[entry_id] for entry_id in numbers] or list(entries.values())
    seasons = dict.fromkeys(e.season_id for e in ours if e.season_id is not None)
    shown_in = {e.series_id for e in ours}
    linked = tuple(item for item in linked if item.item_id in shown_in) or linked
    folder_paths = tuple(item.path for item in linked if item.path)
    shown = (*folder_paths, *(path for e in ours for path in e.paths))
    return JellyfinHolding(
        server_id=catalog.server.server_id,
        library=folders.library_of(linked[0].path or ""),
        series_ids=tuple(item.item_id for item in linked),
        season_ids=tuple(seasons),
        entries=tuple(
            JellyfinEntry(
                entry_id=entry_id, episodes=tuple(sorted(found)), paths=entries[entry_id].paths
            )
            for entry_id, found in numbers.items()
        ),
        folder_paths=folder_paths,
        other_entry_ids=tuple(entry_id for entry_id in entries if entry_id not in numbers),
        control_folders=tuple(dict.fromkeys(f for path in shown if (f := folders.of(path)))),
    )
