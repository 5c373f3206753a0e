"""Messages for people about failed requests to an upstream: what came back, and a remedy.

No text holds a secret, a user name in a URL, or a query string.
"""

import re
import socket
import ssl
from base64 import b64decode
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from http.client import BadStatusLine, HTTPException
from urllib.parse import quote, unquote, urlsplit

import httpx
import msgspec

from episodarr.errors import (
    BadStatus,
    NotFound,
    RateLimited,
    ServerFailed,
    Unauthorized,
    UpstreamError,
)

_LONGEST_QUOTE = 160
_SHORTEST_SECRET = 4
"""Replacing shorter header values ("1", "yes") would only garble the text."""
_SECONDS = re.compile(r"[0-9]{1,9}")
_QUERY = re.compile(r"\?\S*")
_NO_ANSWER_WORDS = ("without sending a response", "illegal status line")
"""Parts of h11's messages; it has no error class of its own for this."""
_LOGIN_WORDS = ("login", "signin", "sign-in", "auth", "sso")


_ORDINARY_HEADERS = frozenset(
    (
        *("host", "accept", "accept-encoding", "connection", "user-agent"),
        *("content-type", "content-length"),
    )
)
_TOKEN = re.compile(r'\bToken="([^"]+)"')
"""In Jellyfin's header, URL-encoded."""


class _LoginBody(msgspec.Struct):
    password: str = msgspec.field(name="pass", default="")


class _ErrorBody(msgspec.Struct):
    message: str | None = None
    title: str | None = None


def sent_secrets(headers: httpx.Headers, body: bytes) -> tuple[str, ...]:
    """Every secret of a request, in each form in which its answer may repeat it."""
    found: list[str] = []
    for name, value in headers.items():
        if name in _ORDINARY_HEADERS:
            continue
        found.append(value)
        found += map(unquote, _TOKEN.findall(value))
        scheme, _, credentials = value.partition(" ")
        if name == "authorization" and scheme == "Basic":
            found += (credentials, b64decode(credentials).decode().partition(":")[2])
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        found.append(msgspec.json.decode(body, type=_LoginBody).password)
    encoded = (form for one in found for form in (quote(one, safe=""), quote(one)))
    return (*found, *encoded)


def server_words(body: bytes, secrets: Iterable[str]) -> str:
    """The upstream's own short message, without anything that we sent or that is a query."""
    try:
        found = msgspec.json.decode(body, type=_ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    text = _QUERY.sub("", found.message or found.title or "")
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "…")
    return " ".join(text.split())[:_LONGEST_QUOTE]


def shown_authority(url: httpx.URL) -> str:
    """Host and port, as people find them in their settings."""
    return url.netloc.decode("ascii", "replace")


def showable_url(url: str) -> str:
    """The URL without user, password, query and fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


def describe_connection_trouble(error: BaseException, at: str, *, scheme: str = "") -> str:
    """Why there is no connection to host and port `at`, or no whole answer; by the chain of causes.

    `scheme` is that of the requested URL.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        match cause:
            case ssl.SSLCertVerificationError():
                return (
                    f"the TLS certificate of {at} is not trusted ({cause.verify_message}); "
                    "set the CA file, or skip the verification"
                )
            case ssl.SSLError():
                return (
                    f"TLS with {at} failed; is it really https at this port? "
                    "If not, set the URL to http://"
                )
            case socket.gaierror():
                return f"the host name in {at} is not known; check the URL"
            case ConnectionRefusedError():
                return f"{at} refused the connection; is it running, and is the port right?"
            case httpx.RemoteProtocolError() | HTTPException() | ConnectionResetError():
                return _describe_cut(cause, at, scheme)
            case _:
                cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return f"no connection to {at}; check the URL and the network"
    return f"the connection to {at} broke ({type(error).__name__})"


def _describe_cut(cause: BaseException, at: str, scheme: str) -> str:
    if scheme == "http" and _is_no_answer(cause):
        return (
            f"{at} cut the connection without an answer; "
            "if it speaks HTTPS at this port, set the URL to https://"
        )
    return f"{at} cut the connection before the answer was complete"


def _is_no_answer(cause: BaseException) -> bool:
    """Whether not even the first line of an answer came, as when that port expects TLS."""
    if isinstance(cause, httpx.RemoteProtocolError):
        return any(words in str(cause) for words in _NO_ANSWER_WORDS)
    return isinstance(cause, BadStatusLine | ConnectionResetError)


def describe_redirect(asked: httpx.URL, location: str, status: int) -> str:
    """Where a redirect leads, and which setting would make it unnecessary."""
    try:
        target = asked.join(location)
    except (httpx.InvalidURL, ValueError):
        return f"a redirect ({status}) to a place that is no URL; check the URL"
    where = showable_url(str(target))
    start = f"a redirect ({status}) to {where}"
    if target.host != asked.host:
        return f"{start}: another host answers for this address; use the system's own URL"
    if any(word in target.path.lower() for word in _LOGIN_WORDS):
        return f"{start}: a login page; let this program pass, or use the system's own URL"
    if target.scheme != asked.scheme:
        return f"{start}: set the URL to {target.scheme}://"
    if target.path.endswith(asked.path) and target.path != asked.path:
        return f"{start}: set the base path {target.path.removesuffix(asked.path)} in the URL"
    return f"{start}: set the base path in the URL"


def error_of_status(endpoint: str, status: int, message: str, *, retry_after: str) -> UpstreamError:
    """The error for a status that is neither 2xx nor a redirect; `retry_after` as the header has it."""
    name = f"{status} {_phrase(status)}".strip()
    words = f": {message}" if message else ""
    match status:
        case 401 | 403:
            return Unauthorized(endpoint, f"{name}{words}; check the API key or password")
        case 404:
            return NotFound(endpoint, f"{name}{words}; check the URL and its base path")
        case 429:
            wait = f"; it asks to wait {retry_after} s" if _SECONDS.fullmatch(retry_after) else ""
            return RateLimited(endpoint, f"{name}{wait}")
        case _ if status >= 500:
            return ServerFailed(endpoint, f"{name}{words}; see the log of that system")
        case _:
            return BadStatus(endpoint, f"{name}{words}; is this the right system and version?")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
