"""Health of one upstream: how its last requests went."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from episodarr.errors import BadPayload, NotFound, UpstreamError
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.reading import FailureReason
from episodarr.systems.cache import LastGood

log = logging.getLogger(__name__)

VERSION_EVERY = timedelta(hours=1)
"""How often an upstream's version is read."""
FORGIVEN_AFTER = 20
"""Good answers, after which a failure beside the cycles is out of date."""
_BUG = "%s failed with an unexpected error. This is a bug: report it"
_NO_ANSWER = frozenset({FailureReason.UNREACHABLE, FailureReason.TIMEOUT})


class Health:
    """Health of one upstream by its requests: which endpoints fail, and the last success."""

    def __init__(self, on_unusable: Callable[[str, FailureReason], None] | None = None) -> None:
        self._on_unusable = on_unusable
        self.failures: dict[str, UpstreamError] = {}
        self._asides: dict[str, UpstreamError] = {}
        self._answers = 0
        """Good ones since the newest failure of a request beside the cycles."""
        self.last_success_at: datetime | None = None

    async def attempt[T](
        self,
        endpoint: str,
        fetch: Callable[[], Awaitable[T]],
        clock: Callable[[], datetime],
        kept: LastGood[T] | None = None,
    ) -> T:
        """The answer of one request; its success or failure is noted.

        Raises:
            UpstreamError: no good answer; it is noted already.
        """
        try:
            answer = await _expected(endpoint, fetch)
        except UpstreamError as error:
            self._note(self.failures, endpoint, error)
            if kept is not None:
                kept.fail(error.reason)
            raise
        at = clock()
        self.failures.pop(endpoint, None)
        self._answered()
        self.last_success_at = at
        if kept is not None:
            kept.succeed(answer, at)
        return answer

    def _note(
        self, failures: dict[str, UpstreamError], endpoint: str, error: UpstreamError
    ) -> None:
        failures[endpoint] = error.bare()
        if not error.is_counted and self._on_unusable is not None:
            self._on_unusable(error.endpoint, error.reason)

    @contextmanager
    def isolated(self, part: str) -> Iterator[None]:
        """Note an unexpected exception as a failure of this system and swallow it.

        `part` is named as the endpoint that fails, until the same part succeeds.
        """
        part = f"internal_{part}"
        try:
            yield
        except Exception as error:
            log.exception(_BUG, part)
            self._note(self.failures, part, _unexpected(part, error))
        else:
            self.failures.pop(part, None)

    @contextmanager
    def noting(self, purpose: str) -> Iterator[None]:
        """Note the failure of a request beside the cycles, and raise it.

        It counts until the same purpose succeeds; where the system did not answer at all, until it
        does; in any case only until `FORGIVEN_AFTER` good answers, for it may never be repeated.
        """
        try:
            yield
        except NotFound:
            raise
        except UpstreamError as error:
            self._note_aside(purpose, error)
            raise
        except Exception as error:
            log.exception(_BUG, purpose)
            unexpected = _unexpected(purpose, error)
            self._note_aside(purpose, unexpected)
            raise unexpected from error
        self._asides.pop(purpose, None)

    def _note_aside(self, purpose: str, error: UpstreamError) -> None:
        self._answers = 0
        self._note(self._asides, purpose, error)

    def _answered(self) -> None:
        """Note a good answer: outages are over; what one endpoint refused counts for a while."""
        self._answers += 1
        is_over = self._answers >= FORGIVEN_AFTER
        gone = [p for p, e in self._asides.items() if is_over or e.reason in _NO_ANSWER]
        for purpose in gone:
            del self._asides[purpose]

    @property
    def is_up(self) -> bool | None:
        """Whether every needed endpoint answered its last request, of any caller.

        None before the first answer or failure.
        """
        if self.failures or self._asides:
            return False
        return None if self.last_success_at is None else True

    def view(self, name: str, system: System, version: str | None) -> UpstreamHealth:
        """What is shown of this upstream; the first failing endpoint by name is named."""
        failures = self.failures or {e.endpoint: e for e in self._asides.values()}
        endpoint = min(failures, default=None)
        error = failures[endpoint] if endpoint is not None else None
        return UpstreamHealth(
            name=name,
            system=system,
            is_up=self.is_up,
            last_success_at=self.last_success_at,
            version=version,
            failing_endpoint=endpoint,
            reason=error.reason if error is not None else None,
            message=error.message if error is not None else None,
        )


async def _expected[T](endpoint: str, fetch: Callable[[], Awaitable[T]]) -> T:
    """The answer; an unexpected error proves as little as an outage, and is raised as one."""
    try:
        return await fetch()
    except UpstreamError:
        raise
    except Exception as error:
        log.exception(_BUG, endpoint)
        raise _unexpected(endpoint, error) from error


def _unexpected(endpoint: str, error: Exception) -> BadPayload:
    return BadPayload(
        endpoint, f"internal error, {type(error).__name__}: see the log and report it"
    )
