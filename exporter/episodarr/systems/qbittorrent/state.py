"""Everything known of one download client, and how it is read.

File lists are requested one torrent at a time and cost the client much (qBittorrent#18202), so only
incomplete torrents that Sonarr knows get one, at most a few a cycle, those that moved most first,
and complete ones whose import is blocked, once: these may hold more than Sonarr lists.
"""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from episodarr.errors import NotFound, UpstreamError
from episodarr.model.download import Torrent, TorrentFile, TorrentsByHash, TorrentState
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import InfoHash
from episodarr.model.memo import Memo
from episodarr.stages.downloads.joining import has_no_figures, with_last_figures
from episodarr.systems.cache import LastGood
from episodarr.systems.doubt import Doubt
from episodarr.systems.health import VERSION_EVERY, Health

FILE_LISTS_PER_CYCLE = 25
LOOKED_THROUGH_EVERY = timedelta(seconds=30)
"""Time between searches of all torrents for an old file list, though none moved."""
NAMES_STALE_AFTER = timedelta(minutes=5)
"""Age after which a file list is read again: a file renamed in the client moves no byte."""
RELOADED_WITHIN = timedelta(minutes=1)
"""For this long after it did not answer, or while it checks, a client may not list all it has yet."""
DEPARTED_KEPT = 1_000
FALL_RATIO = 0.001
"""Less than this is rounding."""


class FileList(Struct, frozen=True, kw_only=True, gc=False):
    """The files of one torrent as of one read."""

    files: tuple[TorrentFile, ...]
    completed_bytes: int
    size_bytes: int
    """Size of the wanted files when they were read; another size means another selection."""
    read_at: datetime


class TorrentSource(Protocol):
    """One download client; every method gives a good and complete answer or raises UpstreamError."""

    async def fetch_version(self) -> str:
        """Its version."""
        ...

    async def fetch_torrents(self) -> TorrentsByHash:
        """All torrents by hash."""
        ...

    async def fetch_files(self, info_hash: InfoHash) -> tuple[TorrentFile, ...]:
        """The files of one torrent."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class ClientState:
    """What is known of one download client."""

    def __init__(
        self,
        name: str,
        source: TorrentSource,
        *,
        clock: Callable[[], datetime],
        health: Health | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.health = health or Health()
        self.version: str | None = None
        self.torrents: LastGood[TorrentsByHash] = LastGood()
        self.file_lists: dict[InfoHash, FileList] = {}
        self.lists_version = object()
        """Another object after each change of them."""
        self.departed: dict[InfoHash, None] = {}
        """Every hash of torrents that it showed once and has no more."""
        self._missing_since: dict[InfoHash, datetime] = {}
        """Of torrents that are kept though a client that reloads does not list them."""
        self._reloads_until: datetime | None = None
        self._doubted: set[InfoHash] = set()
        """Torrents whose last file list was not believed."""
        self._clock = clock
        self._doubt = Doubt(
            "maindata",
            "it lists no torrent any more; is this still the same client? If so, it is believed"
            " in a quarter of an hour",
            clock=clock,
        )
        self._version_at: datetime | None = None
        self._none_due = Memo[None]()
        """Holds while no file list is due."""

    async def read(self) -> None:
        """Read what moved; failures are noted, never raised."""
        try:
            listed = await self.health.attempt("maindata", self._fetch_torrents, self._clock)
        except UpstreamError as error:
            self.torrents.fail(error.reason)
            self._reloads_until = self._clock() + RELOADED_WITHIN
            return
        torrents = self._as_before(self._settled(listed))
        self._note_departed(torrents)
        self.torrents.succeed(torrents, self._clock())
        with suppress(UpstreamError):
            await self._read_version()

    def _settled(self, listed: TorrentsByHash) -> TorrentsByHash:
        """What is listed, with the last known figures while the client checks or reloads."""
        now = self._clock()
        before: Mapping[InfoHash, Torrent] = self.torrents.last or {}
        settled: dict[InfoHash, Torrent] = {}
        is_checking = False
        for info_hash, torrent in listed.items():
            last = before.get(info_hash)
            is_checking = is_checking or torrent.state is TorrentState.CHECKING
            if has_no_figures(torrent, last):
                settled[info_hash] = with_last_figures(torrent, last)
        missing = before.keys() - listed.keys()
        if not settled and not missing:
            self._missing_since.clear()
            return listed
        if is_checking:
            self._reloads_until = now + RELOADED_WITHIN
        is_reloading = self._reloads_until is not None and now < self._reloads_until
        renamed = {other for torrent in listed.values() for other in torrent.other_hashes}
        since = self._missing_since
        self._missing_since = {h: since.get(h, now) for h in missing - renamed if is_reloading}
        for info_hash, at in self._missing_since.items():
            if now - at < RELOADED_WITHIN:
                settled[info_hash] = before[info_hash]
        return TorrentsByHash({**listed, **settled}, listed.unread)

    def _note_departed(self, torrents: Mapping[InfoHash, Torrent]) -> None:
        before: Mapping[InfoHash, Torrent] = self.torrents.last or {}
        if torrents is before:
            return
        for info_hash in before.keys() - torrents.keys():
            self.departed |= dict.fromkeys((info_hash, *before[info_hash].other_hashes))
            self._doubted.discard(info_hash)
            if self.file_lists.pop(info_hash, None) is not None:
                self.lists_version = object()
        for info_hash in self.departed.keys() & torrents.keys():
            del self.departed[info_hash]
        while len(self.departed) > DEPARTED_KEPT:
            del self.departed[next(iter(self.departed))]

    def _as_before(self, torrents: TorrentsByHash) -> TorrentsByHash:
        """The former mapping again, if every torrent is the same object."""
        before = self.torrents.last or TorrentsByHash()
        is_same = (
            before.unread == torrents.unread
            and before.keys() == torrents.keys()
            and all(before[info_hash] is torrent for info_hash, torrent in torrents.items())
        )
        return before if is_same else torrents

    async def _fetch_torrents(self) -> TorrentsByHash:
        """The torrents; a client that is still loading them answers with none."""
        torrents = await self.source.fetch_torrents()
        before = (self.torrents.last or {}).values()
        is_all_done = all(torrent.is_complete for torrent in before)
        self._doubt.check(had=0 if is_all_done else len(before), has=len(torrents))
        return torrents

    async def _read_version(self) -> None:
        now = self._clock()
        if self._version_at is None or now - self._version_at >= VERSION_EVERY:
            self.version = await self.health.attempt(
                "version", self.source.fetch_version, self._clock
            )
            self._version_at = now

    async def read_files(
        self, known: Collection[InfoHash], blocked: Set[InfoHash] = frozenset()
    ) -> None:
        """Read the file lists of the torrents among `known` that need it most.

        Of those in `blocked` also when they are complete.
        """
        if self.torrents.is_failing or self.torrents.last is None:
            return
        failed = False
        for torrent in self._due_file_lists(known, blocked)[:FILE_LISTS_PER_CYCLE]:
            try:
                files = await self._fetch_files(torrent.info_hash)
            except NotFound:
                continue
            except UpstreamError:
                failed = True
                break
            if files and self._is_believed(torrent, files):
                self.lists_version = object()
                self.file_lists[torrent.info_hash] = FileList(
                    files=files,
                    completed_bytes=torrent.completed_bytes,
                    size_bytes=torrent.size_bytes,
                    read_at=self._clock(),
                )
        if not failed:
            self.health.failures.pop("files", None)

    def _is_believed(self, torrent: Torrent, files: Sequence[TorrentFile]) -> bool:
        """Whether to take a list; one that fell back while its torrent did not is requested again.

        A check that began between two requests shows its own progress for that of the files.
        """
        last = self.file_lists.get(torrent.info_hash)
        has_fallen = (
            last is not None
            and torrent.completed_bytes >= last.completed_bytes
            and any(
                new.index == old.index and new.progress_ratio < old.progress_ratio - FALL_RATIO
                for new, old in zip(files, last.files, strict=False)
            )
        )
        if has_fallen and torrent.info_hash not in self._doubted:
            self._doubted.add(torrent.info_hash)
            return False
        self._doubted.discard(torrent.info_hash)
        return True

    async def _fetch_files(self, info_hash: InfoHash) -> tuple[TorrentFile, ...]:
        return await self.health.attempt(
            "files", lambda: self.source.fetch_files(info_hash), self._clock
        )

    def _due_file_lists(self, known: Collection[InfoHash], blocked: Set[InfoHash]) -> list[Torrent]:
        now = self._clock()
        inputs = (self.torrents.last, self.lists_version, known, blocked)
        if self._none_due.holds(inputs, now):
            return []
        due = self._find_due(known, blocked)
        if not due:
            self._none_due.put(inputs, None, until=now + LOOKED_THROUGH_EVERY)
        return due

    def _find_due(self, known: Collection[InfoHash], blocked: Set[InfoHash]) -> list[Torrent]:
        torrents = self.torrents.last or TorrentsByHash()
        unread = blocked - self.file_lists.keys()
        due = [
            t
            for h in known
            if (t := torrents.get(h)) is not None and (self._is_due(t) or h in unread)
        ]
        return sorted(due, key=lambda t: (-self._moved_bytes(t), t.info_hash))

    def _is_due(self, torrent: Torrent) -> bool:
        # While it checks, the progress of a file may be that of the check.
        if not torrent.has_metadata or torrent.state is TorrentState.CHECKING:
            return False
        last = self.file_lists.get(torrent.info_hash)
        if last is None:
            return not torrent.is_complete or torrent.has_deselected_files
        if last.size_bytes != torrent.size_bytes:
            return True
        if torrent.is_complete:
            return False
        if len(last.files) == 1:
            # It is as far as its torrent, which is read every cycle.
            return False
        if self._clock() - last.read_at >= NAMES_STALE_AFTER:
            return True
        return last.completed_bytes != torrent.completed_bytes

    def _moved_bytes(self, torrent: Torrent) -> int:
        """Never read first, as if everything had moved."""
        last = self.file_lists.get(torrent.info_hash)
        if last is None:
            return torrent.size_bytes + 1
        return abs(torrent.completed_bytes - last.completed_bytes)

    def upstream_health(self) -> UpstreamHealth:
        """How this client answers."""
        return self.health.view(self.name, System.QBITTORRENT, self.version)
