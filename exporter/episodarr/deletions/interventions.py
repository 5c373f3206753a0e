"""Changes to a deletion that do not come from checks.

supersede    the series came back, or episodes got newer files
keep_files   Sonarr reported that it kept the files
hold         too many vanished at once: the deletion is not believed
release      a held deletion is believed after all
acknowledge  a person acknowledged how it ended
recheck      a person requested a check now
note_rescan  a rescan's state or result
"""

from datetime import datetime

from msgspec.structs import replace

from episodarr.deletions.events import StatusChanged, Step
from episodarr.deletions.machine import with_status, without
from episodarr.model.deletion import (
    ALL_SYSTEMS,
    EPISODE_SYSTEMS,
    Answer,
    DeletionStatus,
    NoticedBy,
    Verdict,
)
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode, Rescan, RescanResult
from episodarr.model.evidence import NEVER_CHECKED
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber


def supersede(
    record: DeletionRecord, numbers: frozenset[EpisodeNumber] | None, now: datetime, why: str
) -> Step:
    """The deletion with those episodes, or all of it for None, no longer expected.

    Files that were missing from disk may come back: that supersedes even a complete deletion.
    """
    if not record.is_open and not may_come_back(record):
        return Step(record=record)
    if numbers is None:
        numbers = frozenset(e.number for e in record.episodes)
        closed = replace(without(record, numbers), notes=(*record.notes, why))
        if record.status is DeletionStatus.HELD:
            return _closed_unbelieved(closed, now)
        return with_status(closed, DeletionStatus.SUPERSEDED, now)
    if not numbers & {e.number for e in record.expected}:
        return Step(record=record)
    rest = replace(without(record, numbers), notes=_with_note(record, why))
    if not rest.expected and record.status is DeletionStatus.HELD:
        return _closed_unbelieved(rest, now)
    if not rest.expected and not record.is_open:
        return with_status(rest, DeletionStatus.SUPERSEDED, now)
    return Step(record=rest)


def may_come_back(record: DeletionRecord) -> bool:
    """Whether it is complete, and would still be superseded if the same files came back."""
    return record.noticed_by is NoticedBy.MISSING and record.status is DeletionStatus.COMPLETE


def _with_note(record: DeletionRecord, note: str) -> tuple[str, ...]:
    return record.notes if note in record.notes else (*record.notes, note)


def _closed_unbelieved(record: DeletionRecord, now: datetime) -> Step:
    changed = StatusChanged(after=DeletionStatus.SUPERSEDED)
    record = replace(
        record,
        status=DeletionStatus.SUPERSEDED,
        finished_at=now,
        closed_at=now,
        due_by_system={},
    )
    return Step(record=record, events=(changed,))


def keep_files(record: DeletionRecord, now: datetime, why: str) -> Step:
    """The deletion, closed because Sonarr reported that it kept the files."""
    if not record.is_open:
        return Step(record=record)
    noted = replace(record, notes=_with_note(record, why))
    return with_status(noted, DeletionStatus.FILES_KEPT, now)


def hold(record: DeletionRecord, group: str) -> Step:
    """The deletion, held with others: no checks are made, and earlier evidence is dropped."""
    if record.status is not DeletionStatus.VERIFYING:
        return Step(record=record)
    changed = StatusChanged(after=DeletionStatus.HELD)
    record = replace(
        record,
        status=DeletionStatus.HELD,
        held_group=group,
        due_by_system={},
        evidence_by_system={},
        answer_by_system=dict.fromkeys(ALL_SYSTEMS, Answer.UNKNOWN),
        episodes=tuple(map(_unseen, record.episodes)),
    )
    return Step(record=record, events=(changed,))


def _unseen(episode: ExpectedEpisode) -> ExpectedEpisode:
    if episode.verdict is Verdict.SUPERSEDED:
        return episode
    return replace(
        episode,
        verdict=Verdict.PENDING,
        evidence_by_system=dict.fromkeys(EPISODE_SYSTEMS, NEVER_CHECKED),
        answer_by_system=dict.fromkeys(EPISODE_SYSTEMS, Answer.UNKNOWN),
    )


def release(record: DeletionRecord, now: datetime) -> Step:
    """A held deletion, believed from now on: it is verified like any other."""
    if record.status is not DeletionStatus.HELD:
        return Step(record=record)
    changed = StatusChanged(after=DeletionStatus.VERIFYING)
    record = replace(
        record,
        status=DeletionStatus.VERIFYING,
        detected_at=now,
        acknowledged_at=None,
        due_by_system=dict.fromkeys(ALL_SYSTEMS, now),
        episodes=tuple(replace(e, noticed_at=now) for e in record.episodes),
    )
    return Step(record=record, events=(changed,))


def acknowledge(record: DeletionRecord, now: datetime) -> Step:
    """The deletion with its end acknowledged; checks go on. A held one is believed.

    Leftovers, and what came back, are told of as bad verdicts are. Without an end there is nothing to
    acknowledge yet.
    """
    if record.status is DeletionStatus.HELD:
        return release(record, now)
    if record.acknowledged_at is not None or record.status is DeletionStatus.VERIFYING:
        return Step(record=record)
    return Step(record=replace(record, acknowledged_at=now))


def recheck(record: DeletionRecord, now: datetime) -> Step:
    """The deletion with all checks due at once; a complete one is checked once more."""
    is_over = not record.is_open and record.status is not DeletionStatus.COMPLETE
    if is_over or record.status is DeletionStatus.HELD:
        return Step(record=record)
    return Step(record=replace(record, due_by_system=dict.fromkeys(ALL_SYSTEMS, now)))


def note_rescan(record: DeletionRecord, system: System, rescan: Rescan, now: datetime) -> Step:
    """The deletion with a rescan's state; once the rescan ended, well or not, a check is due."""
    due = dict(record.due_by_system)
    if rescan.result is not RescanResult.STARTED:
        due[system] = now
    return Step(
        record=replace(
            record,
            rescan_by_system={**record.rescan_by_system, system: rescan},
            due_by_system=due,
        )
    )
