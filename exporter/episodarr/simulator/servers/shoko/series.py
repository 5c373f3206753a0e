"""The part of Shoko's HTTP interface about series."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from episodarr.simulator.servers.answers import Handler, flag, json_answer
from episodarr.simulator.servers.shoko import wire
from episodarr.simulator.servers.shoko.answers import (
    absolute_path,
    file_rows,
    files_answer,
    invalid_page,
    page_of,
)
from episodarr.simulator.state.shoko import ShokoDatabase
from episodarr.simulator.state.shoko_files import ShokoSeries

_PAGE_LIMIT = 100


class ShokoSeriesRoutes:
    """Handlers for the series of one Shoko."""

    def __init__(self, state: ShokoDatabase) -> None:
        self._state = state

    def routes(self) -> list[tuple[str, Handler, str]]:
        """Path below the API's root, handler and method of each."""
        by_other_id = (
            ("/tmdb/show/{id:int}/shoko/series", self._series_by_tmdb, "GET")
            if self._state.options.major >= 5
            else ("/series/tvdb/{id:int}/series", self._series_by_tvdb, "GET")
        )
        return [
            ("/series", self._series_list, "GET"),
            ("/series/withoutfiles", self._without_files, "GET"),
            ("/series/pathendswith/{path:path}", self._series_by_path, "GET"),
            ("/series/anidb/{id:int}/series", self._series_by_anidb, "GET"),
            ("/series/{id:int}", self._series_one, "GET"),
            ("/series/{id:int}/file", self._series_files, "GET"),
            ("/series/{id:int}/episode", self._series_episodes, "GET"),
            by_other_id,
        ]

    def _series_answer(self, request: Request, chosen: list[ShokoSeries]) -> Response:
        rows = self._series_rows(page_of(request, chosen))
        return json_answer({"Total": len(chosen), "List": rows})

    async def _series_list(self, request: Request) -> Response:
        invalid = invalid_page(request, _PAGE_LIMIT)
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
            if absolute_path(self._state, files[0]).rpartition("/")[0].lower().endswith(wanted)
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

    async def _series_files(self, request: Request) -> Response:
        series = self._state.series.get(request.path_params["id"])
        if series is None:
            return Response(status_code=404)
        files = self._state.files.of_series(series)
        if self._state.options.major < 5:
            return json_answer(file_rows(self._state, request, files))
        return invalid_page(request, 1000) or files_answer(self._state, request, files, default=100)

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
                    row["Files"] = file_rows(self._state, request, held)
                rows.append(row)
        shown = page_of(request, rows)
        return json_answer({"Total": len(rows), "List": shown})

    def _series_rows(self, chosen: list[ShokoSeries]) -> list[wire.Json]:
        state = self._state
        return [wire.series_json(state, one, state.files.of_series(one)) for one in chosen]
