"""Which rescan may be requested now, and whether Shoko's is allowed at all.

Rescans are the only requests of the program that change anything upstream. Each needs its setting
switched on, a verified disk, and a stale record to clean up; Shoko comes before Jellyfin, because
Shokofin shows in Jellyfin what Shoko still has.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from episodarr.deletions.policy import Policy
from episodarr.deletions.schedule import deadline_of
from episodarr.model.check import ImportFolder
from episodarr.model.deletion import Answer
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode, Rescan, RescanResult
from episodarr.model.evidence import RecordLeft, Removed
from episodarr.model.health import System

STARTED_PATIENCE = timedelta(minutes=30)
"""Time after which a rescan without a noted end, as after a restart, may be requested again."""

RETRY_AFTER = timedelta(minutes=15)
TRIES_LIMIT = 20

ACCESSIBLE_PERCENT = 95
"""Share of every import folder's files that Shoko has to see, without those proven gone."""

OLDEST_SAFE_SHOKO = 5
"""Version 4 sends MyList updates whatever the request's parameters."""


def wanted_rescan(record: DeletionRecord, now: datetime, policy: Policy) -> System | None:
    """The system whose rescan this deletion needs now, or None; Jellyfin's comes after Shoko's."""
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
    """Whether all files are proven gone, or after the disk's deadline some are.

    Never while the disk's finding on a file is unclear: its share may be away for others, too.
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
    """When the disk's newest proof behind a stale record was found; None if no record is stale."""
    findings = [e.evidence_by_system[system].finding for e in record.expected]
    if system in record.evidence_by_system:
        findings.append(record.evidence_by_system[system].finding)
    return max(
        (f.disk_proof.checked_at for f in findings if isinstance(f, RecordLeft)), default=None
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
    """Whether it is running, or finished without a check since, so that its effect is unknown."""
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
    """The number of the attempt that starts now."""
    return 1 if old is None else old.tries + 1


def shoko_refusal(major_version: int, folders: Sequence[ImportFolder]) -> RescanResult | None:
    """Why Shoko must not remove missing files; None if it may.

    Shoko has to see nearly all files of every folder, not just ours: the request affects the whole
    server, and a share that is away, wholly or in part, would lose its records. A folder without
    records is ignored.
    """
    if major_version < OLDEST_SAFE_SHOKO:
        return RescanResult.REFUSED_VERSION
    if not folders or not all(map(_is_mounted, folders)):
        return RescanResult.REFUSED_FOLDERS
    return None


def _is_mounted(folder: ImportFolder) -> bool:
    return folder.accessible_count * 100 >= folder.sampled_count * ACCESSIBLE_PERCENT


def gone_episodes(record: DeletionRecord) -> tuple[ExpectedEpisode, ...]:
    """The episodes whose files the disk proved gone; a rescan may name only these."""
    return tuple(
        e
        for e in record.expected
        if System.DISK in e.evidence_by_system
        and isinstance(e.evidence_by_system[System.DISK].finding, Removed)
    )
