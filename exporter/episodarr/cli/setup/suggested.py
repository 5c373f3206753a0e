"""The lines that `episodarr check` ends with: what to add to the configuration, ready to paste."""

import json
import secrets
from collections.abc import Iterable, Mapping

from episodarr.cli.setup.findings import Finding

CONFIG_VARIABLE = "EPISODARR_CONFIG"


def lines_to_add(
    findings: Iterable[Finding],
    configured_paths: Mapping[str, str],
    *,
    has_published_secret: bool,
    is_toml: bool,
) -> tuple[str, ...]:
    """Whole lines for .env and the shell, or for TOML; none where nothing is missing.

    EPISODARR_PATHS is one variable: its line holds what is configured, too.
    """
    missing: dict[str, str] = {}
    for finding in findings:
        missing |= finding.paths
    lines: list[str] = []
    if missing:
        paths = {**configured_paths, **missing}
        lines += _toml_paths(paths) if is_toml else [f"EPISODARR_PATHS='{json_text(paths)}'"]
    if has_published_secret:
        secret = secrets.token_hex(20)
        lines += (
            ["[web]", f'secret = "{secret}"'] if is_toml else [f"EPISODARR_WEB__SECRET={secret}"]
        )
    return tuple(lines)


def _toml_paths(paths: Mapping[str, str]) -> list[str]:
    """A JSON string is a TOML string, too."""
    return [
        "[paths]",
        *(f"{json_text(remote)} = {json_text(paths[remote])}" for remote in sorted(paths)),
    ]


def json_text(value: object) -> str:
    """JSON that reads the same between apostrophes of a shell, of .env and of TOML's strings."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True).replace("\\\\", "\\u005c")
    return text.replace("'", "\\u0027").replace("\x7f", "\\u007f")
