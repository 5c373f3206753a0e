"""Result of one read of an upstream: a fresh value, an older one with the reason, or nothing.

`Missing` is *unknown*, never *absent*: code that matches on a reading has to handle unknown.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FailureReason(StrEnum):
    """Why a read failed; the values of the metric label `reason`, a closed list."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    REDIRECTED = "redirected"
    BAD_STATUS = "bad_status"
    BAD_PAYLOAD = "bad_payload"


@dataclass(frozen=True, slots=True)
class Fresh[T]:
    """A good and complete answer of this cycle, or of the cycle that this endpoint is read in."""

    value: T
    at: datetime


@dataclass(frozen=True, slots=True)
class Stale[T]:
    """The last good answer, kept because newer reads failed."""

    value: T
    at: datetime
    reason: FailureReason


@dataclass(frozen=True, slots=True)
class Missing:
    """No answer, or none that is young enough to be shown."""

    reason: FailureReason | None
    """None before the first read."""


type Reading[T] = Fresh[T] | Stale[T] | Missing
