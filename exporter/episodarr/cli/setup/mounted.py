"""Finds where on this machine one of Sonarr's folders lies: a search for a few of its files."""

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
FOLDERS_LIMIT = 30_000
DEPTH_LIMIT = 6
NEVER = frozenset(
    {"/proc", "/sys", "/dev", "/run", "/boot", "/etc", "/usr", "/bin", "/sbin", "/lib"}
)
"""Holds no media anywhere, and is large or not made of files."""
_NO_FILES = frozenset(
    {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "devtmpfs", "mqueue", "debugfs", "tracefs"}
    | {"securityfs", "pstore", "bpf", "configfs", "fusectl", "hugetlbfs", "nsfs", "binfmt_misc"}
)


def find_folder(
    size_by_name: Mapping[str, int], starts: tuple[str, ...], proceed: Callable[[], bool]
) -> str | None:
    """The folder below the starts that holds all the files with their sizes in bytes; None if none.

    The names are relative to the folder. Near folders come first, links are not followed, and the
    search ends once `proceed` gives False.
    """
    for folder in _folders(starts, proceed):
        if size_by_name and all(
            _size_of(f"{folder.rstrip('/')}/{name}") == size for name, size in size_by_name.items()
        ):
            return folder
    return None


def mounted_folders(mounts: Path = MOUNTS) -> tuple[str, ...]:
    """Where something is mounted that can hold files, then the root; in a container, its volumes."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ("/",)
    found: dict[str, None] = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()[:1]
        if len(fields) > 4 and kind and kind[0] not in _NO_FILES:
            found[_unescaped(fields[4])] = None
    own = sorted(path for path in found if path != "/" and not _is_never(path))
    return (*own, "/")


def _folders(starts: tuple[str, ...], proceed: Callable[[], bool]) -> Iterator[str]:
    """Folders by their distance from the starts, each once."""
    waiting = deque((start, 0) for start in starts)
    known = set(starts)
    for _ in range(FOLDERS_LIMIT):
        if not waiting or not proceed():
            return
        folder, depth = waiting.popleft()
        yield folder
        if depth < DEPTH_LIMIT:
            inside = [path for path in _inside(folder) if path not in known]
            known.update(inside)
            waiting.extend((path, depth + 1) for path in inside)


def _inside(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = [e.path for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(path for path in found if not _is_never(path))


def _is_never(path: str) -> bool:
    return any(path == one or path.startswith(one + "/") for one in NEVER)


def _size_of(path: str) -> int | None:
    try:
        status = os.stat(path)  # noqa: PTH116  thousands of paths: strings are ten times cheaper
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _unescaped(field: str) -> str:
    """A path of the kernel's list, where spaces and the like are three octal digits."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field
