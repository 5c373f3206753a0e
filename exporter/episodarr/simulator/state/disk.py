"""The disk of all simulated systems: a set of paths, or real sparse files in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Mount:
    """One root folder; ``state`` is ``mounted``, ``unmounted`` or ``empty`` (mounted elsewhere)."""

    root: str
    state: str = "mounted"


class Disk:
    """Files by their path as Sonarr sees it.

    With a media root the real file system decides: what is removed there by hand is gone for
    every simulated system too. Without one the paths are kept in memory.
    """

    def __init__(self, media_root: Path | None = None) -> None:
        self.media_root = media_root
        self._files: dict[str, dict[str, int]] = {}
        self._mounts: dict[str, Mount] = {}
        self._stuck: set[str] = set()

    def add_root(self, root: str) -> None:
        """Makes a root folder such as ``/tv``; a second time changes nothing."""
        self._mounts.setdefault(root, Mount(root))
        self._files.setdefault(root, {})
        if self.media_root is not None:
            self.real(root).mkdir(parents=True, exist_ok=True)

    @property
    def roots(self) -> tuple[str, ...]:
        """All root folders."""
        return tuple(self._mounts)

    def root_of(self, path: str) -> str:
        """The root folder that the path lies under.

        Raises:
            KeyError: It lies under none.
        """
        for root in self._mounts:
            if path == root or path.startswith(f"{root}/"):
                return root
        raise KeyError(path)

    def real(self, path: str) -> Path:
        """Where the path is on this machine's disk.

        Raises:
            ValueError: There is no media root, so nothing is on a real disk.
        """
        if self.media_root is None:
            msg = "this simulation keeps its files in memory"
            raise ValueError(msg)
        return self.media_root / path.lstrip("/")

    def write(self, path: str, size_bytes: int) -> None:
        """Creates the file, sparse where it is real."""
        self._files[self.root_of(path)][path] = size_bytes
        if self.media_root is not None:
            target = self.real(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as stream:
                stream.truncate(size_bytes)

    def accessible(self, root: str) -> bool:
        """Whether the root folder can be read at all; an empty mount can."""
        return self._mounts[root].state != "unmounted"

    def exists(self, path: str) -> bool:
        """Whether the file can be found at the path right now."""
        try:
            root = self.root_of(path)
        except KeyError:
            return False
        if self._mounts[root].state != "mounted" or path not in self._files[root]:
            return False
        return self.media_root is None or self.real(path).exists()

    def empty(self, root: str) -> bool:
        """Whether nothing can be found in the root folder."""
        return next(self.files(root), None) is None

    def files(self, root: str) -> Iterator[str]:
        """The files that a walk through the root folder finds."""
        if self._mounts[root].state == "mounted":
            for path in list(self._files[root]):
                if self.media_root is None or self.real(path).exists():
                    yield path

    def size(self, path: str) -> int:
        """The file's size in bytes, also while its root is away.

        Raises:
            KeyError: It was never written.
        """
        return self._files[self.root_of(path)][path]

    def pin(self, path: str) -> None:
        """From now on the file refuses to be deleted."""
        self._stuck.add(path)

    def unpin(self, path: str) -> None:
        """The file can be deleted again."""
        self._stuck.discard(path)

    def remove(self, path: str) -> bool:
        """Deletes the file; false when it refuses or its root is away.

        The folders above that become empty go with it, as Sonarr leaves no empty ones behind.
        """
        root = self.root_of(path)
        if path in self._stuck or self._mounts[root].state != "mounted":
            return False
        self._files[root].pop(path, None)
        if self.media_root is not None:
            self.real(path).unlink(missing_ok=True)
            self._prune(self.real(path).parent, self.real(root))
        return True

    @staticmethod
    def _prune(folder: Path, stop: Path) -> None:
        while folder != stop and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def move(self, old: str, new: str) -> None:
        """Renames a file, also into another root folder."""
        root = self.root_of(old)
        size = self._files[root].pop(old)
        self._files[self.root_of(new)][new] = size
        if self.media_root is not None:
            self.real(new).parent.mkdir(parents=True, exist_ok=True)
            self.real(old).rename(self.real(new))
            self._prune(self.real(old).parent, self.real(root))

    def set_mount(self, root: str, state: str) -> None:
        """Takes a root folder away (``unmounted``), empties it (``empty``) or brings it back.

        A real folder is moved aside, so that programs that read the disk themselves see the
        same. What comes back is what was there, with its device and inode.

        Raises:
            ValueError: No such state.
            KeyError: No such root folder.
        """
        if state not in {"mounted", "unmounted", "empty"}:
            msg = f"a mount is mounted, unmounted or empty, not {state!r}"
            raise ValueError(msg)
        mount = self._mounts[root]
        if self.media_root is not None:
            self._move_aside(self.real(root), mount.state, state)
        mount.state = state

    def _move_aside(self, folder: Path, old: str, new: str) -> None:
        aside = folder.with_name(f".{folder.name}.away")
        if old == "mounted" and new != "mounted":
            folder.rename(aside)
        if old == "empty":
            folder.rmdir()
        if new == "empty":
            folder.mkdir()
        if new == "mounted" and old != "mounted":
            aside.rename(folder)
