"""What all requests to Shoko share: readiness, version, login, and which server sent a 404.

Until Shoko has started it takes any request as that of a user called "init", so every check begins
with its status. The version is fetched again after an outage of Shoko, which may be an update.
"""

from dataclasses import dataclass, field, replace

import httpx

from episodarr.errors import NotFound, ServerFailed, Unauthorized, UpstreamError
from episodarr.systems.guard import ConnectionOptions, RequestObserver
from episodarr.systems.http import Answer, HttpConnection, QueryParams
from episodarr.systems.shoko import wire
from episodarr.systems.shoko.records import ShokoServer

API = "/api/v3"
_DEVICE = "episodarr"
"""The same user and device always get the same key, so logins leave nothing behind."""
_GONE = 404
_GO_NOT_FOUND = b"404 page not found"
"""Traefik's answer while Shoko's container is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoKey:
    """A key that was made in Shoko."""

    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoLogin:
    """User and password; nothing should be hidden from this user by tags."""

    username: str
    password: str = field(repr=False)


type ShokoCredentials = ShokoKey | ShokoLogin


class ShokoSession:
    """Authenticated requests to one Shoko."""

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        credentials: ShokoCredentials,
        observer: RequestObserver,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.options = options
        self._observer = observer
        self._transport = transport
        self._http = self._connect(options)
        self._credentials = credentials
        self._key = credentials.api_key if isinstance(credentials, ShokoKey) else None
        self._version: bytes | None = None

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def fetch_server(self) -> ShokoServer:
        """Version and readiness; one request once the version is known."""
        try:
            status = await self._http.get("init", f"{API}/Init/Status")
            version = self._version or await self._http.get("init", f"{API}/Init/Version")
            server = wire.parse_server("init", version, status)
        except UpstreamError:
            self._version = None
            raise
        self._version = version if server.is_ready else None
        return server

    async def require_ready(self) -> int:
        """The major version, of a Shoko that has started.

        Raises:
            ServerFailed: it has not, or its database is blocked.
        """
        server = await self.fetch_server()
        if not server.is_ready:
            raise ServerFailed("init", f"Shoko is not ready: {server.state}")
        return server.major

    async def get(self, endpoint: str, path: str, params: QueryParams | None = None) -> bytes:
        """The body of a good answer.

        Raises:
            UpstreamError: in every other case.
        """
        return (await self.send(endpoint, "GET", path, params=params)).body

    async def get_if_there(
        self, endpoint: str, path: str, params: QueryParams | None = None
    ) -> bytes | None:
        """The body, or None if Shoko itself answers 404; a proxy's 404 is an error.

        Raises:
            NotFound: the 404 is an HTML page or a proxy's own text, which Shoko does not write.
            UpstreamError: in every other case.
        """
        answer = await self.send(endpoint, "GET", path, params=params, accepted=frozenset({_GONE}))
        if answer.status != _GONE:
            return answer.body
        if (
            answer.body.strip() == _GO_NOT_FOUND
            or "html" in answer.content_type.lower()
            or answer.body.lstrip().startswith(b"<")
        ):
            raise NotFound(endpoint, "404 from something before Shoko; check the URL")
        return None

    async def send(
        self,
        endpoint: str,
        method: str,
        path: str,
        *,
        params: QueryParams | None = None,
        json: object = None,
        accepted: frozenset[int] = frozenset(),
        at_least_seconds: float = 0.0,
    ) -> Answer:
        """An authenticated request; `at_least_seconds` widens the timeout of this one.

        Raises:
            UpstreamError: the answer is neither good nor accepted.
        """
        headers = {"apikey": await self._fetch_key()}
        is_patient = at_least_seconds > self.options.timeout_seconds
        http = self._http
        if is_patient:
            http = self._connect(replace(self.options, timeout_seconds=at_least_seconds))
        try:
            return await http.send(
                endpoint,
                method,
                API + path,
                params=params,
                json=json,
                headers=headers,
                accepted=accepted,
            )
        except Unauthorized:
            if isinstance(self._credentials, ShokoLogin):
                # A changed password revokes all keys of its user: the next request logs in.
                self._key = None
            raise
        finally:
            if is_patient:
                await http.aclose()

    def _connect(self, options: ConnectionOptions) -> HttpConnection:
        return HttpConnection(
            options,
            observer=self._observer,
            transport=self._transport,
        )

    async def _fetch_key(self) -> str:
        if self._key is None and isinstance(self._credentials, ShokoLogin):
            login = {
                "user": self._credentials.username,
                "pass": self._credentials.password,
                "device": _DEVICE,
            }
            body = await self._http.post("login", "/api/auth", json=login)
            self._key = wire.parse_key("login", body)
        return self._key or ""
