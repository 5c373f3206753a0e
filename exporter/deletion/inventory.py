"""When a series' inventory is due again, and how what was seen now joins what was seen before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from msgspec.structs import replace

from exporter.deletion.policy import Policy
from exporter.model.ids import EpisodeNumber, SeriesKey
from exporter.model.inventory import (
    DiskControl,
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileUnclear,
    InventorySummary,
    JellyfinHolding,
    Part,
    PartMissing,
    PartNotConfigured,
    SeriesInventory,
    ShokoHolding,
    Taken,
)
from exporter.model.library import Series

RETRIES_A_DAY = 24
"""Of inventories with a part that could not be taken: an outage at first start asks for all again."""


class Trigger(IntEnum):
    """Why an inventory is due, most urgent first."""

    ANNOUNCED = 0
    EVENT = 1
    """An import, a delete or a rename in its history: moves change no statistic."""
    CHANGED = 2
    """Its statistics or its path are others than at the last inventory."""
    APPEARED = 3
    """Jellyfin shows it for the first time."""
    NEVER = 4
    INCOMPLETE = 5
    """A part could not be taken."""
    DAILY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DueInventory:
    """One series whose inventory should be taken, and why."""

    key: SeriesKey
    trigger: Trigger


def mark_of(series: Series) -> str:
    """What changes when files come, go or move: path and statistics by season."""
    seasons = ",".join(
        f"{s.season}:{s.episode_file_count}:{s.size_on_disk_bytes}"
        for s in sorted(series.seasons, key=lambda s: s.season)
    )
    return f"{series.sonarr_id}|{series.path}|{seasons}"


def summarize(inventory: SeriesInventory, tried_at: datetime) -> InventorySummary:
    """What is kept at hand of an inventory that was just taken."""
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
        disk_controls=_disk_controls(inventory.disk),
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


def _with_server_controls(
    summary: InventorySummary, inventory: SeriesInventory
) -> InventorySummary:
    if isinstance(inventory.sonarr, Taken):
        summary = replace(summary, sonarr_id=inventory.sonarr.value.sonarr_id)
    if isinstance(inventory.jellyfin, Taken) and inventory.jellyfin.value.entries:
        jellyfin = inventory.jellyfin.value
        summary = replace(
            summary,
            jellyfin_library=f"{jellyfin.server_id}/{jellyfin.library}",
            jellyfin_control=jellyfin.entries[0].entry_id,
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
    return Trigger.DAILY if age >= policy.inventory_age else None


def join_inventories(old: SeriesInventory | None, new: SeriesInventory) -> SeriesInventory:
    """The new inventory, with what the old one saw kept where the new one could not look.

    A thing that was seen and is not listed now, while Sonarr still has the very same file, stays: it
    may have been deleted by hand just now, and then the old sighting is the only witness.
    """
    if old is None or not isinstance(new.sonarr, Taken):
        return new if old is None else _keep_all(old, new)
    kept = _kept_numbers(old, new)
    return replace(
        new,
        disk=_join_disk(old.disk, new.disk, {f.path for f in new.files}),
        jellyfin=_join_jellyfin(old.jellyfin, new.jellyfin, kept),
        shoko=_join_shoko(old.shoko, new.shoko, kept),
        jellyseerr=_newest(old.jellyseerr, new.jellyseerr),
        qbittorrent=_newest(old.qbittorrent, new.qbittorrent),
    )


def _keep_all(old: SeriesInventory, new: SeriesInventory) -> SeriesInventory:
    """Sonarr could not be asked: nothing that depends on its files may be joined."""
    return replace(old, title=new.title, mark=old.mark)


def _kept_numbers(old: SeriesInventory, new: SeriesInventory) -> frozenset[EpisodeNumber]:
    """Episodes that have the same file, at the same path, in both."""
    before = {(f.file_id, f.path) for f in old.files}
    return frozenset(
        number for f in new.files if (f.file_id, f.path) in before for number in f.episodes
    )


def _newest[T](old: Part[T], new: Part[T]) -> Part[T]:
    return old if isinstance(new, PartMissing) and isinstance(old, Taken) else new


def _join_disk(
    old: Part[DiskHolding], new: Part[DiskHolding], paths: set[str]
) -> Part[DiskHolding]:
    if not isinstance(old, Taken):
        return new
    if not isinstance(new, Taken):
        return new if isinstance(new, PartNotConfigured) else old
    before = old.value.sighting_by_path
    sightings = dict(new.value.sighting_by_path)
    for path, sighting in sightings.items():
        earlier = before.get(path)
        is_lost = isinstance(sighting, FileNotFound | FileUnclear)
        if is_lost and path in paths and isinstance(earlier, FileSeen):
            sightings[path] = earlier
    roots = new.value.roots
    known = {root.path for root in roots}
    holding = replace(
        new.value,
        sighting_by_path=sightings,
        roots=(*roots, *(root for root in old.value.roots if root.path not in known)),
        folder=new.value.folder or old.value.folder,
    )
    return replace(new, value=holding)


def _join_jellyfin(
    old: Part[JellyfinHolding], new: Part[JellyfinHolding], kept: frozenset[EpisodeNumber]
) -> Part[JellyfinHolding]:
    if not isinstance(new, Taken) or not isinstance(old, Taken):
        return _newest(old, new)
    if old.value.server_id != new.value.server_id:
        return new
    listed = {number for e in new.value.entries for number in e.episodes}
    lost = tuple(
        e
        for e in old.value.entries
        if not listed & set(e.episodes) & kept and (set(e.episodes) & kept)
    )
    return replace(new, value=replace(new.value, entries=(*new.value.entries, *lost)))


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
    """The new inventory with all that the old one held besides: a deletion rests on both."""
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
    sightings = {**old.value.sighting_by_path, **new.value.sighting_by_path}
    known = {root.path for root in new.value.roots}
    roots = (*new.value.roots, *(r for r in old.value.roots if r.path not in known))
    folder = new.value.folder or old.value.folder
    holding = replace(new.value, sighting_by_path=sightings, roots=roots, folder=folder)
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
    return replace(new, value=replace(new.value, entries=(*new.value.entries, *lost)))


def _unite_shoko(old: Part[ShokoHolding], new: Part[ShokoHolding]) -> Part[ShokoHolding]:
    if not isinstance(old, Taken) or not isinstance(new, Taken):
        return _newest(old, new)
    if old.value.server_id != new.value.server_id:
        return new
    held = {file.file_id for file in new.value.files}
    lost = tuple(file for file in old.value.files if file.file_id not in held)
    return replace(new, value=replace(new.value, files=(*new.value.files, *lost)))
