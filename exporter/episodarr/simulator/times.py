"""Each simulated system's form of a time, and the one wall clock of this package."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the present as an aware UTC datetime."""

TICKS_PER_SECOND = 10_000_000
"""Jellyfin counts durations in steps of 100 ns."""


def wall_clock() -> datetime:
    """The machine's own time, aware and in UTC."""
    return datetime.now(tz=UTC)  # noqa: TID251 -- the simulated systems are programs of their own


def sonarr_time(at: datetime) -> str:
    """Sonarr's form: whole seconds with a Z, as in ``2024-05-01T12:00:00Z``."""
    return f"{at.replace(tzinfo=None, microsecond=0).isoformat()}Z"


def jellyfin_time(at: datetime) -> str:
    """Jellyfin's form: always seven decimals; Python's parser before 3.11 takes six."""
    return f"{at.replace(tzinfo=None, microsecond=0).isoformat()}.{at.microsecond:06d}0Z"


def seerr_time(at: datetime) -> str:
    """Seerr's form: milliseconds with a Z."""
    return f"{at.replace(tzinfo=None, microsecond=0).isoformat()}.{at.microsecond // 1000:03d}Z"


def dotnet_span(length: timedelta) -> str:
    """.NET's TimeSpan, ``[d.]hh:mm:ss``: days only where there are any."""
    seconds = max(0, int(length.total_seconds()))
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"{days}.{clock}" if days else clock


def parse_time(text: str) -> datetime:
    """An aware UTC datetime out of any ISO form that clients send.

    Raises:
        ValueError: The text is no date.
    """
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
