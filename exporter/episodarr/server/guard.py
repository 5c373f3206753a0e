"""What holds for every answer: security headers, reading rights, and HEAD without a body."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from episodarr.server.access import is_known_host, may_read
from episodarr.server.contract import ServerOptions
from episodarr.server.replies import refusal

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""No inline script or style, nothing from elsewhere: a title that got through would still be text."""

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OPEN_PATHS = frozenset({"/-/healthy", "/-/ready"})
"""Paths without authentication: container probes carry no password, and the answers hold no data."""


class Guard:
    """Wraps the app; plain ASGI, so that prepared bytes pass untouched."""

    def __init__(self, app: ASGIApp, options: ServerOptions) -> None:
        self._app = app
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if self._is_rebound(scope):
            answer = refusal(
                421,
                "Episodarr is not read under this name: add it to EPISODARR_WEB__HOSTS, or use "
                "an IP address.",
            )
            await answer(scope, receive, send_guarded)
            return
        if self._is_refused(scope):
            answer = refusal(
                401,
                "Reading needs the configured user name and password.",
                {"WWW-Authenticate": 'Basic realm="episodarr", charset="UTF-8"'},
            )
            await answer(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _is_rebound(self, scope: Scope) -> bool:
        """Only for reading: acting needs the secret, which no web page has."""
        if scope["method"] not in {"GET", "HEAD"} or scope["path"] in _OPEN_PATHS:
            return False
        host = Headers(scope=scope).get("host", "")
        return not is_known_host(host, self._options.host_names)

    def _is_refused(self, scope: Scope) -> bool:
        """Only reading asks for the password; acting asks for the secret, in its own place."""
        if scope["method"] not in {"GET", "HEAD"} or scope["path"] in _OPEN_PATHS:
            return False
        return not may_read(Headers(scope=scope), self._options)
