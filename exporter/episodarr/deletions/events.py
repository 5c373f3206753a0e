"""The events of a deletion, and the step that one change of it makes."""

from dataclasses import dataclass

from episodarr.model.deletion import DeletionStatus
from episodarr.model.deletion_log import DeletionRecord, FirstVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """The deletion has another status now."""

    after: DeletionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstVerdictReached:
    """The deletion reached its first verdict: the counters count it now, once."""

    verdict: FirstVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class BecamePartial:
    """Some but not all episodes failed, for the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """A deletion that had a bad status became complete, or left only leftovers."""


type Event = StatusChanged | FirstVerdictReached | BecamePartial | Healed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next record, and the events of the step in order."""

    record: DeletionRecord
    events: tuple[Event, ...] = ()
