"""When a series' inventory is due again, and how a new inventory is merged with the old one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from msgspec.structs import replace

from episodarr.deletions.policy import Policy
from episodarr.model.ids import EpisodeNumber, SeriesKey
from episodarr.model.inventory import (
    DiskControl,
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileSighting,
    FileUnclear,
    FolderIdentity,
    FormerPath,
    InventorySummary,
    JellyfinHolding,
    Part,
    PartMissing,
    PartNotConfigured,
    SeriesInventory,
    ShokoHolding,
    Taken,
)
from episodarr.model.library import Series

UNSEEN_AGAIN_AFTER = timedelta(minutes=1)

RETRIES_A_DAY = 24
"""Retries of an inventory with a missing part, for instance after an outage at first start."""


class Trigger(IntEnum):
    """Why an inventory is due, most urgent first."""

    ANNOUNCED = 0
    EVENT = 1
    """An import, a delete or a rename in its history: moves change no statistic."""
    CHANGED = 2
    """Its statistics or its path differ from the last inventory."""
    APPEARED = 3
    """Jellyfin shows it for the first time."""
    NEVER = 4
    UNSEEN = 5
    """A file that Sonarr has was not found on disk: it is being moved, or a disk is away."""
    INCOMPLETE = 6
    """A part could not be taken."""
    DAILY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DueInventory:
    """One series whose inventory should be taken, and why."""

    key: SeriesKey
    trigger: Trigger


def mark_of(series: Series) -> str:
    """A mark that changes when files come, go or move: path and statistics by season."""
    seasons = ",".join(
        f"{s.season}:{s.episode_file_count}:{s.size_on_disk_bytes}"
        for s in sorted(series.seasons, key=lambda s: s.season)
    )
    return f"{series.sonarr_id}|{series.path}|{seasons}"


def summarize(inventory: SeriesInventory, tried_at: datetime) -> InventorySummary:
    """The summary, kept in memory, of an inventory that was just taken."""
    parts: tuple[Part[object], ...] = (
        inventory.sonarr,
        inventory.disk,
        inventory.jellyfin,
        inventory.shoko,
        inventory.jellyseerr,
        inventory.qbittorrent,
    )
    summary = InventorySummary(
        key=inventory.key,
        title=inventory.title,
        mark=inventory.mark,
        tried_at=tried_at,
        taken_at=inventory.sonarr.at if isinstance(inventory.sonarr, Taken) else None,
        is_incomplete=any(isinstance(part, PartMissing) for part in parts),
        series_path=inventory.path,
        disk_controls=_disk_controls(inventory.disk),
        folder=_folder_of(inventory.disk),
        unseen_count=_unseen_count(inventory),
    )
    return _with_server_controls(summary, inventory)


def _disk_controls(part: Part[DiskHolding]) -> tuple[DiskControl, ...]:
    if not isinstance(part, Taken):
        return ()
    control_by_place: dict[tuple[str, str], DiskControl] = {}
    for sighting in part.value.sighting_by_path.values():
        if isinstance(sighting, FileSeen):
            control_by_place.setdefault(
                (sighting.root, sighting.mount),
                DiskControl(path=sighting.local_path, root=sighting.root, mount=sighting.mount),
            )
    return tuple(control_by_place.values())


def own_roots(summaries: Iterable[InventorySummary]) -> tuple[str, ...]:
    """Root folders under which the folder of a series was seen exactly where Sonarr has it."""
    seen = (s for s in summaries if s.folder and s.folder == s.series_path.rstrip("/"))
    return tuple(dict.fromkeys(control.root for s in seen for control in s.disk_controls))


def _folder_of(part: Part[DiskHolding]) -> str:
    folder = part.value.folder if isinstance(part, Taken) else None
    return "" if folder is None else folder.path


def _unseen_count(inventory: SeriesInventory) -> int:
    """Number of files not found on disk; files without a path mapping are not counted."""
    part = inventory.disk
    if not isinstance(part, Taken):
        return 0
    unseen = FileNotFound | FileUnclear
    return sum(isinstance(part.value.sighting_by_path.get(f.path), unseen) for f in inventory.files)


def _with_server_controls(
    summary: InventorySummary, inventory: SeriesInventory
) -> InventorySummary:
    if isinstance(inventory.sonarr, Taken):
        summary = replace(summary, sonarr_id=inventory.sonarr.value.sonarr_id)
    if isinstance(inventory.jellyfin, Taken) and inventory.jellyfin.value.entries:
        jellyfin = inventory.jellyfin.value
        summary = replace(
            summary,
            jellyfin_folders=jellyfin.control_folders,
        )
    if isinstance(inventory.shoko, Taken) and inventory.shoko.value.files:
        shoko = inventory.shoko.value
        summary = replace(
            summary,
            shoko_server=shoko.server_id,
            shoko_control=next(iter(shoko.series_ids), None),
        )
    if isinstance(inventory.jellyseerr, Taken):
        requests = tuple(r.request_id for r in inventory.jellyseerr.value.requests)
        summary = replace(summary, request_ids=requests)
    return summary


def due_inventories(
    library: Iterable[Series],
    summary_by_key: Mapping[SeriesKey, InventorySummary],
    urgent: Mapping[SeriesKey, Trigger],
    now: datetime,
    policy: Policy,
) -> tuple[DueInventory, ...]:
    """Every series of the library whose inventory is due, most urgent first.

    `urgent` are announcements, events and first appearances since the last inventory.
    """
    due: list[tuple[Trigger, datetime, SeriesKey]] = []
    for series in library:
        summary = summary_by_key.get(series.key)
        trigger = _trigger(series, summary, urgent.get(series.key), now, policy)
        if trigger is not None:
            due.append((trigger, now if summary is None else summary.tried_at, series.key))
    due.sort()
    return tuple(DueInventory(key=key, trigger=trigger) for trigger, _, key in due)


def _trigger(
    series: Series,
    summary: InventorySummary | None,
    urgent: Trigger | None,
    now: datetime,
    policy: Policy,
) -> Trigger | None:
    if urgent is not None:
        return urgent
    if summary is None:
        return Trigger.NEVER
    if summary.mark != mark_of(series):
        return Trigger.CHANGED
    age = now - summary.tried_at
    if (
        summary.is_incomplete or summary.taken_at is None
    ) and age >= policy.inventory_age / RETRIES_A_DAY:
        return Trigger.INCOMPLETE
    if age >= policy.inventory_age:
        return Trigger.DAILY
    return Trigger.UNSEEN if summary.unseen_count and age >= UNSEEN_AGAIN_AFTER else None


def join_inventories(old: SeriesInventory | None, new: SeriesInventory) -> SeriesInventory:
    """The new inventory, with the old one's entries kept where the new one has none.

    An entry that is not listed now stays while Sonarr still has the very same file: the file may
    just have been deleted by hand, and then the old sighting is the only witness.
    """
    if old is None or not isinstance(new.sonarr, Taken):
        return new if old is None else _keep_all(old, new)
    kept = _kept_numbers(old, new)
    return replace(
        new,
        disk=_join_disk(old, new),
        jellyfin=_join_jellyfin(old.jellyfin, new.jellyfin, _numbers(new)),
        shoko=_join_shoko(old.shoko, new.shoko, kept),
        jellyseerr=_newest(old.jellyseerr, new.jellyseerr),
        qbittorrent=_newest(old.qbittorrent, new.qbittorrent),
    )


def _keep_all(old: SeriesInventory, new: SeriesInventory) -> SeriesInventory:
    """The old inventory with the new title: Sonarr did not answer, and all parts need its files."""
    return replace(old, title=new.title, mark=old.mark)


def _numbers(inventory: SeriesInventory) -> frozenset[EpisodeNumber]:
    return frozenset(number for file in inventory.files for number in file.episodes)


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


def _join_jellyfin(
    old: Part[JellyfinHolding], new: Part[JellyfinHolding], standing: frozenset[EpisodeNumber]
) -> Part[JellyfinHolding]:
    """The new part, with old entries kept under their former paths until others replace them.

    Jellyfin lists a renamed or replaced file under its old name until its next scan, for hours.
    `standing` are the episodes that have a file.
    """
    if not isinstance(new, Taken) or not isinstance(old, Taken):
        return _newest(old, new)
    if old.value.server_id != new.value.server_id:
        return new
    listed = {number for e in new.value.entries for number in e.episodes}
    held = {e.entry_id for e in new.value.entries}
    lost = tuple(
        e
        for e in old.value.entries
        if e.entry_id not in held and set(e.episodes) & standing and not set(e.episodes) <= listed
    )
    if not lost:
        return new
    value = _with_shells(new.value, old.value)
    return replace(new, value=replace(value, entries=(*value.entries, *lost)))


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


def _join_shoko(
    old: Part[ShokoHolding], new: Part[ShokoHolding], kept: frozenset[EpisodeNumber]
) -> Part[ShokoHolding]:
    if not isinstance(new, Taken) or not isinstance(old, Taken):
        return _newest(old, new)
    if old.value.server_id != new.value.server_id:
        return new
    listed = {number for f in new.value.files for number in f.episodes}
    lost = tuple(
        f
        for f in old.value.files
        if not listed & set(f.episodes) & kept and (set(f.episodes) & kept)
    )
    return replace(new, value=replace(new.value, files=(*new.value.files, *lost)))


def unite_inventories(old: SeriesInventory, new: SeriesInventory) -> SeriesInventory:
    """The new inventory plus everything only the old one held; a deletion needs both."""
    if not isinstance(new.sonarr, Taken):
        return old
    if not isinstance(old.sonarr, Taken):
        return new
    numbers = {number for file in new.files for number in file.episodes}
    lost = tuple(file for file in old.files if not numbers.intersection(file.episodes))
    sonarr = replace(new.sonarr.value, files=(*new.files, *lost))
    return replace(
        new,
        sonarr=replace(new.sonarr, value=sonarr),
        disk=_unite_disk(old.disk, new.disk),
        jellyfin=_unite_jellyfin(old.jellyfin, new.jellyfin),
        shoko=_unite_shoko(old.shoko, new.shoko),
        jellyseerr=_newest(old.jellyseerr, new.jellyseerr),
        qbittorrent=_newest(old.qbittorrent, new.qbittorrent),
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


def _unite_jellyfin(
    old: Part[JellyfinHolding], new: Part[JellyfinHolding]
) -> Part[JellyfinHolding]:
    if not isinstance(old, Taken) or not isinstance(new, Taken):
        return _newest(old, new)
    if old.value.server_id != new.value.server_id:
        return new
    held = {entry.entry_id for entry in new.value.entries}
    lost = tuple(entry for entry in old.value.entries if entry.entry_id not in held)
    value = _with_shells(new.value, old.value) if lost else new.value
    return replace(new, value=replace(value, entries=(*value.entries, *lost)))


def _unite_shoko(old: Part[ShokoHolding], new: Part[ShokoHolding]) -> Part[ShokoHolding]:
    if not isinstance(old, Taken) or not isinstance(new, Taken):
        return _newest(old, new)
    if old.value.server_id != new.value.server_id:
        return new
    held = {file.file_id for file in new.value.files}
    lost = tuple(file for file in old.value.files if file.file_id not in held)
    return replace(new, value=replace(new.value, files=(*new.value.files, *lost)))
