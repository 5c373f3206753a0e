"""The JSON of deletions: expected episodes, every system's answers, and their evidence."""

from msgspec.structs import asdict

from episodarr.model.deletion import (
    ALL_SYSTEMS,
    BAD_STATUSES,
    Answer,
    DeletedEpisodeView,
    DeletionStatus,
    DeletionView,
    EvidenceView,
    Verdict,
)
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, episode_code
from episodarr.model.view import Snapshot
from episodarr.views.documents import rfc3339, rfc3339_or_none, series_id, snapshot_head
from episodarr.views.shapes import Document, Rfc3339, SnapshotHead

FAILURES_LIMIT = 50


class SystemDocument(Document, frozen=True):
    """What one system shows of one deletion.

    `episodes_by_answer` has every answer, or none where the system knows no episodes; `failed` counts
    failed episodes that it still holds, `file_count` distinct files that are gone from the disk (null
    if not known); `record` is its answer on the deletion as a whole.
    """

    system: str
    episodes_by_answer: dict[str, int]
    failed: int
    file_count: int | None
    record: str | None


class FailureDocument(Document, frozen=True):
    """One failed episode, and the systems that still hold it."""

    season: int
    episode: int
    code: str
    systems: list[str]


class EvidenceDocument(Document, frozen=True):
    """One check of one episode: `method` is the request or path, `detail` what was seen."""

    system: str
    answer: str
    checked_at: Rfc3339 | None
    method: str
    detail: str


class DeletedEpisodeDocument(Document, frozen=True):
    """One episode of a deletion; superseded ones are listed, not counted."""

    season: int
    episode: int
    code: str
    verdict: str
    holders: list[str]
    answer_by_system: dict[str, str]
    evidence: list[EvidenceDocument]


class DeletionSummary(Document, frozen=True, kw_only=True):
    """One deletion; `expected` is the sum of `deleted`, `failed`, `unverified` and `pending`.

    `failures` names at most 50, `failed` is the true number. `kept_files` counts the distinct files
    that are not expected to go, because Sonarr kept them.
    """

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
    started_at: Rfc3339
    finished_at: Rfc3339 | None
    next_check_at: Rfc3339 | None
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
    kept_files: int = 0


class DeletionDocument(DeletionSummary, frozen=True, kw_only=True):
    """One deletion whole."""

    episodes: list[DeletedEpisodeDocument]


class DeletionListDocument(SnapshotHead, frozen=True):
    """/api/v1/deletions."""

    deletions: list[DeletionSummary]


class OneDeletionDocument(SnapshotHead, frozen=True):
    """/api/v1/deletions/{id}."""

    deletion: DeletionDocument


class InventoriedEpisodeDocument(Document, frozen=True):
    """One episode that would be expected to go, and which systems showed it."""

    season: int
    episode: int
    code: str
    path: str
    size_bytes: int | None
    seen_by: list[str]


class WitnessDocument(Document, frozen=True):
    """One system and whether it can testify; `sentence` is why not, or how much it saw."""

    system: str
    can_testify: bool
    episodes_seen: int
    sentence: str


class ExpectedDeletionDocument(Document, frozen=True):
    """The answer to POST /api/v1/deletions; `deletion_id` is null in a dry run."""

    series_id: str
    series: str
    deletion_id: str | None
    is_dry_run: bool
    episodes: list[InventoriedEpisodeDocument]
    witnesses: list[WitnessDocument]
    notes: list[str]


def deletion_list_document(snapshot: Snapshot) -> DeletionListDocument:
    """All deletions, those that need attention first, then the newest first."""
    return DeletionListDocument(
        **asdict(snapshot_head(snapshot)),
        deletions=[deletion_summary(view) for view in in_order(snapshot)],
    )


def in_order(snapshot: Snapshot) -> list[DeletionView]:
    """All deletions: bad unacknowledged ones first, then those in verification, then the newest."""

    def rank(view: DeletionView) -> tuple[int, float, str]:
        is_loud = view.status in BAD_STATUSES and not view.is_acknowledged
        group = 0 if is_loud else 1 if view.is_open else 2
        return (group, -view.started_at.timestamp(), view.deletion_id)

    return sorted(snapshot.deletions, key=rank)


def deletion_document(view: DeletionView) -> DeletionDocument:
    """One deletion with every episode and its evidence."""
    return DeletionDocument(
        **asdict(deletion_summary(view)),
        episodes=[_episode_document(episode) for episode in view.episodes],
    )


def deletion_summary(view: DeletionView) -> DeletionSummary:
    """One deletion without its episodes, but with the failed ones by name."""
    expected = [e for e in view.episodes if e.verdict is not Verdict.SUPERSEDED]
    failures = [episode for episode in expected if episode.verdict is Verdict.FAILED]
    return DeletionSummary(
        id=view.deletion_id,
        series_id=series_id(SeriesKey(view.sonarr, view.tvdb_id)),
        sonarr=view.sonarr,
        tvdb_id=view.tvdb_id,
        series=view.series,
        year=view.year,
        scope=view.scope.value,
        noticed_by=view.noticed_by.value,
        status=view.status.value,
        is_bad=view.status in BAD_STATUSES,
        is_acknowledged=view.is_acknowledged,
        is_partial=0 < len(failures) < len(expected),
        started_at=rfc3339(view.started_at),
        finished_at=rfc3339_or_none(view.finished_at),
        next_check_at=rfc3339_or_none(view.next_check_at),
        expected=len(expected),
        deleted=view.count(Verdict.DELETED),
        failed=len(failures),
        unverified=view.count(Verdict.UNVERIFIED),
        pending=view.count(Verdict.PENDING),
        systems=_systems(view, expected),
        failures=[_failure_document(episode) for episode in failures[:FAILURES_LIMIT]],
        advice=list(view.advice),
        notes=list(view.notes),
        leftover_bytes=view.leftover_bytes,
        lingering_bytes=view.lingering_bytes,
        kept_files=_kept_files(view),
    )


def _systems(view: DeletionView, expected: list[DeletedEpisodeView]) -> list[SystemDocument]:
    documents = []
    for system in ALL_SYSTEMS:
        answers = [e.answer_by_system[system] for e in expected if system in e.answer_by_system]
        record = view.record_by_system.get(system)
        if not answers and record is None:
            continue
        document = SystemDocument(
            system=system.value,
            episodes_by_answer={answer.value: answers.count(answer) for answer in Answer}
            if answers
            else {},
            failed=sum(1 for episode in expected if system in episode.holders),
            file_count=_file_count(expected) if system is System.DISK else None,
            record=None if record is None else record.value,
        )
        documents.append(document)
    return documents


def _file_count(expected: list[DeletedEpisodeView]) -> int | None:
    """Number of distinct files gone from disk; None if an episode has no disk evidence."""
    if any(episode.disk_path is None for episode in expected):
        return None
    gone = (e for e in expected if e.answer_by_system.get(System.DISK) is Answer.REMOVED)
    return len({episode.disk_path for episode in gone})


def _kept_files(view: DeletionView) -> int:
    if view.status is not DeletionStatus.FILES_KEPT:
        return 0
    return len({e.disk_path for e in view.episodes if e.disk_path is not None})


def _failure_document(view: DeletedEpisodeView) -> FailureDocument:
    return FailureDocument(
        season=view.season,
        episode=view.episode,
        code=episode_code(view.season, view.episode),
        systems=[system.value for system in ALL_SYSTEMS if system in view.holders],
    )


def _episode_document(view: DeletedEpisodeView) -> DeletedEpisodeDocument:
    answers = view.answer_by_system
    return DeletedEpisodeDocument(
        season=view.season,
        episode=view.episode,
        code=episode_code(view.season, view.episode),
        verdict=view.verdict.value,
        holders=[system.value for system in ALL_SYSTEMS if system in view.holders],
        answer_by_system={s.value: answers[s].value for s in ALL_SYSTEMS if s in answers},
        evidence=[_evidence_document(one) for one in view.evidence],
    )


def _evidence_document(view: EvidenceView) -> EvidenceDocument:
    return EvidenceDocument(
        system=view.system.value,
        answer=view.answer.value,
        checked_at=rfc3339_or_none(view.checked_at),
        method=view.method,
        detail=view.detail,
    )
