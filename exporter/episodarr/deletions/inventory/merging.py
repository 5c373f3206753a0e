"""An inventory merged with an earlier one: what the earlier one saw stays until newer is seen."""

from collections.abc import Callable, Mapping
from functools import partial

from msgspec.structs import replace

from episodarr.model.ids import EpisodeNumber
from episodarr.model.inventory import (
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileSighting,
    FileUnclear,
    FolderIdentity,
    FormerPath,
    JellyfinHolding,
    Part,
    PartMissing,
    PartNotConfigured,
    SeriesInventory,
    ShokoHolding,
    Taken,
)


def join_inventories(old: SeriesInventory | None, new: SeriesInventory) -> SeriesInventory:
    """The new inventory, with the old one's entries kept where the new one has none.

    An entry that is not listed now stays while Sonarr still has the very same file: the file may
    just have been deleted by hand, and then the old sighting is the only witness.
    """
    if old is None:
        return new
    if not isinstance(new.sonarr, Taken):
        return replace(old, title=new.title)  # Sonarr did not answer, and all parts need its files.
    kept = _kept_numbers(old, new)
    return _merged(
        old,
        new,
        disk=_join_disk(old, new),
        jellyfin=_extended(
            old.jellyfin, new.jellyfin, partial(_joined_entries, with_file=new.numbers)
        ),
        shoko=_extended(old.shoko, new.shoko, partial(_joined_files, kept=kept)),
    )


def _merged(old: SeriesInventory, new: SeriesInventory, **merged: Part[object]) -> SeriesInventory:
    """The new inventory with these parts; of every other system the newest that was taken."""
    before = old.part_by_system
    parts = {s.value: _newest(before[s], part) for s, part in new.part_by_system.items()}
    return replace(new, **{**parts, **merged})


def _kept_numbers(old: SeriesInventory, new: SeriesInventory) -> frozenset[EpisodeNumber]:
    """Episodes that have the same file, at the same path, in both."""
    before = {(f.file_id, f.path) for f in old.files}
    return frozenset(
        number for f in new.files if (f.file_id, f.path) in before for number in f.episodes
    )


def _newest[T](old: Part[T], new: Part[T]) -> Part[T]:
    return old if isinstance(new, PartMissing) and isinstance(old, Taken) else new


def _join_disk(old: SeriesInventory, new: SeriesInventory) -> Part[DiskHolding]:
    """The disk's new part, with each old sighting kept where there is no newer one."""
    before = old.disk
    if not isinstance(before, Taken) or isinstance(new.disk, PartNotConfigured):
        return new.disk
    now = new.disk if isinstance(new.disk, Taken) else before
    sightings: dict[str, FileSighting] = {}
    if isinstance(new.disk, Taken):
        sightings.update(new.disk.value.sighting_by_path)
    for file in new.files:
        earlier = before.value.sighting_by_path.get(file.path)
        is_lost = isinstance(sightings.get(file.path), FileNotFound | FileUnclear | None)
        if is_lost and isinstance(earlier, FileSeen):
            sightings[file.path] = earlier
    former = _former_paths(old, before.value, new, sightings)
    for one in former:
        sightings[one.path] = before.value.sighting_by_path[one.path]
    return replace(
        now,
        value=replace(
            now.value,
            sighting_by_path=sightings,
            roots=_all_roots(before.value, now.value),
            folder=now.value.folder or before.value.folder,
            former=former,
        ),
    )


def _former_paths(
    old: SeriesInventory,
    before: DiskHolding,
    new: SeriesInventory,
    sightings: Mapping[str, FileSighting],
) -> tuple[FormerPath, ...]:
    """Earlier paths of episodes whose file is found at no path now.

    A path edited in Sonarr moves no file; and a file moved or replaced while its disk is away is
    not found at its new path before the disk is back.
    """
    current = {f.path for f in new.files}
    unseen = {
        n for f in new.files if not isinstance(sightings.get(f.path), FileSeen) for n in f.episodes
    }
    known = [FormerPath(path=f.path, episodes=f.episodes) for f in old.files]
    former: dict[str, FormerPath] = {}
    for one in (*known, *before.former):
        numbers = tuple(n for n in one.episodes if n in unseen)
        was_seen = isinstance(before.sighting_by_path.get(one.path), FileSeen)
        if numbers and was_seen and one.path not in current:
            former.setdefault(one.path, FormerPath(path=one.path, episodes=numbers))
    return tuple(former.values())


def _all_roots(old: DiskHolding, new: DiskHolding) -> tuple[FolderIdentity, ...]:
    known = {root.path for root in new.roots}
    return (*new.roots, *(root for root in old.roots if root.path not in known))


def _extended[H: (JellyfinHolding, ShokoHolding)](
    old: Part[H], new: Part[H], extend: Callable[[H, H], H]
) -> Part[H]:
    """The new part, extended by what only the old one holds, unless it is of another server."""
    if not isinstance(new, Taken) or not isinstance(old, Taken):
        return _newest(old, new)
    if old.value.server_id != new.value.server_id:
        return new
    return replace(new, value=extend(old.value, new.value))


def _joined_entries(
    old: JellyfinHolding, new: JellyfinHolding, with_file: frozenset[EpisodeNumber]
) -> JellyfinHolding:
    """With old entries kept under their former paths until others replace them.

    Jellyfin lists a renamed or replaced file under its old name until its next scan, for hours.
    `with_file` are the episodes that have a file.
    """
    listed = {number for e in new.entries for number in e.episodes}
    kept = [e for e in old.entries if with_file & set(e.episodes) and not listed >= set(e.episodes)]
    return _united_entries(replace(old, entries=tuple(kept)), new)


def _united_entries(old: JellyfinHolding, new: JellyfinHolding) -> JellyfinHolding:
    """With the entries that only the old one has, and then its series, seasons and folders."""
    held = {e.entry_id for e in new.entries}
    lost = tuple(e for e in old.entries if e.entry_id not in held)
    return replace(_with_shells(new, old), entries=(*new.entries, *lost)) if lost else new


def _with_shells(new: JellyfinHolding, old: JellyfinHolding) -> JellyfinHolding:
    """The new holding with series, seasons and folders that only the old one shows."""
    return replace(
        new,
        series_ids=_united(new.series_ids, old.series_ids),
        season_ids=_united(new.season_ids, old.season_ids),
        folder_paths=_united(new.folder_paths, old.folder_paths),
        control_folders=_united(new.control_folders, old.control_folders),
    )


def _united[T](new: tuple[T, ...], old: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*new, *old)))


def _joined_files(
    old: ShokoHolding, new: ShokoHolding, kept: frozenset[EpisodeNumber]
) -> ShokoHolding:
    """With the old records of episodes that kept their file and have no record now."""
    listed = {number for f in new.files for number in f.episodes}
    lost = (f for f in old.files if (of := kept & set(f.episodes)) and not listed & of)
    return replace(new, files=(*new.files, *lost))


def unite_inventories(old: SeriesInventory, new: SeriesInventory) -> SeriesInventory:
    """The new inventory plus everything only the old one held; a deletion needs both."""
    if not isinstance(new.sonarr, Taken):
        return old
    if not isinstance(old.sonarr, Taken):
        return new
    numbers = new.numbers
    lost = tuple(f for f in old.files if not numbers.intersection(f.episodes))
    sonarr = replace(new.sonarr.value, files=(*new.files, *lost))
    return _merged(
        old,
        new,
        sonarr=replace(new.sonarr, value=sonarr),
        disk=_unite_disk(old.disk, new.disk),
        jellyfin=_extended(old.jellyfin, new.jellyfin, _united_entries),
        shoko=_extended(old.shoko, new.shoko, _united_files),
    )


def _unite_disk(old: Part[DiskHolding], new: Part[DiskHolding]) -> Part[DiskHolding]:
    if not isinstance(old, Taken) or not isinstance(new, Taken):
        return _newest(old, new)
    before, now = old.value, new.value
    known = {one.path for one in now.former}
    lost = {
        path: sighting
        for path, sighting in before.sighting_by_path.items()
        if isinstance(sighting, FileSeen) or path not in now.sighting_by_path
    }
    seen = {p: s for p, s in now.sighting_by_path.items() if isinstance(s, FileSeen)}
    holding = replace(
        now,
        sighting_by_path={**now.sighting_by_path, **lost, **seen},
        roots=_all_roots(before, now),
        folder=now.folder or before.folder,
        former=(*now.former, *(one for one in before.former if one.path not in known)),
    )
    return replace(new, value=holding)


def _united_files(old: ShokoHolding, new: ShokoHolding) -> ShokoHolding:
    held = {file.file_id for file in new.files}
    return replace(new, files=(*new.files, *(f for f in old.files if f.file_id not in held)))
