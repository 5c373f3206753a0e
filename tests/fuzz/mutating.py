"""Good bodies, spoiled: in their values, their shape, or their bytes."""

import json
import random
from collections.abc import Iterator
from typing import Any

ODD_VALUES: tuple[object, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, 2**64, 10**40, 1e308, -0.5, "", " ", "x", "\x00",
    "\x1b[2J", "\u202e", "😀", "1", "NaN", "\u0661", "a" * 5000, "/" * 300, "../../etc/passwd", "0000-00-00",
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
    "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+99:99", [], {}, [[]], [None], {"a": 1},
)  # fmt: skip
_WIDEST = 3
"""Items of a list that are spoiled; the others are like them."""


def places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something stands in a document."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:_WIDEST]):
            yield from places(inner, (*at, index))


class Mutator:
    """Spoils bodies; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  no secret

    def body(self, good: bytes) -> bytes:
        """The body with its values or its bytes spoiled."""
        if self.chance.random() < 0.25:
            return self.bytes_of(good)
        try:
            document = json.loads(good)
        except ValueError:
            return self.bytes_of(good)
        for _ in range(self.chance.randrange(1, 4)):
            self._spoil(document)
        return json.dumps(document).encode()

    def bytes_of(self, good: bytes) -> bytes:
        """The bytes with some others among them, maybe cut off or doubled."""
        spoiled = bytearray(good or b"x")
        for _ in range(self.chance.randrange(1, 6)):
            spoiled[self.chance.randrange(len(spoiled))] = self.chance.randrange(256)
        if self.chance.random() < 0.4:
            del spoiled[self.chance.randrange(len(spoiled)) :]
        return bytes(spoiled) * self.chance.choice((1, 1, 1, 2))

    def _spoil(self, document: Any) -> None:
        found = list(places(document))
        if not found:
            return
        *outer, last = self.chance.choice(found)
        holder = document
        for key in outer:
            holder = holder[key]
        kind = self.chance.random()
        if kind < 0.2:
            del holder[last]
        elif kind < 0.3 and isinstance(holder, list):
            holder.insert(int(last), holder[int(last)])
        else:
            holder[last] = json.loads(json.dumps(self.chance.choice(ODD_VALUES)))
