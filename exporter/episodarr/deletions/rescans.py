"""Which rescan may be asked for now, and whether Shoko's may at all.

They are the only requests of the program that change anything upstream. Each needs its switch, a
verified disk, and something that it would clean up; Shoko comes before Jellyfin, because Shokofin
shows in Jellyfin what Shoko still has.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from episodarr.deletions.policy import Policy
from episodarr.deletions.schedule import deadline_of
from episodarr.model.deletion import Answer
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode, Rescan, RescanResult
from episodarr.model.evidence import RecordLeft, Removed
from episodarr.model.health import System
from episodarr.model.look import ImportFolder

STARTED_PATIENCE = timedelta(minutes=30)
"""After this a rescan whose end nobody saw, for instance over a restart, may be asked for again."""

RETRY_AFTER = timedelta(minutes=15)
TRIES_LIMIT = 20

ACCESSIBLE_PERCENT = 95
"""So much of every import folder has to be there; files that are proven gone do not count."""

OLDEST_SAFE_SHOKO = 5
"""Version 4 sends MyList updates whatever it is asked."""


def wanted_rescan(record: DeletionRecord, now: datetime, policy: Policy) -> System | None:
    """The one rescan this deletion asks for now; Jellyfin's waits until Shoko's is over."""
    if not record.is_open or not _is_disk_verified(record, now, policy):
        return None
    if policy.rescan_shoko and _newest_stale_at(record, System.SHOKO) is not None:
        if _may_ask(record, System.SHOKO, now):
            return System.SHOKO
        if _is_under_way(record, System.SHOKO, now):
            return None
    if policy.rescan_jellyfin and _may_ask(record, System.JELLYFIN, now):
        return System.JELLYFIN
    return None


def _is_disk_verified(record: DeletionRecord, now: datetime, policy: Policy) -> bool:
    """Everything on disk proven gone; after the disk's deadline, what did go is enough.

    But never while the disk cannot tell of a file: its share may be away for others, too.
    """
    answers = [
        e.answer_by_system[System.DISK]
        for e in record.expected
        if e.answer_by_system[System.DISK] is not Answer.NOT_APPLICABLE
    ]
    if Answer.REMOVED not in answers or Answer.UNKNOWN in answers:
        return False
    is_late = now >= deadline_of(record, System.DISK, policy)
    return is_late or all(answer is Answer.REMOVED for answer in answers)


def _newest_stale_at(record: DeletionRecord, system: System) -> datetime | None:
    """When the disk's newest proof behind a record that is left was found; None if none is left."""
    findings = [e.evidence_by_system[system].finding for e in record.expected]
    if system in record.evidence_by_system:
        findings.append(record.evidence_by_system[system].finding)
    return max(
        (f.disk_proof.looked_at for f in findings if isinstance(f, RecordLeft)), default=None
    )


def _may_ask(record: DeletionRecord, system: System, now: datetime) -> bool:
    stale_at = _newest_stale_at(record, system)
    if stale_at is None:
        return False
    rescan = record.rescan_by_system.get(system)
    if rescan is None:
        return True
    if rescan.tries >= TRIES_LIMIT:
        return False
    match rescan.result:
        case RescanResult.STARTED:
            return now >= rescan.started_at + STARTED_PATIENCE
        case RescanResult.FINISHED:
            return stale_at > rescan.started_at
        case _:
            return now >= rescan.started_at + RETRY_AFTER


def _is_under_way(record: DeletionRecord, system: System, now: datetime) -> bool:
    """Running, or finished without a look since: what it cleaned up is not known yet."""
    rescan = record.rescan_by_system.get(system)
    if rescan is None:
        return False
    if rescan.result is RescanResult.STARTED:
        return now < rescan.started_at + STARTED_PATIENCE
    if rescan.result is not RescanResult.FINISHED or rescan.finished_at is None:
        return False
    checked_at = record.evidence_by_system[system].checked_at
    return checked_at is None or checked_at < rescan.finished_at


def next_try(old: Rescan | None) -> int:
    """The number of the try that starts now."""
    return 1 if old is None else old.tries + 1


def shoko_refusal(major_version: int, folders: Sequence[ImportFolder]) -> RescanResult | None:
    """Why Shoko must not remove missing files; None if it may.

    Every folder has to show nearly all of its files, not just ours: the request is for the whole
    server, and a share that is away, or half of one, would lose its records. A folder of which Shoko
    has no records has none to lose.
    """
    if major_version < OLDEST_SAFE_SHOKO:
        return RescanResult.REFUSED_VERSION
    if not folders or not all(map(_is_mounted, folders)):
        return RescanResult.REFUSED_FOLDERS
    return None


def _is_mounted(folder: ImportFolder) -> bool:
    return folder.accessible_count * 100 >= folder.sampled_count * ACCESSIBLE_PERCENT


def gone_episodes(record: DeletionRecord) -> tuple[ExpectedEpisode, ...]:
    """The episodes whose files the disk proved gone: all that a rescan may name."""
    return tuple(
        e
        for e in record.expected
        if System.DISK in e.evidence_by_system
        and isinstance(e.evidence_by_system[System.DISK].finding, Removed)
    )
