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
        """True if the inputs are the same objects and the result has not expired."""
        return are_same(objects, self._objects) and (self._until is None or now < self._until)

    def rest_on(self, *objects: object, until: datetime | None) -> None:
        """Note the inputs of a result and when it expires; None: it does not."""
        self._objects, self._until = objects, until

    def forget(self) -> None:
        """Make `holds` false until the next `rest_on`."""
        self._objects = None
