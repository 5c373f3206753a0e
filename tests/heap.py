"""What is in memory, objects that the garbage collector does not know of among it."""

import gc
from collections.abc import Iterator
from types import ModuleType

import msgspec


def every_object() -> Iterator[object]:
    """Each object once that the collector knows of, has frozen, or that such objects lead to."""
    waiting = gc.get_objects()
    seen = {id(waiting)}
    if gc.get_freeze_count():
        gc.unfreeze()
        waiting += gc.get_objects()
        gc.freeze()
    seen.add(id(seen))
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        if isinstance(found, msgspec.Struct):  # Those that the collector leaves out hide theirs.
            waiting += [getattr(found, name) for name in found.__struct_fields__]
        if isinstance(found, ModuleType):  # That of asyncio names objects that are freed already.
            waiting.append(vars(found))
        else:
            waiting += gc.get_referents(found)


def kind_of(one: object) -> str:
    """Its class with the module."""
    return f"{type(one).__module__}.{type(one).__qualname__}"
