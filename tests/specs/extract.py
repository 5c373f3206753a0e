"""Take from an OpenAPI document the names and types of some of its answers."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.specs import JELLYFINS, SEERRS, SONARR

PATHS = {
    **dict.fromkeys(
        JELLYFINS,
        (
            *("/System/Info", "/System/Info/Public", "/Items", "/Shows/{seriesId}/Episodes"),
            *("/Shows/{seriesId}/Seasons", "/ScheduledTasks", "/Library/VirtualFolders"),
        ),
    ),
    **dict.fromkeys(
        SEERRS,
        (
            *("/status", "/request", "/request/{requestId}", "/request/count", "/media"),
            *("/tv/{tvId}", "/settings/jobs", "/settings/about", "/settings/sonarr"),
        ),
    ),
    SONARR: (
        *("/api/v3/system/status", "/api/v3/series", "/api/v3/episode", "/api/v3/episodefile"),
        *("/api/v3/queue", "/api/v3/queue/details", "/api/v3/queue/status", "/api/v3/history"),
        *("/api/v3/history/since", "/api/v3/history/series", "/api/v3/rootfolder"),
        *("/api/v3/wanted/missing", "/api/v3/calendar", "/api/v3/command", "/api/v3/health"),
    ),
}
"""The requests whose answers are compared, by specification."""
SCHEMAS = dict.fromkeys(JELLYFINS, ("ItemFields",))
"""Schemas that are compared and belong to no answer."""
FILES = {
    **{name: f"{name}-openapi.json" for name in (*JELLYFINS, SONARR)},
    **{name: f"{name}-api.yml" for name in SEERRS},
}
_PROSE = frozenset({"description", "summary", "example", "examples", "title", "externalDocs"})
_NAMES = frozenset({"properties", "schemas"})
"""What lies below them has names of its own, which may be words of `_PROSE`."""


def facts(name: str, specifications: Path) -> dict[str, Any]:
    """What is compared of one specification."""
    text = (specifications / FILES[name]).read_text(encoding="utf-8")
    document = json.loads(text) if FILES[name].endswith(".json") else yaml.safe_load(text)
    paths = {path: _operation(document["paths"][path]["get"]) for path in PATHS[name]}
    extra = [{"$ref": f"#/components/schemas/{one}"} for one in SCHEMAS.get(name, ())]
    components: dict[str, dict[str, Any]] = {}
    waiting = [*_references(paths), *_references(extra)]
    while waiting:
        _, kind, one = waiting.pop().removeprefix("#/").split("/")
        if one not in components.setdefault(kind, {}):
            found = components[kind][one] = _without_prose(document["components"][kind][one])
            waiting += _references(found)
    ordered = {kind: dict(sorted(several.items())) for kind, several in sorted(components.items())}
    return {"paths": paths, "components": ordered}


def text_of(found: object) -> str:
    """The facts as they are stored."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _operation(get: dict[str, Any]) -> dict[str, Any]:
    content = get["responses"]["200"]["content"]
    answer = content.get("application/json") or next(iter(content.values()))
    return {
        "parameters": sorted(one["name"] for one in get.get("parameters", ())),
        "schema": _without_prose(answer["schema"]),
    }


def _without_prose(value: object, *, is_named: bool = False) -> Any:
    if isinstance(value, list):
        return [_without_prose(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_prose(inner, is_named=not is_named and key in _NAMES)
        for key, inner in value.items()
        if is_named or (key not in _PROSE and not key.startswith("x-"))
    }


def _references(value: object) -> Iterator[str]:
    inner: Iterable[object] = ()
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    for one in inner:
        yield from _references(one)
