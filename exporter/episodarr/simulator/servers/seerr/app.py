"""Jellyseerr's and Seerr's HTTP interface, API v1 as of 2.7 and 3.x."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from episodarr.simulator.servers.answers import Handler, json_answer, number
from episodarr.simulator.servers.seerr import wire
from episodarr.simulator.state.seerr import (
    APPROVED,
    AVAILABLE,
    BLOCKLISTED,
    COMPLETED,
    DECLINED,
    DELETED,
    FAILED,
    PENDING,
    SeerrDatabase,
    SeerrRequest,
)
from episodarr.simulator.world import World

API = "/api/v1"

_NO_END_SECONDS = 3_600.0
_FREE = frozenset[str]()
_REQUEST_PARAMETERS: Mapping[str, frozenset[str]] = {
    "take": _FREE,
    "skip": _FREE,
    "filter": frozenset(
        [
            "all",
            "approved",
            "available",
            "pending",
            "processing",
            "unavailable",
            "failed",
            "deleted",
            "completed",
        ]
    ),
    "sort": frozenset({"added", "modified"}),
    "sortDirection": frozenset({"asc", "desc"}),
    "requestedBy": _FREE,
    "mediaType": frozenset({"movie", "tv", "all"}),
}
_MEDIA_PARAMETERS: Mapping[str, frozenset[str]] = {
    "take": _FREE,
    "skip": _FREE,
    "filter": frozenset(
        ["all", "available", "partial", "allavailable", "processing", "pending", "deleted"]
    ),
    "sort": frozenset({"added", "modified", "mediaAdded"}),
}
_OLD_REQUEST_FILTERS = frozenset(
    ["all", "approved", "available", "pending", "processing", "unavailable", "failed"]
)


class SeerrApp:
    """Jellyseerr or Seerr as an ASGI application."""

    def __init__(self, world: World, state: SeerrDatabase) -> None:
        self._world = world
        self._state = state
        table: list[tuple[str, Handler, str]] = [
            ("/status", self._status, "GET"),
            ("/settings/about", self._about, "GET"),
            ("/settings/jobs", self._jobs, "GET"),
            ("/settings/sonarr", self._servers, "GET"),
            ("/settings/jobs/{id}/run", self._run_job, "POST"),
            ("/request", self._requests, "GET"),
            ("/request/count", self._count, "GET"),
            ("/request/{id:int}", self._request, "GET"),
            ("/request/{id:int}", self._delete_request, "DELETE"),
            ("/tv/{id:int}", self._show, "GET"),
            ("/media", self._media, "GET"),
            ("/media/{id:int}", self._delete_media, "DELETE"),
            ("/media/{id:int}", self._no_method, "GET"),
        ]
        routes = [Route(API + path, handler, methods=[verb]) for path, handler, verb in table]
        routes.append(Route("/api/{rest:path}", self._nothing, methods=["GET", "POST", "DELETE"]))
        routes.append(Route("/{rest:path}", self._page))
        self._app = Starlette(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; no key and a wrong key get different errors."""
        request = Request(scope)
        path = scope["path"]
        key = request.headers.get("x-api-key")
        if path.startswith("/api/") and path != f"{API}/status":
            refusal = self._refusal(key)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, key: str | None) -> Response | None:
        if key is None:
            message = "cookie 'connect.sid' required"
            return json_answer({"message": message, "errors": [{"message": message}]}, 401)
        if key != self._state.options.api_key:
            error = "You do not have permission to access this endpoint"
            return json_answer({"status": 403, "error": error}, 403)
        return None

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Jellyseerr</title><body></body>")

    async def _servers(self, _request: Request) -> Response:
        """The Sonarrs by the names that a container network gives them, not by ours."""
        states = self._state.servers()
        first = {state.options.is_4k: index for index, state in reversed([*enumerate(states)])}
        addresses = {
            state.name: self._state.options.addresses.get(
                state.name, (f"sonarr-{state.name}", 8989)
            )
            for state in states
        }
        return json_answer(
            [
                {
                    "id": index,
                    "name": state.options.name,
                    "hostname": addresses[state.name][0],
                    "port": addresses[state.name][1],
                    "apiKey": state.options.api_key,
                    "useSsl": False,
                    "baseUrl": state.options.url_base,
                    "activeProfileId": 1,
                    "activeProfileName": "HD-1080p",
                    "activeDirectory": state.options.root_folders[0],
                    "is4k": state.options.is_4k,
                    "enableSeasonFolders": True,
                    "isDefault": index == first[state.options.is_4k],
                    "syncEnabled": True,
                    "preventSearch": False,
                    "tags": [],
                    "tagRequests": False,
                    "overrideRule": [],
                    "seriesType": "standard",
                    "animeSeriesType": "anime",
                }
                for index, state in enumerate(states)
            ]
        )

    async def _nothing(self, _request: Request) -> Response:
        return json_answer({"message": "not found", "errors": [{"message": "not found"}]}, 404)

    async def _no_method(self, _request: Request) -> Response:
        return json_answer({"message": "GET method not allowed"}, 405)

    async def _status(self, _request: Request) -> Response:
        if not self._state.options.reaches_github:
            await asyncio.sleep(_NO_END_SECONDS)
        return json_answer(
            {
                "version": self._state.options.version,
                "commitTag": "local",
                "updateAvailable": False,
                "commitsBehind": 0,
                "restartRequired": False,
            }
        )

    async def _about(self, _request: Request) -> Response:
        return json_answer(
            {
                "version": self._state.options.version,
                "totalMediaItems": len(self._state.media),
                "totalRequests": len(self._state.requests),
                "tz": "UTC",
                "appDataPath": "/app/config",
            }
        )

    async def _jobs(self, _request: Request) -> Response:
        return json_answer([wire.job_json(job) for job in self._state.jobs.values()])

    async def _run_job(self, request: Request) -> Response:
        try:
            job = self._state.run_job(request.path_params["id"])
        except KeyError:
            return json_answer({"message": "Job not found."}, 404)
        return json_answer(wire.job_json(job))

    def _invalid(self, request: Request, known: Mapping[str, frozenset[str]]) -> Response | None:
        for name, value in request.query_params.items():
            if name not in known:
                message = f"Unknown query parameter '{name}'"
            elif known[name] and value not in known[name]:
                allowed = ", ".join(sorted(known[name]))
                message = (
                    f"request/query/{name} must be equal to one of the allowed values: {allowed}"
                )
            elif not known[name] and not value.isdigit():
                message = f"request/query/{name} must be number"
            else:
                continue
            error = {"path": f".query.{name}", "message": message}
            return json_answer({"message": message, "errors": [error]}, 400)
        return None

    def _request_parameters(self) -> Mapping[str, frozenset[str]]:
        """What the version's own description of its API lets through."""
        release = tuple(int(part) for part in self._state.options.version.split(".")[:2])
        if release >= (2, 6):
            return _REQUEST_PARAMETERS
        kept = {
            k: v for k, v in _REQUEST_PARAMETERS.items() if k not in {"mediaType", "sortDirection"}
        }
        return kept | {"filter": _OLD_REQUEST_FILTERS}

    async def _requests(self, request: Request) -> Response:
        invalid = self._invalid(request, self._request_parameters())
        if invalid is not None:
            return invalid
        query = request.query_params
        kept = _by_filter(list(self._state.requests.values()), query.get("filter", "all"))
        if query.get("mediaType") == "movie":
            kept = []
        if "requestedBy" in query:
            user = number(query, "requestedBy")
            kept = [one for one in kept if self._state.users[one.user] == user]
        upward = query.get("sortDirection") == "asc"
        modified = query.get("sort") == "modified"
        kept.sort(
            key=lambda one: (one.updated_at if modified else one.created_at, one.id),
            reverse=not upward,
        )
        take, skip = number(query, "take", 10), number(query, "skip")
        now = self._world.now
        rows = [wire.request_json(self._state, one, now) for one in kept[skip : skip + take]]
        answer = wire.envelope(rows, len(kept), take, skip)
        if int(self._state.options.version.split(".")[0]) >= 3:
            answer["serviceErrors"] = {"radarr": [], "sonarr": self._broken_sonarrs()}
        return json_answer(answer)

    def _broken_sonarrs(self) -> list[dict[str, object]]:
        return [
            {"id": index, "name": f"Sonarr {state.name}"}
            for index, state in enumerate(self._state.servers())
            if f"sonarr.{state.name}" in self._world.unreachable
        ]

    async def _count(self, _request: Request) -> Response:
        every = list(self._state.requests.values())
        counts: dict[str, object] = {"total": len(every), "movie": 0, "tv": len(every)}
        for name, status in (
            ("pending", PENDING),
            ("approved", APPROVED),
            ("declined", DECLINED),
            ("completed", COMPLETED),
        ):
            counts[name] = sum(one.status == status for one in every)
        counts["processing"] = len(_by_filter(every, "processing"))
        counts["available"] = len(_by_filter(every, "available"))
        return json_answer(counts)

    async def _request(self, request: Request) -> Response:
        found = self._state.requests.get(request.path_params["id"])
        if found is None:
            return json_answer({"message": "Request not found."}, 404)
        return json_answer(wire.request_json(self._state, found, self._world.now, seasons=True))

    async def _delete_request(self, request: Request) -> Response:
        if self._state.delete_request(request.path_params["id"]):
            return Response(status_code=204)
        return json_answer({"message": "Request not found."}, 404)

    async def _show(self, request: Request) -> Response:
        """A show, which Seerr requests from TMDB; one that TMDB does not know is an error here."""
        tmdb_id = request.path_params["id"]
        title = self._state.title(tmdb_id)
        if title is None:
            return json_answer({"message": "Unable to retrieve series."}, 500)
        media = next((m for m in self._state.media.values() if m.tmdb_id == tmdb_id), None)
        return json_answer(wire.show_json(self._state, tmdb_id, title, media, self._world.now))

    async def _media(self, request: Request) -> Response:
        invalid = self._invalid(request, _MEDIA_PARAMETERS)
        if invalid is not None:
            return invalid
        query = request.query_params
        # The filter "deleted" is taken and then not applied.
        statuses = {
            "available": {AVAILABLE},
            "partial": {4},
            "allavailable": {4, AVAILABLE},
            "processing": {3},
            "pending": {2},
        }.get(query.get("filter", "all"))
        kept = [m for m in self._state.media.values() if statuses is None or m.status in statuses]
        kept.sort(key=lambda one: one.id, reverse=True)
        take, skip = number(query, "take", 20), number(query, "skip")
        rows = [
            wire.media_json(self._state, one, self._world.now, seasons=True)
            for one in kept[skip : skip + take]
        ]
        return json_answer(wire.envelope(rows, len(kept), take, skip))

    async def _delete_media(self, request: Request) -> Response:
        if self._state.delete_media(request.path_params["id"]):
            return Response(status_code=204)
        return json_answer({"message": "Media not found"}, 404)


_FILTERS: Mapping[str, tuple[set[int], set[int]]] = {
    "approved": ({APPROVED}, set(range(1, 8))),
    "pending": ({PENDING}, set(range(1, 8))),
    "failed": ({FAILED}, set(range(1, 8))),
    "processing": ({APPROVED}, {1, 2, 3, 4}),
    "unavailable": ({PENDING, APPROVED}, {1, 2, 3, 4}),
    "available": ({COMPLETED}, {AVAILABLE}),
    "completed": ({COMPLETED}, set(range(1, 8))),
    "deleted": ({COMPLETED}, {DELETED}),
}


def _by_filter(requests: list[SeerrRequest], name: str) -> list[SeerrRequest]:
    """Applies a filter; requests for blocklisted media appear under none."""
    shown = [one for one in requests if one.media.get(is_4k=one.is_4k) != BLOCKLISTED]
    if name not in _FILTERS:
        return shown
    statuses, media = _FILTERS[name]
    return [
        one for one in shown if one.status in statuses and one.media.get(is_4k=one.is_4k) in media
    ]
