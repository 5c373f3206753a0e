"""What nobody foresaw: it costs the one thing that met it, is logged, and counted."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

LOG = logging.getLogger(__name__)


class Bugs:
    """How often something went wrong in a way that nobody foresaw, since the start."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def isolated(self, what: str) -> Iterator[None]:
        """Within this block a bug ends the block and nothing else; `what` is a sentence's subject."""
        try:
            yield
        except Exception:
            self.count += 1
            LOG.exception("%s met an error that nobody foresaw. This is a bug: report it", what)
