"""Helpers that the HTTP interfaces of all simulated systems share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Awaitable[Response]]
"""Answers one request."""

JSON_TYPE = "application/json; charset=utf-8"


def json_answer(body: object, status: int = 200) -> Response:
    """An answer of JSON; bytes are taken as JSON that was encoded before."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(content, status, media_type=JSON_TYPE)


def flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A boolean query parameter in any case of letters."""
    text = query.get(name)
    return default if text is None else text.lower() in {"true", "1"}


def number(query: Mapping[str, str], name: str, default: int = 0) -> int:
    """A whole number out of the query; what is no number counts as missing."""
    text = query.get(name, "")
    return int(text) if text.lstrip("-").isdigit() else default


def numbers(request: Request, name: str) -> list[int]:
    """All values of a repeatable parameter."""
    return [int(text) for text in request.query_params.getlist(name) if text.isdigit()]


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of an urlencoded body; of a repeated one the last counts."""
    body = (await request.body()).decode(errors="replace")
    return dict(parse_qsl(body, keep_blank_values=True))


def encode_list(items: list[bytes]) -> bytes:
    """A JSON array of things that were encoded one by one."""
    return b"[" + b",".join(items) + b"]"
