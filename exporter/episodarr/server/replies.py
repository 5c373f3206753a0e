"""Answers in JSON, errors included: one sentence for people, always under `error`."""

import gzip
from collections.abc import Mapping
from hashlib import blake2b

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from episodarr.views.shapes import ErrorDocument

JSON = "application/json"
_WORTH_PACKING_BYTES = 1400
"""Bodies below this size in bytes fit one network packet uncompressed."""

_SENTENCES = {
    404: "There is nothing at this address; the API is under /api/v1/, the page at /.",
    405: "This address does not take that method.",
}


def encoded(document: object) -> bytes:
    """JSON; a path that is no text, as broken file names give, keeps all but the broken bytes."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return msgspec.json.encode(_mended(document))


def _mended(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode()
    if isinstance(value, msgspec.Struct):
        return {name: _mended(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {_mended(key): _mended(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(inner) for inner in value]
    return value


def json_reply(document: object, *, status: int = 200) -> Response:
    """The document, encoded."""
    return Response(encoded(document), status, media_type=JSON)


def refusal(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error with a sentence."""
    body = encoded(ErrorDocument(error=sentence))
    return Response(body, status, headers=headers, media_type=JSON)


async def on_http_exception(_: Request, error: Exception) -> Response:
    """What the router refuses, as JSON."""
    if not isinstance(error, HTTPException):
        return await on_bug(_, error)
    sentence = _SENTENCES.get(error.status_code, error.detail)
    return refusal(error.status_code, sentence, error.headers)


async def on_bug(_: Request, __: Exception) -> Response:
    """The answer for an internal error: a fixed sentence; the server logs the traceback."""
    return refusal(500, "That went wrong inside the exporter; its log has the details.")


def packed(request: Request, body: bytes, media_type: str) -> Response:
    """The body, compressed where the client takes it; level 1 is fast and gives a tenth."""
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
    if len(body) > _WORTH_PACKING_BYTES and takes_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=1, mtime=0)
    return Response(body, headers=headers, media_type=media_type)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether the header names gzip without refusing it by a weight of zero."""
    for part in accept_encoding.lower().replace(" ", "").split(","):
        name, _, weight = part.partition(";q=")
        if name in {"gzip", "*"}:
            return not weight or bool(weight.strip("0."))
    return False


def weak_etag(body: bytes) -> str:
    """An ETag of the uncompressed bytes."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the client has these bytes already."""
    known = (part.strip() for part in request.headers.get("if-none-match", "").split(","))
    return etag in known
