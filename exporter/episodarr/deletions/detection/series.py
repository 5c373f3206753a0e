"""Series that vanish from Sonarr's list, and those that are listed again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from episodarr.deletions.detection.crowds import is_crowd
from episodarr.deletions.detection.decisions import (
    CountLists,
    Decision,
    KeepFiles,
    MergeInto,
    NoteMissing,
    OpenDeletion,
    Renumber,
    Supersede,
)
from episodarr.deletions.detection.reports import LISTS_AGAINST_REPORT, settled_reports
from episodarr.deletions.detection.watched import Watched
from episodarr.deletions.policy import Policy
from episodarr.model.deletion import DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import DeletionReport, Disappearance
from episodarr.model.ids import SeriesKey, TvdbId
from episodarr.model.notice import LibraryPoll


def returned(watched: Watched, poll: LibraryPoll) -> list[Decision]:
    """Decisions about deleted series that Sonarr lists again.

    A series listed under its old id was never deleted. One such list supersedes a deletion noticed
    by polls; one reported by webhook needs several in a row, for a list may be out of date. Where
    the old id is not known, nothing follows.
    """
    decisions: list[Decision] = []
    for record in watched.records:
        if not record.is_open or record.scope is not DeletionScope.SERIES:
            continue
        listed_id = poll.sonarr_id_by_tvdb_id.get(record.key.tvdb_id)
        if record.key.sonarr != poll.sonarr or record.sonarr_id is None:
            continue
        if listed_id is None:
            if record.lists_with_it and poll.is_whole:
                decisions.append(CountLists(deletion_id=record.deletion_id, lists_with_it=0))
            continue
        is_same = record.sonarr_id == listed_id
        count = record.lists_with_it + 1
        if is_same and record.noticed_by is NoticedBy.WEBHOOK and count < LISTS_AGAINST_REPORT:
            decisions.append(CountLists(deletion_id=record.deletion_id, lists_with_it=count))
            continue
        why = "The series came back." if is_same else "The series was added again."
        decisions.append(
            Supersede(deletion_id=record.deletion_id, numbers=None, why=why, is_same_series=is_same)
        )
    return decisions


def vanished(watched: Watched, poll: LibraryPoll, now: datetime, policy: Policy) -> list[Decision]:
    """Decisions about absent series; believed if absent before, or reported by webhook."""
    if not poll.is_whole:
        return []
    known = {key for key in watched.known if key.sonarr == poll.sonarr}
    reports = {k: r for k, r in watched.reports.items() if k.sonarr == poll.sonarr}
    there = known | {key for key, report in reports.items() if report.was_listed}
    absent = sorted(
        key
        for key in there
        if key.tvdb_id not in poll.sonarr_id_by_tvdb_id and watched.whole(key) is None
    )
    new_by_key = _renumbered(watched, absent, poll)
    absent = [key for key in absent if key not in new_by_key]
    missing = {
        key: watched.missing.get(key, Disappearance(key=key, missing_since=poll.at))
        for key in absent
        if key in known
    }
    decisions: list[Decision] = [NoteMissing(sonarr=poll.sonarr, missing=missing)]
    decisions += [Renumber(key=key, tvdb_id=new) for key, new in new_by_key.items()]
    if reports:
        decisions.append(settled_reports(watched, poll, reports, there))
    believed = [key for key in absent if key in reports or key in watched.missing]
    decisions += _overtaken(watched, believed)
    unexplained: list[SeriesKey] = []
    for key in believed:
        if key in reports:
            decisions.append(_open_reported(watched, reports[key], now, policy))
        elif key in watched.announcements:
            decisions.append(_open_vanished(watched, key, NoticedBy.ANNOUNCED, now, policy))
        else:
            unexplained.append(key)
    if is_crowd(watched, poll.sonarr, len(unexplained), len(known), policy):
        group = f"{poll.sonarr}-{poll.at:%Y%m%dT%H%M%S}"
        decisions.extend(
            OpenDeletion(key=key, gone=None, noticed_by=NoticedBy.POLL, held_group=group)
            for key in unexplained
        )
    else:
        decisions.extend(
            _open_vanished(watched, key, NoticedBy.POLL, now, policy) for key in unexplained
        )
    return decisions


def _renumbered(
    watched: Watched, keys: Iterable[SeriesKey], poll: LibraryPoll
) -> Mapping[SeriesKey, TvdbId]:
    """Those of the absent series that are listed under another TVDB id, and which that is.

    TVDB merges duplicates, and Sonarr's refresh takes the number that is left; its own number of
    the series and the folder stay.
    """
    found: dict[SeriesKey, TvdbId] = {}
    new_by_sonarr_id: dict[int, TvdbId] | None = None
    for key in keys:
        summary = watched.summaries.get(key)
        if summary is None or summary.sonarr_id is None or not summary.series_path:
            continue
        if new_by_sonarr_id is None:
            new_by_sonarr_id = {number: new for new, number in poll.sonarr_id_by_tvdb_id.items()}
        new = new_by_sonarr_id.get(summary.sonarr_id)
        if new is not None and poll.path_by_tvdb_id.get(new) == summary.series_path:
            found[key] = new
    return found


def _overtaken(watched: Watched, keys: Collection[SeriesKey]) -> list[Decision]:
    """Supersedes held deletions of files of these series: the series' own deletion covers them."""
    return [
        Supersede(
            deletion_id=record.deletion_id,
            numbers=frozenset(e.number for e in record.expected),
            why="The whole series was deleted meanwhile.",
        )
        for key in keys
        for record in watched.of(key)
        if record.status is DeletionStatus.HELD and record.scope is not DeletionScope.SERIES
    ]


def _open_reported(
    watched: Watched, report: DeletionReport, now: datetime, policy: Policy
) -> Decision:
    if not report.has_deleted_files:
        return KeepFiles(
            key=report.key,
            title=report.title,
            year=report.year,
            deletion_id=None,
            sonarr_id=report.sonarr_id,
        )
    noticed_by = watched.noticed_by(report.key, NoticedBy.WEBHOOK)
    return _open_vanished(watched, report.key, noticed_by, now, policy, report)


def _open_vanished(
    watched: Watched,
    key: SeriesKey,
    noticed_by: NoticedBy,
    now: datetime,
    policy: Policy,
    report: DeletionReport | None = None,
) -> Decision:
    young = watched.young(key, now, policy)
    if young is not None:
        return MergeInto(deletion_id=young.deletion_id, gone=None, noticed_by=noticed_by)
    opening = OpenDeletion(key=key, gone=None, noticed_by=noticed_by)
    if report is None:
        return opening
    return replace(opening, title=report.title, year=report.year, sonarr_id=report.sonarr_id)
