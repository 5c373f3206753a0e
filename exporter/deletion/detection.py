"""What the library's polls, history and webhooks mean for deletions; decisions, not deeds.

    a series missing from two good polls in a row     open or merge, noticed by poll or announced
    far too many missing at once                      hold, until they come back
    Sonarr's webhook for a series                     open, merge, release what was held, or keep files
    a file dropped by hand or missing from disk       open or merge; an upgrade is none
    a series or a newer file there again              supersede

Losing an event changes nothing but the time at which something is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exporter.deletion.opening import GoneFile
from exporter.deletion.policy import Policy
from exporter.model.deletion import DeletionId, DeletionScope, DeletionStatus, NoticedBy
from exporter.model.deletion_log import Announcement, DeletionRecord, Disappearance
from exporter.model.ids import EpisodeNumber, SeriesKey, SonarrName, SonarrSeriesId
from exporter.model.inventory import Taken
from exporter.model.notice import (
    DeleteReason,
    EpisodesRead,
    FileDeleted,
    FileImported,
    LibraryPoll,
    Notice,
    SeriesDeleted,
)

REPLACEMENTS = frozenset(
    {DeleteReason.UPGRADE, DeleteReason.MANUAL_OVERRIDE, DeleteReason.NO_LINKED_EPISODES}
)
"""The file made room for another one, or no episode ever used it: no deletion."""

CLOCK_SKEW = timedelta(minutes=5)
"""Sonarr's clock and ours may differ by this much."""


LATEST_UNKNOWN = timedelta(minutes=15)
"""How old an event of a series without an inventory may be to still open a deletion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """All that detection compares a notice with."""

    known: Mapping[SeriesKey, datetime | None]
    """When Sonarr's part of each inventory was taken; of all Sonarrs, without those whose series'
    deletion took the inventory over."""
    records: tuple[DeletionRecord, ...] = ()
    announcements: Mapping[SeriesKey, Announcement] = field(default_factory=dict)
    missing: Mapping[SeriesKey, Disappearance] = field(default_factory=dict)
    """Series that were missing from the last good poll of their Sonarr."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeInto:
    """More of a deletion that is still young."""

    deletion_id: DeletionId
    gone: tuple[GoneFile, ...] | None
    noticed_by: NoticedBy
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepFiles:
    """Sonarr says that it left the files where they are."""

    key: SeriesKey
    title: str
    year: int
    deletion_id: DeletionId | None
    """None: to be opened and closed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supersede:
    """The series, or some of its episodes, are there again."""

    deletion_id: DeletionId
    numbers: frozenset[EpisodeNumber] | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSeries:
    """Far too many series vanished at once to believe it."""

    keys: tuple[SeriesKey, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHeld:
    """A held series was deleted after all: Sonarr said so itself."""

    deletion_id: DeletionId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMissing:
    """Which series of one Sonarr the last good poll missed; believed if the next one does too."""

    sonarr: SonarrName
    missing: Mapping[SeriesKey, Disappearance]


type Decision = (
    OpenDeletion | MergeInto | KeepFiles | Supersede | HoldSeries | ReleaseHeld | NoteMissing
)


def decide(watched: Watched, notice: Notice, now: datetime, policy: Policy) -> tuple[Decision, ...]:
    """What one notice asks for, in order; nothing when it says nothing new."""
    match notice:
        case LibraryPoll():
            return (*_returned(watched, notice), *_vanished(watched, notice, policy))
        case SeriesDeleted():
            return _series_deleted(watched, notice, now, policy)
        case FileDeleted():
            return _file_deleted(watched, notice, now, policy)
        case FileImported():
            return _imported(watched, notice)
        case EpisodesRead():
            return _read(watched, notice)


def _open_records(watched: Watched, key: SeriesKey) -> list[DeletionRecord]:
    return [r for r in watched.records if r.key == key and r.is_open]


def _returned(watched: Watched, poll: LibraryPoll) -> list[Decision]:
    """Deletions of whole series that Sonarr lists again.

    Under its old number it was never deleted: only a poll's own mistake is undone by that, for a
    webhook may simply be ahead of the list.
    """
    decisions: list[Decision] = []
    for record in watched.records:
        if not record.is_open or record.scope is not DeletionScope.SERIES:
            continue
        if record.key.sonarr != poll.sonarr or poll.at <= record.detected_at:
            continue
        listed_id = poll.sonarr_id_by_tvdb_id.get(record.key.tvdb_id)
        if listed_id is None:
            continue
        is_same = _sonarr_id(record) == listed_id
        if not is_same:
            why = "The series was added again."
        elif record.noticed_by is NoticedBy.WEBHOOK:
            continue
        else:
            why = "The series came back."
        decisions.append(Supersede(deletion_id=record.deletion_id, numbers=None, why=why))
    return decisions


def _sonarr_id(record: DeletionRecord) -> SonarrSeriesId | None:
    part = record.inventory.sonarr
    return part.value.sonarr_id if isinstance(part, Taken) else None


def _vanished(watched: Watched, poll: LibraryPoll, policy: Policy) -> list[Decision]:
    if not poll.is_whole:
        return []
    known = [key for key in watched.known if key.sonarr == poll.sonarr]
    gone = {
        record.key
        for record in watched.records
        if record.is_open and record.scope is DeletionScope.SERIES
    }
    absent = sorted(
        key for key in known if key.tvdb_id not in poll.sonarr_id_by_tvdb_id and key not in gone
    )
    missing = {
        key: watched.missing.get(key, Disappearance(key=key, missing_since=poll.at))
        for key in absent
    }
    decisions: list[Decision] = [NoteMissing(sonarr=poll.sonarr, missing=missing)]
    confirmed = [key for key in absent if missing[key].missing_since < poll.at]
    announced = [key for key in confirmed if key in watched.announcements]
    decisions.extend(_open_vanished(key, NoticedBy.ANNOUNCED) for key in announced)
    unexplained = [key for key in confirmed if key not in watched.announcements]
    if _is_mass(watched, poll, len(unexplained), len(known), policy):
        group = f"{poll.sonarr}-{poll.at:%Y%m%dT%H%M%S}"
        decisions.append(HoldSeries(keys=tuple(unexplained), group=group))
    else:
        decisions.extend(_open_vanished(key, NoticedBy.POLL) for key in unexplained)
    return decisions


def _is_mass(
    watched: Watched, poll: LibraryPoll, unexplained: int, known: int, policy: Policy
) -> bool:
    """More than the limit counting those that are held already, of all that were there before."""
    if not unexplained:
        return False
    held = sum(
        1
        for r in watched.records
        if r.status is DeletionStatus.HELD and r.key.sonarr == poll.sonarr
    )
    return held + unexplained > max(policy.held_minimum, policy.held_ratio * (known + held))


def _open_vanished(key: SeriesKey, noticed_by: NoticedBy) -> OpenDeletion:
    return OpenDeletion(key=key, title="", year=0, gone=None, noticed_by=noticed_by)


def _noticed_by(watched: Watched, key: SeriesKey, otherwise: NoticedBy) -> NoticedBy:
    return NoticedBy.ANNOUNCED if key in watched.announcements else otherwise


def _young(
    watched: Watched, key: SeriesKey, now: datetime, policy: Policy
) -> DeletionRecord | None:
    """The open deletion of this series that a further event still belongs to."""
    for record in _open_records(watched, key):
        is_young = now - record.detected_at <= policy.coalesce
        if is_young and record.first_verdict is None and record.status is not DeletionStatus.HELD:
            return record
    return None


def _series_deleted(
    watched: Watched, hook: SeriesDeleted, now: datetime, policy: Policy
) -> tuple[Decision, ...]:
    whole = [r for r in _open_records(watched, hook.key) if r.scope is DeletionScope.SERIES]
    if not hook.has_deleted_files:
        kept_id = whole[0].deletion_id if whole else None
        return (KeepFiles(key=hook.key, title=hook.title, year=hook.year, deletion_id=kept_id),)
    for record in whole:
        if record.status is DeletionStatus.HELD:
            return (ReleaseHeld(deletion_id=record.deletion_id),)
        return ()
    noticed_by = _noticed_by(watched, hook.key, NoticedBy.WEBHOOK)
    young = _young(watched, hook.key, now, policy)
    if young is not None:
        return (MergeInto(deletion_id=young.deletion_id, gone=None, noticed_by=noticed_by),)
    return (
        OpenDeletion(
            key=hook.key, title=hook.title, year=hook.year, gone=None, noticed_by=noticed_by
        ),
    )


def _file_deleted(
    watched: Watched, event: FileDeleted, now: datetime, policy: Policy
) -> tuple[Decision, ...]:
    if event.reason in REPLACEMENTS or _is_covered(watched, event, policy):
        return ()
    if not event.is_webhook and _is_past(watched, event, now):
        return ()
    gone = (GoneFile(number=event.number, path=event.path),)
    noticed_by = _noticed_by(watched, event.key, _sign_of(event))
    notes = (f"Moved to the recycle bin: {event.recycled_to}",) if event.recycled_to else ()
    young = _young(watched, event.key, now, policy)
    if young is not None:
        return (
            MergeInto(deletion_id=young.deletion_id, gone=gone, noticed_by=noticed_by, notes=notes),
        )
    return (
        OpenDeletion(
            key=event.key, title=event.title, year=0, gone=gone, noticed_by=noticed_by, notes=notes
        ),
    )


def _is_past(watched: Watched, event: FileDeleted, now: datetime) -> bool:
    """Whether the inventory is from after the event: what was deleted then was never ours to watch."""
    taken_at = watched.known.get(event.key)
    if taken_at is None:
        return event.at < now - LATEST_UNKNOWN
    return event.at + CLOCK_SKEW < taken_at


def _sign_of(event: FileDeleted) -> NoticedBy:
    if event.reason is DeleteReason.MISSING_FROM_DISK:
        return NoticedBy.MISSING
    return NoticedBy.WEBHOOK if event.is_webhook else NoticedBy.HISTORY


def _is_covered(watched: Watched, event: FileDeleted, policy: Policy) -> bool:
    """Whether a deletion tells of this already: the same file, by webhook before, or read twice.

    A later deletion of the same episode is another one if a newer file came in between; then the
    first is superseded, or over, and the event is younger than all that it noticed.
    """
    for record in watched.records:
        if record.key != event.key:
            continue
        for episode in record.episodes:
            is_same = episode.number == event.number and event.path in ("", episode.path)
            if is_same and event.at <= record.detected_at + policy.coalesce + CLOCK_SKEW:
                return not _is_newer_file(watched, event, episode.noticed_at)
    return False


def _is_newer_file(watched: Watched, event: FileDeleted, noticed_at: datetime) -> bool:
    """Whether the deleted file is one that came after what the deletion expected."""
    return any(
        e.number == event.number and e.verdict.value == "superseded" and event.at > noticed_at
        for record in watched.records
        if record.key == event.key
        for e in record.episodes
    )


def _imported(watched: Watched, event: FileImported) -> tuple[Decision, ...]:
    return tuple(
        Supersede(
            deletion_id=record.deletion_id,
            numbers=frozenset({event.number}),
            why="Episodes got newer files.",
        )
        for record in _open_records(watched, event.key)
        if any(
            e.number == event.number
            and event.at > e.noticed_at
            and (event.file_id is None or event.file_id != e.file_id)
            for e in record.expected
        )
    )


def _read(watched: Watched, read: EpisodesRead) -> tuple[Decision, ...]:
    decisions: list[Decision] = []
    for record in _open_records(watched, read.key):
        newer = frozenset(
            e.number
            for e in record.expected
            if read.at > e.noticed_at
            and e.file_id is not None
            and read.file_id_by_episode.get(e.number, e.file_id) > e.file_id
        )
        if newer and record.scope is not DeletionScope.SERIES:
            decisions.append(
                Supersede(
                    deletion_id=record.deletion_id,
                    numbers=newer,
                    why="Episodes got newer files.",
                )
            )
    return tuple(decisions)
