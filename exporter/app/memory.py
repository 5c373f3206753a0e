"""Keep the garbage collector from holding everything up.

A full pass looks at every object that could be part of a cycle. Most of those belong to the modules,
which stay: they are left out. The many small records of a library are left out by being structs of
`exporter.model` that the collector does not know of (`gc=False`), so a pass grows little with it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def short_collections() -> Iterator[None]:
    """Within this block no pass of the collector takes long."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
