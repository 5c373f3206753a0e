"""The clock of this process. Everything else takes `now` as an argument."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock before this is not set yet: the time is older than this program."""
SLEWED_PER_SECOND = 0.05
"""How fast a wall clock that was set is caught up with: three seconds a minute."""
REPORTED_FROM = timedelta(minutes=1)
"""Least difference between the clocks that is reported."""


def utc_now() -> datetime:
    """What the wall clock of this machine shows, aware, in UTC."""
    return datetime.now(UTC)


def uptime_seconds() -> float:
    """Monotonic seconds; where the system can, time while it was suspended counts too."""
    boottime: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class SteadyClock:
    """The time as this process counts it: set by the wall clock once, and moved on by uptime.

    All times that are compared are of this clock: cadences, ages, deadlines. So a wall clock that
    is set, forward or back, makes nothing due, old or late. This clock approaches it slowly,
    never by a jump and never backwards, so that times shown and stored become right again.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = utc_now,
        uptime: Callable[[], float] = uptime_seconds,
    ) -> None:
        self._wall = wall
        self._uptime = uptime
        self._turn = threading.Lock()
        self._at = wall()
        self._read_at = uptime()
        self.difference = timedelta()
        """How far the wall clock is ahead of this one; negative: behind."""

    def __call__(self) -> datetime:
        """This moment, aware, in UTC; never before an earlier one."""
        with self._turn:
            wall, uptime = self._wall(), self._uptime()
            passed = timedelta(seconds=max(0.0, uptime - self._read_at))
            self._read_at = uptime
            most = passed * SLEWED_PER_SECOND
            if self._at < WRITTEN_AT <= wall:
                self._at = wall - passed  # Before, the machine had no time at all.
            ahead = wall - (self._at + passed)
            caught_up = max(-most, min(most, ahead))
            self._at += passed + caught_up
            self.difference = ahead - caught_up
            return self._at

    @property
    def trouble(self) -> str | None:
        """The message about a wall clock that was set while this process ran; None if it was not."""
        if abs(self.difference) < REPORTED_FROM:
            return None
        way = "forward" if self.difference > timedelta() else "back"
        shown = timedelta(seconds=round(abs(self.difference).total_seconds()))
        return (
            f"The clock of this machine was set {way} by {shown} while the program ran. Nothing is "
            "done earlier or later for it; the times that are shown follow slowly, and at once after "
            "a restart."
        )
