"""When a series' inventory is due again, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from episodarr.deletions.policy import Policy
from episodarr.model.ids import SeriesKey
from episodarr.model.inventory import InventorySummary
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
