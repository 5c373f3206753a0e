"""Times that were stored while the clock was wrong: none of ours can be later than now.

A machine whose clock is not set yet proves no stored time wrong.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.deletion_log import Announcement, DeletionRecord
from episodarr.model.inventory import InventorySummary, SeriesInventory, Taken
from episodarr.runtime.clock import WRITTEN_AT

_PLANNED = frozenset({"due_by_system", "expires_at"})
"""Fields that hold planned times, which may be in the future."""


def bounded_record(record: DeletionRecord, now: datetime) -> DeletionRecord:
    """The deletion, with nothing in it noticed, seen or decided later than now.

    What was planned by the same clock is due at once.
    """
    if now < WRITTEN_AT or not _is_ahead(record, now):
        return record
    due = dict.fromkeys(record.due_by_system, now)
    return replace(_not_after(record.unpacked(), now), due_by_system=due)


def bounded_summary(summary: InventorySummary, now: datetime) -> InventorySummary:
    """The summary, taken now at the latest."""
    return _not_after(summary, now) if summary.tried_at > now >= WRITTEN_AT else summary


def bounded_inventory(inventory: SeriesInventory, now: datetime) -> SeriesInventory:
    """The inventory, taken now at the latest, so that whatever is fetched from now on is newer."""
    is_ahead = any(at > now for at in _taken_at(inventory))
    return _not_after(inventory, now) if is_ahead and now >= WRITTEN_AT else inventory


def bounded_announcement(announcement: Announcement, now: datetime) -> Announcement:
    """The announcement, made now at the latest, with its lifetime unchanged."""
    lifetime = announcement.expires_at - announcement.announced_at
    if announcement.announced_at <= now or now < WRITTEN_AT:
        return announcement
    return replace(announcement, announced_at=now, expires_at=now + lifetime)


def _is_ahead(record: DeletionRecord, now: datetime) -> bool:
    """Whether any time in the record is after `now`; a cheap test before the slow replacement."""
    checked = (
        one.checked_at
        for by_system in (
            record.evidence_by_system,
            *(e.evidence_by_system for e in record.episodes),
        )
        for one in by_system.values()
        if one.checked_at is not None
    )
    moments = (
        record.started_at,
        record.detected_at,
        *_taken_at(record.inventory),
        *(episode.noticed_at for episode in record.episodes),
        *(rescan.started_at for rescan in record.rescan_by_system.values()),
        *checked,
    )
    decided = (record.finished_at, record.closed_at, record.acknowledged_at, record.healed_at)
    return max((*moments, *(at for at in decided if at is not None))) > now


def _taken_at(inventory: SeriesInventory) -> Iterable[datetime]:
    parts = inventory.part_by_system.values()
    return (part.at for part in parts if isinstance(part, Taken))


def _not_after[T](value: T, latest: datetime) -> T:
    """The value with every time in it capped at `latest`, except planned ones."""
    found: object = value
    if isinstance(value, datetime):
        found = min(value, latest)
    elif isinstance(value, Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        changed = {
            name: new
            for name, old in fields.items()
            if name not in _PLANNED and (new := _not_after(old, latest)) is not old
        }
        found = replace(value, **changed) if changed else value
    elif isinstance(value, tuple) and type(value) is tuple:
        items = tuple(_not_after(one, latest) for one in value)
        found = items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    elif isinstance(value, Mapping):
        pairs = {key: _not_after(one, latest) for key, one in value.items()}
        found = pairs if any(pairs[key] is not one for key, one in value.items()) else value
    return found  # type: ignore[return-value]  # of the same type as it came
