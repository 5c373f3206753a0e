"""Until when each kind of system may still list what was deleted, and when a stale record counts."""

from collections.abc import Callable
from datetime import datetime, timedelta

from episodarr.deletions.policy import Policy
from episodarr.model.deletion_log import DeletionRecord, RescanRun
from episodarr.model.evidence import RecordLeft
from episodarr.model.health import System


def after_detection(
    within: Callable[[Policy], timedelta],
) -> Callable[[DeletionRecord, Policy], datetime]:
    """A deadline at the time after detection that `within` takes from the policy."""

    def deadline(record: DeletionRecord, policy: Policy) -> datetime:
        return record.detected_at + within(policy)

    return deadline


def jellyfin_deadline(record: DeletionRecord, policy: Policy) -> datetime:
    """Jellyfin's deadline: the short one after a rescan, at least half of it after that began."""
    rescan = _effective_rescan(record, System.JELLYFIN)
    if not policy.rescan_jellyfin or rescan is None:
        return record.detected_at + policy.deadline_jellyfin
    return max(
        record.detected_at + policy.deadline_jellyfin_rescan,
        rescan.started_at + policy.deadline_jellyfin_rescan / 2,
    )


def shoko_deadline(record: DeletionRecord, policy: Policy) -> datetime:
    """Shoko's deadline, from the end of its rescan; without one, from when it could have begun."""
    rescan = _effective_rescan(record, System.SHOKO)
    if rescan is not None:
        return max(record.detected_at, rescan.finished_at) + policy.deadline_shoko
    if policy.rescan_shoko:
        return record.detected_at + policy.deadline_disk + policy.deadline_shoko
    return record.detected_at + policy.deadline_shoko


def never(record: DeletionRecord, left: RecordLeft, checked_at: datetime, policy: Policy) -> bool:
    """A stale record of this system never counts as remaining."""
    del record, left, checked_at, policy
    return False


def is_jellyfin_late(
    record: DeletionRecord, left: RecordLeft, checked_at: datetime, policy: Policy
) -> bool:
    """True from Jellyfin's deadline on: its own scan has run by then."""
    del left
    return checked_at >= jellyfin_deadline(record, policy)


def is_shoko_rescanned(
    record: DeletionRecord, left: RecordLeft, checked_at: datetime, policy: Policy
) -> bool:
    """True once a rescan of Shoko has ended that began after the disk's proof."""
    del policy
    rescan = _effective_rescan(record, System.SHOKO)
    return (
        rescan is not None
        and rescan.started_at >= left.disk_proof.checked_at
        and checked_at >= rescan.finished_at
    )


def _effective_rescan(record: DeletionRecord, system: System) -> RescanRun | None:
    """The newest rescan of this system that came to its end."""
    rescan = record.rescan_by_system.get(system)
    return rescan.effective if rescan is not None else None
