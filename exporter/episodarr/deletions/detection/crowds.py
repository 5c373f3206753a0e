"""Far too many series at once: not believed, held until they come back or a person agrees."""

from datetime import datetime

from episodarr.deletions.detection.decisions import HoldDeletions
from episodarr.deletions.detection.watched import Watched
from episodarr.deletions.policy import Policy
from episodarr.model.deletion import DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import SonarrName
from episodarr.model.notice import FileDeleted


def is_crowd(
    watched: Watched, sonarr: SonarrName, unexplained: int, known: int, policy: Policy
) -> bool:
    """Whether unexplained and already held series together exceed the limit for this Sonarr."""
    if not unexplained:
        return False
    held = sum(
        1
        for r in watched.records
        if r.status is DeletionStatus.HELD
        and r.key.sonarr == sonarr
        and r.scope is DeletionScope.SERIES
    )
    return held + unexplained > policy.crowd_limit(known + held)


def crowd_of(
    watched: Watched, event: FileDeleted, now: datetime, policy: Policy
) -> HoldDeletions | None:
    """The deletions to hold if too many series now miss files at once; else None.

    A pool that lost a branch, or a folder mounted empty, has this effect. Deletions that a person
    released do not count.
    """
    sonarr = event.key.sonarr
    missing = [
        record
        for record in watched.records
        if record.key.sonarr == sonarr
        and record.noticed_by is NoticedBy.MISSING
        and record.scope is not DeletionScope.SERIES
        and (
            record.status is DeletionStatus.HELD
            or (
                not record.held_group
                and record.status is not DeletionStatus.SUPERSEDED
                and now - record.started_at <= policy.held_window
            )
        )
    ]
    known = sum(1 for key in watched.known if key.sonarr == sonarr)
    if len({event.key, *(r.key for r in missing)}) <= policy.crowd_limit(known):
        return None
    groups = [r.held_group for r in missing if r.status is DeletionStatus.HELD]
    return HoldDeletions(
        deletion_ids=tuple(r.deletion_id for r in missing if r.status is DeletionStatus.VERIFYING),
        group=groups[0] if groups else f"{sonarr}-missing-{now:%Y%m%dT%H%M%S}",
    )


def held_for_missing(watched: Watched, event: FileDeleted) -> DeletionRecord | None:
    """The held deletion of this series that further missing files belong to."""
    for record in watched.of(event.key):
        is_held = record.status is DeletionStatus.HELD and record.noticed_by is NoticedBy.MISSING
        if is_held and all(e.number != event.number for e in record.episodes):
            return record
    return None
