"""Findings and deadlines give answers, answers give verdicts, verdicts give the status."""

from collections.abc import Mapping
from datetime import datetime

from episodarr.deletions.policy import Policy
from episodarr.deletions.schedule import RECORD_SYSTEMS, deadline_of
from episodarr.deletions.systems import VERIFIED
from episodarr.model.deletion import (
    ALL_SYSTEMS,
    CLOSED_STATUSES,
    EPISODE_SYSTEMS,
    Answer,
    DeletionScope,
    DeletionStatus,
    NoticedBy,
    Verdict,
)
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import NEVER_CHECKED, Evidence, RecordLeft, answer_of
from episodarr.model.health import System
from episodarr.model.inventory import Taken

WITNESSES = tuple(system for system, row in VERIFIED.items() if row.is_witness)
"""At least one of them, besides Sonarr, must have seen an episode go."""

SETTLED_ANSWERS = frozenset({Answer.REMOVED, Answer.STALE, Answer.NOT_APPLICABLE})


def answer_at(evidence: Evidence, system: System, record: DeletionRecord, policy: Policy) -> Answer:
    """The answer with deadlines and rescans taken into account.

    A stale record counts as remaining once its system had its time.
    """
    finding = evidence.finding
    if not isinstance(finding, RecordLeft) or evidence.checked_at is None:
        return answer_of(finding)
    is_over = VERIFIED[system].is_stale_over(record, finding, evidence.checked_at, policy)
    return Answer.REMAINING if is_over else Answer.STALE


def episode_answers(
    episode: ExpectedEpisode, record: DeletionRecord, policy: Policy
) -> dict[System, Answer]:
    """The answer of every system that is checked per episode."""
    return {
        system: answer_at(
            episode.evidence_by_system.get(system, NEVER_CHECKED), system, record, policy
        )
        for system in EPISODE_SYSTEMS
    }


def record_answers(record: DeletionRecord, policy: Policy) -> dict[System, Answer]:
    """The answer of every system on the deletion as a whole."""
    return {
        system: answer_at(
            record.evidence_by_system.get(system, NEVER_CHECKED), system, record, policy
        )
        for system in ALL_SYSTEMS
    }


def verdict_of(
    episode: ExpectedEpisode,
    answers: Mapping[System, Answer],
    deadlines: Mapping[System, datetime],
    now: datetime,
) -> Verdict:
    """The verdict on one episode; superseded is final.

    *Remaining* fails an episode only if it was seen at or after the deadline: an older sighting,
    followed by failed checks only, counts as unknown.
    """
    if episode.verdict is Verdict.SUPERSEDED:
        return Verdict.SUPERSEDED
    for system, answer in answers.items():
        if answer is Answer.REMAINING and _seen_late(episode, system, deadlines[system]):
            return Verdict.FAILED
    waiting = [system for system, answer in answers.items() if answer not in SETTLED_ANSWERS]
    if not waiting:
        if any(answers.get(system) is Answer.REMOVED for system in WITNESSES):
            return Verdict.DELETED
        waiting = [System.SONARR]
    if all(now >= deadlines[system] for system in waiting):
        return Verdict.UNVERIFIED
    return Verdict.PENDING


def _seen_late(episode: ExpectedEpisode, system: System, deadline: datetime) -> bool:
    checked_at = episode.evidence_by_system.get(system, NEVER_CHECKED).checked_at
    return checked_at is not None and checked_at >= deadline


def status_of(record: DeletionRecord, now: datetime, policy: Policy) -> DeletionStatus:
    """The status by evidence; a closed or held deletion keeps its own."""
    if record.status in CLOSED_STATUSES or record.status is DeletionStatus.HELD:
        return record.status
    return status_by_evidence(record, now, policy)


def status_by_evidence(record: DeletionRecord, now: datetime, policy: Policy) -> DeletionStatus:
    """The status that follows from the episodes' verdicts and the records of the whole."""
    expected = record.expected
    if record.episodes and not expected:
        return DeletionStatus.SUPERSEDED
    if were_files_kept(record, policy):
        return DeletionStatus.FILES_KEPT
    failed = record.count(Verdict.FAILED)
    if failed:
        return DeletionStatus.FAILED if failed == len(expected) else DeletionStatus.PARTIAL
    if record.count(Verdict.PENDING):
        return DeletionStatus.VERIFYING
    if record.count(Verdict.UNVERIFIED):
        return DeletionStatus.UNVERIFIED
    if not isinstance(record.inventory.sonarr, Taken):
        is_over = now >= deadline_of(record, System.SONARR, policy)
        return DeletionStatus.UNVERIFIED if is_over else DeletionStatus.VERIFYING
    return _status_of_deleted(record, now, policy)


def _status_of_deleted(record: DeletionRecord, now: datetime, policy: Policy) -> DeletionStatus:
    """The status once every episode is deleted, by the records that are left.

    A record may still go until its system's deadline; one whose answer is unknown by then leaves
    the deletion unverified. Single files are often deleted one after the other: the deletion stays
    in verification until no more can be merged into it.
    """
    is_whole = record.scope is DeletionScope.SERIES
    if not is_whole and now < record.detected_at + policy.coalesce:
        return DeletionStatus.VERIFYING
    open_systems: set[System] = {
        s for s in RECORD_SYSTEMS if record.answer_by_system[s] not in _CLEAN
    }
    open_systems |= {
        s for e in record.expected for s, a in e.answer_by_system.items() if a is Answer.STALE
    }
    if not open_systems:
        return DeletionStatus.COMPLETE
    late = {s for s in open_systems if now >= deadline_of(record, s, policy)}
    if any(record.answer_by_system[system] is Answer.UNKNOWN for system in late):
        return DeletionStatus.UNVERIFIED
    return DeletionStatus.LEFTOVERS if late == open_systems else DeletionStatus.VERIFYING


_CLEAN = frozenset({Answer.REMOVED, Answer.NOT_APPLICABLE})


def were_files_kept(record: DeletionRecord, policy: Policy) -> bool:
    """Whether a series merely left Sonarr: noticed by poll, every file in place at the deadline."""
    if record.noticed_by is not NoticedBy.POLL or record.scope is not DeletionScope.SERIES:
        return False
    deadline = deadline_of(record, System.DISK, policy)
    on_disk = [e for e in record.expected if _disk_answer(e) is not Answer.NOT_APPLICABLE]
    return bool(on_disk) and all(
        _disk_answer(e) is Answer.REMAINING and _seen_late(e, System.DISK, deadline)
        for e in on_disk
    )


def _disk_answer(episode: ExpectedEpisode) -> Answer:
    return answer_of(episode.evidence_by_system.get(System.DISK, NEVER_CHECKED).finding)
