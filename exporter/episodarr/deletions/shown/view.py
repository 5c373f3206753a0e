"""A deletion record as every surface shows it."""

from collections.abc import Iterator

from msgspec import Struct

from episodarr.deletions.detection.decisions import RECYCLED
from episodarr.deletions.judge.proof import counted
from episodarr.deletions.shown.advice import advice_of, sentence_by
from episodarr.model.deletion import (
    ALL_SYSTEMS,
    EPISODE_SYSTEMS,
    Answer,
    DeletedEpisodeView,
    DeletionView,
    EvidenceView,
    NoticedBy,
)
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import NEVER_CHECKED, sentence_of
from episodarr.model.health import System
from episodarr.model.inventory import DiskHolding, FileSeen, Part, Taken


def view_deletion(record: DeletionRecord) -> DeletionView:
    """The view of one deletion; depends on the record alone."""
    return DeletionView(
        deletion_id=record.deletion_id,
        sonarr=record.key.sonarr,
        tvdb_id=record.key.tvdb_id,
        series=record.inventory.title,
        year=record.inventory.year,
        scope=record.scope,
        noticed_by=record.noticed_by,
        status=record.status,
        is_acknowledged=record.acknowledged_at is not None,
        started_at=record.started_at,
        finished_at=record.finished_at,
        episodes=tuple(_view_episode(e, record.inventory.disk) for e in record.episodes),
        record_by_system={s: record.answer_by_system.get(s, Answer.UNKNOWN) for s in ALL_SYSTEMS},
        advice=advice_of(record),
        leftover_bytes=_leftover_bytes(record),
        lingering_bytes=record.lingering_bytes,
        next_check_at=record.next_check_at,
        notes=(*_own_notes(record), *_recycled(record), *_copies(record), *_record_notes(record)),
        closed_at=record.closed_at,
        healed_at=record.healed_at,
        acknowledged_at=record.acknowledged_at,
    )


def _view_episode(episode: ExpectedEpisode, disk: Part[DiskHolding]) -> DeletedEpisodeView:
    season, number = episode.number
    path = _path_of(episode, disk)
    return DeletedEpisodeView(
        season=season,
        episode=number,
        verdict=episode.verdict,
        answer_by_system=episode.answer_by_system,
        disk_path=path,
        evidence=_EvidenceOf(episode, path),
    )


class _EvidenceOf(Struct, frozen=True, gc=False):
    """The evidence of one episode, whose sentences are made where it is read: that is rare."""

    episode: ExpectedEpisode
    path: str

    def __iter__(self) -> Iterator[EvidenceView]:
        for system in EPISODE_SYSTEMS:
            evidence = self.episode.evidence_by_system.get(system, NEVER_CHECKED)
            yield EvidenceView(
                system=system,
                answer=self.episode.answer_by_system.get(system, Answer.UNKNOWN),
                checked_at=evidence.checked_at,
                method=self.path if system is System.DISK else evidence.method,
                detail=sentence_of(evidence.finding),
            )


def _path_of(episode: ExpectedEpisode, disk: Part[DiskHolding]) -> str:
    """The file's path in our view if it was ever seen on disk, else in Sonarr's."""
    by_path = disk.value.sighting_by_path if isinstance(disk, Taken) else {}
    sighting = by_path.get(episode.path)
    return sighting.local_path if isinstance(sighting, FileSeen) else episode.path


def _leftover_bytes(record: DeletionRecord) -> int:
    """Sizes of the expected files that are still on disk, each file once."""
    size_by_path = {
        e.path: e.size_bytes
        for e in record.expected
        if e.answer_by_system.get(System.DISK) is Answer.REMAINING
    }
    return sum(size_by_path.values())


def _own_notes(record: DeletionRecord) -> tuple[str, ...]:
    return tuple(note for note in record.notes if not note.startswith(RECYCLED))


def _recycled(record: DeletionRecord) -> tuple[str, ...]:
    """A note that Sonarr moved the files to its recycle bin, by its webhooks or its settings.

    Files that were missing from disk were not moved by Sonarr.
    """
    recycled = [note for note in record.notes if note.startswith(RECYCLED)]
    part = record.inventory.sonarr
    recycle_bin = part.value.recycle_bin if isinstance(part, Taken) else ""
    is_sonarrs_doing = record.noticed_by is not NoticedBy.MISSING and any(
        e.answer_by_system.get(System.DISK) is Answer.REMOVED for e in record.expected
    )
    if not recycled and not (recycle_bin and is_sonarrs_doing):
        return ()
    files = counted(len(recycled), "file") if recycled else "What it deletes"
    verb = "is" if len(recycled) <= 1 else "are"
    where = f" ({recycle_bin})" if recycle_bin else ""
    return (
        f"{files} {verb} moved to Sonarr's recycle bin{where}: the space is not free"
        " until that is emptied.",
    )


def _copies(record: DeletionRecord) -> tuple[str, ...]:
    """A note if files had hard links elsewhere, which keep the space in use; else empty."""
    disk: Part[DiskHolding] = record.inventory.disk
    if not isinstance(disk, Taken):
        return ()
    sightings = (
        disk.value.sighting_by_path.get(path) for path in {e.path for e in record.expected}
    )
    linked = sum(1 for s in sightings if isinstance(s, FileSeen) and s.link_count > 1)
    if not linked:
        return ()
    return (f"{counted(linked, 'file')} had hard links elsewhere: copies still take up space.",)


def _record_notes(record: DeletionRecord) -> tuple[str, ...]:
    """Sentences on what is left of the deletion as a whole."""
    notes: list[str] = []
    for system in ALL_SYSTEMS:
        if record.answer_by_system.get(system) not in {Answer.REMAINING, Answer.STALE}:
            continue
        evidence = record.evidence_by_system.get(system)
        if evidence is not None:
            notes.append(sentence_by(system, evidence.finding))
            if evidence.doubt:
                notes.append(
                    f"Since then {system.shown_name} could not be checked: {evidence.doubt}"
                )
    return tuple(notes)
