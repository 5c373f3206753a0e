"""What is in memory, objects that the garbage collector does not know of among it."""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec


def every_object() -> Sequence[object]:
    """Each object once that the collector knows of, or that such objects lead to.

    What was frozen is not frozen again: at another moment that would keep the garbage of then.
    """
    gc.unfreeze()
    level = gc.get_objects()
    seen = {id(level)}
    kept: list[object] = []
    while level:
        seen.add(id(seen))
        level = new_among(level, seen)
        kept += level
        level = referents(level)
    return kept


def resident_bytes() -> int:
    """What the kernel counts as this process's memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024


def new_among(several: Sequence[object], seen: set[int]) -> list[object]:
    """Each of these once that was not seen before; they are from now on."""
    by_id = dict(zip(map(id, several), several, strict=True))
    for number in by_id.keys() & seen:
        del by_id[number]
    seen.update(by_id)
    return list(by_id.values())


def referents(several: Sequence[object]) -> list[object]:
    """What these lead to, some of it more than once."""
    found: list[object] = []
    for kind, those in by_class(several).items():
        found += _way_into(kind)(those)
    return found


def by_class(several: Iterable[object]) -> dict[type, list[object]]:
    """These apart by their class."""
    found: defaultdict[type, list[object]] = defaultdict(list)
    for one in several:
        found[type(one)].append(one)
    return found


type _Way = Callable[[Iterable[Any]], Iterable[object]]


def _plainly(several: Iterable[object]) -> Iterable[object]:
    return gc.get_referents(*several)


def _as_struct(several: Iterable[msgspec.Struct]) -> Iterable[object]:
    """Structs that the collector leaves out do not give away what they refer to."""
    return chain.from_iterable(map(msgspec.structs.astuple, several))


def _as_module(several: Iterable[ModuleType]) -> Iterable[object]:
    """The collector would go into what a module keeps in C; asyncio's is freed already."""
    return map(vars, several)


@cache
def _way_into(kind: type) -> _Way:
    if issubclass(kind, ModuleType):
        return _as_module
    return _as_struct if issubclass(kind, msgspec.Struct) else _plainly


def name_of(kind: type) -> str:
    """A class with its module."""
    return f"{kind.__module__}.{kind.__qualname__}"
