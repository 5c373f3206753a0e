"""Write the table of settings from the settings themselves.

`python -m episodarr.cli.settings_table docs/settings.md` brings the table between the two markers up to
date; with `--check` it only reports whether it is.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from episodarr.settings import PREFIX, Settings

BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
_NAMED = {"sonarr": "&lt;NAME&gt;", "qbittorrent": "&lt;NAME&gt;"}


def table() -> str:
    """A Markdown table with one row per setting."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    rows += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in _rows()]
    return "\n".join(rows)


def _rows() -> Iterator[tuple[str, str, str]]:
    for name, field in Settings.model_fields.items():
        section = _section(field)
        if section is None:
            yield _row((name,), field)
            continue
        named = ("<NAME>",) if name in _NAMED else ()
        for inner, inner_field in section.model_fields.items():
            yield _row((name, *named, inner), inner_field)


def _row(path: tuple[str, ...], field: FieldInfo) -> tuple[str, str, str]:
    variable = PREFIX + "__".join(path).upper()
    meaning = " ".join((field.description or "").split())
    if _is_secret(field.annotation):
        meaning = f"{meaning} Also as `…_FILE`."
    choices = _choices(field.annotation)
    if choices:
        meaning = f"{meaning} One of {', '.join(f'`{c}`' for c in choices)}."
    return variable, _default(field), meaning


def _section(field: FieldInfo) -> type[BaseModel] | None:
    for candidate in (field.annotation, *get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _is_secret(annotation: Any) -> bool:
    return SecretStr in (annotation, *get_args(annotation))


def _choices(annotation: Any) -> tuple[str, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined and field.default_factory is None:
        return "needed"
    value = field.default
    is_optional = get_origin(field.annotation) is UnionType and NoneType in get_args(
        field.annotation
    )
    if (
        value is None
        or is_optional
        or value in ("", PydanticUndefined)
        or _is_secret(field.annotation)
    ):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{value}`"


def renewed(text: str) -> str:
    """The document with the table between its markers made current."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def main(arguments: list[str]) -> int:
    """Write the table, or report that it is not current."""
    path = Path(next(a for a in arguments if not a.startswith("--")))
    before = path.read_text(encoding="utf-8")
    after = renewed(before)
    if "--check" in arguments:
        if before != after:
            print(f"{path} is not current: run `make golden`", file=sys.stderr)
        return int(before != after)
    path.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
