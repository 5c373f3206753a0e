"""One step of verification: record, check results and time → the next record and its events.

    weigh    check results → findings → evidence, verdicts, status, due times
    settle   deadlines that have passed, without new checks

Changes made by people and Sonarr are in `interventions`. Every function returns the same record
object where nothing changed. Superseded and kept deletions are closed: nothing reopens them. A
complete one is checked once more, at its last deadline: a disk may have been away when its files
were found gone.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from msgspec.structs import replace

from episodarr.deletions.events import (
    BecamePartial,
    Event,
    FirstVerdictReached,
    Healed,
    StatusChanged,
    Step,
)
from episodarr.deletions.judge.proof import Judgement
from episodarr.deletions.policy import Policy
from episodarr.deletions.schedule import deadline_of, last_deadline, last_due_at, next_due_at
from episodarr.deletions.systems import VERIFIED
from episodarr.deletions.verdict import (
    episode_answers,
    record_answers,
    status_by_evidence,
    status_of,
    verdict_of,
)
from episodarr.model.check import Check, CheckFailed, SonarrSeen
from episodarr.model.deletion import (
    ALL_SYSTEMS,
    BAD_STATUSES,
    CLOSED_STATUSES,
    DeletionScope,
    DeletionStatus,
    Verdict,
)
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode, FirstVerdict
from episodarr.model.evidence import NEVER_CHECKED, Evidence, should_replace, with_doubt
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber

GOOD_STATUSES = frozenset({DeletionStatus.COMPLETE, DeletionStatus.LEFTOVERS})
VERDICTS_AGAINST = BAD_STATUSES - {DeletionStatus.HELD}
"""Not HELD: a held deletion was not checked yet."""

LAST_CHECK_REPEATED_FOR = timedelta(days=1)
"""How long after the last deadline a last check that fails is repeated."""

type Checks = Mapping[System, Check]
"""Results of one pass of checks; only of the systems that were due."""


def weigh(record: DeletionRecord, checks: Checks, now: datetime, policy: Policy) -> Step:
    """The step that follows from one pass of checks; other systems' findings rest on the disk's."""
    if record.status is DeletionStatus.HELD:
        return Step(record=record)
    if not record.is_open:
        return _check_once_more(record, checks, now, policy)
    record, checked = _judge_all(record, checks, {e.number for e in record.episodes})
    return replace_due(settle(record, now, policy), checked, now, policy)


def _check_once_more(record: DeletionRecord, checks: Checks, now: datetime, policy: Policy) -> Step:
    """The step of the last check of a complete deletion: what is back was never gone.

    Episodes of which Sonarr has a file again are left out. If a check fails, all are made again.
    """
    if not record.due_by_system:
        return Step(record=record)
    is_over = Step(record=replace(record, due_by_system={}))
    made = [check for system, check in checks.items() if not VERIFIED[system].is_advisory]
    if any(isinstance(check, CheckFailed) and check.reason is not None for check in made):
        if now >= last_deadline(record, policy) + LAST_CHECK_REPEATED_FOR:
            return is_over
        later = dict.fromkeys(record.due_by_system, now + policy.slow_interval)
        return Step(record=replace(record, due_by_system=later))
    gone = _still_gone(record, checks.get(System.SONARR))
    if not gone:
        return is_over
    seen, checked = _judge_all(record, checks, gone)
    seen = _answered(seen, now, policy)
    status = status_by_evidence(seen, now, policy)
    if status is DeletionStatus.COMPLETE:
        last = {s: at for s in checked if (at := last_due_at(record, s, now, policy)) is not None}
        return Step(record=replace(seen, due_by_system=last))
    return replace_due(with_status(seen, status, now), checked, now, policy)


def _still_gone(record: DeletionRecord, check: Check | None) -> set[EpisodeNumber]:
    """The expected episodes without a file in Sonarr; empty if it has the whole series again."""
    if not isinstance(check, SonarrSeen):
        return set()
    numbers = {e.number for e in record.expected}
    if record.key.tvdb_id not in check.sonarr_id_by_tvdb_id:
        return numbers
    if record.scope is DeletionScope.SERIES or check.files is None:
        return set()
    return numbers - check.files.file_id_by_episode.keys()


def _judge_all(
    record: DeletionRecord, checks: Checks, numbers: AbstractSet[EpisodeNumber]
) -> tuple[DeletionRecord, tuple[System, ...]]:
    """The record with the findings on these episodes, and the systems that were checked."""
    checked = tuple(system for system in ALL_SYSTEMS if system in checks)
    for system in checked:
        judgement = VERIFIED[system].judge(record, checks[system])
        record = _apply(record, system, judgement, numbers)
    return record, checked


def _apply(
    record: DeletionRecord,
    system: System,
    judgement: Judgement,
    numbers: AbstractSet[EpisodeNumber],
) -> DeletionRecord:
    judged = judgement.finding_by_episode.keys() & numbers
    episodes = tuple(
        _apply_to_episode(e, system, judgement) if e.number in judged else e
        for e in record.episodes
    )
    old = record.evidence_by_system.get(system, NEVER_CHECKED)
    new = Evidence(finding=judgement.record, checked_at=judgement.at, method=judgement.method)
    evidence = new if should_replace(old, new) else with_doubt(old, new)
    lingering = judgement.lingering_bytes
    return replace(
        record,
        episodes=episodes,
        evidence_by_system=record.evidence_by_system
        if evidence is old
        else {**record.evidence_by_system, system: evidence},
        lingering_bytes=record.lingering_bytes if lingering is None else lingering,
        newest_request_id=judgement.newest_request_id
        if record.newest_request_id is None
        else record.newest_request_id,
    )


def _apply_to_episode(
    episode: ExpectedEpisode, system: System, judgement: Judgement
) -> ExpectedEpisode:
    old = episode.evidence_by_system.get(system, NEVER_CHECKED)
    new = Evidence(
        finding=judgement.finding_by_episode[episode.number],
        checked_at=judgement.at,
        method=judgement.method,
    )
    if not should_replace(old, new):
        return episode
    return replace(episode, evidence_by_system={**episode.evidence_by_system, system: new})


def settle(record: DeletionRecord, now: datetime, policy: Policy) -> Step:
    """Answers, verdicts and status as of `now`; the same record if nothing changed.

    A held deletion stays as it is: it is not believed, and has no deadlines.
    """
    if not record.is_open or record.status is DeletionStatus.HELD:
        return Step(record=record)
    record = _answered(record, now, policy)
    step = with_status(record, status_of(record, now, policy), now)
    return _with_last_checks(step, now, policy)


def _answered(record: DeletionRecord, now: datetime, policy: Policy) -> DeletionRecord:
    """The record with answers and verdicts as of `now`; the same one if nothing changed."""
    deadlines = {system: deadline_of(record, system, policy) for system in ALL_SYSTEMS}
    episodes = tuple(_settle_episode(e, record, deadlines, now, policy) for e in record.episodes)
    answers = record_answers(record, policy)
    is_same = answers == record.answer_by_system and all(
        new is old for new, old in zip(episodes, record.episodes, strict=True)
    )
    return record if is_same else replace(record, episodes=episodes, answer_by_system=answers)


def _settle_episode(
    episode: ExpectedEpisode,
    record: DeletionRecord,
    deadlines: Mapping[System, datetime],
    now: datetime,
    policy: Policy,
) -> ExpectedEpisode:
    answers = episode_answers(episode, record, policy)
    verdict = verdict_of(episode, answers, deadlines, now)
    if verdict is episode.verdict and answers == episode.answer_by_system:
        return episode
    return replace(episode, verdict=verdict, answer_by_system=answers)


def with_status(record: DeletionRecord, status: DeletionStatus, now: datetime) -> Step:
    """The step to a status: counted where it counts, and closed if it is final."""
    events: list[Event] = []
    before = record.status
    if status is not before:
        events.append(StatusChanged(after=status))
        record = _changed(record, status, now)
    if _is_first_verdict(record):
        verdict = _first_verdict(record, now)
        events.append(FirstVerdictReached(verdict=verdict))
        record = replace(record, first_verdict=verdict)
    if record.finished_at is None and record.first_verdict is not None:
        record = replace(record, finished_at=record.first_verdict.at)
    record, counted = _counted(record, now)
    return Step(record=record, events=(*events, *counted))


def _changed(record: DeletionRecord, status: DeletionStatus, now: datetime) -> DeletionRecord:
    before = record.status
    record = replace(record, status=status, closed_at=None)
    if status is DeletionStatus.FILES_KEPT:
        record = without(record, frozenset(e.number for e in record.episodes))
    is_bad_now = before not in BAD_STATUSES and status in BAD_STATUSES
    if is_bad_now or status is DeletionStatus.SUPERSEDED:
        record = replace(record, acknowledged_at=None)
    if status in CLOSED_STATUSES:
        record = replace(record, closed_at=now, due_by_system={})
    return record


def _counted(record: DeletionRecord, now: datetime) -> tuple[DeletionRecord, tuple[Event, ...]]:
    """The record and events for its first time partial (also while pending), bad and healed."""
    events: list[Event] = []
    if record.status is DeletionStatus.PARTIAL and record.partial_at is None:
        events.append(BecamePartial())
        record = replace(record, partial_at=now)
    if record.status in VERDICTS_AGAINST and record.bad_at is None:
        record = replace(record, bad_at=now)
    is_healed = record.bad_at is not None and record.status in GOOD_STATUSES
    if is_healed and record.healed_at is None:
        events.append(Healed())
        record = replace(record, healed_at=now)
    return record, tuple(events)


def _with_last_checks(step: Step, now: datetime, policy: Policy) -> Step:
    """The step with a last check due per system, where the deletion just became complete."""
    record = step.record
    if record.status is not DeletionStatus.COMPLETE:
        return step
    checks = {system: last_due_at(record, system, now, policy) for system in ALL_SYSTEMS}
    due = {system: at for system, at in checks.items() if at is not None}
    return Step(record=replace(record, due_by_system=due), events=step.events)


def _is_first_verdict(record: DeletionRecord) -> bool:
    """Whether it has its first verdict now: it is closed, or not held with no episode pending."""
    if record.first_verdict is not None:
        return False
    if record.status in CLOSED_STATUSES:
        return True
    return record.status not in {
        DeletionStatus.VERIFYING,
        DeletionStatus.HELD,
    } and not record.count(Verdict.PENDING)


def _first_verdict(record: DeletionRecord, now: datetime) -> FirstVerdict:
    return FirstVerdict(
        at=now,
        status=record.status,
        expected=len(record.expected),
        deleted=record.count(Verdict.DELETED),
        failed=record.count(Verdict.FAILED),
        unverified=record.count(Verdict.UNVERIFIED),
    )


def replace_due(step: Step, checked: tuple[System, ...], now: datetime, policy: Policy) -> Step:
    """The step with new due times for the systems that were checked."""
    record = step.record
    if not record.is_open or not checked:
        return step
    due = {s: at for s, at in record.due_by_system.items() if s not in checked}
    for system in checked:
        at = next_due_at(record, system, now, policy)
        if at is not None:
            due[system] = at
    if due == record.due_by_system:
        return step
    return Step(record=replace(record, due_by_system=due), events=step.events)


def without(record: DeletionRecord, numbers: frozenset[EpisodeNumber]) -> DeletionRecord:
    """The record with these episodes no longer expected."""
    return replace(
        record,
        episodes=tuple(
            replace(e, verdict=Verdict.SUPERSEDED) if e.number in numbers else e
            for e in record.episodes
        ),
    )
