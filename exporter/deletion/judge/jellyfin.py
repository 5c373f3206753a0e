"""Jellyfin: none of the inventoried entries backed by a deleted file is listed as playable."""

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
    RecordLeft,
    Remaining,
    Sighting,
    Unclear,
)
from exporter.model.inventory import EpisodeNumber, JellyfinHolding, LibraryFile, Taken
from exporter.model.look import JellyfinEntrySeen, JellyfinLook, JellyfinSeen, LookFailed


def judge_jellyfin(record: DeletionRecord, look: JellyfinLook) -> Judgement:
    """What Jellyfin's word is worth.

    The control is another entry of the same library, listed in the same look: a restricted user, an
    empty library or another server cannot show it.
    """
    numbers = tuple(e.number for e in record.expected)
    part = without_part(record.inventory.jellyfin, "Jellyfin")
    if not isinstance(part, Taken):
        return same_for_all(numbers, part, at=look.at, method=look.method)
    file_by_id = {file.file_id: file for file in record.inventory.files}
    return Judgement(
        at=look.at,
        method=look.method,
        finding_by_episode={
            e.number: _judge_episode(
                e, part, look, None if e.file_id is None else file_by_id.get(e.file_id)
            )
            for e in record.expected
        },
        record=_judge_shells(record, part, look),
    )


def _control(held: JellyfinHolding, look: JellyfinSeen) -> Control | Unclear:
    stranger = other_server("Jellyfin", held.server_id, look.server_id)
    if stranger is not None:
        return stranger
    if not look.is_unrestricted:
        return Unclear(why="this user may not see everything")
    for control_id in sorted(look.control_ids):
        return Control(what=f"entry {control_id} of the same library is listed")
    return Unclear(
        why="no other entry of the same library is listed: empty, hidden or being rebuilt"
    )


def _judge_episode(
    episode: ExpectedEpisode,
    part: Taken[JellyfinHolding],
    look: JellyfinLook,
    file: LibraryFile | None,
) -> Finding:
    entries = [e for e in part.value.entries if episode.number in e.episodes]
    if not entries:
        if isinstance(look, JellyfinSeen) and _twin(part.value, look, episode.number) is not None:
            return Unclear(why="Jellyfin lists it, but did not when it was inventoried")
        return never_held(part, file, "Jellyfin")
    if isinstance(look, LookFailed):
        return failed(look)
    control = _control(part.value, look)
    if isinstance(control, Unclear):
        return control
    disk_proof = disk_proof_of(episode.evidence_by_system)
    held_ids = {e.entry_id for e in entries}
    listed = [e for e in look.entries if e.entry_id in held_ids and e.is_playable]
    if listed:
        what = f"entry {listed[0].entry_id}" + (f" of {len(listed)}" if len(listed) > 1 else "")
        if disk_proof is None:
            return Remaining(what=what)
        return RecordLeft(what=what, disk_proof=disk_proof)
    twin = _twin(part.value, look, episode.number)
    if twin is not None and disk_proof is None:
        return Unclear(why=f"entry {twin.entry_id} shows this episode too: renamed or replaced?")
    return prove(
        Sighting(what=f"entry {entries[0].entry_id}", at=part.at),
        control,
        looked_at=look.at,
        noticed_at=episode.noticed_at,
    )


def _twin(
    held: JellyfinHolding, look: JellyfinSeen, number: EpisodeNumber
) -> JellyfinEntrySeen | None:
    """A playable entry of this episode that was not there at the inventory."""
    known = {e.entry_id for e in held.entries} | set(held.other_entry_ids)
    for entry in look.entries:
        if (
            entry.is_playable
            and entry.kind == "Episode"
            and entry.entry_id not in known
            and entry.season == number.season
            and number.episode in entry.episodes
        ):
            return entry
    return None


def _judge_shells(
    record: DeletionRecord, part: Taken[JellyfinHolding], look: JellyfinLook
) -> Finding:
    if record.scope is not DeletionScope.SERIES:
        return NotApplicable(why="the series itself was not deleted")
    shells = {*part.value.series_ids, *part.value.season_ids}
    if not shells:
        return NotApplicable(why="Jellyfin did not list the series")
    if isinstance(look, LookFailed):
        return failed(look)
    control = _control(part.value, look)
    if isinstance(control, Unclear):
        return control
    listed = [e for e in look.entries if e.entry_id in shells]
    if not listed:
        return prove(
            Sighting(what=f"{len(shells)} series and season entries", at=part.at),
            control,
            looked_at=look.at,
            noticed_at=record.detected_at,
        )
    what = f"{len(listed)} series and season entries"
    disk_proof = disk_proof_of(record.evidence_by_system)
    if disk_proof is not None:
        return RecordLeft(what=what, disk_proof=disk_proof)
    return Remaining(what=what)
