"""Which answers to another part's request are good enough as evidence."""

from datetime import UTC, datetime, timedelta

from episodarr.model.reading import Fresh

SLOWEST_ANSWER = timedelta(seconds=60)
"""The poller notes when an answer had arrived; the request began at most this long before."""

SHARED_FOR = timedelta(minutes=5)
"""A list that nothing made worthless serves for so long."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class AnswerFreshness:
    """When something last happened that makes every older answer worthless."""

    def __init__(self, max_age: timedelta = SHARED_FOR) -> None:
        self._max_age = max_age
        self._happened_at = _NEVER

    def happened(self, now: datetime) -> None:
        """A deletion was noticed or announced, or a fresh check was requested."""
        self._happened_at = now

    def age_limit(self, now: datetime) -> timedelta:
        """How old an answer may be that is newer than what happened last."""
        return max(timedelta(0), now - self._happened_at)

    def began_at[T](self, answer: Fresh[T] | None, now: datetime) -> datetime | None:
        """When the request for this answer began, at the latest; None: it must be repeated."""
        if answer is None or now - answer.at > self._max_age:
            return None
        began_at = answer.at - SLOWEST_ANSWER
        return began_at if began_at > self._happened_at else None
