"""Jellyfin's HTTP interface as of 10.9 to 12, as an API key sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from episodarr.simulator.servers.answers import flag, json_answer, number
from episodarr.simulator.servers.jellyfin import wire
from episodarr.simulator.state.jellyfin import JellyfinDatabase, JellyfinSeries, Phase
from episodarr.simulator.times import parse_time
from episodarr.simulator.world import World

_ANONYMOUS = {"/system/ping", "/system/info/public", "/health"}
_TOKEN = re.compile(r'(?:^|[\s,])Token="?([^",]*)"?', re.IGNORECASE)


class LowerQuery(dict[str, str]):
    """The query with its names in lower case, for Jellyfin takes them in any."""

    def __init__(self, request: Request) -> None:
        super().__init__({key.lower(): value for key, value in request.query_params.items()})

    def words(self, name: str) -> set[str]:
        """The comma-separated values of a parameter, in lower case."""
        return {word.strip().lower() for word in self.get(name, "").split(",") if word.strip()}


class JellyfinApp:
    """Jellyfin as an ASGI application."""

    def __init__(self, world: World, state: JellyfinDatabase) -> None:
        self._world = world
        self._state = state
        self._app = Starlette(
            routes=[
                Route("/health", self._health),
                Route("/system/ping", self._ping, methods=["GET", "POST"]),
                Route("/system/info/public", self._public_info),
                Route("/system/info", self._info),
                Route("/items", self._items),
                Route("/items/{id}", self._item),
                Route("/items/{id}/refresh", self._refresh_item, methods=["POST"]),
                Route("/shows/{id}/episodes", self._episodes),
                Route("/shows/{id}/seasons", self._seasons),
                Route("/scheduledtasks", self._tasks),
                Route("/scheduledtasks/running/{id}", self._run_task, methods=["POST"]),
                Route("/scheduledtasks/running/{id}", self._stop_task, methods=["DELETE"]),
                Route("/scheduledtasks/{id}", self._task),
                Route("/library/refresh", self._refresh, methods=["POST"]),
                Route("/library/media/updated", self._updated, methods=["POST"]),
                Route("/library/series/updated", self._series_updated, methods=["POST"]),
                Route("/library/virtualfolders", self._folders),
                Route("/{rest:path}", self._page),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; routes are matched in any case of letters."""
        scope = {**scope, "path": scope["path"].lower()}
        request = Request(scope)
        if self._state.phase is not Phase.READY:
            await self._starting(scope["path"])(scope, receive, send)
            return
        if scope["path"] not in _ANONYMOUS and scope["path"] != "/" and not self._allowed(request):
            await Response(status_code=401)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _starting(self, path: str) -> Response:
        """What is answered before it is ready; as recorded, 200 is no sign that it is."""
        if path == "/system/info/public":
            return json_answer(wire.setup_info(self._state))
        if path == "/health":
            return PlainTextResponse("Degraded")
        if self._state.phase is Phase.LOADING and path.startswith(("/library", "/scheduledtasks")):
            return Response(status_code=401)
        return HTMLResponse(
            "<!doctype html><title>Jellyfin</title><body>Server is loading</body>",
            503,
            headers={"Retry-After": "5"},
        )

    def _allowed(self, request: Request) -> bool:
        options = self._state.options
        headers, query = request.headers, request.query_params
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        given: list[str | None] = [query.get("ApiKey")]
        schemes = {"mediabrowser", "emby"} if options.takes_legacy_auth else {"mediabrowser"}
        if scheme.lower() in schemes:
            given.append(_token(rest))
        if options.takes_legacy_auth:
            given += [headers.get("x-emby-token"), headers.get("x-mediabrowser-token")]
            given += [query.get("api_key"), _token(headers.get("x-emby-authorization", ""))]
        return options.api_key in given

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("Healthy")

    async def _ping(self, _request: Request) -> Response:
        return json_answer("Jellyfin Server")

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Jellyfin</title><body></body>")

    async def _public_info(self, _request: Request) -> Response:
        return json_answer(wire.public_info(self._state))

    async def _info(self, _request: Request) -> Response:
        return json_answer(wire.system_info(self._state))

    def _rows(
        self, query: LowerQuery, kinds: set[str], only: JellyfinSeries | None
    ) -> list[wire.Row]:
        chosen = [only] if only is not None else list(self._state.series.values())
        rows: list[wire.Row] = []
        for series in chosen:
            if "series" in kinds:
                rows.append(wire.Row(series))
            if "season" in kinds:
                rows += wire.season_rows(series)
            if "episode" in kinds:
                rows += self._episode_rows(query, series)
        return rows

    def _episode_rows(self, query: LowerQuery, series: JellyfinSeries) -> list[wire.Row]:
        rows = [wire.Row(series, item) for item in series.episodes.values()]
        missing = query.get("ismissing", "").lower()
        unwanted = query.words("excludelocationtypes")
        wanted = query.words("locationtypes")
        virtual_wanted = "virtual" not in unwanted and (not wanted or "virtual" in wanted)
        if missing != "false" and virtual_wanted:
            virtual = wire.virtual_rows(series)
            rows = virtual if missing == "true" else rows + virtual
        elif missing == "true":
            rows = []
        if "filesystem" in unwanted or (wanted and "filesystem" not in wanted):
            rows = [row for row in rows if row.item is None]
        return rows

    async def _items(self, request: Request) -> Response:
        query = LowerQuery(request)
        kinds = query.words("includeitemtypes") or {"series", "season", "episode"}
        parent = _plain(query.get("parentid", ""))
        ids = {_plain(text) for text in query.words("ids")}
        if not flag(query, "recursive") and not parent and not ids:
            return json_answer(wire.folders_answer(self._state))
        by_id = {series.id: series for series in self._state.series.values()}
        if parent in by_id and by_id[parent].has_hidden_children:
            return json_answer(self._page_of(query, []))
        rows = self._rows(query, kinds, by_id.get(parent))
        if parent and parent not in by_id:
            root = wire.root_of_folder(self._state, parent)
            rows = [row for row in rows if root and row.series.folder.startswith(f"{root}/")]
        if ids:
            rows = [row for row in rows if row.id in ids]
        return json_answer(self._page_of(query, _filtered(query, rows)))

    def _page_of(self, query: LowerQuery, rows: list[wire.Row]) -> dict[str, object]:
        start = max(0, number(query, "startindex"))
        limit = number(query, "limit", len(rows))
        shown = rows[start : start + max(0, limit)]
        fields = query.words("fields")
        counted = flag(query, "enabletotalrecordcount", default=True)
        return {
            "Items": [wire.item_json(self._state, row, fields) for row in shown],
            "TotalRecordCount": len(rows) if counted else 0,
            "StartIndex": start,
        }

    async def _item(self, request: Request) -> Response:
        if "userid" not in LowerQuery(request):
            # A key belongs to no user, and this route needs one.
            return PlainTextResponse("Error processing request.", 400)
        return PlainTextResponse("Error processing request.", 404)

    def _series(self, request: Request) -> JellyfinSeries | None:
        wanted = _plain(request.path_params["id"])
        return next((s for s in self._state.series.values() if s.id == wanted), None)

    async def _episodes(self, request: Request) -> Response:
        series = self._series(request)
        if series is None:
            return PlainTextResponse("Series not found", 404)
        query = LowerQuery(request)
        rows = self._rows(query, {"episode"}, series)
        if "season" in query:
            rows = [row for row in rows if str(row.season) == query["season"]]
        if "seasonid" in query:
            wanted = _plain(query["seasonid"])
            rows = [row for row in rows if wire.season_id(series, row.season) == wanted]
        rows.sort(key=lambda row: (row.season, row.number))
        if series.has_hidden_children:
            rows = []
        return json_answer(self._page_of(query, rows))

    async def _seasons(self, request: Request) -> Response:
        series = self._series(request)
        if series is None:
            return PlainTextResponse("Series not found", 404)
        rows = [] if series.has_hidden_children else wire.season_rows(series)
        return json_answer(self._page_of(LowerQuery(request), rows))

    async def _tasks(self, _request: Request) -> Response:
        return json_answer(wire.tasks(self._state, self._world.now, self._world.speed))

    async def _task(self, request: Request) -> Response:
        tasks = wire.tasks(self._state, self._world.now, self._world.speed)
        found = [task for task in tasks if task["Id"] == request.path_params["id"]]
        return json_answer(found[0]) if found else Response(status_code=404)

    async def _run_task(self, request: Request) -> Response:
        if request.path_params["id"] != wire.SCAN_TASK_ID:
            return Response(status_code=404)
        if self._state.scan_started_at is None:
            self._state.start_scan()
        return Response(status_code=204)

    async def _stop_task(self, request: Request) -> Response:
        if request.path_params["id"] != wire.SCAN_TASK_ID:
            return Response(status_code=404)
        self._state.stop_scan()
        return Response(status_code=204)

    async def _refresh(self, _request: Request) -> Response:
        self._state.start_scan()
        return Response(status_code=204)

    async def _updated(self, request: Request) -> Response:
        body = await request.json()
        updates = body.get("Updates") if isinstance(body, Mapping) else None
        if not isinstance(updates, list):
            return PlainTextResponse("Error processing request.", 400)
        for update in updates:
            self._state.report(str(update.get("Path", "")))
        return Response(status_code=204)

    async def _series_updated(self, request: Request) -> Response:
        wanted = LowerQuery(request).get("tvdbid")
        for series in self._state.series.values():
            if str(series.source.tvdb_id) == wanted:
                self._state.report(series.shown_path)
        return Response(status_code=204)

    async def _refresh_item(self, request: Request) -> Response:
        series = self._series(request)
        if series is not None:
            self._state.report(series.shown_path)
        return Response(status_code=204)

    async def _folders(self, _request: Request) -> Response:
        return json_answer(wire.virtual_folders(self._state))


def _token(text: str) -> str | None:
    found = _TOKEN.search(text)
    return unquote(found.group(1)) if found else None


def _plain(identifier: str) -> str:
    return identifier.replace("-", "").lower()


def _filtered(query: LowerQuery, rows: Iterable[wire.Row]) -> list[wire.Row]:
    kept = list(rows)
    if "mindatelastsaved" in query:
        since = parse_time(query["mindatelastsaved"].replace(" ", "+"))
        kept = [row for row in kept if row.saved_at >= since]
    if "searchterm" in query:
        kept = [row for row in kept if query["searchterm"].lower() in row.name.lower()]
    if "indexnumber" in query:
        kept = [row for row in kept if str(row.number) == query["indexnumber"]]
    if "parentindexnumber" in query:
        kept = [row for row in kept if str(row.season) == query["parentindexnumber"]]
    keys = query.words("sortby")
    if keys & {"datecreated", "datelastcontentadded"}:
        kept.sort(key=lambda row: row.created_at)
    elif keys & {"sortname", "name"}:
        kept.sort(key=lambda row: row.name.lower())
    if query.get("sortorder", "").lower() == "descending":
        kept.reverse()
    return kept
