"""The configuration as a file: .env or TOML, readable by its owner only."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from episodarr.cli.setup.suggested import json_text
from episodarr.settings import PREFIX

FILE_MODE = 0o600


def as_env(variables: Mapping[str, str]) -> str:
    """Lines for compose, systemd and the shell: what is no plain word stands between apostrophes."""
    lines = ["# Written by episodarr init. Every setting: docs/settings.md"]
    lines += [f"{name}={_quoted(value)}" for name, value in variables.items()]
    return "\n".join(lines) + "\n"


def as_toml(variables: Mapping[str, str]) -> str:
    """The same as tables; a variable that holds JSON becomes a table, too."""
    tables: dict[str, list[str]] = {}
    for variable, value in variables.items():
        *table, key = variable.removeprefix(PREFIX).lower().split("__")
        if not table and value.startswith("{"):
            entries = json.loads(value)
            lines = [f"{json_text(k)} = {json_text(v)}" for k, v in entries.items()]
            tables.setdefault(key, []).extend(lines)
        else:
            tables.setdefault(".".join(table), []).append(f"{key} = {json_text(value)}")
    text = "# Written by episodarr init. Name this file in EPISODARR_CONFIG.\n"
    for name in sorted(tables):
        head = f"\n[{name}]\n" if name else ""
        text += head + "\n".join(tables[name]) + "\n"
    tomllib.loads(text)
    return text


def write(path: Path, text: str) -> None:
    """Replace the file whole; it is never there half, and never readable by others.

    Raises:
        OSError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(
            os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w", encoding="utf-8"
        ) as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _quoted(value: str) -> str:
    """A value between apostrophes where it is no plain word.

    One that holds an apostrophe stands between quotation marks, with what means something there
    escaped.
    """
    if value and all(c.isalnum() or c in "-_.:/@%+=" for c in value) and value.isascii():
        return value
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    escaped = (
        value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    )
    return f'"{escaped}"'
