"""Everything known of one download client, and how it is read.

File lists are asked for one torrent at a time and are dear for the client (qBittorrent#18202), so
only incomplete torrents that Sonarr knows get one, at most a few a cycle, those that moved most first.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct

from exporter.errors import NotFound, UpstreamError
from exporter.model.download import Torrent, TorrentFile
from exporter.model.health import System, UpstreamHealth
from exporter.model.ids import InfoHash
from exporter.model.sameness import Basis
from exporter.poller.doubt import Doubt
from exporter.poller.kept import VERSION_EVERY, Kept, Looks
from exporter.poller.sources import TorrentSource

FILE_LISTS_PER_CYCLE = 25
LOOKED_THROUGH_EVERY = timedelta(seconds=30)
"""How often all torrents are looked through for an old file list, though none moved."""
NAMES_STALE_AFTER = timedelta(minutes=5)
"""A file renamed or deselected in the client moves no byte: look again after this."""


class FileList(Struct, frozen=True, kw_only=True, gc=False):
    """The files of one torrent as of one look."""

    files: tuple[TorrentFile, ...]
    completed_bytes: int
    read_at: datetime


class ClientLedger:
    """What is known of one download client."""

    def __init__(
        self,
        name: str,
        source: TorrentSource,
        *,
        clock: Callable[[], datetime],
        looks: Looks | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.looks = looks or Looks()
        self.version: str | None = None
        self.torrents: Kept[dict[InfoHash, Torrent]] = Kept()
        self.file_lists: dict[InfoHash, FileList] = {}
        self.lists_version = object()
        """Another object after each change of them."""
        self._clock = clock
        self._doubt = Doubt(
            "maindata",
            "it lists no torrent any more; is this still the same client? If so, it is believed"
            " in a quarter of an hour",
            clock=clock,
        )
        self._version_at: datetime | None = None
        self._none_due = Basis()
        """Of what no file list was due."""

    async def look(self) -> None:
        """Read what moved; failures are noted, never raised."""
        with suppress(UpstreamError):
            torrents = await self.looks.attempt("maindata", self._fetch_torrents, self._clock)
            self.torrents.succeed(self._as_before(torrents), self._clock())
            for info_hash in self.file_lists.keys() - torrents.keys():
                del self.file_lists[info_hash]
                self.lists_version = object()
            await self._look_at_version()
            return
        self.torrents.fail(self.looks.failures["maindata"].reason)

    def _as_before(self, torrents: Mapping[InfoHash, Torrent]) -> dict[InfoHash, Torrent]:
        """The former mapping again, if every torrent is the same object."""
        before = self.torrents.last or {}
        is_same = before.keys() == torrents.keys() and all(
            before[info_hash] is torrent for info_hash, torrent in torrents.items()
        )
        return before if is_same else dict(torrents)

    async def _fetch_torrents(self) -> Mapping[InfoHash, Torrent]:
        """The torrents; a client that is still loading them answers with none."""
        torrents = await self.source.fetch_torrents()
        before = (self.torrents.last or {}).values()
        is_all_done = all(torrent.is_complete for torrent in before)
        self._doubt.check(had=0 if is_all_done else len(before), has=len(torrents))
        return torrents

    async def _look_at_version(self) -> None:
        now = self._clock()
        if self._version_at is None or now - self._version_at >= VERSION_EVERY:
            self.version = await self.looks.attempt(
                "version", self.source.fetch_version, self._clock
            )
            self._version_at = now

    async def look_at_files(self, known: Collection[InfoHash]) -> None:
        """Read the file lists of the torrents among `known` that need it most."""
        if self.torrents.is_failing or self.torrents.last is None:
            return
        failed = False
        for torrent in self._due_file_lists(known)[:FILE_LISTS_PER_CYCLE]:
            try:
                files = await self._fetch_files(torrent.info_hash)
            except NotFound:
                continue
            except UpstreamError:
                failed = True
                break
            if files:
                self.lists_version = object()
                self.file_lists[torrent.info_hash] = FileList(
                    files=files, completed_bytes=torrent.completed_bytes, read_at=self._clock()
                )
        if not failed:
            self.looks.failures.pop("files", None)

    async def _fetch_files(self, info_hash: InfoHash) -> tuple[TorrentFile, ...]:
        return await self.looks.attempt(
            "files", lambda: self.source.fetch_files(info_hash), self._clock
        )

    def _due_file_lists(self, known: Collection[InfoHash]) -> list[Torrent]:
        now = self._clock()
        basis = (self.torrents.last, self.lists_version, known)
        if self._none_due.holds(*basis, now=now):
            return []
        due = self._find_due(known)
        if not due:
            self._none_due.rest_on(*basis, until=now + LOOKED_THROUGH_EVERY)
        return due

    def _find_due(self, known: Collection[InfoHash]) -> list[Torrent]:
        torrents = self.torrents.last or {}
        due = [t for h in known if (t := torrents.get(h)) is not None and self._is_due(t)]
        return sorted(due, key=lambda t: (-self._moved_bytes(t), t.info_hash))

    def _is_due(self, torrent: Torrent) -> bool:
        if not torrent.has_metadata or torrent.is_complete:
            return False
        last = self.file_lists.get(torrent.info_hash)
        if last is None:
            return True
        if len(last.files) == 1:
            # It is as far as its torrent, which is read every cycle, and wanted as long as that has
            # a size.
            return last.files[0].is_wanted != (torrent.size_bytes > 0)
        if self._clock() - last.read_at >= NAMES_STALE_AFTER:
            return True
        return last.completed_bytes != torrent.completed_bytes

    def _moved_bytes(self, torrent: Torrent) -> int:
        """Never read first, as if everything had moved."""
        last = self.file_lists.get(torrent.info_hash)
        if last is None:
            return torrent.size_bytes + 1
        return abs(torrent.completed_bytes - last.completed_bytes)

    def health(self) -> UpstreamHealth:
        """How this client answers."""
        return self.looks.health(self.name, System.QBITTORRENT, self.version)
