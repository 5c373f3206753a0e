"""What the answers of several routes of Shoko share: pages, and rows of files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from episodarr.simulator.servers.answers import flag, json_answer, number
from episodarr.simulator.servers.shoko import wire
from episodarr.simulator.state.shoko import ShokoDatabase
from episodarr.simulator.state.shoko_files import ShokoFile


def invalid_page(request: Request, limit: int) -> Response | None:
    """The refusal of a page of that size; None where the size is allowed."""
    size = number(request.query_params, "pageSize", 50)
    if 0 <= size <= limit:
        return None
    errors = {"pageSize": [f"The field pageSize must be between 0 and {limit}."]}
    return json_answer(
        {"title": "One or more validation errors occurred.", "status": 400, "errors": errors},
        400,
    )


def page_of[Row](request: Request, rows: list[Row], default: int = 50) -> list[Row]:
    """The rows of the requested page; all of them for a size of 0."""
    query = request.query_params
    size = number(query, "pageSize", default)
    page = max(1, number(query, "page", 1))
    return rows[(page - 1) * size : page * size] if size > 0 else rows


def absolute_path(state: ShokoDatabase, file: ShokoFile) -> str:
    """The file's path as Shoko sees it."""
    root = state.roots[file.folder_id - 1]
    return state.shown(root) + file.path[len(root) :]


def file_rows(state: ShokoDatabase, request: Request, files: list[ShokoFile]) -> list[wire.Json]:
    """The files, each with the parts that the request includes."""
    include = _include(request)
    return [wire.file_json(state, file, include) for file in files]


def files_answer(
    state: ShokoDatabase, request: Request, chosen: list[ShokoFile], default: int = 50
) -> Response:
    """The requested page of the chosen files, and how many they are."""
    rows = file_rows(state, request, page_of(request, chosen, default))
    return json_answer({"Total": len(chosen), "List": rows})


def _include(request: Request) -> set[str]:
    query = request.query_params
    words = {w.lower() for text in query.getlist("include") for w in text.split(",")}
    if flag(query, "includeXRefs"):
        words.add("xrefs")
    if flag(query, "includeAbsolutePaths"):
        words.add("absolutepaths")
    return words
