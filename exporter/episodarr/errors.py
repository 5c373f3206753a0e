"""Every error the program raises on purpose.

ExporterError
├── SettingsError            the configuration is wrong; `problems` names each key, fault and remedy
│   └── NothingConfigured    nothing is wrong with it, but it has no Sonarr
├── UpstreamError            one request to one upstream gave no fact; carries `reason` for metrics
│   ├── Unreachable          refused, no route, name not found, TLS failure, cut connection
│   ├── TimedOut             no complete answer within the timeout
│   ├── Unauthorized         401, 403, refused login, banned address
│   ├── NotFound             404: what it proves depends on who asked, so it is never read as absence here
│   ├── RateLimited          429
│   ├── ServerFailed         5xx
│   ├── Redirected           an answer from somewhere else: a login page, a missing base path
│   ├── BadStatus            any other status that is not 2xx
│   └── BadPayload           2xx whose body is not what the API promises; carries the JSON path
└── StoreError               the SQLite store cannot be used
    ├── StoreTooNew          written by a newer version of this program
    ├── StoreInUse           another process owns it
    └── StoreUnwritable      disk full, read-only, locked, corrupt
"""

from collections.abc import Sequence
from typing import Self

from episodarr.model.reading import FailureReason


class ExporterError(Exception):
    """Any error this program raises on purpose."""


class SettingsError(ExporterError):
    """The configuration cannot be used; `problems` holds one line per fault, without secrets."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class NothingConfigured(SettingsError):
    """No Sonarr is configured, and that is the only fault."""


class UpstreamError(ExporterError):
    """One request to one upstream gave no fact.

    The message names the endpoint and what came back, and never holds a secret or a query string.
    """

    reason = FailureReason.UNREACHABLE
    is_counted = False
    """The request it came from was already counted as failed; a body that turns out to be unusable
    only after it arrived is not."""

    def __init__(self, endpoint: str, message: str) -> None:
        self.endpoint = endpoint
        self.message = message
        super().__init__(f"{endpoint}: {message}")

    def bare(self) -> Self:
        """Another one that says the same, to be kept or raised again.

        A caller that keeps an error that was raised keeps all that was at work then: its traceback does.
        """
        same = type(self).__new__(type(self), *self.args)
        vars(same).update(vars(self))
        return same


class Unreachable(UpstreamError):
    """The connection was refused, cut, or never made."""

    reason = FailureReason.UNREACHABLE


class TimedOut(UpstreamError):
    """No complete answer came within the timeout."""

    reason = FailureReason.TIMEOUT


class Unauthorized(UpstreamError):
    """The upstream refused the credentials, or has banned this address."""

    reason = FailureReason.UNAUTHORIZED


class NotFound(UpstreamError):
    """The upstream answered 404; only a caller that knows the route exists may read this as absence."""

    reason = FailureReason.NOT_FOUND


class RateLimited(UpstreamError):
    """The upstream answered 429."""

    reason = FailureReason.RATE_LIMITED


class ServerFailed(UpstreamError):
    """The upstream, or a proxy before it, answered 5xx."""

    reason = FailureReason.SERVER_ERROR


class Redirected(UpstreamError):
    """The answer was a redirect: usually a login page or a missing base path."""

    reason = FailureReason.REDIRECTED


class BadStatus(UpstreamError):
    """The upstream answered a status that is neither success nor any of the above."""

    reason = FailureReason.BAD_STATUS


class BadPayload(UpstreamError):
    """A 2xx answer whose body is not what the API promises.

    `path` is the place in the body, as in `$[3].tvdbId`; empty when the body is no JSON at all.
    """

    reason = FailureReason.BAD_PAYLOAD

    def __init__(self, endpoint: str, message: str, *, path: str = "") -> None:
        self.path = path
        super().__init__(endpoint, f"{message} (at {path})" if path else message)


class StoreError(ExporterError):
    """The SQLite store cannot be used."""


class StoreTooNew(StoreError):
    """The store was written by a newer version of this program."""


class StoreInUse(StoreError):
    """Another process owns the store; the message is a sentence for people."""


class StoreUnwritable(StoreError):
    """The store cannot be written: disk full, read-only, locked or corrupt."""
