"""The part of Shoko's HTTP interface about files and managed folders."""

from __future__ import annotations

import asyncio
import re
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
)
from episodarr.simulator.state.shoko import ShokoDatabase
from episodarr.simulator.state.shoko_files import ShokoFile
from episodarr.simulator.world import World


class ShokoFileRoutes:
    """Handlers for the files and folders of one Shoko."""

    def __init__(self, world: World, state: ShokoDatabase) -> None:
        self._world = world
        self._state = state

    def routes(self) -> list[tuple[str, Handler, str]]:
        """Path below the API's root, handler and method of each."""
        major = self._state.options.major
        folder = "managedfolder" if major >= 6 else "importfolder"
        table: list[tuple[str, Handler, str]] = [
            ("/file/pathendswith", self._files_by_path, "GET"),
            ("/file/pathendswith/{path:path}", self._files_by_path, "GET"),
            ("/file/pathregex/{path:path}", self._files_by_regex, "GET"),
            ("/file/unrecognized", self._unrecognized, "GET"),
            ("/file/{id:int}", self._file, "GET"),
            (f"/{folder}", self._folders, "GET"),
            (f"/{folder}/{{id:int}}/scan", self._scan, "GET"),
            (f"/{folder}/{{id:int}}/file", self._folder_files, "GET"),
            ("/action/removemissingfiles", self._remove_missing, "GET"),
            ("/action/removemissingfiles/{mylist}", self._remove_missing, "GET"),
        ]
        if major >= 5:
            table += [
                ("/file", self._files, "GET"),
                ("/file/{id:int}/location", self._locations, "GET"),
            ]
        if major >= 6:
            table += [
                (f"/{folder}/notifychangedetected", self._notify, "POST"),
                (f"/{folder}/{{id:int}}/notifychangedetected", self._notify, "POST"),
            ]
        return table

    async def _files_by_path(self, request: Request) -> Response:
        wanted = request.path_params.get("path") or request.query_params.get("path", "")
        wanted = unquote(wanted).lower()
        maybe = self._state.files.maybe_ending_with(wanted)
        found = [
            file for file in maybe if absolute_path(self._state, file).lower().endswith(wanted)
        ]
        return json_answer(file_rows(self._state, request, found))

    async def _files_by_regex(self, request: Request) -> Response:
        try:
            pattern = re.compile(unquote(request.path_params["path"]))
        except re.error:
            return Response(status_code=400)
        found = [
            file
            for file in self._state.files.values()
            if pattern.search(absolute_path(self._state, file))
        ]
        return json_answer(file_rows(self._state, request, found))

    async def _unrecognized(self, request: Request) -> Response:
        return files_answer(self._state, request, self._state.files.unlinked())

    async def _files(self, request: Request) -> Response:
        only = request.query_params.get("include_only", "").lower()
        files = self._state.files
        found = files.unlinked() if "unrecognized" in only else list(files.values())
        invalid = invalid_page(request, 1000)
        return invalid or files_answer(self._state, request, found, default=100)

    async def _file(self, request: Request) -> Response:
        file = self._find_file(request)
        if file is None:
            return Response(status_code=404)
        return json_answer(file_rows(self._state, request, [file])[0])

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
        invalid = invalid_page(request, limit)
        return invalid or files_answer(self._state, request, found, default=default)

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

    def _find_file(self, request: Request) -> ShokoFile | None:
        return self._state.files.with_id(request.path_params["id"])
