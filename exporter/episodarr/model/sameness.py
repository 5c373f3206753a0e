"""Detect change by identity: what is equal stays the same object here."""

from collections.abc import Sequence
from datetime import datetime
from operator import is_


def are_same(first: Sequence[object] | None, second: Sequence[object] | None) -> bool:
    """Whether these are the very same objects in the same order; None is never the same."""
    if first is None or second is None:
        return False
    return len(first) == len(second) and all(map(is_, first, second))


class Basis:
    """Inputs of the last computation, and when its result expires."""

    def __init__(self) -> None:
        self._objects: tuple[object, ...] | None = None
        self._until: datetime | None = None

    def holds(self, *objects: object, now: datetime) -> bool:
        """Whether working it out again, from these, would give the same."""
        return are_same(objects, self._objects) and (self._until is None or now < self._until)

    def rest_on(self, *objects: object, until: datetime | None) -> None:
        """It was worked out from these; None: time alone changes nothing."""
        self._objects, self._until = objects, until

    def forget(self) -> None:
        """It has to be worked out again."""
        self._objects = None
