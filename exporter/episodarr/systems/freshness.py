"""Which answers that another part of the program requested are new enough as evidence."""

from datetime import UTC, datetime, timedelta

from episodarr.model.reading import Fresh

SLOWEST_ANSWER = timedelta(seconds=60)
"""An answer's time is that of its arrival; its request began at most this long before."""

SHARED_FOR = timedelta(minutes=5)
"""How long a list serves that no event made too old."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class AnswerFreshness:
    """The time of the last event after which older answers are no evidence."""

    def __init__(self, max_age: timedelta = SHARED_FOR) -> None:
        self._max_age = max_age
        self._happened_at = _NEVER

    def happened(self, now: datetime) -> None:
        """Note an event: a deletion noticed or announced, or a fresh check requested.

        One that took long to be stored may be noted after a later one.
        """
        self._happened_at = max(self._happened_at, now)

    def age_limit(self, now: datetime) -> timedelta:
        """The highest age of an answer that is newer than the last event."""
        return max(timedelta(0), now - self._happened_at)

    def began_at[T](self, answer: Fresh[T] | None, now: datetime) -> datetime | None:
        """When the request for this answer began, at the latest; None: it must be repeated."""
        if answer is None or now - answer.at > self._max_age:
            return None
        began_at = answer.at - SLOWEST_ANSWER
        return began_at if began_at > self._happened_at else None
