"""The client library, made patient: one attempt per request, one login, one deadline per question.

Left alone, qbittorrent-api answers every trouble with a new session and a new login: a server that
is down for a moment (5xx) looks like refused credentials, and refused credentials become five bad
logins, which ban this address for an hour. Here a response is judged before the library sees it,
troubles pass through the library untouched (it lets its own `APIError` through), and a login that
was refused is not tried again for long.

Not thread-safe, like the library: everything here runs in one worker thread.
Source: qbittorrent-api 2026.10, request.py and auth.py.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, override

import httpx
import qbittorrentapi
import requests
import urllib3
from qbittorrentapi.definitions import Dictionary, List

from exporter.errors import (
    BadPayload,
    BadStatus,
    NotFound,
    Redirected,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from exporter.model.reading import FailureReason
from exporter.upstream.http import MIB, ConnectionOptions
from exporter.upstream.payload import describe_non_json
from exporter.upstream.refusals import (
    describe_connection_trouble,
    describe_redirect,
    error_of_status,
    shown_authority,
)

REFUSED_LOGIN_SECONDS = 15 * 60.0
BANNED_SECONDS = 60 * 60.0
"""qBittorrent's own default, `web_ui_ban_duration`."""
_CHUNK_BYTES = 64 * 1024
_LONGEST_CONNECT_SECONDS = 10.0
_SHORTEST_WAIT_SECONDS = 0.001


class _Verdict(qbittorrentapi.APIError):
    """Our error on its way through the library, which hands on its own errors at once."""

    def __init__(self, error: UpstreamError) -> None:
        self.error = error
        super().__init__(str(error))


class LoginGate:
    """Whether a login may be tried now; each refusal closes it for long."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._closed_until = 0.0
        self._why = ""

    def close(self, seconds: float, why: str) -> Unauthorized:
        """No login for this long; gives the error that says so."""
        self._closed_until = self._monotonic() + seconds
        self._why = why
        return self._error(seconds)

    def check(self) -> None:
        """Does nothing while a login may be tried.

        Raises:
            Unauthorized: it may not, with the reason and the time that is left.
        """
        left = self._closed_until - self._monotonic()
        if self._why and left > 0:
            raise self._error(left)

    def _error(self, left_seconds: float) -> Unauthorized:
        minutes = max(1, round(left_seconds / 60))
        return Unauthorized("login", f"{self._why}; next try in {minutes} min, or after a restart")


class PatientClient(qbittorrentapi.Client):
    """`qbittorrentapi.Client` whose methods give the raw bytes of JSON answers.

    Every method raises `UpstreamError` when called inside `question`.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        username: str,
        password: str,
        api_key: str,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._options = options
        self._monotonic = monotonic
        self._deadline = 0.0
        self._endpoint = ""
        self.gate = LoginGate(monotonic)
        self.logins: list[tuple[float, FailureReason | None]] = []
        """Duration and outcome of each login since they were last cleared."""
        super().__init__(
            host=options.address,
            EXTRA_HEADERS=options.headers,
            REQUESTS_ARGS=self._requests_args(api_key),
            HTTPADAPTER_ARGS={"max_retries": 0, "pool_maxsize": 1},
            VERIFY_WEBUI_CERTIFICATE=options.verify_tls,
            FORCE_SCHEME_FROM_HOST=True,
            SIMPLE_RESPONSES=True,
        )
        # the library fills what is empty from the environment: not a setting of this program
        self.username = username
        self._password = password
        self._api_key = api_key
        self._VERIFY_WEBUI_CERTIFICATE = options.verify_tls

    def ask[T](self, endpoint: str, question: Callable[["PatientClient"], T]) -> T:
        """What `question` gives, within one deadline for all its requests, a login included.

        Raises:
            UpstreamError: no good answer.
        """
        self._endpoint = endpoint
        self._deadline = self._monotonic() + self._options.timeout_seconds
        try:
            return question(self)
        except _Verdict as verdict:
            raise verdict.error from verdict.__cause__
        except qbittorrentapi.Forbidden403Error as error:
            raise self._forbidden() from error
        except qbittorrentapi.HTTPError as error:
            raise _translated(endpoint, error) from error

    @override
    def auth_log_in(
        self, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> None:
        """Logs in, unless a login was refused not long ago."""
        if not self.username:
            message = "qBittorrent asks for a login; set the user name and password, or an API key"
            raise _Verdict(Unauthorized(self._endpoint, message))
        try:
            self.gate.check()
        except Unauthorized as closed:
            raise _Verdict(closed) from None
        started = self._monotonic()
        reason: FailureReason | None = None
        try:
            self._log_in(**kwargs)
        except _Verdict as verdict:
            reason = verdict.error.reason
            raise
        finally:
            self.logins.append((self._monotonic() - started, reason))

    def close(self) -> None:
        """Closes the connection; the session at qBittorrent runs out by itself."""
        self._trigger_session_initialization()

    def _log_in(self, **kwargs: Any) -> None:
        try:
            super().auth_log_in(**kwargs)
        except qbittorrentapi.LoginFailed as error:
            why = "qBittorrent refused the login; check the user name and password"
            raise _Verdict(self.gate.close(REFUSED_LOGIN_SECONDS, why)) from error
        except qbittorrentapi.Forbidden403Error as error:
            why = "qBittorrent has banned this address after too many failed logins"
            raise _Verdict(self.gate.close(BANNED_SECONDS, why)) from error
        except qbittorrentapi.HTTPError as error:
            # not `NotFound`: to a question for one torrent that would mean that it is gone
            message = f"status {error.http_status_code}; check the URL and its base path"
            raise _Verdict(BadStatus("login", message)) from error

    def _forbidden(self) -> Unauthorized:
        if self._api_key:
            message = (
                "403 Forbidden: the API key is refused; make one in the Web UI options of "
                "qBittorrent 5.2 or newer"
            )
            return Unauthorized(self._endpoint, message)
        why = (
            "the login was accepted, but the next request was refused (403); "
            "does a proxy drop qBittorrent's cookie?"
        )
        return self.gate.close(REFUSED_LOGIN_SECONDS, why)

    # --- below the library ------------------------------------------------------------------------

    @override
    def _request(self, *args: Any, **kwargs: Any) -> Any:
        """One request; what the library would parse as JSON is given as bytes instead."""
        if issubclass(kwargs.get("response_class", requests.Response), Dictionary | List):
            kwargs["response_class"] = bytes
        left = max(_SHORTEST_WAIT_SECONDS, self._deadline - self._monotonic())
        kwargs["requests_args"] = {
            **(kwargs.get("requests_args") or {}),
            "timeout": (min(left, _LONGEST_CONNECT_SECONDS), left),
        }
        try:
            return super()._request(*args, **kwargs)
        except requests.Timeout as error:
            raise _Verdict(self._timed_out()) from error
        except qbittorrentapi.APIError:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            at = shown_authority(httpx.URL(self._options.address))
            message = describe_connection_trouble(error, at)
            raise _Verdict(Unreachable(self._endpoint, message)) from error

    @property
    @override
    def _session(self) -> Any:
        session = super()._session
        session.trust_env = False  # no proxy, .netrc or CA bundle from the environment
        return session

    def _requests_args(self, api_key: str) -> Mapping[str, object]:
        options = self._options
        verify: bool | str = options.verify_tls
        if verify and options.ca_file is not None:
            verify = str(options.ca_file)
        return {
            "verify": verify,
            "auth": None if api_key else options.basic_auth,
            "allow_redirects": False,
            "stream": True,
            "hooks": {"response": self._judge},
        }

    def _judge(self, response: requests.Response, *_: object, **__: object) -> None:
        """Reads the body within the deadline, and refuses what the library would misread."""
        body = self._read(response)
        # what `requests` itself sets once it has read a body; it has no public way to hand one in
        response._content = body  # noqa: SLF001
        status = response.status_code
        asked = httpx.URL(response.url)
        if 300 <= status < 400:
            message = describe_redirect(asked, response.headers.get("Location", ""), status)
            raise _Verdict(Redirected(self._endpoint, message))
        if status == 429 or status >= 500:
            headers = httpx.Headers(dict(response.headers))
            raise _Verdict(error_of_status(self._endpoint, status, "", headers))
        if 200 <= status < 300 and body[:64].lstrip().startswith(b"<"):
            raise _Verdict(BadPayload(self._endpoint, describe_non_json(body)))

    def _read(self, response: requests.Response) -> bytes:
        try:
            return b"".join(self._chunks(response))
        except urllib3.exceptions.TimeoutError as error:
            raise _Verdict(self._timed_out()) from error
        finally:
            # a connection whose body was read to its end is back in the pool and stays open
            response.raw.close()

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        size = 0
        # `read1` gives what is there; `read` would wait for a whole chunk, however slowly it drips
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            size += len(chunk)
            if size > self._options.max_body_bytes:
                limit = self._options.max_body_bytes // MIB
                raise _Verdict(BadPayload(self._endpoint, f"the body is larger than {limit} MiB"))
            if self._monotonic() > self._deadline:
                raise _Verdict(self._timed_out())
            yield chunk

    def _timed_out(self) -> TimedOut:
        limit = self._options.timeout_seconds
        message = f"no complete answer within {limit:g} s; if it is only slow, raise the timeout"
        return TimedOut(self._endpoint, message)


def _translated(endpoint: str, error: qbittorrentapi.HTTPError) -> UpstreamError:
    match error:
        case qbittorrentapi.Unauthorized401Error():
            message = (
                "401 Unauthorized: qBittorrent refuses this host name or port; use the address and "
                "port it listens on, or add the name to its list of server domains"
            )
            return Unauthorized(endpoint, message)
        case qbittorrentapi.NotFound404Error():
            message = "404 Not Found: it is gone, or the URL or its base path is wrong"
            return NotFound(endpoint, message)
        case _:
            message = f"status {error.http_status_code}; is this qBittorrent 4.5 or newer?"
            return BadStatus(endpoint, message)
