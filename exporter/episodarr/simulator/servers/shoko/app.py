"""Shoko's HTTP interface, API v3 as of 4.2, 5.x and the coming 6."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from episodarr.simulator.servers.answers import Handler, json_answer
from episodarr.simulator.servers.shoko import wire
from episodarr.simulator.servers.shoko.files import ShokoFileRoutes
from episodarr.simulator.servers.shoko.series import ShokoSeriesRoutes
from episodarr.simulator.state.shoko import ShokoDatabase
from episodarr.simulator.world import World

API = "/api/v3"
_ANONYMOUS = {f"{API}/init/status", f"{API}/init/version", "/api/auth", "/"}


class ShokoApp:
    """Shoko as an ASGI application."""

    def __init__(self, world: World, state: ShokoDatabase) -> None:
        self._world = world
        self._state = state
        self._series = ShokoSeriesRoutes(state)
        self._files = ShokoFileRoutes(world, state)
        self._app = Starlette(routes=self._routes())

    def _routes(self) -> list[Route]:
        major = self._state.options.major
        table: list[tuple[str, Handler, str]] = [
            ("/init/status", self._init_status, "GET"),
            ("/init/version", self._version, "GET"),
            ("/user/current", self._user, "GET"),
            *self._series.routes(),
            *self._files.routes(),
        ]
        if major >= 5:
            table += [("/queue", self._queue, "GET"), ("/queue/types", self._queue_types, "GET")]
        else:
            table.append(("/dashboard/queuesummary", self._queue_summary, "GET"))
        routes = [Route(API + path, handler, methods=[verb]) for path, handler, verb in table]
        routes.append(Route("/api/auth", self._sign_in, methods=["POST"]))
        if major == 4:
            routes.append(Route("/api/queue/get", self._old_queue))
        routes.append(Route("/{rest:path}", self._page))
        return routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; routes are matched in any case of letters."""
        path = scope["path"]
        request = Request(scope)
        if path.lower() not in _ANONYMOUS and not self._allowed(request):
            await Response(status_code=401)(scope, receive, send)
            return
        await self._app({**scope, "path": _lowered(path)}, receive, send)

    def _allowed(self, request: Request) -> bool:
        given = request.headers.get("apikey") or request.query_params.get("apikey")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if given is None and self._state.options.major >= 6 and scheme.lower() == "bearer":
            given = token
        return given == self._state.options.api_key

    async def _page(self, request: Request) -> Response:
        if request.url.path.startswith("/api"):
            return Response(status_code=404)
        return HTMLResponse("<!doctype html><title>Shoko</title><body></body>")

    async def _sign_in(self, request: Request) -> Response:
        body = await request.json()
        options = self._state.options
        if not isinstance(body, dict) or {"user", "pass", "device"} - set(body) or not body["user"]:
            return json_answer({"title": "One or more validation errors occurred."}, 400)
        if (body["user"], body["pass"]) != (options.username, options.password):
            return Response(status_code=401)
        return json_answer({"apikey": options.api_key})

    async def _init_status(self, _request: Request) -> Response:
        blocked = {"Blocked": False, "Reason": ""}
        uptime = str(self._world.now - self._world.started_at)
        return json_answer(
            {
                "State": "Started",
                "StartupMessage": "Complete!",
                "Uptime": uptime,
                "DatabaseBlocked": blocked,
            }
        )

    async def _version(self, _request: Request) -> Response:
        version = self._state.options.version
        return json_answer({"Server": {"Version": version, "ReleaseChannel": "Stable"}})

    async def _user(self, _request: Request) -> Response:
        """The user of the key: an administrator from whom nothing is hidden."""
        return json_answer(
            {
                "ID": 1,
                "Username": "Default",
                "IsAdmin": True,
                "CommunitySites": [],
                "RestrictedTags": [],
            }
        )

    async def _queue(self, _request: Request) -> Response:
        return json_answer(wire.queue_json(self._state))

    async def _queue_types(self, _request: Request) -> Response:
        return json_answer(wire.queue_types(self._state.jobs))

    async def _queue_summary(self, _request: Request) -> Response:
        names = {"Delete File From MyList": "AniDB_DeleteFileUDP", "Hash File": "HashFile"}
        jobs = wire.queue_types(self._state.jobs)
        return json_answer({names.get(name, "RefreshAnime"): n for name, n in jobs.items()})

    async def _old_queue(self, _request: Request) -> Response:
        count = self._state.jobs.total()
        idle = {"count": 0, "state": "Idle", "isrunning": True, "ispause": False}
        return json_answer({"hasher": idle, "general": idle | {"count": count}, "images": idle})


def _lowered(path: str) -> str:
    """The route in lower case, with the part that names a path or a pattern left as it is."""
    lower = path.lower()
    for word in ("/pathendswith/", "/pathregex/"):
        place = lower.find(word)
        if place >= 0:
            return lower[: place + len(word)] + path[place + len(word) :]
    return lower
