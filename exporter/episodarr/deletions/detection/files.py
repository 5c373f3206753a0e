"""Files deleted, imported again or found again, in the order of Sonarr's record ids."""

from collections.abc import Callable
from datetime import datetime

from episodarr.deletions.detection.crowds import crowd_of, held_for_missing
from episodarr.deletions.detection.decisions import (
    RECYCLED,
    Decision,
    MergeInto,
    OpenDeletion,
    Supersede,
)
from episodarr.deletions.detection.watched import Watched
from episodarr.deletions.interventions import may_come_back
from episodarr.deletions.opening import GoneFile
from episodarr.deletions.policy import Policy
from episodarr.model.deletion import DeletionScope, NoticedBy
from episodarr.model.deletion_log import ExpectedEpisode
from episodarr.model.download import REPLACEMENTS, DeleteReason
from episodarr.model.ids import SeriesKey
from episodarr.model.notice import EpisodesRead, FileDeleted, FileImported


def file_deleted(
    watched: Watched, event: FileDeleted, now: datetime, policy: Policy
) -> tuple[Decision, ...]:
    """Opens or merges, and holds where far too many series miss files; an upgrade is none."""
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
    noticed_by = watched.noticed_by(event.key, _sign_of(event))
    notes = (f"{RECYCLED}{event.recycled_to}",) if event.recycled_to else ()
    between = _superseded(
        watched, event.key, lambda e: e.number == event.number and e.record_id is not None
    )
    young = watched.young(event.key, now, policy, event.number)
    if event.reason is DeleteReason.MISSING_FROM_DISK:
        young = held_for_missing(watched, event) or young
    if young is not None:
        merge = MergeInto(
            deletion_id=young.deletion_id, gone=gone, noticed_by=noticed_by, notes=notes
        )
        return (*between, merge)
    crowd = crowd_of(watched, event, now, policy) if noticed_by is NoticedBy.MISSING else None
    opening = OpenDeletion(
        key=event.key,
        title=event.title,
        gone=gone,
        noticed_by=noticed_by,
        notes=notes,
        held_group=crowd.group if crowd is not None else "",
    )
    held = (crowd,) if crowd is not None and crowd.deletion_ids else ()
    return (*between, *held, opening)


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


def file_imported(watched: Watched, event: FileImported) -> tuple[Decision, ...]:
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


def episodes_read(watched: Watched, read: EpisodesRead) -> tuple[Decision, ...]:
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
