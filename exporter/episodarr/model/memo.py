"""Keep the result of a computation until one of its inputs is another object, or a moment passes.

Inputs are compared by identity: a comparison costs no more than their number, however much stands
below them. So what did not change has to stay the same object, and what changed in place has to
come with an object that is replaced at each change.
"""

from collections.abc import Callable, Hashable, Sequence, Set
from datetime import datetime
from operator import is_
from typing import NamedTuple

from episodarr.model.steps import Steps

type Inputs = Sequence[object]


def are_same(first: Inputs, second: Inputs) -> bool:
    """Whether these are the very same objects in the same order."""
    return len(first) == len(second) and all(map(is_, first, second))


class _Entry[T](NamedTuple):
    inputs: tuple[object, ...]
    result: T
    until: datetime | None

    def holds(self, inputs: Inputs, now: datetime | None) -> bool:
        is_good = self.until is None or (now is not None and now < self.until)
        # As `are_same`, without the call: this is done for every series in a cycle.
        return is_good and len(inputs) == len(self.inputs) and all(map(is_, inputs, self.inputs))


class Memo[T]:
    """The last result of one computation, with the inputs that it came from.

    A computation that fails keeps nothing. Without `now`, what expires has expired.
    """

    def __init__(self) -> None:
        self._entry: _Entry[T] | None = None

    def of(self, inputs: Inputs, compute: Callable[[], T]) -> T:
        """The result for these inputs, computed if it is not known."""
        entry = self._entry
        if entry is not None and entry.holds(inputs, None):
            return entry.result
        return self.put(inputs, compute())

    def steps(self, inputs: Inputs, compute: Callable[[], Steps[T]]) -> Steps[T]:
        """The result as of `of`, of a computation in steps; left before its end, none is known."""
        given, entry = tuple(inputs), self._entry
        if entry is not None and entry.holds(given, None):
            return entry.result
        self._entry = None
        return self.put(given, (yield from compute()))

    def holds(self, inputs: Inputs, now: datetime | None = None) -> bool:
        """Whether the last result is that of these inputs, and has not expired."""
        return self._entry is not None and self._entry.holds(inputs, now)

    def get(self, inputs: Inputs, now: datetime | None = None) -> T | None:
        """The last result, if it holds."""
        entry = self._entry
        return entry.result if entry is not None and entry.holds(inputs, now) else None

    def put(self, inputs: Inputs, result: T, *, until: datetime | None = None) -> T:
        """Keep and return a result; `until` is when it expires, None: never."""
        self._entry = _Entry(tuple(inputs), result, until)
        return result

    def forget(self) -> None:
        """Have it computed again, whatever the inputs."""
        self._entry = None


class MemoByKey[K: Hashable, T]:
    """A `Memo` per key, for computations of one kind about many things."""

    def __init__(self) -> None:
        self._entries: dict[K, _Entry[T]] = {}

    def of(self, key: K, inputs: Inputs, compute: Callable[[], T]) -> T:
        """The result for this key and these inputs, computed if it is not known."""
        entry = self._entries.get(key)
        if entry is not None and entry.holds(inputs, None):
            return entry.result
        return self.put(key, inputs, compute())

    def get(self, key: K, inputs: Inputs, now: datetime | None = None) -> T | None:
        """The last result for this key, if it is that of these inputs and has not expired."""
        entry = self._entries.get(key)
        return entry.result if entry is not None and entry.holds(inputs, now) else None

    def put(self, key: K, inputs: Inputs, result: T, *, until: datetime | None = None) -> T:
        """Keep and return a result; `until` is when it expires, None: never."""
        self._entries[key] = _Entry(tuple(inputs), result, until)
        return result

    def keep_only(self, keys: Set[K]) -> None:
        """Forget all other keys."""
        # Requests are answered in threads: another one may be adding a key.
        for key in [key for key in list(self._entries) if key not in keys]:
            self._entries.pop(key, None)
