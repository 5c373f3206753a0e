"""Sonarr's paths as ours: the longest matching prefix wins, and nothing leads out of a root."""

from collections.abc import Mapping
from dataclasses import dataclass

from episodarr.systems.paths import below, clean


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPath:
    """One path in our view."""

    path: str
    root: str
    """The mapped folder it lies under."""


class PathMappings:
    """From Sonarr's prefixes to our roots; an empty mapping covers nothing."""

    def __init__(self, local_by_remote: Mapping[str, str]) -> None:
        self._pairs = sorted(
            ((clean(remote), clean(local)) for remote, local in local_by_remote.items()),
            key=lambda pair: len(pair[0]),
            reverse=True,
        )

    @property
    def roots(self) -> tuple[str, ...]:
        """Our roots, each once."""
        return tuple(dict.fromkeys(local for _, local in self._pairs))

    def to_local(self, remote: str) -> LocalPath | None:
        """Our path; None where no mapping covers it, which includes paths that climb out."""
        if not remote or "\0" in remote:
            return None
        path = clean(remote)
        for prefix, root in self._pairs:
            rest = below(path, prefix)
            if rest is not None:
                local = f"{root.rstrip('/')}/{rest}" if rest else root
                return LocalPath(path=local, root=root)
        return None

    def root_of(self, local: str) -> str | None:
        """The mapped root that holds one of our own paths; None if none does any more."""
        path = clean(local)
        for root in sorted(self.roots, key=len, reverse=True):
            if is_below(path, root):
                return root
        return None


def is_below(path: str, folder: str) -> bool:
    """Whether one of our own paths is the folder, or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
