"""Whether a login may be tried at a qBittorrent: a wrong one left alone gets the address banned.

qBittorrent counts refused logins by the address they come from and forgets none of them but by a right
one; at five it bans the address for an hour, with every other program there, Sonarr included. So one
server gets at most two of them in one run, from all clients together.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from episodarr.errors import TimedOut, Unauthorized

REFUSED_LOGIN_SECONDS = 15 * 60.0
REFUSALS_ALLOWED = 2
BANNED_SECONDS = 60 * 60.0
"""qBittorrent's own default, `web_ui_ban_duration`."""
_BAN = "five refused logins ban this address for an hour, and Sonarr's where it is the same"


class LoginGate:
    """The logins at one server, of all clients that are configured for it; safe between threads."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.perf_counter,
        *,
        refusals_allowed: int = REFUSALS_ALLOWED,
    ) -> None:
        """No more refused logins than `refusals_allowed` are made until `forget_refusals`."""
        self._monotonic = monotonic
        self._refusals_allowed = refusals_allowed
        self._lock = threading.Lock()
        self._refusals = 0
        self._proven: set[str] = set()
        """Credentials whose last login was accepted: these may log in again."""
        self._shut: dict[str, tuple[float, str]] = {}
        """Until when these credentials are not tried, and why."""

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Hold the gate for one login, so that no more are under way than may be refused.

        Raises:
            TimedOut: another login was under way for all that time.
        """
        if not self._lock.acquire(timeout=max(0.0, seconds)):
            raise TimedOut("login", "another login at the same address is not answered")
        try:
            yield
        finally:
            self._lock.release()

    def check(self, credentials: str) -> None:
        """Return if these credentials may be tried.

        Raises:
            Unauthorized: they may not; with the reason and the remedy.
        """
        until, why = self._shut.get(credentials, (0.0, ""))
        if self._monotonic() < until:
            raise self._not_before(until, why)
        if credentials not in self._proven and self._refusals >= self._refusals_allowed:
            raise self._never_again()

    def accept(self, credentials: str) -> None:
        """Note that these credentials were accepted."""
        self._proven.add(credentials)
        self._shut.pop(credentials, None)

    def refuse(self, credentials: str) -> Unauthorized:
        """Note that these credentials were refused; returns the error to raise."""
        self._proven.discard(credentials)
        self._refusals += 1
        if self._refusals >= self._refusals_allowed:
            return self._never_again()
        why = f"qBittorrent refused the login; check the user name and password; {_BAN}"
        return self.close(credentials, REFUSED_LOGIN_SECONDS, why)

    def close(self, credentials: str, seconds: float, why: str) -> Unauthorized:
        """Allow no login with these for so many seconds; returns the error to raise."""
        until = self._monotonic() + seconds
        self._shut[credentials] = until, why
        return self._not_before(until, why)

    def forget_refusals(self) -> None:
        """Allow logins again, after the cause of the refusals was mended."""
        self._refusals = 0
        self._shut.clear()

    def _not_before(self, until: float, why: str) -> Unauthorized:
        minutes = max(1, round((until - self._monotonic()) / 60))
        return Unauthorized("login", f"{why}; next try in {minutes} min, or after a restart")

    def _never_again(self) -> Unauthorized:
        message = (
            f"qBittorrent refused the login; check the user name and password; {_BAN}, "
            "so it is not tried again before a restart or SIGHUP"
        )
        return Unauthorized("login", message)


class LoginGates:
    """The gates of all servers."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.perf_counter,
        *,
        refusals_allowed: int = REFUSALS_ALLOWED,
    ) -> None:
        self._monotonic = monotonic
        self._refusals_allowed = refusals_allowed
        self._gates: dict[str, LoginGate] = {}

    def of(self, base_url: str) -> LoginGate:
        """The one gate of the server at this URL."""
        return self._gates.setdefault(
            _server(base_url),
            LoginGate(self._monotonic, refusals_allowed=self._refusals_allowed),
        )

    def forget_refusals(self) -> None:
        """Allow logins again at all servers."""
        for gate in self._gates.values():
            gate.forget_refusals()


def credentials_key(username: str, password: str) -> str:
    """A key that distinguishes credentials without revealing them."""
    return hashlib.sha256(f"{username}\0{password}".encode()).hexdigest()


def _server(base_url: str) -> str:
    url = httpx.URL(base_url)
    host = "127.0.0.1" if url.host in {"localhost", "::1"} else url.host
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"{host}:{port}{url.path.rstrip('/')}"
