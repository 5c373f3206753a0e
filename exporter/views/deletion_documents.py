"""The JSON of deletions: what was expected to go, what every system says, and how that is known.

deletion  id, series_id, sonarr, tvdb_id, series, year, scope, noticed_by, status, is_bad,
          is_acknowledged, is_partial, started_at, finished_at, next_check_at,
          expected = deleted + failed + unverified + pending,
          systems, failures (at most 50; `failed` is the true number), advice, notes,
          leftover_bytes, lingering_bytes, kept_files (distinct files that are no longer expected
          to go, where Sonarr kept them; else 0);
          in /api/v1/deletions/{id} also episodes
system    system, episodes_by_answer (every answer; empty if it has no word on episodes),
          failed (failed episodes that it still holds), file_count (distinct files that are gone
          from the disk, null if not known), record (the deletion-level answer, null if there is none)
failure   season, episode, code, systems that still hold it
episode   season, episode, code, verdict, holders, answer_by_system, evidence
evidence  system, answer, checked_at, method (the request or path), detail (what was seen)
"""

from typing import TypedDict

from exporter.model.deletion import (
    BAD_STATUSES,
    Answer,
    DeletedEpisodeView,
    DeletionStatus,
    DeletionView,
    EvidenceView,
    Verdict,
)
from exporter.model.health import System
from exporter.model.ids import SeriesKey, episode_code
from exporter.model.view import Snapshot
from exporter.views.documents import rfc3339, rfc3339_or_none, series_id, snapshot_head
from exporter.views.shapes import SnapshotHead

FAILURES_LIMIT = 50

SYSTEM_ORDER = (
    System.SONARR,
    System.DISK,
    System.SHOKO,
    System.JELLYFIN,
    System.JELLYSEERR,
    System.QBITTORRENT,
)
"""The order in which a deletion travels; the advisory one last."""


class SystemDocument(TypedDict):
    """What one system says of one deletion."""

    system: str
    episodes_by_answer: dict[str, int]
    failed: int
    file_count: int | None
    record: str | None


class FailureDocument(TypedDict):
    """One failed episode and who still holds it."""

    season: int
    episode: int
    code: str
    systems: list[str]


class EvidenceDocument(TypedDict):
    """One look of one system at one episode."""

    system: str
    answer: str
    checked_at: str | None
    method: str
    detail: str


class DeletedEpisodeDocument(TypedDict):
    """One episode of a deletion; superseded ones are listed, not counted."""

    season: int
    episode: int
    code: str
    verdict: str
    holders: list[str]
    answer_by_system: dict[str, str]
    evidence: list[EvidenceDocument]


class DeletionSummary(TypedDict):
    """One deletion in a list."""

    id: str
    series_id: str
    sonarr: str
    tvdb_id: int
    series: str
    year: int
    scope: str
    noticed_by: str
    status: str
    is_bad: bool
    is_acknowledged: bool
    is_partial: bool
    started_at: str
    finished_at: str | None
    next_check_at: str | None
    expected: int
    deleted: int
    failed: int
    unverified: int
    pending: int
    systems: list[SystemDocument]
    failures: list[FailureDocument]
    advice: list[str]
    notes: list[str]
    leftover_bytes: int
    lingering_bytes: int
    kept_files: int


class DeletionDocument(DeletionSummary):
    """One deletion whole."""

    episodes: list[DeletedEpisodeDocument]


class DeletionListDocument(SnapshotHead):
    """/api/v1/deletions."""

    deletions: list[DeletionSummary]


class OneDeletionDocument(SnapshotHead):
    """/api/v1/deletions/{id}."""

    deletion: DeletionDocument


class InventoriedEpisodeDocument(TypedDict):
    """One episode that would be expected to go, and which systems showed it."""

    season: int
    episode: int
    code: str
    path: str
    size_bytes: int | None
    seen_by: list[str]


class WitnessDocument(TypedDict):
    """One system and whether it can testify; `sentence` says why not, or how much it saw."""

    system: str
    can_testify: bool
    episodes_seen: int
    sentence: str


class ExpectedDeletionDocument(TypedDict):
    """The answer to POST /api/v1/deletions; `deletion_id` is null in a dry run."""

    series_id: str
    series: str
    deletion_id: str | None
    is_dry_run: bool
    episodes: list[InventoriedEpisodeDocument]
    witnesses: list[WitnessDocument]
    notes: list[str]


def deletion_list_document(snapshot: Snapshot) -> DeletionListDocument:
    """All deletions, the ones that want a look first, then the newest first."""
    return {
        **snapshot_head(snapshot),
        "deletions": [deletion_summary(view) for view in in_order(snapshot)],
    }


def in_order(snapshot: Snapshot) -> list[DeletionView]:
    """Bad and not acknowledged first, then what is being verified, then the newest."""

    def rank(view: DeletionView) -> tuple[int, float, str]:
        is_loud = view.status in BAD_STATUSES and not view.is_acknowledged
        group = 0 if is_loud else 1 if view.is_open else 2
        return (group, -view.started_at.timestamp(), view.deletion_id)

    return sorted(snapshot.deletions, key=rank)


def deletion_document(view: DeletionView) -> DeletionDocument:
    """One deletion with every episode and its evidence."""
    return {
        **deletion_summary(view),
        "episodes": [_episode_document(episode) for episode in view.episodes],
    }


def deletion_summary(view: DeletionView) -> DeletionSummary:
    """One deletion without its episodes, but with the failed ones by name."""
    expected = [e for e in view.episodes if e.verdict is not Verdict.SUPERSEDED]
    failures = [episode for episode in expected if episode.verdict is Verdict.FAILED]
    return {
        "id": view.deletion_id,
        "series_id": series_id(SeriesKey(view.sonarr, view.tvdb_id)),
        "sonarr": view.sonarr,
        "tvdb_id": view.tvdb_id,
        "series": view.series,
        "year": view.year,
        "scope": view.scope.value,
        "noticed_by": view.noticed_by.value,
        "status": view.status.value,
        "is_bad": view.status in BAD_STATUSES,
        "is_acknowledged": view.is_acknowledged,
        "is_partial": 0 < len(failures) < len(expected),
        "started_at": rfc3339(view.started_at),
        "finished_at": rfc3339_or_none(view.finished_at),
        "next_check_at": rfc3339_or_none(view.next_check_at),
        "expected": len(expected),
        "deleted": view.count(Verdict.DELETED),
        "failed": len(failures),
        "unverified": view.count(Verdict.UNVERIFIED),
        "pending": view.count(Verdict.PENDING),
        "systems": _systems(view, expected),
        "failures": [_failure_document(episode) for episode in failures[:FAILURES_LIMIT]],
        "advice": list(view.advice),
        "notes": list(view.notes),
        "leftover_bytes": view.leftover_bytes,
        "lingering_bytes": view.lingering_bytes,
        "kept_files": _kept_files(view),
    }


def _systems(view: DeletionView, expected: list[DeletedEpisodeView]) -> list[SystemDocument]:
    documents = []
    for system in SYSTEM_ORDER:
        answers = [e.answer_by_system[system] for e in expected if system in e.answer_by_system]
        record = view.record_by_system.get(system)
        if not answers and record is None:
            continue
        document: SystemDocument = {
            "system": system.value,
            "episodes_by_answer": {answer.value: answers.count(answer) for answer in Answer}
            if answers
            else {},
            "failed": sum(1 for episode in expected if system in episode.holders),
            "file_count": _file_count(expected) if system is System.DISK else None,
            "record": None if record is None else record.value,
        }
        documents.append(document)
    return documents


def _file_count(expected: list[DeletedEpisodeView]) -> int | None:
    """Distinct files that are gone: a double episode is one. None where one has no disk evidence."""
    if not all(_paths(episode) for episode in expected):
        return None
    gone = (e for e in expected if e.answer_by_system.get(System.DISK) is Answer.REMOVED)
    return len({path for episode in gone for path in _paths(episode)})


def _kept_files(view: DeletionView) -> int:
    if view.status is not DeletionStatus.FILES_KEPT:
        return 0
    return len({path for episode in view.episodes for path in _paths(episode)})


def _paths(episode: DeletedEpisodeView) -> set[str]:
    """Where the disk was looked at for it."""
    return {look.method for look in episode.evidence if look.system is System.DISK}


def _failure_document(view: DeletedEpisodeView) -> FailureDocument:
    return {
        "season": view.season,
        "episode": view.episode,
        "code": episode_code(view.season, view.episode),
        "systems": [system.value for system in SYSTEM_ORDER if system in view.holders],
    }


def _episode_document(view: DeletedEpisodeView) -> DeletedEpisodeDocument:
    answers = view.answer_by_system
    return {
        "season": view.season,
        "episode": view.episode,
        "code": episode_code(view.season, view.episode),
        "verdict": view.verdict.value,
        "holders": [system.value for system in SYSTEM_ORDER if system in view.holders],
        "answer_by_system": {s.value: answers[s].value for s in SYSTEM_ORDER if s in answers},
        "evidence": [_evidence_document(look) for look in view.evidence],
    }


def _evidence_document(view: EvidenceView) -> EvidenceDocument:
    return {
        "system": view.system.value,
        "answer": view.answer.value,
        "checked_at": rfc3339_or_none(view.checked_at),
        "method": view.method,
        "detail": view.detail,
    }
