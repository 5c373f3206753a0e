"""Whether anything changed at all, told by identity: what is equal stays the same object here."""

from collections.abc import Sequence
from operator import is_


def are_same(first: Sequence[object] | None, second: Sequence[object] | None) -> bool:
    """Whether these are the very same objects in the same order; None is never the same."""
    if first is None or second is None:
        return False
    return len(first) == len(second) and all(map(is_, first, second))
