"""Each fault of the configuration as one sentence: the variable, what is wrong, an example.

No sentence holds what a secret could have been put into by mistake.
"""

import difflib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

PREFIX = "EPISODARR_"
_FREE_VARIABLES = frozenset({"EPISODARR_CONFIG", "EPISODARR_URL"})
"""Read elsewhere: where the TOML file is, and which exporter the commands ask."""
EXAMPLE_NAMES = {"sonarr": "TV", "qbittorrent": "MAIN"}
"""Sections with named instances, each with a name for examples."""
EXAMPLE_URLS = {
    "sonarr": "http://sonarr:8989",
    "qbittorrent": "http://qbittorrent:8080",
    "jellyfin": "http://jellyfin:8096",
    "shoko": "http://shoko:8111",
    "jellyseerr": "http://jellyseerr:5055",
}
"""An address of each section that has one, as compose would name it."""
_EXAMPLES = {
    "external_url": "https://sonarr.example.org",
    "dashboard_url": "http://grafana:3000",
    "api_key": "the key that its settings page shows",
    "ca_file": "/etc/ssl/my-authority.pem",
    "paths": '{"/tv": "/media/tv"}',
    "state_dir": "/state",
}

type Place = list[str]
type Model = type[BaseModel]


def problem_of(detail: ErrorDetails, settings: Model) -> str:
    """One fault that was found in the settings, as a sentence."""
    place = [str(part) for part in detail["loc"]]
    if place[:1] == ["paths"]:
        place = place[:1]
    match detail["type"]:
        case "setting":
            context = detail.get("ctx", {})
            return f"{_variable([*place, context['key']])}: {context['words']}"
        case "missing":
            return f"{_variable(place)}: is missing{_example(place, settings)}"
        case "extra_forbidden":
            return f"{_variable(place)}: unknown setting{_near_key(place, settings)}"
        case "model_type" | "dict_type" if place[:1] != ["paths"]:
            return f"{_variable(place)}: {_not_one_value(place, settings)}"
        case _:
            what = detail["msg"].removeprefix("Value error, ").replace("Input should", "should")
            return f"{_variable(place)}: {what}{_example(place, settings)}"


def unknown_variables(environ: Mapping[str, str], settings: Model) -> list[str]:
    """A line for each EPISODARR_ variable that names no setting; nested ones are checked later."""
    known = {name.upper() for name in settings.model_fields}
    problems = []
    for variable in sorted(environ):
        if not variable.upper().startswith(PREFIX) or variable.upper() in _FREE_VARIABLES:
            continue
        top = variable.upper().removeprefix(PREFIX).partition("__")[0]
        if top not in known:
            near = difflib.get_close_matches(top, sorted(known), n=1)
            hint = f"; did you mean {PREFIX}{near[0]}?" if near else "; see docs/settings.md"
            problems.append(f"{variable}: unknown setting{hint}")
    return problems


def unparsable(error: Exception, settings: Model) -> str:
    """A variable that should hold JSON and does not; the error's own text may hold the value."""
    words = str(error)
    field = next((f for f in sorted(settings.model_fields) if f'"{f}"' in words), None)
    if field is None:
        return f"the configuration cannot be read: {type(error).__name__}"
    if _section(settings.model_fields[field]) is not None:
        return f"{_variable([field])}: {_not_one_value([field], settings)}"
    return f"{_variable([field])}: is not valid JSON{_example([field], settings)}"


def _variable(place: Place) -> str:
    return PREFIX + "__".join(place).upper()


def _not_one_value(place: Place, settings: Model) -> str:
    """The message for a single value in place of a section."""
    top = place[0]
    if top in EXAMPLE_NAMES:
        first = f"{_variable([top, EXAMPLE_NAMES[top], 'url'])}={EXAMPLE_URLS[top]}"
        return f"each needs a name of its own and its settings below that, as in {first}"
    fields = sorted(_section(settings.model_fields[top]).model_fields)  # type: ignore[union-attr]
    names = ", ".join(_variable([top, field]) for field in fields)
    return f"is no setting by itself; these are: {names}"


def _example(place: Place, settings: Model) -> str:
    name = place[-1] if place else ""
    example = EXAMPLE_URLS.get(place[0]) if name == "url" else _EXAMPLES.get(name)
    field = _field(place, settings)
    if (
        example is None
        and field is not None
        and isinstance(field.default, bool | int | float | str)
    ):
        default = field.default
        example = f"{default:g}" if isinstance(default, float) else str(default).lower()
    return f" (for example: {example})" if example else ""


def _field(place: Place, settings: Model) -> FieldInfo | None:
    """The field that a place names, if there is one."""
    if not place or place[0] not in settings.model_fields:
        return None
    field = settings.model_fields[place[0]]
    section = _section(field)
    if section is None or len(place) == 1:
        return field
    return section.model_fields.get(place[-1])


def _near_key(place: Place, settings: Model) -> str:
    top = settings.model_fields.get(place[0])
    section = _section(top) if top is not None else None
    fields = sorted((section or settings).model_fields)
    near = difflib.get_close_matches(place[-1], fields, n=1)
    if near:
        return f"; did you mean {_variable([*place[:-1], near[0]])}?"
    return f"; known: {', '.join(field.upper() for field in fields)}"


def _section(field: FieldInfo) -> Model | None:
    """The model of a field that is a section, or several by name."""
    annotation: Any = field.annotation
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
