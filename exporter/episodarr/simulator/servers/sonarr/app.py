"""Sonarr's HTTP interface, API v3."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from episodarr.simulator.servers.answers import (
    Handler,
    encode_list,
    flag,
    json_answer,
    number,
    numbers,
)
from episodarr.simulator.servers.sonarr import wire
from episodarr.simulator.servers.sonarr.activity import SonarrActivity, envelope, page_of
from episodarr.simulator.state.library import Episode, EpisodeFile, Series
from episodarr.simulator.state.sonarr import SonarrDatabase
from episodarr.simulator.times import parse_time
from episodarr.simulator.world import World

API = "/api/v3"


class SonarrApp:
    """One Sonarr as an ASGI application."""

    def __init__(self, world: World, state: SonarrDatabase) -> None:
        self._world = world
        self._state = state
        self._encoded: dict[int, bytes] = {}
        self._list: tuple[int, bytes] = (0, b"")
        self._activity = SonarrActivity(world, state, self.encode)
        self._app = Starlette(routes=self._routes())

    def _routes(self) -> list[Route]:
        table: list[tuple[str, Handler, str]] = [
            ("/system/status", self._status, "GET"),
            ("/health", self._health, "GET"),
            ("/rootfolder", self._root_folders, "GET"),
            ("/config/mediamanagement", self._media_management, "GET"),
            ("/series", self._series_list, "GET"),
            ("/series/editor", self._delete_many, "DELETE"),
            ("/series/{id:int}", self._series_one, "GET"),
            ("/series/{id:int}", self._series_delete, "DELETE"),
            ("/episode", self._episodes, "GET"),
            ("/episode/{id:int}", self._episode, "GET"),
            ("/episodefile", self._files, "GET"),
            ("/episodefile/{id:int}", self._file, "GET"),
            ("/episodefile/{id:int}", self._file_delete, "DELETE"),
            ("/wanted/missing", self._missing, "GET"),
            ("/calendar", self._calendar, "GET"),
            *self._activity.routes(),
        ]
        routes = [Route(API + path, handler, methods=[verb]) for path, handler, verb in table]
        routes.append(Route("/ping", self._ping))
        routes.append(Route("/api", self._api_versions))
        routes.append(Route("/api/{rest:path}", self._nothing, methods=["GET", "POST", "DELETE"]))
        routes.append(Route("/{rest:path}", self._page))
        return routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers below the URL base; other requests are redirected there."""
        app: ASGIApp = self._app
        base = self._state.options.url_base
        path: str = scope["path"]
        if base and path != base and not path.startswith(f"{base}/"):
            query = scope["query_string"].decode()
            target = f"{base}{path}" + (f"?{query}" if query else "")
            app = RedirectResponse(target, status_code=307)
        elif base:
            scope = {**scope, "path": path.removeprefix(base) or "/"}
        if app is self._app and scope["path"].startswith("/api"):
            request = Request(scope)
            if not self._authorized(request):
                app = Response(status_code=401)
        await app(scope, receive, send)

    def _authorized(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").partition(" ")
        given = request.query_params.get("apikey") or request.headers.get("x-api-key")
        if given is None and bearer[0].lower() == "bearer":
            given = bearer[2]
        return given == self._state.options.api_key

    async def _ping(self, _request: Request) -> Response:
        return json_answer({"status": "OK"})

    async def _api_versions(self, _request: Request) -> Response:
        return json_answer({"current": "v3", "deprecated": []})

    async def _nothing(self, _request: Request) -> Response:
        return json_answer({"message": "NotFound"}, 404)

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Sonarr</title><body>Loading</body>")

    async def _status(self, _request: Request) -> Response:
        return json_answer(wire.status_json(self._state))

    async def _health(self, _request: Request) -> Response:
        return json_answer(wire.health_json(self._state))

    async def _root_folders(self, _request: Request) -> Response:
        disk = self._world.disk
        rows: list[wire.Json] = []
        for index, root in enumerate(self._state.options.root_folders, 1):
            row: wire.Json = {"id": index, "path": root, "accessible": disk.accessible(root)}
            if disk.accessible(root):
                row["freeSpace"] = 4_000_000_000_000
            rows.append({**row, "unmappedFolders": []})
        return json_answer(rows)

    async def _media_management(self, _request: Request) -> Response:
        return json_answer(
            {"id": 1, "recycleBin": self._state.options.recycle_bin, "recycleBinCleanupDays": 7}
        )

    def encode(self, series: Series) -> bytes:
        """The series as JSON, encoded once until it changes."""
        for changed in self._state.changed:
            self._encoded.pop(changed, None)
        self._state.changed.clear()
        body = self._encoded.get(series.id)
        if body is None:
            body = msgspec.json.encode(wire.series_json(series, self._world.now))
            self._encoded[series.id] = body
        return body

    async def _series_list(self, request: Request) -> Response:
        wanted = {key.lower(): value for key, value in request.query_params.items()}.get("tvdbid")
        if wanted is not None:
            found = self._state.by_tvdb.get(int(wanted)) if wanted.isdigit() else None
            return json_answer(encode_list([self.encode(found)] if found else []))
        revision = self._state.list_revision
        if self._list[0] != revision:
            body = encode_list([self.encode(series) for series in self._state.series.values()])
            self._list = (revision, body)
        return json_answer(self._list[1])

    async def _series_one(self, request: Request) -> Response:
        series = self._state.series.get(request.path_params["id"])
        return json_answer(self.encode(series)) if series else await self._nothing(request)

    async def _series_delete(self, request: Request) -> Response:
        series = self._state.series.get(request.path_params["id"])
        if series is None:
            return json_answer({"message": "Expected query to return a value"}, 500)
        self._world.delete_series(
            self._state.name,
            series.tvdb_id,
            delete_files=flag(request.query_params, "deleteFiles"),
        )
        return json_answer({})

    async def _delete_many(self, request: Request) -> Response:
        body = await request.json()
        for series_id in body.get("seriesIds", []):
            series = self._state.series.get(series_id)
            if series is not None:
                self._world.delete_series(
                    self._state.name,
                    series.tvdb_id,
                    delete_files=body.get("deleteFiles") is True,
                )
        return json_answer({})

    async def _episodes(self, request: Request) -> Response:
        query = request.query_params
        if not {"seriesId", "episodeIds", "episodeFileId"} & set(query):
            return json_answer({"message": "seriesId or episodeIds must be provided"}, 400)
        season = query.get("seasonNumber")
        answer = [
            self._episode_row(
                series,
                episode,
                with_file=flag(query, "includeEpisodeFile"),
                with_series=flag(query, "includeSeries"),
            )
            for series, episode in self._asked_episodes(request)
            if season is None or str(episode.season) == season
        ]
        return json_answer(answer)

    def _asked_episodes(self, request: Request) -> list[tuple[Series, Episode]]:
        query = request.query_params
        known = self._state.by_episode
        if "episodeIds" in query:
            return [known[i] for i in numbers(request, "episodeIds") if i in known]
        if "episodeFileId" in query:
            wanted = number(query, "episodeFileId")
            return [pair for pair in known.values() if pair[1].file_id == wanted > 0]
        series = self._state.series.get(number(query, "seriesId"))
        return [(series, episode) for episode in series.episodes] if series else []

    def _episode_row(
        self, series: Series, episode: Episode, *, with_file: bool, with_series: bool
    ) -> wire.Json:
        row = wire.episode_json(episode, series)
        if with_file and episode.file_id:
            row["episodeFile"] = wire.file_json(series, series.files[episode.file_id])
        if with_series:
            row["series"] = msgspec.Raw(self.encode(series))
        return row

    async def _episode(self, request: Request) -> Response:
        found = self._state.by_episode.get(request.path_params["id"])
        if found is None:
            return await self._nothing(request)
        return json_answer(self._episode_row(*found, with_file=True, with_series=True))

    async def _files(self, request: Request) -> Response:
        wanted = set(numbers(request, "episodeFileIds"))
        if wanted:
            held = [(s, f) for s in self._state.series.values() for f in s.files.values()]
            return json_answer([wire.file_json(s, f) for s, f in held if f.id in wanted])
        if "seriesId" not in request.query_params:
            message = "seriesId or episodeFileIds must be provided"
            return json_answer({"message": message}, 400)
        series = self._state.series.get(number(request.query_params, "seriesId"))
        if series is None:
            return await self._nothing(request)
        return json_answer([wire.file_json(series, file) for file in series.files.values()])

    def _find_file(self, file_id: int) -> tuple[Series, EpisodeFile] | None:
        for series in self._state.series.values():
            if file_id in series.files:
                return series, series.files[file_id]
        return None

    async def _file(self, request: Request) -> Response:
        found = self._find_file(request.path_params["id"])
        return json_answer(wire.file_json(*found)) if found else await self._nothing(request)

    async def _file_delete(self, request: Request) -> Response:
        found = self._find_file(request.path_params["id"])
        if found is None:
            return await self._nothing(request)
        series, file = found
        codes = [(episode.season, episode.number) for episode in series.episodes_of(file)]
        self._world.delete_files(self._state.name, series.tvdb_id, codes)
        return json_answer({})

    async def _missing(self, request: Request) -> Response:
        only = flag(request.query_params, "monitored", default=True)
        now = self._world.now
        rows = [
            (series, episode)
            for series, episode in self._state.by_episode.values()
            if not episode.file_id
            and episode.air_at is not None
            and episode.air_at + timedelta(minutes=series.runtime_minutes) <= now
            and (series.monitored and episode.monitored) == only
        ]
        rows.sort(key=lambda pair: pair[1].air_at or now, reverse=True)
        page, size = page_of(request)
        shown = rows[(page - 1) * size : page * size]
        records = [wire.episode_json(episode, series) for series, episode in shown]
        return json_answer(envelope(page, size, "episodes.airDateUtc", len(rows), records))

    async def _calendar(self, request: Request) -> Response:
        query = request.query_params
        start = parse_time(query["start"]) if "start" in query else self._world.now
        end = parse_time(query["end"]) if "end" in query else start + timedelta(days=2)
        unmonitored = flag(query, "unmonitored")
        rows = [
            wire.episode_json(episode, series)
            for series, episode in self._state.by_episode.values()
            if episode.air_at is not None
            and start <= episode.air_at <= end
            and (unmonitored or (series.monitored and episode.monitored))
        ]
        return json_answer(sorted(rows, key=lambda row: str(row["airDateUtc"])))
