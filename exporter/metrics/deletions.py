"""Rows about deletions; none of them depends on an upstream being up."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from exporter.metrics.family import Kind, RecordedFamily, Sample, ViewFamily, at, one, state
from exporter.metrics.labels import (
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
from exporter.model.deletion import BAD_STATUSES, Answer, DeletionStatus, DeletionView, Verdict
from exporter.model.health import System
from exporter.model.ids import episode_code

LEFTOVER_LIMIT = 50
"""Most leftovers shown of one deletion."""
GOOD_KEPT = timedelta(days=7)
"""How long a good deletion stays in the metrics; the log keeps it longer."""

_LOG = "the deletion log"
_EACH = "1 per exported deletion"


def is_exported(view: DeletionView, now: datetime) -> bool:
    """Whether a deletion is shown: unfinished or bad ones always, good ones for 7 days."""
    if view.finished_at is None or view.status in BAD_STATUSES | {DeletionStatus.VERIFYING}:
        return True
    return now - (view.closed_at or view.finished_at) <= GOOD_KEPT


def _info(view: DeletionView) -> Sequence[Sample]:
    values = (view.sonarr, str(view.tvdb_id), view.scope.value, view.noticed_by.value)
    return ((values, 1),)


def _system_episodes(view: DeletionView) -> Sequence[Sample]:
    expected = [e.answer_by_system for e in view.episodes if e.verdict is not Verdict.SUPERSEDED]
    asked = {system for answers in expected for system in answers}
    samples: list[Sample] = []
    for system in (s for s in System if s in asked):
        # An episode for which a system has said nothing yet is unknown there, so that sums hold.
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


DELETION_ROWS: tuple[ViewFamily[DeletionView], ...] = (
    ViewFamily(
        name="episodarr_deletion_info",
        meaning="Always 1: a deletion that is followed until its end is proven.",
        source=_LOG,
        key=DELETION_KEY,
        own=(SONARR, TVDB_ID, SCOPE, NOTICED_BY),
        bound=_EACH,
        samples=_info,
    ),
    ViewFamily(
        name="episodarr_deletion_status",
        meaning=(
            "Where a deletion stands. One sample of 1 for the status that holds; an absent sample "
            "means: not in this status."
        ),
        source=_LOG,
        key=DELETION_KEY,
        own=(DELETION_STATUS,),
        bound=_EACH,
        samples=lambda v: state(v.status.value),
    ),
    ViewFamily(
        name="episodarr_deletion_expected_episodes",
        meaning="Episodes that had a file: deleted, failed, unverified and pending add up to it.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(v.expected),
    ),
    ViewFamily(
        name="episodarr_deletion_deleted_episodes",
        meaning="Episodes that are proven gone.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(v.count(Verdict.DELETED)),
    ),
    ViewFamily(
        name="episodarr_deletion_failed_episodes",
        meaning="Episodes that a system still holds past its deadline.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(v.count(Verdict.FAILED)),
    ),
    ViewFamily(
        name="episodarr_deletion_unverified_episodes",
        meaning="Episodes of which nobody can say past the deadlines whether they are gone.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(v.count(Verdict.UNVERIFIED)),
    ),
    ViewFamily(
        name="episodarr_deletion_pending_episodes",
        meaning="Episodes that are still being checked.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(v.count(Verdict.PENDING)),
    ),
    ViewFamily(
        name="episodarr_deletion_partial",
        meaning="1 while some but not all episodes of a deletion failed, else 0.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(int(v.status is DeletionStatus.PARTIAL)),
    ),
    ViewFamily(
        name="episodarr_deletion_acknowledged",
        meaning="1 once someone acknowledged a deletion, else 0.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(int(v.is_acknowledged)),
    ),
    ViewFamily(
        name="episodarr_deletion_system_episodes",
        meaning="Episodes of a deletion by what a system says of them; adds up to expected.",
        source="each system's latest evidence in the deletion log",
        key=DELETION_KEY,
        own=(SYSTEM, CHECK),
        bound="5 per exported deletion and system asked",
        samples=_system_episodes,
    ),
    ViewFamily(
        name="episodarr_deletion_record",
        meaning=(
            "What a system says of the series, season or request as a whole; never changes an "
            "episode's verdict. One sample of 1 for the answer that holds."
        ),
        source="each system's latest evidence in the deletion log",
        key=DELETION_KEY,
        own=(SYSTEM, CHECK),
        bound="1 per exported deletion and system asked",
        samples=_records,
    ),
    ViewFamily(
        name="episodarr_deletion_leftover",
        meaning=(
            f"Always 1: a system still holds this failed episode. At most {LEFTOVER_LIMIT} per "
            "deletion; episodarr_dropped_objects counts the rest."
        ),
        source="each system's latest evidence in the deletion log",
        key=DELETION_KEY,
        own=(SEASON, EPISODE, EPISODE_CODE, SYSTEM),
        bound=f"{LEFTOVER_LIMIT} per exported deletion",
        limit=LEFTOVER_LIMIT,
        samples=_leftovers,
    ),
    ViewFamily(
        name="episodarr_deletion_leftover_bytes",
        meaning="Size of the files that should be gone and are still there.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(v.leftover_bytes),
    ),
    ViewFamily(
        name="episodarr_deletion_lingering_bytes",
        meaning="Size of torrents and other copies that are still there; advisory, no failure.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: one(v.lingering_bytes),
    ),
    ViewFamily(
        name="episodarr_deletion_started_timestamp_seconds",
        meaning="When a deletion was noticed, in Unix seconds.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: at(v.started_at),
    ),
    ViewFamily(
        name="episodarr_deletion_finished_timestamp_seconds",
        meaning="When a deletion got its verdict, in Unix seconds; absent before.",
        source=_LOG,
        key=DELETION_KEY,
        bound=_EACH,
        samples=lambda v: at(v.finished_at),
    ),
)


def _total(name: str, meaning: str) -> RecordedFamily:
    return RecordedFamily(
        name=name,
        kind=Kind.COUNTER,
        meaning=f"{meaning} Survives restarts.",
        source=_LOG,
        bound="1",
        zeros=lambda v: ((),) if v.deletions_unknown is None else (),
    )


DELETION_RECORDS: tuple[RecordedFamily, ...] = (
    RecordedFamily(
        name="episodarr_deletions_total",
        kind=Kind.COUNTER,
        meaning="Deletions, each once, at its first verdict. Survives restarts.",
        source=_LOG,
        own=(FINAL_STATUS,),
        bound="1 per status",
        zeros=lambda v: [
            (status.value,) for status in FINAL_STATUSES if v.deletions_unknown is None
        ],
    ),
    _total(
        "episodarr_deletion_episodes_expected_total",
        "Episodes that should be gone, added at their deletion's first verdict.",
    ),
    _total(
        "episodarr_deletion_episodes_deleted_total",
        "Episodes proven gone, added at their deletion's first verdict.",
    ),
    _total(
        "episodarr_deletion_episodes_failed_total",
        "Episodes that a system still held, added at their deletion's first verdict.",
    ),
    _total(
        "episodarr_deletion_episodes_unverified_total",
        "Episodes that nobody could prove gone, added at their deletion's first verdict.",
    ),
    _total(
        "episodarr_deletions_partial_total",
        "Deletions of which some but not all episodes failed.",
    ),
    _total(
        "episodarr_deletions_healed_total",
        "Deletions that had a bad verdict and later a good one.",
    ),
)
