"""The findings of a check about one thing that should be gone, and their weight as evidence.

A `Finding` that means *removed* is made of a `Proof`, a proof of a sighting before and a control
in the same check. A failed check has neither, so no error can be turned into one.

    Removed        proof: it was seen before, it is not listed now, and the check saw a control
    Remaining      it is still there
    RecordLeft     a record is left, and the disk's own proof shows that its file is gone
    Unclear        nothing follows from the check; why
    NotApplicable  the system never held it, in a good answer; or it is not configured
"""

from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from episodarr.model.deletion import Answer
from episodarr.model.reading import FailureReason


class Sighting(Struct, frozen=True, kw_only=True, gc=False):
    """What the same system showed before the deletion."""

    what: str
    at: datetime


class Control(Struct, frozen=True, kw_only=True, gc=False):
    """Another thing that should still be there, and that the same check saw."""

    what: str


class Proof(Struct, frozen=True, kw_only=True, gc=False):
    """Why something is believed to be gone."""

    sighting: Sighting
    control: Control
    checked_at: datetime = field(name="looked_at")
    """After the deletion was noticed. The store keeps the first name of this field."""


class Removed(Struct, frozen=True, kw_only=True, tag="removed", gc=False):
    """It was there and is not any more."""

    proof: Proof


class Remaining(Struct, frozen=True, kw_only=True, tag="remaining", gc=False):
    """It is still there."""

    what: str


class RecordLeft(Struct, frozen=True, kw_only=True, tag="stale", gc=False):
    """The system still has a record of a file that the disk proved gone."""

    what: str
    disk_proof: Proof


class Unclear(Struct, frozen=True, kw_only=True, tag="unknown", gc=False):
    """The check shows neither presence nor absence."""

    why: str
    reason: FailureReason | None = None
    """Set when the check itself failed."""
    is_not_listed: bool = False
    """A good answer did not show the thing, and no control is known that it should have shown.

    Where others should be listed and none is, it may be another server: that is no evidence at all.
    """


class NotApplicable(Struct, frozen=True, kw_only=True, tag="not_applicable", gc=False):
    """There is nothing for this system to lose."""

    why: str


type Finding = Removed | Remaining | RecordLeft | Unclear | NotApplicable


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """The finding that stands for one system and one thing, and how it was obtained."""

    finding: Finding
    checked_at: datetime | None
    """When the check that found this began; None before the first."""
    method: str = ""
    """The request, or what was statted."""
    doubt: str = ""
    """Why the newest check was unclear, where an older one found the thing."""


NEVER_CHECKED = Evidence(finding=Unclear(why="not checked yet"), checked_at=None)


def answer_of(finding: Finding) -> Answer:
    """The five-valued answer, before deadlines and rescans are applied."""
    match finding:
        case Removed():
            return Answer.REMOVED
        case Remaining():
            return Answer.REMAINING
        case RecordLeft():
            return Answer.STALE
        case Unclear():
            return Answer.UNKNOWN
        case NotApplicable():
            return Answer.NOT_APPLICABLE


def sentence_of(finding: Finding) -> str:
    """What was seen, and which control, as a sentence for people."""
    match finding:
        case Removed(proof=proof):
            return f"gone: {proof.sighting.what}; control: {proof.control.what}"
        case Remaining(what=what):
            return f"still there: {what}"
        case RecordLeft(what=what):
            return f"record left, its file is verified gone: {what}"
        case Unclear(why=why) | NotApplicable(why=why):
            return why


def should_replace(old: Evidence, new: Evidence) -> bool:
    """Whether `new` should replace `old`.

    An unclear check never replaces what a good one found: an outage is no evidence. One that does
    not show the thing any more replaces "it is there", though it proves nothing; one of what may
    be another server replaces nothing. What is proven gone keeps its first proof until a good
    check shows the thing again.
    """
    match new.finding:
        case Unclear(is_not_listed=True):
            return not isinstance(old.finding, Removed)
        case Unclear():
            return isinstance(old.finding, Unclear | NotApplicable)
        case Removed():
            return not isinstance(old.finding, Removed)
        case NotApplicable():
            return old.finding != new.finding
        case _:
            return True


def with_doubt(old: Evidence, new: Evidence) -> Evidence:
    """The evidence after a check that did not replace it; the same object if nothing changed."""
    is_there = isinstance(old.finding, Remaining | RecordLeft)
    if not is_there or not isinstance(new.finding, Unclear) or old.doubt == new.finding.why:
        return old
    return replace(old, doubt=new.finding.why)
