"""Log messages about deletions, one plain sentence each."""

from episodarr.deletions.events import (
    BecamePartial,
    Event,
    FirstVerdictReached,
    Healed,
    StatusChanged,
)
from episodarr.deletions.judge.proof import counted
from episodarr.model.deletion import DeletionStatus, Verdict
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import episode_code

NAMED_FAILURES_LIMIT = 5

_STATUS_WORDS: dict[DeletionStatus, str] = {
    DeletionStatus.VERIFYING: "being verified",
    DeletionStatus.PARTIAL: "partly done",
    DeletionStatus.FAILED: "failed",
    DeletionStatus.UNVERIFIED: "not proven",
    DeletionStatus.LEFTOVERS: "done, with records left",
    DeletionStatus.COMPLETE: "complete",
    DeletionStatus.FILES_KEPT: "closed: the files were kept",
    DeletionStatus.SUPERSEDED: "superseded",
    DeletionStatus.HELD: "held",
}


def opening_sentence(record: DeletionRecord) -> str:
    """The message that a deletion is followed from now on."""
    episodes = counted(len(record.expected), "episode")
    how = f"noticed by {record.noticed_by.value}"
    status = "held" if record.status is DeletionStatus.HELD else "opened"
    return f"The deletion of {_name(record)} is {status}, {how}: {episodes} should be gone."


def event_sentence(record: DeletionRecord, event: Event) -> str | None:
    """The message for an event, with its figures; None if another message covers it."""
    match event:
        case StatusChanged(after=after):
            return f"The deletion of {_name(record)} is {_STATUS_WORDS[after]}: {_figures(record)}."
        case Healed():
            return f"The deletion of {_name(record)} has healed: {_figures(record)}."
        case FirstVerdictReached() | BecamePartial():
            return None


def _name(record: DeletionRecord) -> str:
    title = record.inventory.title or f"series {record.key.tvdb_id}"
    return f"{title} ({record.deletion_id})"


def _figures(record: DeletionRecord) -> str:
    failed = [e for e in record.expected if e.verdict is Verdict.FAILED]
    parts = [f"{record.count(Verdict.DELETED)}/{len(record.expected)} episodes deleted"]
    if failed:
        named = ", ".join(episode_code(*e.number) for e in failed[:NAMED_FAILURES_LIMIT])
        more = len(failed) - NAMED_FAILURES_LIMIT
        parts.append(f"{len(failed)} failed: {named}" + (f" and {more} more" if more > 0 else ""))
    for verdict, words in ((Verdict.UNVERIFIED, "not proven"), (Verdict.PENDING, "still checked")):
        if record.count(verdict):
            parts.append(f"{record.count(verdict)} {words}")
    return ", ".join(parts)
