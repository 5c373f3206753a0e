"""Shoko's HTTP interface, API v3 as of 4.2, 5.x and the coming 6."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from episodarr.simulator import shoko_wire as wire
from episodarr.simulator.answers import Handler, flag, json_answer, number
from episodarr.simulator.shoko_database import ShokoDatabase
from episodarr.simulator.shoko_files import ShokoFile, ShokoSeries
from episodarr.simulator.world import World

API = "/api/v3"
_ANONYMOUS = {f"{API}/init/status", f"{API}/init/version", "/api/auth", "/"}
_SERIES_PAGE_LIMIT = 100


class ShokoApp:
    """Shoko as an ASGI application."""

    def __init__(self, world: World, state: ShokoDatabase) -> None:
        self._world = world
        self._state = state
        self._app = Starlette(routes=self._routes())

    def _routes(self) -> list[Route]:
        major = self._state.options.major
        folder = "managedfolder" if major >= 6 else "importfolder"
        table: list[tuple[str, Handler, str]] = [
            ("/init/status", self._init_status, "GET"),
            ("/init/version", self._version, "GET"),
            ("/user/current", self._user, "GET"),
            ("/series", self._series_list, "GET"),
            ("/series/withoutfiles", self._without_files, "GET"),
            ("/series/pathendswith/{path:path}", self._series_by_path, "GET"),
            ("/series/anidb/{id:int}/series", self._series_by_anidb, "GET"),
            ("/series/{id:int}", self._series_one, "GET"),
            ("/series/{id:int}/file", self._series_files, "GET"),
            ("/series/{id:int}/episode", self._series_episodes, "GET"),
            ("/file/pathendswith", self._files_by_path, "GET"),
            ("/file/pathendswith/{path:path}", self._files_by_path, "GET"),
            ("/file/pathregex/{path:path}", self._files_by_regex, "GET"),
            ("/file/unrecognized", self._unrecognized, "GET"),
            ("/file/{id:int}", self._file, "GET"),
            (f"/{folder}", self._folders, "GET"),
            (f"/{folder}/{{id:int}}/scan", self._scan, "GET"),
            ("/action/removemissingfiles", self._remove_missing, "GET"),
            ("/action/removemissingfiles/{mylist}", self._remove_missing, "GET"),
        ]
        table += self._modern_routes(folder) if major >= 5 else self._old_routes()
        if major >= 6:
            table += [
                (f"/{folder}/notifychangedetected", self._notify, "POST"),
                (f"/{folder}/{{id:int}}/notifychangedetected", self._notify, "POST"),
            ]
        routes = [Route(API + path, handler, methods=[verb]) for path, handler, verb in table]
        routes.append(Route("/api/auth", self._sign_in, methods=["POST"]))
        if major == 4:
            routes.append(Route("/api/queue/get", self._old_queue))
        routes.append(Route("/{rest:path}", self._page))
        return routes

    def _modern_routes(self, folder: str) -> list[tuple[str, Handler, str]]:
        return [
            ("/file", self._files, "GET"),
            (f"/{folder}/{{id:int}}/file", self._folder_files, "GET"),
            ("/tmdb/show/{id:int}/shoko/series", self._series_by_tmdb, "GET"),
            ("/file/{id:int}/location", self._locations, "GET"),
            ("/queue", self._queue, "GET"),
            ("/queue/types", self._queue_types, "GET"),
        ]

    def _old_routes(self) -> list[tuple[str, Handler, str]]:
        return [
            ("/series/tvdb/{id:int}/series", self._series_by_tvdb, "GET"),
            ("/importfolder/{id:int}/file", self._folder_files, "GET"),
            ("/dashboard/queuesummary", self._queue_summary, "GET"),
        ]

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

    def _invalid_page(self, request: Request, limit: int) -> Response | None:
        size = number(request.query_params, "pageSize", 50)
        if 0 <= size <= limit:
            return None
        errors = {"pageSize": [f"The field pageSize must be between 0 and {limit}."]}
        return json_answer(
            {"title": "One or more validation errors occurred.", "status": 400, "errors": errors},
            400,
        )

    def _page_of[Row](self, request: Request, rows: list[Row], default: int = 50) -> list[Row]:
        query = request.query_params
        size = number(query, "pageSize", default)
        page = max(1, number(query, "page", 1))
        return rows[(page - 1) * size : page * size] if size > 0 else rows

    def _series_rows(self, chosen: list[ShokoSeries]) -> list[wire.Json]:
        state = self._state
        return [wire.series_json(state, one, state.files.of_series(one)) for one in chosen]

    def _series_answer(self, request: Request, chosen: list[ShokoSeries]) -> Response:
        rows = self._series_rows(self._page_of(request, chosen))
        return json_answer({"Total": len(chosen), "List": rows})

    def _files_answer(
        self, request: Request, chosen: list[ShokoFile], default: int = 50
    ) -> Response:
        rows = self._file_rows(request, self._page_of(request, chosen, default))
        return json_answer({"Total": len(chosen), "List": rows})

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

    async def _series_list(self, request: Request) -> Response:
        invalid = self._invalid_page(request, _SERIES_PAGE_LIMIT)
        every = list(self._state.series.values())
        return invalid or self._series_answer(request, every)

    async def _without_files(self, request: Request) -> Response:
        held = self._state.files.with_files()
        empty = [one for one in self._state.series.values() if one.id not in held]
        return self._series_answer(request, empty)

    async def _series_by_path(self, request: Request) -> Response:
        """Compares the files' immediate parent folder only, as the real one does."""
        wanted = unquote(request.path_params["path"]).rstrip("/").lower()
        found = {
            file.series.id: file.series
            for _, files in self._state.files.folders()
            if self._absolute(files[0]).rpartition("/")[0].lower().endswith(wanted)
            for file in files
            if file.series is not None
        }
        return json_answer(self._series_rows(list(found.values())))

    async def _series_by_anidb(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        found = [one for one in self._state.series.values() if one.anidb_id == wanted]
        return json_answer(self._series_rows(found)[0]) if found else Response(status_code=404)

    async def _series_by_tvdb(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        found = [one for one in self._state.series.values() if one.source.tvdb_id == wanted]
        return json_answer(self._series_rows(found)) if found else Response(status_code=404)

    async def _series_by_tmdb(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        found = [one for one in self._state.series.values() if one.source.tmdb_id == wanted]
        return json_answer(self._series_rows(found)) if found else Response(status_code=404)

    async def _series_one(self, request: Request) -> Response:
        series = self._state.series.get(request.path_params["id"])
        if series is None:
            return Response(status_code=404)
        return json_answer(self._series_rows([series])[0])

    def _include(self, request: Request) -> set[str]:
        query = request.query_params
        words = {w.lower() for text in query.getlist("include") for w in text.split(",")}
        if flag(query, "includeXRefs"):
            words.add("xrefs")
        if flag(query, "includeAbsolutePaths"):
            words.add("absolutepaths")
        return words

    def _file_rows(self, request: Request, files: list[ShokoFile]) -> list[wire.Json]:
        include = self._include(request)
        return [wire.file_json(self._state, file, include) for file in files]

    async def _series_files(self, request: Request) -> Response:
        series = self._state.series.get(request.path_params["id"])
        if series is None:
            return Response(status_code=404)
        files = self._state.files.of_series(series)
        if self._state.options.major < 5:
            return json_answer(self._file_rows(request, files))
        return self._invalid_page(request, 1000) or self._files_answer(request, files, default=100)

    async def _series_episodes(self, request: Request) -> Response:
        series = self._state.series.get(request.path_params["id"])
        if series is None:
            return Response(status_code=404)
        query = request.query_params
        files = self._state.files.of_series(series)
        missing = query.get("includeMissing", "false").lower()
        rows = []
        for episode in series.source.episodes:
            held = [file for file in files if episode in file.episodes]
            wanted = {"true": True, "only": not held}.get(missing, bool(held))
            if episode.season == series.season and wanted:
                row = wire.episode_json(series, episode, held)
                if flag(query, "includeFiles"):
                    row["Files"] = self._file_rows(request, held)
                rows.append(row)
        shown = self._page_of(request, rows)
        return json_answer({"Total": len(rows), "List": shown})

    def _absolute(self, file: ShokoFile) -> str:
        root = self._state.roots[file.folder_id - 1]
        return self._state.shown(root) + file.path[len(root) :]

    async def _files_by_path(self, request: Request) -> Response:
        wanted = request.path_params.get("path") or request.query_params.get("path", "")
        wanted = unquote(wanted).lower()
        maybe = self._state.files.maybe_ending_with(wanted)
        found = [file for file in maybe if self._absolute(file).lower().endswith(wanted)]
        return json_answer(self._file_rows(request, found))

    async def _files_by_regex(self, request: Request) -> Response:
        try:
            pattern = re.compile(unquote(request.path_params["path"]))
        except re.error:
            return Response(status_code=400)
        found = [
            file for file in self._state.files.values() if pattern.search(self._absolute(file))
        ]
        return json_answer(self._file_rows(request, found))

    async def _unrecognized(self, request: Request) -> Response:
        return self._files_answer(request, self._state.files.unlinked())

    async def _files(self, request: Request) -> Response:
        only = request.query_params.get("include_only", "").lower()
        files = self._state.files
        found = files.unlinked() if "unrecognized" in only else list(files.values())
        invalid = self._invalid_page(request, 1000)
        return invalid or self._files_answer(request, found, default=100)

    def _find_file(self, request: Request) -> ShokoFile | None:
        return self._state.files.with_id(request.path_params["id"])

    async def _file(self, request: Request) -> Response:
        file = self._find_file(request)
        if file is None:
            return Response(status_code=404)
        return json_answer(self._file_rows(request, [file])[0])

    async def _locations(self, request: Request) -> Response:
        file = self._find_file(request)
        if file is None:
            return Response(status_code=404)
        absolute = flag(request.query_params, "includeAbsolutePaths")
        return json_answer([wire.location_json(self._state, file, absolute=absolute)])

    async def _folders(self, _request: Request) -> Response:
        count = len(self._state.roots)
        return json_answer([wire.folder_json(self._state, i) for i in range(1, count + 1)])

    async def _folder_files(self, request: Request) -> Response:
        folder_id = request.path_params["id"]
        if not 0 < folder_id <= len(self._state.roots):
            return Response(status_code=404)
        root = self._state.roots[folder_id - 1]
        below = request.query_params.get("folderPath", "").strip("/")
        found = self._state.files.below(f"{root}/{below}" if below else root)
        modern = self._state.options.major >= 5
        limit, default = (10_000, 200) if modern else (100, 50)
        invalid = self._invalid_page(request, limit)
        return invalid or self._files_answer(request, found, default=default)

    async def _scan(self, request: Request) -> Response:
        folder_id = request.path_params["id"]
        if not 0 < folder_id <= len(self._state.roots):
            return Response(status_code=404)
        root = self._state.roots[folder_id - 1]
        for path in self._world.disk.files(root):
            if path not in self._state.files:
                self._state.file_added(path)
        return Response(status_code=200)

    async def _remove_missing(self, request: Request) -> Response:
        state = self._state
        # MyList entries go too unless the path excludes them.
        mylist = request.path_params.get("mylist", "true").lower() != "false"
        if state.options.major < 5:
            state.start_removal()
            return Response(status_code=200)
        await asyncio.sleep(state.options.remove_seconds / max(self._world.speed, 0.01))
        state.remove_missing(from_mylist=mylist)
        return Response(status_code=200)

    async def _notify(self, request: Request) -> Response:
        body = await request.json()
        folder_id = request.path_params.get("id")
        if folder_id is None:
            path = str(body.get("Path", ""))
        elif 0 < folder_id <= len(self._state.roots):
            root = self._state.roots[folder_id - 1]
            path = f"{self._state.shown(root)}/{str(body.get('RelativePath', '')).lstrip('/')}"
        else:
            return Response(status_code=404)
        self._state.notify(path)
        return Response(status_code=204)

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
