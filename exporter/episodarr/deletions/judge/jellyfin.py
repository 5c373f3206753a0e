"""Jellyfin: no entry of a deleted file is listed, neither the inventoried one nor at its path.

A listed entry needs no control, and no inventory either. One in the folder of the same series that
another Sonarr left with its files is not of the deleted ones. An entry that is not listed is gone only
if the same check lists another one below the same library folder.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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
from episodarr.deletions.questions.servers import control_folders_of, is_below
from episodarr.model.check import CheckFailed, JellyfinCheck, JellyfinEntrySeen, JellyfinSeen
from episodarr.model.deletion import DeletionScope
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import (
    NEVER_CHECKED,
    Control,
    Evidence,
    Finding,
    NotApplicable,
    RecordLeft,
    Remaining,
    Removed,
    Sighting,
    Unclear,
)
from episodarr.model.health import System
from episodarr.model.ids import EpisodeFileId, EpisodeNumber
from episodarr.model.inventory import (
    JellyfinEntry,
    JellyfinHolding,
    LibraryFile,
    PartMissing,
    SeriesInventory,
    Taken,
)

_NOTHING_HELD = JellyfinHolding(server_id="", library="", series_ids=(), season_ids=(), entries=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One deletion's inventory and successful check, indexed for its episodes."""

    part: Taken[JellyfinHolding]
    check: JellyfinSeen
    held_by_number: Mapping[EpisodeNumber, tuple[JellyfinEntry, ...]]
    playable_by_id: Mapping[str, JellyfinEntrySeen]
    twin_by_number: Mapping[EpisodeNumber, JellyfinEntrySeen]
    """Playable entries of the series that the inventory does not have."""
    stranger: JellyfinEntrySeen | None
    """Such an entry without an episode number: it could be any episode."""
    file_by_id: Mapping[EpisodeFileId, LibraryFile]
    inventory: SeriesInventory
    why_missing: Finding | Taken[JellyfinHolding] | None = None
    """Why there is no inventory; None if there is one."""


def judge_jellyfin(record: DeletionRecord, check: JellyfinCheck) -> Judgement:
    """Jellyfin's findings; all unclear for a restricted user or another server."""
    part = _part(record, check)
    if not isinstance(part, Taken):
        numbers = tuple(e.number for e in record.expected)
        return same_for_all(numbers, part, at=check.at, method=check.method)
    if isinstance(check, CheckFailed):
        return _same(record, failed(check), check)
    stranger = other_server("Jellyfin", part.value.server_id, check.server_id)
    if stranger is not None:
        return _same(record, stranger, check)
    case = _case(record, part, check)
    return Judgement(
        at=check.at,
        method=check.method,
        finding_by_episode={e.number: _judge_episode(e, case) for e in record.expected},
        record=_judge_shells(record, case),
    )


def _part(record: DeletionRecord, check: JellyfinCheck) -> Taken[JellyfinHolding] | Finding:
    """The inventory; an empty incomplete one where it could not be taken."""
    part = record.inventory.jellyfin
    if isinstance(part, PartMissing) and isinstance(check, JellyfinSeen):
        return Taken(value=_NOTHING_HELD, at=check.at, is_complete=False)
    return without_part(part, "Jellyfin")


def _same(record: DeletionRecord, finding: Finding, check: JellyfinCheck) -> Judgement:
    """One finding for every episode; those Jellyfin never had stay not applicable."""
    part = record.inventory.jellyfin
    held = part.value if isinstance(part, Taken) else _NOTHING_HELD
    numbers = {number for entry in held.entries for number in entry.episodes}
    files = {file.file_id: file for file in record.inventory.files}

    def finding_of(episode: ExpectedEpisode) -> Finding:
        if episode.number in numbers or not isinstance(part, Taken):
            return finding
        file = None if episode.file_id is None else files.get(episode.file_id)
        never = never_held(part, file, "Jellyfin", record.inventory)
        return finding if isinstance(never, NotApplicable) else never

    has_shells = bool(held.series_ids or held.season_ids)
    return Judgement(
        at=check.at,
        method=check.method,
        finding_by_episode={e.number: finding_of(e) for e in record.expected},
        record=finding if has_shells else _no_shells(record),
    )


def _case(record: DeletionRecord, part: Taken[JellyfinHolding], check: JellyfinSeen) -> _Case:
    held: dict[EpisodeNumber, tuple[JellyfinEntry, ...]] = {}
    for entry in part.value.entries:
        if entry.entry_id in check.ids_elsewhere:
            continue
        for number in entry.episodes:
            held[number] = (*held.get(number, ()), entry)
    strangers = _strangers(part.value, check)
    return _Case(
        part=part,
        check=check,
        held_by_number=held,
        playable_by_id={
            e.entry_id: e
            for e in check.entries
            if e.is_playable and e.entry_id not in check.ids_elsewhere
        },
        twin_by_number=_twins(strangers),
        stranger=next((e for e in strangers if e.season is None or not e.episodes), None),
        file_by_id={file.file_id: file for file in record.inventory.files},
        inventory=record.inventory,
        why_missing=None
        if isinstance(record.inventory.jellyfin, Taken)
        else without_part(record.inventory.jellyfin, "Jellyfin"),
    )


def _strangers(held: JellyfinHolding, check: JellyfinSeen) -> list[JellyfinEntrySeen]:
    """Playable episodes of the series neither inventoried nor at the path of a file."""
    known = {e.entry_id for e in held.entries} | set(held.other_entry_ids) | check.ids_elsewhere
    known.update(i for ids in check.entry_ids_by_path.values() for i in ids)
    return [
        e
        for e in check.entries
        if e.is_playable and e.kind == "Episode" and e.entry_id not in known
    ]


def _twins(strangers: Iterable[JellyfinEntrySeen]) -> dict[EpisodeNumber, JellyfinEntrySeen]:
    return {
        (entry.season, episode): entry
        for entry in strangers
        if entry.season is not None
        for episode in entry.episodes
    }


def _judge_episode(episode: ExpectedEpisode, case: _Case) -> Finding:
    held = case.held_by_number.get(episode.number, ())
    disk_proof = disk_proof_of(episode.evidence_by_system)
    listed = _listed(episode, held, case)
    if listed:
        what = _what_is_left(listed, case)
        if disk_proof is None:
            return Remaining(what=what)
        return RecordLeft(what=what, disk_proof=disk_proof)
    twin = case.twin_by_number.get(episode.number, case.stranger)
    if twin is not None and not held:
        return Unclear(why=f"entry {twin.entry_id} may be this episode; it was not inventoried")
    if twin is not None and disk_proof is None:
        return Unclear(why=f"entry {twin.entry_id} shows this episode too: renamed or replaced?")
    sighting = _sighting(episode, held, case)
    if sighting is None:
        return _never_listed(episode, case)
    control = _control([path for entry in held for path in entry.paths], case)
    return prove(sighting, control, checked_at=case.check.at, noticed_at=episode.noticed_at)


def _listed(
    episode: ExpectedEpisode, held: Iterable[JellyfinEntry], case: _Case
) -> tuple[JellyfinEntrySeen, ...]:
    """The episode's entries now: the inventoried ones, and those at its path."""
    ours = [e.entry_id for e in held if _is_shown(e, case.playable_by_id.get(e.entry_id))]
    there = case.check.entry_ids_by_path.get(episode.path, ())
    ids = dict.fromkeys((*ours, *(i for i in there if i in case.playable_by_id)))
    return tuple(case.playable_by_id[i] for i in ids)


def _what_is_left(listed: tuple[JellyfinEntrySeen, ...], case: _Case) -> str:
    what = f"entry {listed[0].entry_id}" + (f" of {len(listed)}" if len(listed) > 1 else "")
    folder = _folder_of(listed[0].paths, case)
    if folder is None or folder in case.check.control_by_folder:
        return what
    return (
        f"{what}. Nothing else is listed below {folder}, and Jellyfin keeps what it lists of a"
        " library folder that is empty: put something else there, or remove the entry in Jellyfin"
    )


def _sighting(
    episode: ExpectedEpisode, held: tuple[JellyfinEntry, ...], case: _Case
) -> Sighting | None:
    """Jellyfin's earlier entry of it, by the inventory or an earlier check; None if none."""
    if held:
        return Sighting(what=f"entry {held[0].entry_id}", at=case.part.at)
    earlier = episode.evidence_by_system.get(System.JELLYFIN, NEVER_CHECKED)
    return _earlier_sighting(earlier)


def _earlier_sighting(earlier: Evidence) -> Sighting | None:
    match earlier.finding:
        case Removed(proof=proof):
            return proof.sighting
        case Remaining(what=what) | RecordLeft(what=what) if earlier.checked_at is not None:
            return Sighting(what=what, at=earlier.checked_at)
        case _:
            return None


def _never_listed(episode: ExpectedEpisode, case: _Case) -> Finding:
    """The finding on an episode that Jellyfin does not list and was never seen to list.

    Where the inventory is inconclusive, this check decides: it lists everything, with a control.
    """
    file = None if episode.file_id is None else case.file_by_id.get(episode.file_id)
    never = never_held(case.part, file, "Jellyfin", case.inventory)
    if isinstance(never, NotApplicable) or not episode.path:
        return never
    control = _control([], case)
    if not case.check.is_whole:
        control = Unclear(why="some of what is listed cannot be read: it may be this episode")
    if isinstance(control, Unclear):
        return Unclear(why=f"{_why_unknown(never, case)}; {control.why}")
    if case.check.at < episode.noticed_at:
        return Unclear(why="the check began before the deletion was noticed")
    return NotApplicable(why=f"Jellyfin lists nothing at its path; control: {control.what}")


def _why_unknown(never: Finding, case: _Case) -> str:
    """Why the inventory does not show whether it was listed."""
    missing = case.why_missing if isinstance(case.why_missing, Unclear) else never
    return missing.why if isinstance(missing, Unclear) else ""


def _control(paths: Iterable[str], case: _Case) -> Control | Unclear:
    """Another entry in every library folder of these paths; in any folder if they have none."""
    if not case.check.is_unrestricted:
        return Unclear(why="this user may not see everything")
    folders = {folder for path in paths if (folder := _folder_of([path], case)) is not None}
    controls = case.check.control_by_folder
    missing = sorted(folders - controls.keys())
    if missing or not controls:
        where = missing[0] if missing else "the same library folder"
        return Unclear(
            why=f"nothing else below {where} is listed: it is empty, hidden or being rebuilt"
        )
    folder = min(folders or controls)
    return Control(what=f"{controls[folder]} is listed below {folder}")


def _folder_of(paths: Iterable[str], case: _Case) -> str | None:
    """The nearest library folder that holds one of these paths, in Jellyfin's view."""
    folders = control_folders_of(case.part.value) or tuple(case.check.control_by_folder)
    found = (f for f in folders if any(is_below(path, f) for path in paths))
    return max(found, key=len, default=None)


def _is_shown(held: JellyfinEntry, seen: JellyfinEntrySeen | None) -> bool:
    """Whether an entry is listed with more than the versions that belonged to another Sonarr."""
    if seen is None:
        return False
    return not seen.paths or not set(seen.paths) <= set(held.other_paths)


def _no_shells(record: DeletionRecord) -> Finding:
    if record.scope is not DeletionScope.SERIES:
        return NotApplicable(why="the series itself was not deleted")
    return NotApplicable(why="Jellyfin did not list the series")


def _judge_shells(record: DeletionRecord, case: _Case) -> Finding:
    held = case.part.value
    shells = {*held.series_ids, *held.season_ids}
    if not shells or record.scope is not DeletionScope.SERIES:
        return _no_shells(record)
    listed = [e for e in case.check.entries if e.entry_id in shells]
    if listed:
        what = f"{len(listed)} series and season entries"
        disk_proof = disk_proof_of(record.evidence_by_system)
        if disk_proof is not None:
            return RecordLeft(what=what, disk_proof=disk_proof)
        return Remaining(what=what)
    control = _control(held.folder_paths, case)
    return prove(
        Sighting(what=f"{len(shells)} series and season entries", at=case.part.at),
        control,
        checked_at=case.check.at,
        noticed_at=record.detected_at,
    )
