"""Sonarr's webhooks about deleted series: believed once a list agrees, refuted by three."""

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from episodarr.deletions.detection.decisions import (
    Decision,
    KeepFiles,
    KeepReports,
    MergeInto,
    ReleaseHeld,
)
from episodarr.deletions.detection.watched import Watched
from episodarr.model.deletion import BAD_STATUSES, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import DeletionRecord, DeletionReport
from episodarr.model.ids import SeriesKey
from episodarr.model.notice import LibraryPoll, SeriesDeleted

LISTS_AGAINST_REPORT = 3
"""A webhook about a series is not believed once so many later lists still contain the series: one
list may have been requested before the deletion, and one may come from a cache."""


def series_deleted(watched: Watched, hook: SeriesDeleted) -> tuple[Decision, ...]:
    """Applies the webhook to the open deletion; without one, stores it until a list decides.

    A webhook whose Sonarr id is not the open deletion's is ignored: the series was added again.
    """
    record = watched.whole(hook.key)
    if record is not None:
        is_another = None not in {record.sonarr_id, hook.sonarr_id} and (
            record.sonarr_id != hook.sonarr_id
        )
        return () if is_another else _applied(record, hook)
    waiting = {k: r for k, r in watched.reports.items() if k.sonarr == hook.key.sonarr}
    before = waiting.get(hook.key)
    if before is not None and before.sonarr_id == hook.sonarr_id:
        return ()
    report = DeletionReport(
        key=hook.key,
        title=hook.title,
        year=hook.year,
        sonarr_id=hook.sonarr_id,
        has_deleted_files=hook.has_deleted_files,
        was_listed=hook.was_listed,
    )
    return (KeepReports(sonarr=hook.key.sonarr, waiting={**waiting, hook.key: report}),)


def _applied(record: DeletionRecord, hook: SeriesDeleted) -> tuple[Decision, ...]:
    """What the webhook changes; overrides no unacknowledged bad verdict and no earlier webhook."""
    is_new = record.noticed_by in {NoticedBy.POLL, NoticedBy.ANNOUNCED}
    if not hook.has_deleted_files:
        is_shown_bad = record.status is not DeletionStatus.HELD and (
            record.status in BAD_STATUSES and record.acknowledged_at is None
        )
        if is_shown_bad or not is_new:
            return ()
        return (
            KeepFiles(
                key=hook.key, title=hook.title, year=hook.year, deletion_id=record.deletion_id
            ),
        )
    if record.status is DeletionStatus.HELD:
        return (ReleaseHeld(deletion_id=record.deletion_id),)
    if record.noticed_by is NoticedBy.POLL and record.first_verdict is None:
        return (MergeInto(deletion_id=record.deletion_id, gone=None, noticed_by=NoticedBy.WEBHOOK),)
    return ()


def settled_reports(
    watched: Watched,
    poll: LibraryPoll,
    reports: Mapping[SeriesKey, DeletionReport],
    there: Collection[SeriesKey],
) -> KeepReports:
    """Webhook reports that still wait for a confirming list, and those that this list refutes."""
    waiting: dict[SeriesKey, DeletionReport] = {}
    refuted: list[DeletionReport] = []
    for key, before in reports.items():
        listed_id = poll.sonarr_id_by_tvdb_id.get(key.tvdb_id)
        if listed_id is None:
            if key not in there and watched.whole(key) is None:
                refuted.append(before)
            continue
        report = replace(before, lists_with_it=before.lists_with_it + 1)
        is_another = report.sonarr_id not in {None, listed_id}
        if is_another or report.lists_with_it >= LISTS_AGAINST_REPORT:
            refuted.append(report)
        else:
            waiting[key] = report
    return KeepReports(sonarr=poll.sonarr, waiting=waiting, refuted=tuple(refuted))
