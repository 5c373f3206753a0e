"""The summary of an inventory that stays in memory: its state, and controls for others."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

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
        folder=inventory.local_folder,
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
