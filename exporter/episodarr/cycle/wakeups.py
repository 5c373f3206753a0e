"""When to read a series again because a webhook named it.

Sonarr's webhook comes before its queue shows the change, so a series is read now and again a few
seconds later. Many events for one series are one read: never two within five seconds.
"""

from collections.abc import Callable, Sequence

from episodarr.model.ids import SonarrName, SonarrSeriesId

APART_SECONDS = 5.0
AGAIN_AFTER_SECONDS = 7.0
"""Sonarr's queue follows its own webhook after about five seconds."""

type Subject = tuple[SonarrName, SonarrSeriesId | None]
"""A series, or the whole of one Sonarr."""


class Wakeups:
    """Reads that are due, in seconds of a monotonic clock that the caller reads."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._last: dict[Subject, float] = {}
        self._first_due: dict[Subject, float] = {}
        self._again_due: dict[Subject, float] = {}
        self._taken: list[Subject] = []

    def notice(self, subject: Subject, now: float) -> None:
        """Plan a read of this subject now, and one a few seconds later."""
        self._first_due.setdefault(subject, now)
        self._again_due[subject] = now + AGAIN_AFTER_SECONDS
        self._on_change()

    def _not_too_soon(self, subject: Subject, at: float) -> float:
        """The given time, or the earliest that is five seconds after the subject's last read."""
        last = self._last.get(subject)
        return at if last is None else max(at, last + APART_SECONDS)

    def seconds_until_due(self, now: float) -> float | None:
        """Seconds until the next read; None if none is planned."""
        planned = (*self._first_due.items(), *self._again_due.items())
        nearest = min((self._not_too_soon(s, at) for s, at in planned), default=None)
        return None if nearest is None else max(0.0, nearest - now)

    def take_due(self, now: float) -> Sequence[Subject]:
        """The subjects to read now, each once; they count as read."""
        due: dict[Subject, None] = {}
        for planned in (self._first_due, self._again_due):
            due |= dict.fromkeys(s for s, at in planned.items() if self._not_too_soon(s, at) <= now)
        for subject in due:
            self._first_due.pop(subject, None)
            if self._again_due.get(subject, now + 1) <= now:
                del self._again_due[subject]
        self._taken = list(due)
        self._last = {s: at for s, at in self._last.items() if now - at < APART_SECONDS}
        self.end_read(now)
        return self._taken

    def end_read(self, now: float) -> None:
        """Count the subjects taken last as read at this time: many are not requested at once."""
        self._last |= dict.fromkeys(self._taken, now)
