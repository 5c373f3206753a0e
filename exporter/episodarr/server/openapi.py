"""`/api/openapi.json`: every route, with schemas that msgspec generates from the documents."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec

from episodarr.server.access import SECRET_HEADER
from episodarr.server.operations import OPERATIONS, Access, Json, Operation
from episodarr.server.replies import JSON
from episodarr.views.shapes import ErrorDocument

_COMPONENT = "#/components/schemas/{name}"

REFUSALS = {
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
                str(status): _response(REFUSALS[status], {JSON: schemas[ErrorDocument]})
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
