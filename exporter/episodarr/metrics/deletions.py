"""Rows about deletions; none of them depends on an upstream being up."""

from collections import Counter
from collections.abc import Sequence

from episodarr.metrics.family import (
    RecordedFamily,
    Sample,
    Subject,
    Unnamed,
    ViewFamily,
    at,
    one,
    rows,
    state,
)
from episodarr.metrics.labels import (
    CHECK,
    DELETION_KEY,
    DELETION_STATUS,
    EPISODE,
    EPISODE_CODE,
    FINAL_STATUS,
    FINAL_STATUSES,
    NOTICED_BY,
    SCOPE,
    SEASON,
    SONARR,
    SYSTEM,
    TVDB_ID,
)
from episodarr.model.deletion import Answer, DeletionStatus, DeletionView, Verdict
from episodarr.model.health import System
from episodarr.model.ids import episode_code
from episodarr.model.view import Snapshot

LEFTOVER_LIMIT = 50
"""Most leftovers shown of one deletion."""

_LOG = "the deletion log"
_EACH = "1 per exported deletion"


def _info(view: DeletionView) -> Sequence[Sample]:
    values = (view.sonarr, str(view.tvdb_id), view.scope.value, view.noticed_by.value)
    return ((values, 1),)


def _system_episodes(view: DeletionView) -> Sequence[Sample]:
    expected = [e.answer_by_system for e in view.episodes if e.verdict is not Verdict.SUPERSEDED]
    asked = {system for answers in expected for system in answers}
    samples: list[Sample] = []
    for system in (s for s in System if s in asked):
        # An episode without an answer of a system yet is unknown there, so that sums hold.
        counts = Counter(answers.get(system, Answer.UNKNOWN) for answers in expected)
        samples.extend(((system.value, answer.value), counts[answer]) for answer in Answer)
    return samples


def _records(view: DeletionView) -> Sequence[Sample]:
    records = view.record_by_system
    return [((s.value, records[s].value), 1) for s in System if s in records]


def _leftovers(view: DeletionView) -> Sequence[Sample]:
    samples: list[Sample] = []
    for episode in sorted(view.episodes, key=lambda e: (e.season, e.episode)):
        code = episode_code(episode.season, episode.episode)
        where = (str(episode.season), str(episode.episode), code)
        samples.extend(((*where, system.value), 1) for system in episode.holders)
    return samples


_DELETION = Subject[DeletionView](key=DELETION_KEY, source=_LOG, bound=_EACH)
_EVIDENCE = _DELETION.by(
    SYSTEM,
    CHECK,
    source="each system's latest evidence in the deletion log",
    bound="1 per exported deletion and system asked",
)
_ANSWERS = _EVIDENCE.by(*_EVIDENCE.own, bound="5 per exported deletion and system asked")
_LEFTOVERS = _EVIDENCE.by(
    SEASON,
    EPISODE,
    EPISODE_CODE,
    SYSTEM,
    bound=f"{LEFTOVER_LIMIT} per exported deletion",
    limit=LEFTOVER_LIMIT,
)

DELETION_ROWS: tuple[ViewFamily[DeletionView], ...] = rows(
    {
        "episodarr_deletion_info": _DELETION.by(SONARR, TVDB_ID, SCOPE, NOTICED_BY).row(
            "Always 1: a deletion that is followed until its end is proven.", _info
        ),
        "episodarr_deletion_status": _DELETION.by(DELETION_STATUS).row(
            "Where a deletion stands. One sample of 1 for the status that holds; an absent sample "
            "means: not in this status.",
            lambda v: state(v.status.value),
        ),
        "episodarr_deletion_expected_episodes": _DELETION.row(
            "Episodes that had a file: deleted, failed, unverified and pending add up to it.",
            lambda v: one(v.expected),
        ),
        "episodarr_deletion_deleted_episodes": _DELETION.row(
            "Episodes that are proven gone.", lambda v: one(v.count(Verdict.DELETED))
        ),
        "episodarr_deletion_failed_episodes": _DELETION.row(
            "Episodes that a system still holds past its deadline.",
            lambda v: one(v.count(Verdict.FAILED)),
        ),
        "episodarr_deletion_unverified_episodes": _DELETION.row(
            "Episodes that are not proven gone or left past the deadlines.",
            lambda v: one(v.count(Verdict.UNVERIFIED)),
        ),
        "episodarr_deletion_pending_episodes": _DELETION.row(
            "Episodes that are still being checked.", lambda v: one(v.count(Verdict.PENDING))
        ),
        "episodarr_deletion_partial": _DELETION.row(
            "1 while some but not all episodes of a deletion failed, else 0.",
            lambda v: one(int(v.status is DeletionStatus.PARTIAL)),
        ),
        "episodarr_deletion_acknowledged": _DELETION.row(
            "1 once a deletion was acknowledged, else 0.", lambda v: one(int(v.is_acknowledged))
        ),
        "episodarr_deletion_system_episodes": _ANSWERS.row(
            "Episodes of a deletion by what a system shows of them; adds up to expected.",
            _system_episodes,
        ),
        "episodarr_deletion_record": _EVIDENCE.row(
            "What a system shows of the series, season or request as a whole; never changes an "
            "episode's verdict. One sample of 1 for the answer that holds.",
            _records,
        ),
        "episodarr_deletion_leftover": _LEFTOVERS.row(
            f"Always 1: a system still holds this failed episode. At most {LEFTOVER_LIMIT} per "
            "deletion; episodarr_dropped_objects counts the rest.",
            _leftovers,
        ),
        "episodarr_deletion_leftover_bytes": _DELETION.row(
            "Size of the files that should be gone and are still there.",
            lambda v: one(v.leftover_bytes),
        ),
        "episodarr_deletion_lingering_bytes": _DELETION.row(
            "Size of torrents and other copies that are still there; advisory, no failure.",
            lambda v: one(v.lingering_bytes),
        ),
        "episodarr_deletion_started_timestamp_seconds": _DELETION.row(
            "When a deletion was noticed, in Unix seconds.", lambda v: at(v.started_at)
        ),
        "episodarr_deletion_finished_timestamp_seconds": _DELETION.row(
            "When a deletion got its verdict, in Unix seconds; absent before.",
            lambda v: at(v.finished_at),
        ),
    }
)


_TOTAL = Subject[Snapshot](source=_LOG, bound="1")


def _total(meaning: str) -> Unnamed[RecordedFamily]:
    """A counter of its own, at 0 from when deletions are known."""
    return _TOTAL.recorded(
        f"{meaning} Survives restarts.",
        zeros=lambda v: [()] if v.deletions_unknown is None else [],
    )


DELETION_RECORDS: tuple[RecordedFamily, ...] = rows(
    {
        "episodarr_deletions_total": _TOTAL.by(FINAL_STATUS, bound="1 per status").recorded(
            "Deletions, each once, at its first verdict. Survives restarts.",
            zeros=lambda v: [
                (status.value,) for status in FINAL_STATUSES if v.deletions_unknown is None
            ],
        ),
        "episodarr_deletion_episodes_expected_total": _total(
            "Episodes that should be gone, added at their deletion's first verdict."
        ),
        "episodarr_deletion_episodes_deleted_total": _total(
            "Episodes proven gone, added at their deletion's first verdict."
        ),
        "episodarr_deletion_episodes_failed_total": _total(
            "Episodes that a system still held, added at their deletion's first verdict."
        ),
        "episodarr_deletion_episodes_unverified_total": _total(
            "Episodes that could not be proven gone, added at their deletion's first verdict."
        ),
        "episodarr_deletions_partial_total": _total(
            "Deletions of which some but not all episodes failed."
        ),
        "episodarr_deletions_healed_total": _total(
            "Deletions that had a bad verdict and later a good one."
        ),
    }
)
