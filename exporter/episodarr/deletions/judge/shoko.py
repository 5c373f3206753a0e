"""Shoko: no location of the file is left, so its AniDB entries are unlinked.

Shoko keeps a record of a file that vanished until it is requested to remove missing files; it only
reports that it cannot see the file. An unmounted share has the same effect. A record whose file
Shoko cannot see is therefore stale only where the disk proved the file gone, and unknown otherwise.
"""

from episodarr.deletions.judge.proof import (
    Judgement,
    disk_proof_of,
    failed,
    never_held,
    other_server,
    prove,
    same_for_all,
    without_part,
)
from episodarr.model.check import CheckFailed, ShokoCheck, ShokoLocationSeen, ShokoSeen
from episodarr.model.deletion import DeletionScope
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import (
    Control,
    Finding,
    NotApplicable,
    Proof,
    RecordLeft,
    Remaining,
    Sighting,
    Unclear,
)
from episodarr.model.ids import EpisodeNumber
from episodarr.model.inventory import LibraryFile, ShokoFile, ShokoHolding, Taken


def judge_shoko(record: DeletionRecord, check: ShokoCheck) -> Judgement:
    """Shoko's findings; the control is another series with files, or the series itself.

    A listed record needs no control, and no inventory that has it.
    """
    numbers = tuple(e.number for e in record.expected)
    part = without_part(record.inventory.shoko, "Shoko")
    if isinstance(part, NotApplicable):
        return same_for_all(numbers, part, at=check.at, method=check.method)
    file_by_id = {file.file_id: file for file in record.inventory.files}
    held: dict[EpisodeNumber, tuple[ShokoFile, ...]] = {}
    for one in part.value.files if isinstance(part, Taken) else ():
        for number in one.episodes:
            held[number] = (*held.get(number, ()), one)
    return Judgement(
        at=check.at,
        method=check.method,
        finding_by_episode={
            e.number: _judge_held(e, held[e.number], part, check)
            if e.number in held and isinstance(part, Taken)
            else _judge_unheld(
                e, part, check, None if e.file_id is None else file_by_id.get(e.file_id), record
            )
            for e in record.expected
        },
        record=_judge_series(record, part, check) if isinstance(part, Taken) else part,
    )


def _stranger(held: ShokoHolding, check: ShokoSeen) -> Unclear | None:
    return other_server("Shoko", held.server_id, check.server_id)


def _control(check: ShokoSeen) -> Control | Unclear:
    if not check.is_unrestricted:
        return Unclear(why="this user may not see everything")
    for control_id in sorted(check.control_ids):
        return Control(what=f"series {control_id} still has its files")
    for series_id in sorted(check.own_series_ids):
        return Control(what=f"series {series_id} itself is still recorded")
    if check.missing_control_ids:
        return Unclear(
            why="none of the other series that had files is listed: is this still the same Shoko?"
        )
    return Unclear(why="no other series with files is listed", is_not_listed=True)


def _judge_held(
    episode: ExpectedEpisode,
    files: tuple[ShokoFile, ...],
    part: Taken[ShokoHolding],
    check: ShokoCheck,
) -> Finding:
    if isinstance(check, CheckFailed):
        return failed(check)
    stranger = _stranger(part.value, check)
    if stranger is not None:
        return stranger
    disk_proof = disk_proof_of(episode.evidence_by_system)
    for held in files:
        left = tuple(
            seen
            for seen in check.locations_by_file_id.get(held.file_id, ())
            if seen.location not in held.other_locations
        )
        if left:
            return _judge_locations(held, left, disk_proof)
    control = _control(check)
    return prove(
        Sighting(what=f"file {files[0].file_id}", at=part.at),
        control,
        checked_at=check.at,
        noticed_at=episode.noticed_at,
    )


def _judge_unheld(
    episode: ExpectedEpisode,
    part: Taken[ShokoHolding] | Finding,
    check: ShokoCheck,
    file: LibraryFile | None,
    record: DeletionRecord,
) -> Finding:
    """The finding on a file without an inventoried record; it may have been recorded later."""
    if isinstance(check, CheckFailed):
        if isinstance(part, Taken) and part.value.files:
            return failed(check)
        seen: tuple[ShokoLocationSeen, ...] = ()
    else:
        seen = check.locations_by_path.get(episode.path, ())
    disk_proof = disk_proof_of(episode.evidence_by_system)
    gone = [one for one in seen if not one.is_accessible]
    if gone and disk_proof is not None:
        return RecordLeft(
            what=f"a record of {gone[0].location.relative_path}, made after the inventory",
            disk_proof=disk_proof,
        )
    if seen and disk_proof is None:
        return Unclear(
            why=f"it has a record of {seen[0].location.relative_path}, made after the inventory"
        )
    # A file that Shoko can see though ours is proven gone belongs to another Sonarr.
    if not isinstance(part, Taken):
        return part
    return never_held(part, file, "Shoko", record.inventory)


def _judge_locations(
    held: ShokoFile, left: tuple[ShokoLocationSeen, ...], disk_proof: Proof | None
) -> Finding:
    accessible = [seen.location for seen in left if seen.is_accessible]
    for location in accessible:
        if location in held.locations:
            return Remaining(what=f"file {held.file_id} at {location.relative_path}")
    what = f"file {held.file_id}, whose {len(left)} locations Shoko cannot see"
    if accessible and disk_proof is not None:
        return Remaining(what=f"file {held.file_id}, now at {accessible[0].relative_path}")
    if accessible:
        return Unclear(
            why=f"file {held.file_id} is at {accessible[0].relative_path} now: renamed or moved?"
        )
    if disk_proof is None:
        return Unclear(why=f"{what}: gone or unmounted, only the disk could tell")
    return RecordLeft(what=what, disk_proof=disk_proof)


def _judge_series(record: DeletionRecord, part: Taken[ShokoHolding], check: ShokoCheck) -> Finding:
    if record.scope is not DeletionScope.SERIES:
        return NotApplicable(why="the series itself was not deleted")
    if not part.value.series_ids:
        return (
            NotApplicable(why="Shoko did not list the series")
            if part.is_complete
            else Unclear(why="Shoko's inventory was not complete")
        )
    if isinstance(check, CheckFailed):
        return failed(check)
    stranger = _stranger(part.value, check)
    if stranger is not None:
        return stranger
    count = sum(check.file_count_by_series_id.get(i, 0) for i in part.value.series_ids)
    if not count:
        control = _control(check)
        return prove(
            Sighting(what=f"{len(part.value.series_ids)} series", at=part.at),
            control,
            checked_at=check.at,
            noticed_at=record.detected_at,
        )
    what = f"{count} file records in {len(part.value.series_ids)} series"
    disk_proof = disk_proof_of(record.evidence_by_system)
    if disk_proof is not None:
        return RecordLeft(what=what, disk_proof=disk_proof)
    return Remaining(what=what)
