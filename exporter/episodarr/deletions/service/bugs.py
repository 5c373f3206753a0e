"""Unexpected errors: each ends only the step in which it occurs, and is logged and counted."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

LOG = logging.getLogger(__name__)


class Bugs:
    """Counts unexpected errors since the start."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def isolated(self, what: str) -> Iterator[None]:
        """Log and count an error in this block, ending only the block; `what` is its log name."""
        try:
            yield
        except Exception:
            self.count += 1
            LOG.exception("%s met an unexpected error. This is a bug: report it", what)
