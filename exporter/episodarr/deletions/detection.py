"""Turns library polls, history and webhooks into decisions about deletions; executes none.

    a series missing from two good lists in a row     open or merge, noticed by poll or announced
    from one, after Sonarr's webhook for it           open or merge by webhook, or keep files
    one that is listed again under its id             supersede; after a webhook by three lists
    far too many missing at once                      hold, until they come back
    a file dropped by hand or missing from disk       open or merge; an upgrade is none
    far too many series that miss files at once       hold, until the files come back
    a series or another file there again              supersede

Events are ordered and deduplicated by the ids of Sonarr's records and files; no two clocks are
compared. A lost webhook only delays the time at which something is noticed.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from msgspec.structs import replace

from episodarr.deletions.interventions import may_come_back
from episodarr.deletions.opening import GoneFile
from episodarr.deletions.policy import Policy
from episodarr.model.deletion import (
    BAD_STATUSES,
    DeletionId,
    DeletionScope,
    DeletionStatus,
    NoticedBy,
)
from episodarr.model.deletion_log import (
    Announcement,
    DeletionRecord,
    DeletionReport,
    Disappearance,
    ExpectedEpisode,
)
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName, SonarrSeriesId
from episodarr.model.notice import (
    REPLACEMENTS,
    DeleteReason,
    EpisodesRead,
    FileDeleted,
    FileImported,
    HistoryTold,
    LibraryPoll,
    Notice,
    SeriesDeleted,
)

RECYCLED = "Moved to the recycle bin: "
"""Prefix of a note about a file that Sonarr moved instead of deleting it."""

LISTS_AGAINST_REPORT = 3
"""A webhook about a series is not believed once so many later lists still contain the series: one
list may have been requested before the deletion, and one may come from a cache."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """All that detection compares a notice with."""

    known: Collection[SeriesKey]
    """Series with an inventory, of all Sonarrs; not those whose deletion took it over."""
    records: tuple[DeletionRecord, ...] = ()
    announcements: Mapping[SeriesKey, Announcement] = field(default_factory=dict)
    missing: Mapping[SeriesKey, Disappearance] = field(default_factory=dict)
    """Series that were missing from the last good list of their Sonarr."""
    reports: Mapping[SeriesKey, DeletionReport] = field(default_factory=dict)
    """Series reported deleted by Sonarr's webhook, not yet confirmed or refuted by a list."""

    @cached_property
    def records_by_key(self) -> Mapping[SeriesKey, list[DeletionRecord]]:
        """The deletions of each series, oldest first."""
        by_key: dict[SeriesKey, list[DeletionRecord]] = {}
        for record in self.records:
            by_key.setdefault(record.key, []).append(record)
        return by_key

    def of(self, key: SeriesKey) -> list[DeletionRecord]:
        """All deletions of one series, oldest first."""
        return self.records_by_key.get(key, [])

    def whole(self, key: SeriesKey) -> DeletionRecord | None:
        """The open deletion of the whole series."""
        for record in self.of(key):
            if record.is_open and record.scope is DeletionScope.SERIES:
                return record
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDeletion:
    """Something was deleted that no open deletion covers."""

    key: SeriesKey
    title: str
    year: int
    gone: tuple[GoneFile, ...] | None
    """None: the whole series."""
    noticed_by: NoticedBy
    notes: tuple[str, ...] = ()
    sonarr_id: SonarrSeriesId | None = None
    """Sonarr's id of the series, if a webhook gave it; None: use the inventory's."""
    held_group: str = ""
    """The mass disappearance that it is held with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeInto:
    """More files, or the whole series, for a deletion opened shortly before."""

    deletion_id: DeletionId
    gone: tuple[GoneFile, ...] | None
    noticed_by: NoticedBy
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepFiles:
    """Sonarr reported that it kept the files."""

    key: SeriesKey
    title: str
    year: int
    deletion_id: DeletionId | None
    """None: open a new deletion and close it at once."""
    sonarr_id: SonarrSeriesId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supersede:
    """The series, or some of its episodes, are there again."""

    deletion_id: DeletionId
    numbers: frozenset[EpisodeNumber] | None
    why: str
    is_same_series: bool = False
    """True if the series was never deleted: its inventory stays valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLists:
    """Number of lists in a row that contain a series which Sonarr's webhook reported deleted."""

    deletion_id: DeletionId
    lists_with_it: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSeries:
    """Too many series vanished at once: open their deletions as held."""

    keys: tuple[SeriesKey, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDeletions:
    """Too many series miss files at once: hold the deletions that were opened for them."""

    deletion_ids: tuple[DeletionId, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHeld:
    """A held series was deleted after all: Sonarr's webhook reported it."""

    deletion_id: DeletionId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMissing:
    """Series of one Sonarr absent from the last good list; believed if absent from the next too."""

    sonarr: SonarrName
    missing: Mapping[SeriesKey, Disappearance]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepReports:
    """Sonarr's reports of deleted series that still wait for a list, and those refuted."""

    sonarr: SonarrName
    standing: Mapping[SeriesKey, DeletionReport]
    disbelieved: tuple[DeletionReport, ...] = ()
    """Reports about series that Sonarr still lists, or never listed."""


type Decision = (
    OpenDeletion
    | MergeInto
    | KeepFiles
    | Supersede
    | CountLists
    | HoldSeries
    | HoldDeletions
    | ReleaseHeld
    | NoteMissing
    | KeepReports
)


def decide(watched: Watched, notice: Notice, now: datetime, policy: Policy) -> tuple[Decision, ...]:
    """Decisions that follow from one notice, in order; empty if it brings nothing new."""
    match notice:
        case LibraryPoll():
            return (*_returned(watched, notice), *_vanished(watched, notice, now, policy))
        case SeriesDeleted():
            return _series_deleted(watched, notice)
        case FileDeleted():
            return _file_deleted(watched, notice, now, policy)
        case FileImported():
            return _imported(watched, notice)
        case EpisodesRead():
            return _read(watched, notice)
        case HistoryTold():
            return ()


def _returned(watched: Watched, poll: LibraryPoll) -> list[Decision]:
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


def _vanished(watched: Watched, poll: LibraryPoll, now: datetime, policy: Policy) -> list[Decision]:
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
    missing = {
        key: watched.missing.get(key, Disappearance(key=key, missing_since=poll.at))
        for key in absent
        if key in known
    }
    decisions: list[Decision] = [NoteMissing(sonarr=poll.sonarr, missing=missing)]
    if reports:
        decisions.append(_settle_reports(watched, poll, reports, there))
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
    if _is_mass(watched, poll.sonarr, len(unexplained), len(known), policy):
        group = f"{poll.sonarr}-{poll.at:%Y%m%dT%H%M%S}"
        decisions.append(HoldSeries(keys=tuple(unexplained), group=group))
    else:
        decisions.extend(
            _open_vanished(watched, key, NoticedBy.POLL, now, policy) for key in unexplained
        )
    return decisions


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


def _settle_reports(
    watched: Watched,
    poll: LibraryPoll,
    reports: Mapping[SeriesKey, DeletionReport],
    there: Collection[SeriesKey],
) -> KeepReports:
    """Webhook reports that still wait for a confirming list, and those that this list refutes."""
    standing: dict[SeriesKey, DeletionReport] = {}
    disbelieved: list[DeletionReport] = []
    for key, before in reports.items():
        listed_id = poll.sonarr_id_by_tvdb_id.get(key.tvdb_id)
        if listed_id is None:
            if key not in there and watched.whole(key) is None:
                disbelieved.append(before)
            continue
        report = replace(before, lists_with_it=before.lists_with_it + 1)
        is_another = report.sonarr_id not in {None, listed_id}
        if is_another or report.lists_with_it >= LISTS_AGAINST_REPORT:
            disbelieved.append(report)
        else:
            standing[key] = report
    return KeepReports(sonarr=poll.sonarr, standing=standing, disbelieved=tuple(disbelieved))


def _is_mass(
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
    noticed_by = _noticed_by(watched, report.key, NoticedBy.WEBHOOK)
    return _open_vanished(watched, report.key, noticed_by, now, policy, report)


def _open_vanished(
    watched: Watched,
    key: SeriesKey,
    noticed_by: NoticedBy,
    now: datetime,
    policy: Policy,
    report: DeletionReport | None = None,
) -> Decision:
    young = _young(watched, key, now, policy)
    if young is not None:
        return MergeInto(deletion_id=young.deletion_id, gone=None, noticed_by=noticed_by)
    return OpenDeletion(
        key=key,
        title=report.title if report is not None else "",
        year=report.year if report is not None else 0,
        gone=None,
        noticed_by=noticed_by,
        sonarr_id=report.sonarr_id if report is not None else None,
    )


def _noticed_by(watched: Watched, key: SeriesKey, otherwise: NoticedBy) -> NoticedBy:
    return NoticedBy.ANNOUNCED if key in watched.announcements else otherwise


def _young(
    watched: Watched,
    key: SeriesKey,
    now: datetime,
    policy: Policy,
    number: EpisodeNumber | None = None,
) -> DeletionRecord | None:
    """The open deletion of this series that a further event is merged into; None if there is none.

    Not one that has this episode already: the same episode deleted again is another deletion.
    """
    for record in reversed(watched.of(key)):
        is_young = record.is_open and now - record.detected_at <= policy.coalesce
        if not is_young or record.first_verdict is not None:
            continue
        if record.status is DeletionStatus.HELD or any(e.number == number for e in record.episodes):
            continue
        return record
    return None


def _series_deleted(watched: Watched, hook: SeriesDeleted) -> tuple[Decision, ...]:
    """Applies the webhook to the open deletion; without one, stores it until a list decides.

    A webhook whose Sonarr id is not the open deletion's is ignored: the series was added again.
    """
    record = watched.whole(hook.key)
    if record is not None:
        is_another = None not in {record.sonarr_id, hook.sonarr_id} and (
            record.sonarr_id != hook.sonarr_id
        )
        return () if is_another else _told_of(record, hook)
    standing = {k: r for k, r in watched.reports.items() if k.sonarr == hook.key.sonarr}
    before = standing.get(hook.key)
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
    return (KeepReports(sonarr=hook.key.sonarr, standing={**standing, hook.key: report}),)


def _told_of(record: DeletionRecord, hook: SeriesDeleted) -> tuple[Decision, ...]:
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


def _file_deleted(
    watched: Watched, event: FileDeleted, now: datetime, policy: Policy
) -> tuple[Decision, ...]:
    if event.reason in REPLACEMENTS or _is_covered(watched, event):
        return ()
    gone = (
        GoneFile(
            number=event.number,
            path=event.path,
            file_id=event.file_id,
            record_id=event.record_id,
        ),
    )
    noticed_by = _noticed_by(watched, event.key, _sign_of(event))
    notes = (f"{RECYCLED}{event.recycled_to}",) if event.recycled_to else ()
    between = _superseded(
        watched, event.key, lambda e: e.number == event.number and e.record_id is not None
    )
    young = _young(watched, event.key, now, policy, event.number)
    if event.reason is DeleteReason.MISSING_FROM_DISK:
        young = _held_for_missing(watched, event) or young
    if young is not None:
        merge = MergeInto(
            deletion_id=young.deletion_id, gone=gone, noticed_by=noticed_by, notes=notes
        )
        return (*between, merge)
    crowd = _crowd(watched, event, now, policy) if noticed_by is NoticedBy.MISSING else None
    opening = OpenDeletion(
        key=event.key,
        title=event.title,
        year=0,
        gone=gone,
        noticed_by=noticed_by,
        notes=notes,
        held_group=crowd.group if crowd is not None else "",
    )
    held = (crowd,) if crowd is not None and crowd.deletion_ids else ()
    return (*between, *held, opening)


def _held_for_missing(watched: Watched, event: FileDeleted) -> DeletionRecord | None:
    """The held deletion of this series that further missing files belong to."""
    for record in watched.of(event.key):
        is_held = record.status is DeletionStatus.HELD and record.noticed_by is NoticedBy.MISSING
        if is_held and all(e.number != event.number for e in record.episodes):
            return record
    return None


def _crowd(
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


def _sign_of(event: FileDeleted) -> NoticedBy:
    if event.reason is DeleteReason.MISSING_FROM_DISK:
        return NoticedBy.MISSING
    return NoticedBy.WEBHOOK if event.is_webhook else NoticedBy.HISTORY


def _is_covered(watched: Watched, event: FileDeleted) -> bool:
    """Whether a deletion has this history record already, or covers the whole series."""
    for record in watched.of(event.key):
        is_whole = record.is_open and record.scope is DeletionScope.SERIES
        for episode in record.episodes:
            if episode.number != event.number or event.path not in ("", episode.path):
                continue
            if episode.record_id == event.record_id:
                return True
            if is_whole and episode.record_id is None:
                return True
    return False


def _superseded(
    watched: Watched, key: SeriesKey, is_replaced: Callable[[ExpectedEpisode], bool]
) -> list[Decision]:
    """Supersedes replaced episodes of open deletions; whole series return by lists only."""
    decisions: list[Decision] = []
    for record in watched.of(key):
        if not record.is_open or record.scope is DeletionScope.SERIES:
            continue
        numbers = frozenset(e.number for e in record.expected if is_replaced(e))
        if numbers:
            decisions.append(
                Supersede(
                    deletion_id=record.deletion_id,
                    numbers=numbers,
                    why="Episodes got newer files.",
                )
            )
    return decisions


def _imported(watched: Watched, event: FileImported) -> tuple[Decision, ...]:
    """Supersedes only what was deleted before this import, by order of record ids."""
    return tuple(
        _superseded(
            watched,
            event.key,
            lambda e: (
                e.number == event.number
                and e.record_id is not None
                and event.record_id > e.record_id
                and (event.file_id is None or event.file_id != e.file_id)
            ),
        )
    )


def _read(watched: Watched, read: EpisodesRead) -> tuple[Decision, ...]:
    """Supersedes episodes that have another file than the deleted one; compares no times."""

    def has_another(episode: ExpectedEpisode) -> bool:
        now_has = read.file_id_by_episode.get(episode.number)
        return now_has is not None and now_has != episode.file_id

    return (*_superseded(watched, read.key, has_another), *_found_again(watched, read))


def _found_again(watched: Watched, read: EpisodesRead) -> list[Decision]:
    """Supersedes complete deletions of files missing from disk when the same files are back."""
    decisions: list[Decision] = []
    for record in watched.of(read.key):
        if not may_come_back(record):
            continue
        numbers = frozenset(e.number for e in record.expected if _is_same_file(e, read))
        if numbers:
            decisions.append(
                Supersede(
                    deletion_id=record.deletion_id, numbers=numbers, why="The files came back."
                )
            )
    return decisions


def _is_same_file(episode: ExpectedEpisode, read: EpisodesRead) -> bool:
    file_id = read.file_id_by_episode.get(episode.number)
    file = read.file_by_id.get(file_id) if file_id is not None else None
    return (
        file is not None
        and file.path == episode.path
        and episode.size_bytes in (0, file.size_bytes)
    )
