"""Whether to believe an empty answer where there was something before.

Another server at the address, one that lost its data, or one that is still loading it answers well
and shows nothing. Everything may also have been removed; that stays so, and is believed after
`BELIEVED_AFTER`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from episodarr.errors import BadPayload

BELIEVED_AFTER = timedelta(minutes=15)
FEWEST = 2
"""Fewer may go at once without doubt: that happens every day."""


class Doubt:
    """Since when one endpoint's answers are empty; `message` names what to check."""

    def __init__(self, endpoint: str, message: str, *, clock: Callable[[], datetime]) -> None:
        self._endpoint = endpoint
        self._message = message
        self._clock = clock
        self._empty_since: datetime | None = None

    def check(self, *, had: int, has: int) -> None:
        """Accept an answer, or refuse it while it is empty and may be another server's.

        Raises:
            BadPayload: it shows nothing, and not for long enough.
        """
        if has or had < FEWEST:
            self._empty_since = None
            return
        now = self._clock()
        if self._empty_since is None:
            self._empty_since = now
        if now - self._empty_since < BELIEVED_AFTER:
            raise BadPayload(self._endpoint, self._message)
