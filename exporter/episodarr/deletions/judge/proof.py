"""Functions shared by all judges; the only place where `Removed` is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from episodarr.model.check import CheckFailed
from episodarr.model.evidence import (
    Control,
    Evidence,
    Finding,
    NotApplicable,
    Proof,
    Removed,
    Sighting,
    Unclear,
)
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber
from episodarr.model.inventory import (
    LibraryFile,
    Part,
    PartMissing,
    PartNotConfigured,
    SeriesInventory,
    Taken,
)
from episodarr.model.request import RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The findings that follow from one check of one system."""

    at: datetime
    method: str
    finding_by_episode: Mapping[EpisodeNumber, Finding]
    """Every expected episode; empty for systems that are only checked on the whole."""
    record: Finding
    """The finding on the deletion as a whole."""
    lingering_bytes: int | None = None
    """Only from the download client."""
    newest_request_id: RequestId | None = None
    """Only from Jellyseerr: newest request listed by a successful check after the deletion."""


def prove(
    sighting: Sighting, control: Control | Unclear, *, checked_at: datetime, noticed_at: datetime
) -> Removed | Unclear:
    """`Removed` with its proof; `Unclear` without a control, or if the check began too early.

    That is before the deletion was noticed, or not after the sighting.
    """
    if isinstance(control, Unclear):
        return control
    if checked_at < noticed_at:
        return Unclear(why="the check began before the deletion was noticed")
    if checked_at <= sighting.at:
        return Unclear(why="the check is not newer than the inventory")
    return Removed(proof=Proof(sighting=sighting, control=control, checked_at=checked_at))


def disk_proof_of(evidence_by_system: Mapping[System, Evidence]) -> Proof | None:
    """The disk's proof that the file is gone, which makes a record elsewhere stale; else None."""
    evidence = evidence_by_system.get(System.DISK)
    if evidence is not None and isinstance(evidence.finding, Removed):
        return evidence.finding.proof
    return None


def failed(check: CheckFailed) -> Unclear:
    """The finding of a failed check."""
    if check.reason is None:
        return Unclear(why=check.message)
    return Unclear(why=f"could not check: {check.message}", reason=check.reason)


def same_for_all(
    numbers: tuple[EpisodeNumber, ...], finding: Finding, *, at: datetime, method: str
) -> Judgement:
    """A judgement with one finding for every episode, and for the whole."""
    return Judgement(
        at=at, method=method, finding_by_episode=dict.fromkeys(numbers, finding), record=finding
    )


def without_part[T](part: Part[T], system: str) -> Taken[T] | Finding:
    """The part, or the finding without it: `NotApplicable` if not configured, else `Unclear`."""
    match part:
        case Taken():
            return part
        case PartMissing(message=message):
            return Unclear(
                why=f"{system} was not inventoried before" + (f": {message}" if message else "")
            )
        case PartNotConfigured():
            return NotApplicable(why=f"{system} is not configured")


def never_held[T](
    part: Taken[T], file: LibraryFile | None, system: str, inventory: SeriesInventory
) -> Finding:
    """The finding on an episode that a taken part does not list.

    `NotApplicable` only if the inventory was complete and the file older: a scan may have found the
    file after the inventory. Sonarr's clock is used only where the part is older than the list in
    which Sonarr had the file.
    """
    if not part.is_complete:
        return Unclear(why=f"{system}'s inventory was not complete")
    if file is None:
        return Unclear(why="the file itself was never inventoried")
    was_there = isinstance(inventory.sonarr, Taken) and part.at >= inventory.sonarr.at
    if not was_there and file.added_at is not None and file.added_at >= part.at:
        return Unclear(why=f"{system} was inventoried before the file was added")
    return NotApplicable(why=f"{system} did not list it on {part.at:%Y-%m-%d %H:%M}")


def other_server(system: str, expected: str, seen: str) -> Unclear | None:
    """Unclear if the answer comes from another server than the inventory.

    An identity consists of marks joined by "+": a server with all the old ones is the same one,
    perhaps with more added. Where one side has no mark, the control alone has to suffice.
    """
    if not expected or not seen or set(expected.split("+")) <= set(seen.split("+")):
        return None
    return Unclear(why=f"another {system} answered: {seen}, not {expected}")


def counted(count: int, noun: str) -> str:
    """As in "1 file", "13 files"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
