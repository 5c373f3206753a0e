"""Compare paths that several systems write of the same file, each in its own view.

A path is compared part by part, without regard to case and to the two ways Unicode can spell a letter.
No part is ever read from a disk. `pathlib` is not used: it interns every name it sees, and Python
3.12 never forgets what is interned.
"""

import ntpath
import re
import unicodedata
from collections.abc import Iterable

type Parts = tuple[str, ...]
"""A path taken apart, without its root; folded for comparison."""

_NO_PART = frozenset({"", "."})
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def parts_of(path: str) -> Parts:
    """The parts of an absolute or relative path, of Windows or not."""
    if _WINDOWS.match(path) or ("\\" in path and "/" not in path):
        drive, rest = ntpath.splitdrive(path.replace("/", "\\"))
        return tuple(_fold(part) for part in (drive, *rest.split("\\")) if part not in _NO_PART)
    return tuple(part for part in _fold(path).split("/") if part not in _NO_PART)


def is_tail(parts: Parts, tail: Parts) -> bool:
    """Whether the path ends with these parts; False for no parts."""
    return bool(tail) and parts[-len(tail) :] == tail


def below(path: str, folder: str) -> Parts:
    """The path's parts below a folder; only the file's name where it lies elsewhere."""
    parts, prefix = parts_of(path), parts_of(folder)
    if len(parts) > len(prefix) and parts[: len(prefix)] == prefix:
        return parts[len(prefix) :]
    return parts[-1:]


def stem_of(name: str) -> str:
    """A file's name without what follows its last dot."""
    before, _, after = name.rpartition(".")
    return before if before and after else name


def once(names: Iterable[str]) -> frozenset[str]:
    """The texts that occur exactly once."""
    seen: set[str] = set()
    several: set[str] = set()
    for name in names:
        (several if name in seen else seen).add(name)
    return frozenset(seen - several)


def _fold(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()
