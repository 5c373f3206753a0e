"""End the process in time, even if something hangs."""

import logging
import os
import threading

log = logging.getLogger(__name__)

ENDS_WITHIN_SECONDS = 4.5
"""Docker kills ten seconds after SIGTERM, others after five; what is written by then is whole."""


class Ending:
    """Ends this process if it has not ended by itself in time."""

    def __init__(self, within_seconds: float = ENDS_WITHIN_SECONDS) -> None:
        self._timer = threading.Timer(within_seconds, _end)
        self._timer.daemon = True
        self._is_begun = False

    def begin(self) -> None:
        """Start the timer; further calls change nothing."""
        if not self._is_begun:
            self._is_begun = True
            self._timer.start()


def _end() -> None:
    log.warning("something hangs; ending without it")
    logging.shutdown()
    os._exit(0)
