"""The world's disk: its files as real ones, sparse, in a folder of ours."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import override

from episodarr.model.check import DiskQuestion, DiskSeen
from episodarr.model.health import System
from episodarr.model.inventory import DiskHolding
from episodarr.systems.disk.client import DiskClient
from tests.deletions.service.world.shows import local
from tests.deletions.service.world.state import World


class DiskOfWorld(DiskClient):
    """Production's client over what the world's disk holds at each request.

    `folder` is the mount point: the share itself, or while that is away, an empty folder.
    """

    def __init__(self, world: World, folder: Path) -> None:
        super().__init__({root: f"{folder}{root}" for root in world.root_folders})
        self._world = world
        self._mount = folder
        self._share = f"{folder} share"
        self._empty = f"{folder} empty"
        self._mounted: str | None = None
        self._written: dict[str, int] | None = None

    @override
    async def take(
        self, series_path: str, size_by_path: Mapping[str, int], root_path: str = ""
    ) -> DiskHolding:
        self._request("take")
        return await super().take(series_path, size_by_path, root_path)

    @override
    async def check(self, question: DiskQuestion, now: datetime) -> DiskSeen:
        self._request("check")
        return await super().check(question, now)

    def _request(self, name: str) -> None:
        self._world.answer(System.DISK, name)
        if self._written is None:
            self._written = self._begin()
        there, written = self._world.disk, self._written
        for path in written.keys() - there.keys():
            self._remove(self._place(path))
        for path, size_bytes in there.items():
            if written.get(path) != size_bytes:
                self._write(self._place(path), size_bytes)
        self._written = dict(there)
        share = self._share if self._world.is_mounted else self._empty
        if self._mounted != share:
            self._mount.unlink(missing_ok=True)
            self._mount.symlink_to(share)
            self._mounted = share

    def _begin(self) -> dict[str, int]:
        """What lies there already: an earlier process wrote it."""
        for root in self._world.root_folders:
            for folder in (self._share, self._empty):
                Path(f"{folder}{root}").mkdir(parents=True, exist_ok=True)
        return {
            local(str(path).removeprefix(self._share)): path.stat().st_size
            for path in Path(self._share).rglob("*.*")
        }

    def _place(self, path: str) -> Path:
        return Path(self._share + path.removeprefix(local("")))

    def _remove(self, file: Path) -> None:
        """With the folders that are empty then, as Sonarr does."""
        file.unlink()
        with suppress(OSError):
            file.parent.rmdir()
            file.parent.parent.rmdir()

    def _write(self, file: Path, size_bytes: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as handle:
            handle.truncate(size_bytes)
