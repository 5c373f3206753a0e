"""`/api/openapi.json`: every route, with schemas that msgspec generates from the documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

import msgspec

from episodarr.server.access import SECRET_HEADER
from episodarr.server.contract import DeletionOrder
from episodarr.server.replies import JSON
from episodarr.views.deletion_documents import (
    DeletionListDocument,
    ExpectedDeletionDocument,
    OneDeletionDocument,
)
from episodarr.views.matching import MatchQuestionDocument, SummaryDocument
from episodarr.views.shapes import (
    DeletionActionDocument,
    ErrorDocument,
    OneSeriesDocument,
    RequestListDocument,
    SeriesListDocument,
    UnderWayDocument,
    WebhookDocument,
)

type Json = dict[str, Any]

_COMPONENT = "#/components/schemas/{name}"
_TEXT = "text/plain"
_HTML = "text/html"
_OPENMETRICS = "application/openmetrics-text"

_WEBHOOK_BODY: Json = {
    "type": "object",
    "description": "A webhook as Sonarr sends it; events that are not known are accepted too.",
    "properties": {"eventType": {"type": "string", "minLength": 1}},
    "required": ["eventType"],
}

_REFUSALS = {
    400: "The body cannot be read, or is not what is asked for.",
    401: "The user name and password, or the secret, are missing or wrong.",
    403: "Acting is off, because no secret is configured.",
    404: "There is nothing with this id or name.",
    409: "It cannot be done now, or more than one thing is meant.",
    413: "The body is too large.",
    415: "The body has to be JSON.",
    421: "It is not read under this host name: it is no address and not configured.",
    503: "It is not known now; it is read again.",
}


class Access(Enum):
    """What a request has to carry."""

    OPEN = auto()
    READ = auto()
    """User name and password, where they are configured."""
    ACT = auto()
    WEBHOOK = auto()


_SECURITY: Mapping[Access, list[Json]] = {
    Access.OPEN: [],
    Access.READ: [{}, {"password": []}],
    Access.ACT: [{"secret": []}, {"bearer": []}],
    Access.WEBHOOK: [{"secret": []}, {"bearer": []}, {"webhook": []}],
}
"""The alternatives of each."""

_ALWAYS_REFUSED = {
    Access.OPEN: (),
    Access.READ: (401, 421),
    Access.ACT: (401, 403),
    Access.WEBHOOK: (401, 403),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one route."""

    summary: str
    answers: Mapping[int, Sequence[type | str]]
    """By status: each is a document, or the media type of what is none."""
    access: Access
    refusals: Sequence[int] = ()
    """Besides those of the access."""
    query: Mapping[str, str] = field(default_factory=dict)
    """What each parameter of the query does."""
    body: type | Json | None = None


_RECORD_WEBHOOK = Operation(
    summary="Take note of a webhook of the Sonarr with this name.",
    answers={202: [WebhookDocument]},
    access=Access.WEBHOOK,
    refusals=(400, 404, 413, 415),
    body=_WEBHOOK_BODY,
)

OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "/": {
        "get": Operation(
            summary="The status page.",
            answers={200: [_HTML], 304: []},
            access=Access.READ,
            query={
                "q": "Shows the series of the library whose titles have this in them.",
                "stage": "Shows the series of the library with this stage.",
                "page": "The page of the library.",
                "series": "The id of a series to be shown whole.",
                "fragment": "If it is there, only the part that changes is answered.",
            },
        )
    },
    "/metrics": {
        "get": Operation(
            summary="The metrics, in the format that is asked for.",
            answers={200: [_TEXT, _OPENMETRICS]},
            access=Access.READ,
        )
    },
    "/-/healthy": {
        "get": Operation(
            summary="Whether requests are answered, and what is wrong nonetheless.",
            answers={200: [_TEXT]},
            access=Access.OPEN,
        )
    },
    "/-/ready": {
        "get": Operation(
            summary="Whether there was a good cycle.",
            answers={200: [_TEXT], 503: [_TEXT]},
            access=Access.OPEN,
        )
    },
    "/api/openapi.json": {
        "get": Operation(summary="This document.", answers={200: [JSON]}, access=Access.READ)
    },
    "/api/v1/series": {
        "get": Operation(
            summary="All series; or those that are under way, each with its episodes.",
            answers={200: [SeriesListDocument, UnderWayDocument]},
            access=Access.READ,
            query={"under_way": "1: only the series that are under way, each with its episodes."},
        )
    },
    "/api/v1/series/{id}": {
        "get": Operation(
            summary="One series with its episodes, requests and downloads.",
            answers={200: [OneSeriesDocument]},
            access=Access.READ,
            refusals=(404,),
        )
    },
    "/api/v1/requests": {
        "get": Operation(
            summary="All requests, unfinished ones first.",
            answers={200: [RequestListDocument]},
            access=Access.READ,
        )
    },
    "/api/v1/summary": {
        "get": Operation(
            summary="The library in a few numbers, for widgets.",
            answers={200: [SummaryDocument]},
            access=Access.READ,
        )
    },
    "/api/v1/downloads/{id}/match": {
        "get": Operation(
            summary="What the matcher is asked about a torrent: a line of `episodarr match`.",
            answers={200: [MatchQuestionDocument]},
            access=Access.READ,
            refusals=(404, 409, 503),
        )
    },
    "/api/v1/deletions": {
        "get": Operation(
            summary="All deletions, those that went wrong first.",
            answers={200: [DeletionListDocument]},
            access=Access.READ,
            refusals=(503,),
        ),
        "post": Operation(
            summary="Announce a deletion and take a fresh inventory; a dry run (200) only the latter.",
            answers={200: [ExpectedDeletionDocument], 202: [ExpectedDeletionDocument]},
            access=Access.ACT,
            refusals=(400, 404, 409, 413, 415),
            body=DeletionOrder,
        ),
    },
    "/api/v1/deletions/{id}": {
        "get": Operation(
            summary="One deletion with the evidence of every episode.",
            answers={200: [OneDeletionDocument]},
            access=Access.READ,
            refusals=(404, 503),
        )
    },
    "/api/v1/deletions/{id}/ack": {
        "post": Operation(
            summary="Mark a bad verdict as seen.",
            answers={202: [DeletionActionDocument]},
            access=Access.ACT,
            refusals=(404, 409),
        )
    },
    "/api/v1/deletions/{id}/recheck": {
        "post": Operation(
            summary="Have every system checked again now.",
            answers={202: [DeletionActionDocument]},
            access=Access.ACT,
            refusals=(404, 409),
        )
    },
    "/webhooks/sonarr/{name}": {"post": _RECORD_WEBHOOK, "put": _RECORD_WEBHOOK},
}

_PATH_PARAMETERS = {
    "/api/v1/series/{id}": ("id", "The Sonarr's name and the TVDB number, as in tv:267440."),
    "/api/v1/downloads/{id}": ("id", "The download's id, or a part of the torrent's name."),
    "/api/v1/deletions/{id}": ("id", "The id of a deletion, as /api/v1/deletions lists it."),
    "/webhooks/sonarr/{name}": ("name", "The name of a configured Sonarr, in any case."),
}

_SECURITY_SCHEMES: Json = {
    "password": {"type": "http", "scheme": "basic", "description": "Of EPISODARR_WEB."},
    "secret": {"type": "apiKey", "in": "header", "name": SECRET_HEADER},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The secret as a token."},
    "webhook": {"type": "http", "scheme": "basic", "description": "The secret as the password."},
}


def openapi_document(version: str) -> Json:
    """The OpenAPI 3.1 document of this version of the program."""
    schemas, components = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Episodarr",
            "version": version,
            "description": "Times are RFC 3339 in UTC, ratios 0 to 1, sizes bytes, durations seconds; "
            "null means unknown or not applicable, never zero. Objects may get further fields.",
        },
        "paths": {
            path: {
                **_path_parameters(path),
                **{method: _operation(one, schemas) for method, one in methods.items()},
            }
            for path, methods in OPERATIONS.items()
        },
        "components": {"schemas": components, "securitySchemes": _SECURITY_SCHEMES},
    }


def _schemas() -> tuple[Mapping[type, Json], Json]:
    """A reference for each type that the operations name, and all schemas these lead to."""
    operations = [one for methods in OPERATIONS.values() for one in methods.values()]
    named = {
        type_: None
        for one in operations
        for type_ in (*(t for types in one.answers.values() for t in types), one.body)
        if isinstance(type_, type)
    }
    types = [*named, ErrorDocument]
    references, components = msgspec.json.schema_components(types, ref_template=_COMPONENT)
    return dict(zip(types, references, strict=True)), components


def _path_parameters(path: str) -> Json:
    """The parameters that all methods of the path share."""
    found = [
        description for start, description in _PATH_PARAMETERS.items() if path.startswith(start)
    ]
    return {
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": description,
                "schema": {"type": "string", "minLength": 1},
            }
            for name, description in found
        ]
    }


def _operation(one: Operation, schemas: Mapping[type, Json]) -> Json:
    document: Json = {
        "summary": one.summary,
        "parameters": [
            {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}
            for name, description in one.query.items()
        ],
        "responses": {
            **{
                str(status): _answer(status, kinds, schemas)
                for status, kinds in one.answers.items()
            },
            **{
                str(status): _response(_REFUSALS[status], {JSON: schemas[ErrorDocument]})
                for status in sorted({*_ALWAYS_REFUSED[one.access], *one.refusals})
            },
        },
        "security": _SECURITY[one.access],
    }
    if one.body is not None:
        schema = schemas[one.body] if isinstance(one.body, type) else one.body
        document["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return document


def _answer(status: int, kinds: Sequence[type | str], schemas: Mapping[type, Json]) -> Json:
    documents = [schemas[kind] for kind in kinds if isinstance(kind, type)]
    content: dict[str, Json] = {
        kind: {"type": "object" if kind == JSON else "string"}
        for kind in kinds
        if isinstance(kind, str)
    }
    if documents:
        content[JSON] = documents[0] if len(documents) == 1 else {"anyOf": documents}
    return _response(f"{HTTPStatus(status).phrase}.", content)


def _response(description: str, schema_by_media_type: Mapping[str, Json]) -> Json:
    content = {
        media_type: {"schema": schema} for media_type, schema in schema_by_media_type.items()
    }
    return {"description": description, **({"content": content} if content else {})}
