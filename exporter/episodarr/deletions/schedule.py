"""Deadlines and due times: how long each system may take, and when it is checked next."""

from datetime import datetime, timedelta

from episodarr.deletions.policy import Policy
from episodarr.deletions.systems import VERIFIED
from episodarr.model.deletion import ALL_SYSTEMS, EPISODE_SYSTEMS
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.evidence import Evidence, NotApplicable, Removed
from episodarr.model.health import System
from episodarr.model.inventory import PartNotConfigured

RECORD_SYSTEMS = tuple(system for system, row in VERIFIED.items() if not row.is_advisory)
"""Systems whose records count for the status."""

LONGEST_INTERVAL = timedelta(minutes=10)
"""Between checks before a deadline."""

AGE_SHARE = 20
"""The next check comes after a twentieth of the deletion's age."""


def deadline_of(record: DeletionRecord, system: System, policy: Policy) -> datetime:
    """Until when a system may still list what was deleted without failing the deletion."""
    return VERIFIED[system].deadline(record, policy)


def next_due_at(
    record: DeletionRecord, system: System, now: datetime, policy: Policy
) -> datetime | None:
    """When the system is checked next after a check at `now`; None once no check is left.

    One check is always made exactly at its deadline, so that a verdict rests on it; a system that
    proved everything gone is checked once more at the last deadline of all.
    """
    if not record.is_open:
        return None
    if is_done(record, system):
        return last_due_at(record, system, now, policy)
    deadline = deadline_of(record, system, policy)
    if now >= deadline:
        return now + policy.slow_interval
    interval = max(policy.check_interval, (now - record.detected_at) / AGE_SHARE)
    interval = min(interval, max(policy.check_interval, LONGEST_INTERVAL))
    if VERIFIED[system].is_patient:
        interval *= 10
    return min(now + interval, deadline)


def longest_wait(policy: Policy) -> timedelta:
    """The longest time to a planned check: a later due time comes from a clock that was wrong."""
    return max(
        policy.slow_interval,
        max(policy.check_interval, LONGEST_INTERVAL) * 10,
        policy.deadline_sonarr,
        policy.deadline_disk + policy.deadline_shoko,
        policy.deadline_jellyfin,
        policy.deadline_jellyfin_rescan * 2,
        policy.deadline_jellyseerr,
    )


def last_due_at(
    record: DeletionRecord, system: System, now: datetime, policy: Policy
) -> datetime | None:
    """When a system that proved everything gone is checked once more; None once that is over."""
    last = last_deadline(record, policy)
    return last if now < last and _is_configured(record, system) else None


def last_deadline(record: DeletionRecord, policy: Policy) -> datetime:
    """The last deadline of a system that may have held any of it."""
    systems = [s for s in RECORD_SYSTEMS if _is_configured(record, s)]
    return max(deadline_of(record, system, policy) for system in systems)


def _is_configured(record: DeletionRecord, system: System) -> bool:
    part = record.inventory.part_by_system[system]
    return system is System.SONARR or not isinstance(part, PartNotConfigured)


def is_done(record: DeletionRecord, system: System) -> bool:
    """Whether the system proved everything gone, or never held any of it."""
    if not _is_final(record.evidence_by_system.get(system)):
        return False
    if system not in EPISODE_SYSTEMS:
        return True
    return all(_is_final(e.evidence_by_system.get(system)) for e in record.expected)


def _is_final(evidence: Evidence | None) -> bool:
    return evidence is not None and isinstance(evidence.finding, Removed | NotApplicable)


def boundaries(record: DeletionRecord, policy: Policy) -> tuple[datetime, ...]:
    """When a verdict or the status may change without a new check; in no order."""
    deadlines = (deadline_of(record, system, policy) for system in ALL_SYSTEMS)
    return (record.detected_at + policy.coalesce, *deadlines)
