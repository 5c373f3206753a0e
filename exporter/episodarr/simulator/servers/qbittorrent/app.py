"""qBittorrent's HTTP interface, Web API v2 as of 4.5 to 5.2."""

from __future__ import annotations

import base64

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from episodarr.simulator.servers.answers import form_fields
from episodarr.simulator.servers.qbittorrent.actions import Actions
from episodarr.simulator.state.qbittorrent import (
    QBittorrentOptions,
    Session,
    Sessions,
)
from episodarr.simulator.state.torrents import TorrentClient
from episodarr.simulator.world import World


class QBittorrentApp:
    """One qBittorrent as an ASGI application."""

    def __init__(self, world: World, client: TorrentClient, options: QBittorrentOptions) -> None:
        self._world = world
        self._client = client
        self._options = options
        self._release = options.release
        self.sessions = Sessions(options)
        self._starts = client.starts
        self._app = Starlette(
            routes=[
                Route("/api/v2/auth/login", self._log_in, methods=["POST"]),
                Route("/api/v2/auth/logout", self._log_out, methods=["POST"]),
                Route("/api/v2/{scope}/{action}", self._action, methods=["GET", "POST"]),
                Route("/api/{rest:path}", self._nothing, methods=["GET", "POST"]),
                Route("/{rest:path}", self._page),
            ]
        )
        self._actions = Actions(world, client, options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, once its Host header is found to name this port."""
        request = Request(scope)
        host, _, port = request.headers.get("host", "").rpartition(":")
        listening = scope["server"][1] if scope.get("server") else None
        if host and port.isdigit() and listening is not None and int(port) != listening:
            await PlainTextResponse("Unauthorized", 401)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _cookie_name(self, request: Request) -> str:
        if self._release < (5, 2):
            return "SID"
        server = request.scope.get("server")
        return f"QBT_SID_{server[1] if server else 8080}"

    def _session(self, request: Request) -> Session | None:
        if self._starts != self._client.starts:
            self.sessions.drop_all()
            self._starts = self._client.starts
        cookie = request.cookies.get(self._cookie_name(request), "")
        return self.sessions.find(cookie, self._world.now)

    async def _nothing(self, _request: Request) -> Response:
        return PlainTextResponse("Not Found", 404)

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>qBittorrent</title><body></body>")

    async def _log_in(self, request: Request) -> Response:
        now = self._world.now
        modern = self._release >= (5, 2)
        if self._session(request) is not None:
            return Response(status_code=204) if modern else PlainTextResponse("Ok.")
        if self.sessions.banned(now):
            text = "Your IP address has been banned after too many failed authentication attempts."
            return PlainTextResponse(text, 403)
        form = await form_fields(request)
        session = self.sessions.log_in(form.get("username", ""), form.get("password", ""), now)
        if session is None:
            return PlainTextResponse("Fails.", 401 if modern else 200)
        answer = Response(status_code=204) if modern else PlainTextResponse("Ok.")
        answer.set_cookie(
            self._cookie_name(request), session.id, httponly=True, samesite="strict", path="/"
        )
        return answer

    async def _log_out(self, request: Request) -> Response:
        self.sessions.drop(request.cookies.get(self._cookie_name(request), ""))
        return PlainTextResponse("")

    def _allowed(self, request: Request) -> tuple[bool, Session | None]:
        session = self._session(request)
        if session is not None:
            return True, session
        if self._options.bypass_auth:
            return True, self.sessions.start(self._world.now)
        return self._stateless(request), None

    def _stateless(self, request: Request) -> bool:
        """5.2's two ways in without a session: an API key, or name and password each time."""
        if self._release < (5, 2):
            return False
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._options.api_key is not None and value == self._options.api_key
        pair = f"{self._options.username}:{self._options.password}".encode()
        return kind.lower() == "basic" and value == base64.b64encode(pair).decode()

    async def _action(self, request: Request) -> Response:
        allowed, session = self._allowed(request)
        if not allowed:
            return PlainTextResponse("Forbidden", 403)
        action = f"{request.path_params['scope']}/{request.path_params['action']}"
        handler = self._actions.by_name.get(action)
        if handler is None:
            return await self._nothing(request)
        parameters = dict(request.query_params)
        if request.method == "POST":
            parameters |= await form_fields(request)
        if session is None and action == "sync/maindata":
            session = Session("stateless", self._world.now)
        answer = handler(parameters, session)
        if self._options.bypass_auth and session is not None:
            answer.set_cookie(self._cookie_name(request), session.id, httponly=True, path="/")
        return answer
