"""Applies events to the persistent counters; a deletion counts once, at its first verdict.

Partial counts when the status is first partial, healed when a bad one that was shown becomes good.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from episodarr.deletions.events import BecamePartial, Event, FirstVerdictReached, Healed
from episodarr.model.deletion_log import Counters, FirstVerdict, RescanResult
from episodarr.model.health import System


def count_events(counters: Counters, events: Iterable[Event]) -> Counters:
    """The counters after these events; the same object if none of them counts."""
    for event in events:
        match event:
            case FirstVerdictReached(verdict=verdict):
                counters = _count_verdict(counters, verdict)
            case BecamePartial():
                counters = replace(counters, partial=counters.partial + 1)
            case Healed():
                counters = replace(counters, healed=counters.healed + 1)
            case _:
                pass
    return counters


def _count_verdict(counters: Counters, verdict: FirstVerdict) -> Counters:
    by_status = dict(counters.deletions_by_status)
    by_status[verdict.status] = by_status.get(verdict.status, 0) + 1
    return replace(
        counters,
        deletions_by_status=by_status,
        episodes_expected=counters.episodes_expected + verdict.expected,
        episodes_deleted=counters.episodes_deleted + verdict.deleted,
        episodes_failed=counters.episodes_failed + verdict.failed,
        episodes_unverified=counters.episodes_unverified + verdict.unverified,
    )


def count_rescan(counters: Counters, system: System, result: RescanResult) -> Counters:
    """The counters after a rescan ended, or was refused."""
    name = f"{system.value}/{result.value}"
    by_result = dict(counters.rescans_by_result)
    by_result[name] = by_result.get(name, 0) + 1
    return replace(counters, rescans_by_result=by_result)
