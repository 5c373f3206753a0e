"""Checks of the disk with a time limit: a dead mount blocks one thread of ours, nothing else."""

import asyncio
import posixpath
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from time import monotonic
from typing import Any

from episodarr.errors import TimedOut
from episodarr.model.check import DiskQuestion, DiskSeen
from episodarr.model.inventory import DiskHolding
from episodarr.runtime.workers import start_alone
from episodarr.systems.disk.checks import check_again
from episodarr.systems.disk.mapping import PathMappings
from episodarr.systems.disk.own_names import OwnNames, is_proven
from episodarr.systems.disk.sightings import take_holding

ENDPOINT = "disk"


class DiskClient:
    """The disk behind path mappings, and under Sonarr's own names where its files prove them.

    Each check runs in a daemon thread of its own. A thread that hangs on a dead mount is not waited
    for, and checks under the same roots fail at once until it returns: no pool fills up.
    """

    def __init__(self, local_by_remote: Mapping[str, str], *, timeout_seconds: float = 20) -> None:
        self._names = OwnNames(local_by_remote)
        self._timeout_seconds = timeout_seconds
        self._hanging: dict[frozenset[str], Future[Any]] = {}

    @property
    def mappings(self) -> PathMappings:
        """Sonarr's paths to ours."""
        return self._names.mappings

    def recall(self, own_roots: Sequence[str]) -> None:
        """Root folders under whose own names an inventory saw files, also before a restart."""
        self._names.adopt(own_roots)

    async def take(
        self, series_path: str, size_by_path: Mapping[str, int], root_path: str = ""
    ) -> DiskHolding:
        """The files of one series as they are now; `root_path` is Sonarr's root folder of it.

        The sizes in bytes are Sonarr's: a root folder without a mapping is taken for the one of the
        same name here once they agree.

        Raises:
            TimedOut: the disk did not answer in time.
        """
        unmapped = self._names.candidate(root_path)
        if unmapped is not None and await self._run(
            frozenset({unmapped}), lambda: is_proven(unmapped, size_by_path)
        ):
            self._names.adopt([unmapped])
        mappings, paths = self._names.mappings, list(size_by_path)
        folders = {posixpath.dirname(path) for path in paths} | {series_path}
        locals_ = (mappings.to_local(folder) for folder in folders)
        roots = frozenset(local.root for local in locals_ if local is not None)
        return await self._run(roots, lambda: take_holding(mappings, series_path, paths, root_path))

    async def check(self, question: DiskQuestion, now: datetime) -> DiskSeen:
        """The state of each path of a deletion now: present, absent or unclear.

        Raises:
            TimedOut: the disk did not answer in time.
        """
        self._names.adopt(question.own_roots)
        mappings = self._names.mappings
        ends_at = monotonic() + self._timeout_seconds
        return await self._run(
            self._mapped_roots(question),
            lambda: check_again(question, mappings, now, lambda: monotonic() < ends_at),
        )

    def _mapped_roots(self, question: DiskQuestion) -> frozenset[str]:
        """The mapped folders that a check touches; a hanging check is recognized by them."""
        found = {self.mappings.root_of(path) or path for path in question.roots}
        unseen = (self.mappings.to_local(path) for path in question.unseen_paths)
        return frozenset(found | {local.root for local in unseen if local is not None})

    async def _run[T](self, roots: frozenset[str], work: Callable[[], T]) -> T:
        self._hanging = {r: check for r, check in self._hanging.items() if not check.done()}
        for busy in self._hanging:
            if busy & roots:
                raise TimedOut(ENDPOINT, f"{', '.join(sorted(busy))} still does not answer")
        check = start_alone("disk", work)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(check), self._timeout_seconds)
        except TimeoutError as error:
            self._hanging[roots] = check
            raise TimedOut(
                ENDPOINT,
                f"{', '.join(sorted(roots))} did not answer in {self._timeout_seconds:g} s",
            ) from error
