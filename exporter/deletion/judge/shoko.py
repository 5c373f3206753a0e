"""Shoko: no location of the file is left, so its AniDB entries are unlinked.

Shoko keeps a record of a file that vanished until somebody asks it to remove missing files; it only
says that it cannot see it. So does an unmounted share. A record that Shoko cannot see is therefore
stale only where the disk proved the file gone, and unknown otherwise.
"""

from exporter.deletion.judge.proof import (
    Judgement,
    disk_proof_of,
    failed,
    never_held,
    other_server,
    prove,
    same_for_all,
    without_part,
)
from exporter.model.deletion import DeletionScope
from exporter.model.deletion_log import DeletionRecord, ExpectedEpisode
from exporter.model.evidence import (
    Control,
    Finding,
    NotApplicable,
    Proof,
    RecordLeft,
    Remaining,
    Sighting,
    Unclear,
)
from exporter.model.ids import EpisodeNumber
from exporter.model.inventory import LibraryFile, ShokoFile, ShokoHolding, Taken
from exporter.model.look import LookFailed, ShokoLocationSeen, ShokoLook, ShokoSeen


def judge_shoko(record: DeletionRecord, look: ShokoLook) -> Judgement:
    """What Shoko's word is worth; its control is another series that still has files."""
    numbers = tuple(e.number for e in record.expected)
    part = without_part(record.inventory.shoko, "Shoko")
    if not isinstance(part, Taken):
        return same_for_all(numbers, part, at=look.at, method=look.method)
    file_by_id = {file.file_id: file for file in record.inventory.files}
    held: dict[EpisodeNumber, tuple[ShokoFile, ...]] = {}
    for one in part.value.files:
        for number in one.episodes:
            held[number] = (*held.get(number, ()), one)
    return Judgement(
        at=look.at,
        method=look.method,
        finding_by_episode={
            e.number: _judge_episode(
                e,
                held.get(e.number, ()),
                part,
                look,
                None if e.file_id is None else file_by_id.get(e.file_id),
            )
            for e in record.expected
        },
        record=_judge_series(record, part, look),
    )


def _control(held: ShokoHolding, look: ShokoSeen) -> Control | Unclear:
    stranger = other_server("Shoko", held.server_id, look.server_id)
    if stranger is not None:
        return stranger
    if not look.is_unrestricted:
        return Unclear(why="this user may not see everything")
    for control_id in sorted(look.control_ids):
        return Control(what=f"series {control_id} still has its files")
    return Unclear(why="no other series with files is listed")


def _judge_episode(
    episode: ExpectedEpisode,
    files: tuple[ShokoFile, ...],
    part: Taken[ShokoHolding],
    look: ShokoLook,
    file: LibraryFile | None,
) -> Finding:
    if not files:
        return never_held(part, file, "Shoko")
    if isinstance(look, LookFailed):
        return failed(look)
    control = _control(part.value, look)
    if isinstance(control, Unclear):
        return control
    disk_proof = disk_proof_of(episode.evidence_by_system)
    for held in files:
        left = tuple(
            seen
            for seen in look.locations_by_file_id.get(held.file_id, ())
            if seen.location not in held.other_locations
        )
        if left:
            return _judge_locations(held, left, disk_proof)
    return prove(
        Sighting(what=f"file {files[0].file_id}", at=part.at),
        control,
        looked_at=look.at,
        noticed_at=episode.noticed_at,
    )


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


def _judge_series(record: DeletionRecord, part: Taken[ShokoHolding], look: ShokoLook) -> Finding:
    if record.scope is not DeletionScope.SERIES:
        return NotApplicable(why="the series itself was not deleted")
    if not part.value.series_ids:
        return NotApplicable(why="Shoko did not list the series")
    if isinstance(look, LookFailed):
        return failed(look)
    control = _control(part.value, look)
    if isinstance(control, Unclear):
        return control
    count = sum(look.file_count_by_series_id.get(i, 0) for i in part.value.series_ids)
    if not count:
        return prove(
            Sighting(what=f"{len(part.value.series_ids)} series", at=part.at),
            control,
            looked_at=look.at,
            noticed_at=record.detected_at,
        )
    what = f"{count} file records in {len(part.value.series_ids)} series"
    disk_proof = disk_proof_of(record.evidence_by_system)
    if disk_proof is not None:
        return RecordLeft(what=what, disk_proof=disk_proof)
    return Remaining(what=what)
