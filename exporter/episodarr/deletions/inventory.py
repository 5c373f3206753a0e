"""When a series' inventory is due again, and the summary of it that stays in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from msgspec.structs import replace

from episodarr.deletions.policy import Policy
from episodarr.model.ids import SeriesKey
from episodarr.model.inventory import (
    DiskControl,
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileUnclear,
    InventorySummary,
    Part,
    PartMissing,
    SeriesInventory,
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
    summary = InventorySummary(
        key=inventory.key,
        title=inventory.title,
        mark=inventory.mark,
        tried_at=tried_at,
        taken_at=inventory.sonarr.at if isinstance(inventory.sonarr, Taken) else None,
        is_incomplete=any(
            isinstance(part, PartMissing) for part in inventory.part_by_system.values()
        ),
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
