"""Jellyfin: none of the inventoried entries backed by a deleted file is listed as playable."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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
from exporter.model.ids import EpisodeFileId, EpisodeNumber
from exporter.model.inventory import JellyfinEntry, JellyfinHolding, LibraryFile, Taken
from exporter.model.look import JellyfinEntrySeen, JellyfinLook, LookFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One deletion's inventory and look, indexed for its episodes."""

    part: Taken[JellyfinHolding]
    look: JellyfinLook
    control: Control | Unclear
    held_by_number: Mapping[EpisodeNumber, tuple[JellyfinEntry, ...]]
    playable_by_id: Mapping[str, JellyfinEntrySeen]
    twin_by_number: Mapping[EpisodeNumber, JellyfinEntrySeen]
    """Playable entries of the series that were not there at the inventory."""
    stranger: JellyfinEntrySeen | None
    """One of them that has no number: it could be any episode."""
    file_by_id: Mapping[EpisodeFileId, LibraryFile]


def judge_jellyfin(record: DeletionRecord, look: JellyfinLook) -> Judgement:
    """What Jellyfin's word is worth.

    The control is another entry of the same library, listed in the same look: a restricted user, an
    empty library or another server cannot show it.
    """
    part = without_part(record.inventory.jellyfin, "Jellyfin")
    if not isinstance(part, Taken):
        numbers = tuple(e.number for e in record.expected)
        return same_for_all(numbers, part, at=look.at, method=look.method)
    case = _case(record, part, look)
    return Judgement(
        at=look.at,
        method=look.method,
        finding_by_episode={e.number: _judge_episode(e, case) for e in record.expected},
        record=_judge_shells(record, case),
    )


def _case(record: DeletionRecord, part: Taken[JellyfinHolding], look: JellyfinLook) -> _Case:
    held: dict[EpisodeNumber, tuple[JellyfinEntry, ...]] = {}
    for entry in part.value.entries:
        for number in entry.episodes:
            held[number] = (*held.get(number, ()), entry)
    seen = () if isinstance(look, LookFailed) else look.entries
    strangers = _strangers(part.value, seen)
    return _Case(
        part=part,
        look=look,
        control=_control(part.value, look),
        held_by_number=held,
        playable_by_id={e.entry_id: e for e in seen if e.is_playable},
        twin_by_number=_twins(strangers),
        stranger=next((e for e in strangers if e.season is None or not e.episodes), None),
        file_by_id={file.file_id: file for file in record.inventory.files},
    )


def _control(held: JellyfinHolding, look: JellyfinLook) -> Control | Unclear:
    if isinstance(look, LookFailed):
        return failed(look)
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


def _strangers(
    held: JellyfinHolding, seen: tuple[JellyfinEntrySeen, ...]
) -> list[JellyfinEntrySeen]:
    known = {e.entry_id for e in held.entries} | set(held.other_entry_ids)
    return [e for e in seen if e.is_playable and e.kind == "Episode" and e.entry_id not in known]


def _twins(strangers: Iterable[JellyfinEntrySeen]) -> dict[EpisodeNumber, JellyfinEntrySeen]:
    return {
        (entry.season, episode): entry
        for entry in strangers
        if entry.season is not None
        for episode in entry.episodes
    }


def _judge_episode(episode: ExpectedEpisode, case: _Case) -> Finding:
    entries = case.held_by_number.get(episode.number, ())
    twin = case.twin_by_number.get(episode.number, case.stranger)
    if not entries:
        if twin is not None:
            return Unclear(why="Jellyfin lists it, but did not when it was inventoried")
        file = None if episode.file_id is None else case.file_by_id.get(episode.file_id)
        return never_held(case.part, file, "Jellyfin")
    if isinstance(case.control, Unclear):
        return case.control
    disk_proof = disk_proof_of(episode.evidence_by_system)
    listed = [e for e in entries if _is_shown(e, case.playable_by_id.get(e.entry_id))]
    if listed:
        what = f"entry {listed[0].entry_id}" + (f" of {len(listed)}" if len(listed) > 1 else "")
        if disk_proof is None:
            return Remaining(what=what)
        return RecordLeft(what=what, disk_proof=disk_proof)
    if twin is not None and disk_proof is None:
        return Unclear(why=f"entry {twin.entry_id} shows this episode too: renamed or replaced?")
    return prove(
        Sighting(what=f"entry {entries[0].entry_id}", at=case.part.at),
        case.control,
        looked_at=case.look.at,
        noticed_at=episode.noticed_at,
    )


def _is_shown(held: JellyfinEntry, seen: JellyfinEntrySeen | None) -> bool:
    """Whether an entry is listed with anything but the versions that were another's before."""
    if seen is None:
        return False
    return not seen.paths or not set(seen.paths) <= set(held.other_paths)


def _judge_shells(record: DeletionRecord, case: _Case) -> Finding:
    if record.scope is not DeletionScope.SERIES:
        return NotApplicable(why="the series itself was not deleted")
    shells = {*case.part.value.series_ids, *case.part.value.season_ids}
    if not shells:
        return NotApplicable(why="Jellyfin did not list the series")
    if isinstance(case.look, LookFailed):
        return failed(case.look)
    if isinstance(case.control, Unclear):
        return case.control
    listed = [e for e in case.look.entries if e.entry_id in shells]
    if not listed:
        return prove(
            Sighting(what=f"{len(shells)} series and season entries", at=case.part.at),
            case.control,
            looked_at=case.look.at,
            noticed_at=record.detected_at,
        )
    what = f"{len(listed)} series and season entries"
    disk_proof = disk_proof_of(record.evidence_by_system)
    if disk_proof is not None:
        return RecordLeft(what=what, disk_proof=disk_proof)
    return Remaining(what=what)
