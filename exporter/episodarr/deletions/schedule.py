"""Deadlines and due times: how long each system may take, and when it is checked next."""

from datetime import datetime, timedelta

from episodarr.deletions.policy import Policy
from episodarr.model.deletion_log import DeletionRecord, RescanRun
from episodarr.model.evidence import Evidence, NotApplicable, Removed
from episodarr.model.health import System
from episodarr.model.inventory import Part, PartNotConfigured

EPISODE_SYSTEMS = (System.SONARR, System.DISK, System.SHOKO, System.JELLYFIN)
"""Systems that are checked per episode, in the order of evaluation."""

ALL_SYSTEMS = (*EPISODE_SYSTEMS, System.JELLYSEERR, System.QBITTORRENT)
"""All systems in the order a deletion propagates and is shown; the advisory one last."""

PATIENT_SYSTEMS = frozenset({System.JELLYSEERR, System.QBITTORRENT})
"""Systems that answer slowly or change rarely: checked a tenth as often."""

LONGEST_INTERVAL = timedelta(minutes=10)
"""Between checks before a deadline."""

AGE_SHARE = 20
"""The next check comes after a twentieth of the deletion's age."""


def deadline_of(record: DeletionRecord, system: System, policy: Policy) -> datetime:
    """Until when a system may still list what was deleted without failing the deletion."""
    match system:
        case System.SONARR:
            return record.detected_at + policy.deadline_sonarr
        case System.DISK | System.QBITTORRENT:
            return record.detected_at + policy.deadline_disk
        case System.JELLYFIN:
            return _jellyfin_deadline(record, policy)
        case System.SHOKO:
            return _shoko_deadline(record, policy)
        case System.JELLYSEERR:
            return record.detected_at + policy.deadline_jellyseerr


def _jellyfin_deadline(record: DeletionRecord, policy: Policy) -> datetime:
    """Early only if its rescan was made; a late rescan adds half its time again."""
    rescan = effective_rescan(record, System.JELLYFIN)
    if not policy.rescan_jellyfin or rescan is None:
        return record.detected_at + policy.deadline_jellyfin
    return max(
        record.detected_at + policy.deadline_jellyfin_rescan,
        rescan.started_at + policy.deadline_jellyfin_rescan / 2,
    )


def _shoko_deadline(record: DeletionRecord, policy: Policy) -> datetime:
    """Counted from the end of its rescan; without one, from when it could have begun."""
    rescan = effective_rescan(record, System.SHOKO)
    if rescan is not None:
        return max(record.detected_at, rescan.finished_at) + policy.deadline_shoko
    if policy.rescan_shoko:
        return record.detected_at + policy.deadline_disk + policy.deadline_shoko
    return record.detected_at + policy.deadline_shoko


def effective_rescan(record: DeletionRecord, system: System) -> RescanRun | None:
    """The newest rescan of this system that came to its end."""
    rescan = record.rescan_by_system.get(system)
    return rescan.effective if rescan is not None else None


def next_look_at(
    record: DeletionRecord, system: System, now: datetime, policy: Policy
) -> datetime | None:
    """When the system is checked next after a check at `now`; None once no check is left.

    One check is always made exactly at its deadline, so that a verdict rests on it; a system that
    proved everything gone is checked once more at the last deadline of all.
    """
    if not record.is_open:
        return None
    if is_done(record, system):
        return last_look_at(record, system, now, policy)
    deadline = deadline_of(record, system, policy)
    if now >= deadline:
        return now + policy.slow_interval
    interval = max(policy.check_interval, (now - record.detected_at) / AGE_SHARE)
    interval = min(interval, max(policy.check_interval, LONGEST_INTERVAL))
    if system in PATIENT_SYSTEMS:
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


def last_look_at(
    record: DeletionRecord, system: System, now: datetime, policy: Policy
) -> datetime | None:
    """When a system that proved everything gone is checked once more; None once that is over."""
    last = last_deadline(record, policy)
    return last if now < last and _is_configured(record, system) else None


def last_deadline(record: DeletionRecord, policy: Policy) -> datetime:
    """The last deadline of a system that may have held any of it."""
    systems = [s for s in ALL_SYSTEMS if s is not System.QBITTORRENT and _is_configured(record, s)]
    return max(deadline_of(record, system, policy) for system in systems)


def _is_configured(record: DeletionRecord, system: System) -> bool:
    inventory = record.inventory
    part: Part[object] = {
        System.SONARR: inventory.sonarr,
        System.DISK: inventory.disk,
        System.SHOKO: inventory.shoko,
        System.JELLYFIN: inventory.jellyfin,
        System.JELLYSEERR: inventory.jellyseerr,
        System.QBITTORRENT: inventory.qbittorrent,
    }[system]
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
    """The deadlines at which a verdict or the status may change without a new check."""
    deadlines = (deadline_of(record, system, policy) for system in ALL_SYSTEMS)
    return (record.detected_at + policy.coalesce, *deadlines)
