"""One step of verification: a deletion, what was seen, the time → the next record and what happened.

    weigh    looks → findings → evidence, verdicts, status, due times
    settle   time alone: deadlines that passed

What people and Sonarr do to a deletion is in `interventions`. Every function returns the same record
object where nothing changed. Superseded, complete and kept deletions are closed: nothing reopens them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from exporter.deletion.judge.disk import judge_disk
from exporter.deletion.judge.jellyfin import judge_jellyfin
from exporter.deletion.judge.proof import Judgement
from exporter.deletion.judge.requests import judge_jellyseerr
from exporter.deletion.judge.shoko import judge_shoko
from exporter.deletion.judge.sonarr import judge_sonarr
from exporter.deletion.judge.torrents import judge_qbittorrent
from exporter.deletion.policy import Policy
from exporter.deletion.schedule import ALL_SYSTEMS, deadline_of, next_look_at
from exporter.deletion.verdict import (
    CLOSED_STATUSES,
    episode_answers,
    record_answers,
    status_of,
    verdict_of,
)
from exporter.model.deletion import BAD_STATUSES, DeletionStatus, Verdict
from exporter.model.deletion_log import DeletionRecord, ExpectedEpisode, FirstVerdict
from exporter.model.evidence import NEVER_LOOKED, Evidence, is_newer_word, with_doubt
from exporter.model.health import System
from exporter.model.ids import EpisodeNumber, SonarrSeriesId, TvdbId
from exporter.model.look import (
    DiskLook,
    JellyfinLook,
    JellyseerrLook,
    QbittorrentLook,
    ShokoLook,
    SonarrLook,
)

GOOD_STATUSES = frozenset({DeletionStatus.COMPLETE, DeletionStatus.LEFTOVERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What was looked at in one pass; None: that system was not due."""

    sonarr: SonarrLook | None = None
    expected_others: Mapping[TvdbId, SonarrSeriesId]
    """Series of the same Sonarr that nobody deleted."""
    disk: DiskLook | None = None
    shoko: ShokoLook | None = None
    jellyfin: JellyfinLook | None = None
    jellyseerr: JellyseerrLook | None = None
    qbittorrent: QbittorrentLook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """The deletion stands elsewhere now."""

    before: DeletionStatus
    after: DeletionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstVerdictReached:
    """The counters count the deletion now, and never again."""

    verdict: FirstVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """A deletion that was counted as bad turned out well."""


type Event = StatusChanged | FirstVerdictReached | Healed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: the next record and what happened, in order."""

    record: DeletionRecord
    events: tuple[Event, ...] = ()


def weigh(record: DeletionRecord, looks: Looks, now: datetime, policy: Policy) -> Step:
    """The step that one pass of looks makes; the disk first, for others rest on its proof."""
    if not record.is_open or record.status is DeletionStatus.HELD:
        return Step(record=record)
    looked: list[System] = []
    for system in ALL_SYSTEMS:
        judgement = _judge(record, system, looks)
        if judgement is not None:
            record = _apply(record, system, judgement)
            looked.append(system)
    step = settle(record, now, policy)
    return replace_due(step, tuple(looked), now, policy)


def _judge(record: DeletionRecord, system: System, looks: Looks) -> Judgement | None:
    judgement: Judgement | None = None
    match system:
        case System.SONARR if looks.sonarr is not None:
            judgement = judge_sonarr(record, looks.sonarr, expected_others=looks.expected_others)
        case System.DISK if looks.disk is not None:
            judgement = judge_disk(record, looks.disk)
        case System.SHOKO if looks.shoko is not None:
            judgement = judge_shoko(record, looks.shoko)
        case System.JELLYFIN if looks.jellyfin is not None:
            judgement = judge_jellyfin(record, looks.jellyfin)
        case System.JELLYSEERR if looks.jellyseerr is not None:
            judgement = judge_jellyseerr(record, looks.jellyseerr)
        case System.QBITTORRENT if looks.qbittorrent is not None:
            judgement = judge_qbittorrent(record, looks.qbittorrent)
        case _:
            pass
    return judgement


def _apply(record: DeletionRecord, system: System, judgement: Judgement) -> DeletionRecord:
    episodes = tuple(
        _apply_to_episode(e, system, judgement) if e.number in judgement.finding_by_episode else e
        for e in record.episodes
    )
    old = record.evidence_by_system.get(system, NEVER_LOOKED)
    new = Evidence(finding=judgement.record, checked_at=judgement.at, method=judgement.method)
    standing = new if is_newer_word(old, new) else with_doubt(old, new)
    lingering = judgement.lingering_bytes
    return replace(
        record,
        episodes=episodes,
        evidence_by_system=record.evidence_by_system
        if standing is old
        else {**record.evidence_by_system, system: standing},
        lingering_bytes=record.lingering_bytes if lingering is None else lingering,
        newest_request_id=judgement.newest_request_id
        if record.newest_request_id is None
        else record.newest_request_id,
    )


def _apply_to_episode(
    episode: ExpectedEpisode, system: System, judgement: Judgement
) -> ExpectedEpisode:
    old = episode.evidence_by_system.get(system, NEVER_LOOKED)
    new = Evidence(
        finding=judgement.finding_by_episode[episode.number],
        checked_at=judgement.at,
        method=judgement.method,
    )
    if not is_newer_word(old, new):
        return episode
    return replace(episode, evidence_by_system={**episode.evidence_by_system, system: new})


def settle(record: DeletionRecord, now: datetime, policy: Policy) -> Step:
    """Answers, verdicts and status as of `now`; the same record if nothing changed."""
    if not record.is_open:
        return Step(record=record)
    deadlines = {system: deadline_of(record, system, policy) for system in ALL_SYSTEMS}
    episodes = tuple(_settle_episode(e, record, deadlines, now, policy) for e in record.episodes)
    answers = record_answers(record, policy)
    is_same = answers == record.answer_by_system and all(
        new is old for new, old in zip(episodes, record.episodes, strict=True)
    )
    if not is_same:
        record = replace(record, episodes=episodes, answer_by_system=answers)
    return with_status(record, status_of(record, now, policy), now)


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
    """The step to a status: counted if it is the first verdict, closed if it is final."""
    events: list[Event] = []
    before = record.status
    if status is not before:
        events.append(StatusChanged(before=before, after=status))
        record = replace(record, status=status)
        if status is DeletionStatus.FILES_KEPT:
            record = without(record, frozenset(e.number for e in record.episodes))
        if before not in BAD_STATUSES and status in BAD_STATUSES:
            record = replace(record, acknowledged_at=None)
    if _is_first_verdict(record):
        verdict = _first_verdict(record, now)
        events.append(FirstVerdictReached(verdict=verdict))
        record = replace(record, first_verdict=verdict)
    if _is_healing(record):
        events.append(Healed())
        record = replace(record, healed_at=now)
    if status in CLOSED_STATUSES and record.finished_at is None:
        record = replace(record, finished_at=now, due_by_system={})
    return Step(record=record, events=tuple(events))


def _is_first_verdict(record: DeletionRecord) -> bool:
    """Nothing is pending any more; a held one that came back was never believed, nor is counted."""
    if record.first_verdict is not None:
        return False
    if record.status in CLOSED_STATUSES:
        return True
    return record.status not in {
        DeletionStatus.VERIFYING,
        DeletionStatus.HELD,
    } and not record.count(Verdict.PENDING)


def _is_healing(record: DeletionRecord) -> bool:
    first = record.first_verdict
    if first is None or record.healed_at is not None:
        return False
    return first.status in BAD_STATUSES and record.status in GOOD_STATUSES


def _first_verdict(record: DeletionRecord, now: datetime) -> FirstVerdict:
    return FirstVerdict(
        at=now,
        status=record.status,
        expected=len(record.expected),
        deleted=record.count(Verdict.DELETED),
        failed=record.count(Verdict.FAILED),
        unverified=record.count(Verdict.UNVERIFIED),
    )


def replace_due(step: Step, looked: tuple[System, ...], now: datetime, policy: Policy) -> Step:
    """The step with new due times for the systems that were looked at."""
    record = step.record
    if not record.is_open or not looked:
        return step
    due = {s: at for s, at in record.due_by_system.items() if s not in looked}
    for system in looked:
        at = next_look_at(record, system, now, policy)
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
