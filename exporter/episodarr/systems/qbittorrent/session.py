"""The client library with limits: one attempt per request, one login, one deadline per question.

Left alone, qbittorrent-api answers every trouble with a new session and a new login: a server that
is down for a moment (5xx) is taken for refused credentials, and refused credentials become five bad
logins, which ban this address for an hour. Here a response is judged before the library gets it,
our errors pass through the library untouched (it lets its own `APIError` through), and a login that
was refused is not tried again for long.

Not thread-safe, like the library: everything here runs in one worker thread.
Source: qbittorrent-api 2026.10, request.py and auth.py.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, override

import httpx
import qbittorrentapi
import requests
import urllib3
from qbittorrentapi.definitions import Dictionary, List

from episodarr.errors import (
    BadPayload,
    BadStatus,
    NotFound,
    Redirected,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from episodarr.model.reading import FailureReason
from episodarr.systems.guard import MIB, ConnectionOptions
from episodarr.systems.payload import describe_non_json
from episodarr.systems.qbittorrent.logins import (
    BANNED_SECONDS,
    REFUSED_LOGIN_SECONDS,
    LoginGate,
    credentials_key,
)
from episodarr.systems.refusals import (
    describe_connection_trouble,
    describe_redirect,
    error_of_status,
    shown_authority,
)
from episodarr.systems.unpacking import ACCEPTED_ENCODING, Unpacker, refuse_a_swarm

_CHUNK_BYTES = 64 * 1024
_LONGEST_CONNECT_SECONDS = 10.0
_SHORTEST_WAIT_SECONDS = 0.001


class _Verdict(qbittorrentapi.APIError):
    """Our error on its way through the library, which hands on its own errors at once."""

    def __init__(self, error: UpstreamError) -> None:
        self.error = error
        super().__init__(str(error))


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
        monotonic: Callable[[], float],
        gate: LoginGate,
    ) -> None:
        """`gate` is shared by all clients of one server."""
        self._options = options
        self._monotonic = monotonic
        self._deadline = 0.0
        self._endpoint = ""
        self.gate = gate
        self._credentials = credentials_key(username, password)
        self.logins: list[tuple[float, FailureReason | None]] = []
        """Duration and outcome of each login since they were last cleared."""
        super().__init__(
            host=options.address,
            EXTRA_HEADERS={"Accept-Encoding": ACCEPTED_ENCODING, **options.headers},
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
        """The result of `question`, within one deadline for all its requests, a login included.

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
        """Log in, unless that was refused and may not be tried again.

        Raises:
            _Verdict: it is refused, was and is not tried again, or had no turn in time.
        """
        if not self.username:
            message = "qBittorrent asks for a login; set the user name and password, or an API key"
            raise _Verdict(Unauthorized(self._endpoint, message))
        try:
            with self.gate.turn(self._deadline - self._monotonic()):
                self.gate.check(self._credentials)
                self._log_in_counted(**kwargs)
        except (Unauthorized, TimedOut) as not_tried:
            raise _Verdict(not_tried) from None

    def log_out(self, within_seconds: float) -> None:
        """Ends the session at qBittorrent, which keeps only so many, and closes the connection.

        Raises:
            UpstreamError: it did not answer in time; the session runs out by itself.
        """
        try:
            if any(self._session.cookies):
                self._endpoint = "logout"
                self._deadline = self._monotonic() + within_seconds
                self._request("post", "auth", "logout")
        except _Verdict as verdict:
            raise verdict.error from verdict.__cause__
        except qbittorrentapi.HTTPError as error:
            raise _translated("logout", error) from error
        finally:
            self._trigger_session_initialization()

    def _log_in_counted(self, **kwargs: Any) -> None:
        started = self._monotonic()
        reason: FailureReason | None = None
        try:
            self._log_in(**kwargs)
            self.gate.accept(self._credentials)
        except _Verdict as verdict:
            reason = verdict.error.reason
            raise
        finally:
            self.logins.append((self._monotonic() - started, reason))

    def _log_in(self, **kwargs: Any) -> None:
        try:
            super().auth_log_in(**kwargs)
        except qbittorrentapi.LoginFailed as error:
            raise _Verdict(self.gate.refuse(self._credentials)) from error
        except qbittorrentapi.Forbidden403Error as error:
            why = (
                "qBittorrent has banned this address after too many failed logins, and Sonarr's "
                "where it is the same; starting qBittorrent again ends that"
            )
            raise _Verdict(self.gate.close(self._credentials, BANNED_SECONDS, why)) from error
        except qbittorrentapi.HTTPError as error:
            # not `NotFound`: for a request of one torrent that would mean that it is gone
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
        return self.gate.close(self._credentials, REFUSED_LOGIN_SECONDS, why)

    # --- below the library ------------------------------------------------------------------------

    @override
    def _request(self, *args: Any, **kwargs: Any) -> Any:
        """Make one request; what the library would parse as JSON is returned as bytes instead."""
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
            url = httpx.URL(self._options.address)
            message = describe_connection_trouble(error, shown_authority(url), scheme=url.scheme)
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
        headers = response.headers
        if "Date" in headers and "Age" not in headers:  # A cache's is old.
            self._options.on_date(headers["Date"])
        body = self._read(response)
        # what `requests` itself sets once it has read a body; it has no public way to hand one in
        response._content = body  # noqa: SLF001
        status = response.status_code
        asked = httpx.URL(response.url)
        if 300 <= status < 400:
            message = describe_redirect(asked, response.headers.get("Location", ""), status)
            raise _Verdict(Redirected(self._endpoint, message))
        if status == 429 or status >= 500:
            after = headers.get("Retry-After", "")
            raise _Verdict(error_of_status(self._endpoint, status, "", retry_after=after))
        if status in {400, 497} and b"HTTPS port" in body:
            message = f"status {status}: this port speaks HTTPS; set the URL to https://"
            raise _Verdict(BadStatus(self._endpoint, message))
        if 200 <= status < 300 and body[:64].lstrip().startswith(b"<"):
            raise _Verdict(BadPayload(self._endpoint, describe_non_json(body)))

    def _read(self, response: requests.Response) -> bytes:
        try:
            body = b"".join(self._chunks(response))
            refuse_a_swarm(self._endpoint, body)
        except BadPayload as error:
            raise _Verdict(error) from None
        except urllib3.exceptions.TimeoutError as error:
            raise _Verdict(self._timed_out()) from error
        else:
            return body
        finally:
            # a connection whose body was read to its end is back in the pool and stays open
            response.raw.close()

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        limit = self._options.max_body_bytes
        try:
            unpacker = Unpacker(self._endpoint, response.headers.get("Content-Encoding", ""))
            size = packed_size = 0
            # `read1` gives what has arrived; `read` would wait for a whole chunk, however slow
            while packed := response.raw.read1(_CHUNK_BYTES, decode_content=False):
                packed_size += len(packed)
                for chunk in unpacker.feed(packed):
                    size += len(chunk)
                    if max(size, packed_size) > limit:
                        message = f"the body is larger than {limit // MIB} MiB"
                        raise BadPayload(self._endpoint, message)
                    yield chunk
                if self._monotonic() > self._deadline:
                    raise self._timed_out()
            unpacker.end()
        except UpstreamError as error:
            raise _Verdict(error) from error.__cause__

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
            if endpoint == "files":
                return NotFound(endpoint, "404 Not Found: qBittorrent has no such torrent any more")
            message = (
                "404 Not Found: no qBittorrent answers below this URL; set its base path as in "
                "https://host/qbittorrent, or the port of its Web UI"
            )
            return NotFound(endpoint, message)
        case _:
            message = f"status {error.http_status_code}; is this qBittorrent 4.5 or newer?"
            return BadStatus(endpoint, message)
