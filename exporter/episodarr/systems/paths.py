"""Sonarr's paths as text: how they are cleaned, and which folder holds which."""

import posixpath
import unicodedata
from collections.abc import Iterable


def clean(path: str) -> str:
    """The path with forward slashes, without `.`, `..`, doubled or trailing slashes.

    Sonarr on Windows writes backslashes; a name that really holds one cannot be mapped.
    """
    is_windows = len(path) > 1 and (path[1] == ":" or path.startswith("\\\\"))
    slashed = path.replace("\\", "/") if is_windows else path
    return posixpath.normpath(slashed) if slashed else ""


def below(path: str, folder: str) -> str | None:
    """The rest of a clean path below a clean folder, empty for the folder itself; None if not in it.

    Windows ignores case in drives, hosts and names.
    """
    parts, prefix = path.split("/"), folder.rstrip("/").split("/")
    if _comparable(parts[: len(prefix)], path) != _comparable(prefix, path):
        return None
    return "/".join(parts[len(prefix) :])


def _comparable(parts: list[str], path: str) -> list[str]:
    is_windows = path[1:2] == ":" or path.startswith("//")
    return [folded(p) if is_windows else unicodedata.normalize("NFC", p) for p in parts]


def root_folder_of(path: str, root_folders: Iterable[str]) -> str:
    """Sonarr's root folder that a series lies in; the folder above it where none holds it.

    A series may be the root folder itself.
    """
    path = clean(path)
    holding = [root for root in root_folders if below(path, clean(root)) is not None]
    return max(holding, key=len, default=posixpath.dirname(path))


def folded(name: str) -> str:
    """The text in one Unicode normal form and without case, to compare names."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
