"""Torrents as a qBittorrent keeps them, progressing byte by byte."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

UNKNOWN_ETA_SECONDS = 8_640_000
"""qBittorrent's value for an unknown time: a hundred days."""

PHASES = (
    "metadata",
    "queued",
    "downloading",
    "stalled",
    "stopped",
    "checking",
    "moving",
    "error",
    "missing",
    "seeding",
)
"""What a torrent does; while data is missing ``stopped`` and ``queued`` mean the download."""


@dataclass(slots=True)
class TorrentFile:
    """One file of a torrent; ``episodes`` are the (season, number) pairs it really holds."""

    name: str
    size_bytes: int
    done_bytes: float = 0.0
    priority: int = 1
    weight: float = 1.0
    episodes: tuple[tuple[int, int], ...] = ()

    @property
    def progress(self) -> float:
        """Ratio of the file that is here; a file of no bytes is complete."""
        return min(1.0, self.done_bytes / self.size_bytes) if self.size_bytes else 1.0


@dataclass(slots=True, kw_only=True)
class Torrent:
    """One torrent. The rate is bytes per second at speed 1; 0 is a torrent that stands still."""

    hash: str
    infohash_v1: str
    infohash_v2: str
    name: str
    category: str
    save_path: str
    files: list[TorrentFile]
    added_at: datetime
    rate: float = 0.0
    phase: str = "downloading"
    seeds: int = 12
    completed_at: datetime | None = None
    last_activity_at: datetime | None = None
    revision: int = 0
    check_progress: float = 0.0
    is_reloading: bool = False
    """Its client has just started and shows nothing of it yet, whatever it does otherwise."""
    phase_after_check: str = ""
    tags: str = ""
    wanted_bytes: int = field(init=False, default=0)
    done_bytes: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.recount()

    def recount(self) -> None:
        """Adds up what is wanted and what of it is here, after files were changed by hand."""
        wanted = [file for file in self.files if file.priority > 0]
        self.wanted_bytes = sum(file.size_bytes for file in wanted)
        self.done_bytes = sum(file.done_bytes for file in wanted)

    @property
    def has_metadata(self) -> bool:
        """Whether the list of files is known."""
        return self.phase != "metadata"

    @property
    def left_bytes(self) -> int:
        """Wanted bytes that are missing."""
        return max(0, self.wanted_bytes - int(self.done_bytes))

    @property
    def complete(self) -> bool:
        """Whether every wanted byte is here; never before the metadata is."""
        return self.has_metadata and self.left_bytes == 0

    @property
    def moving_bytes(self) -> bool:
        """Whether bytes arrive at this moment."""
        return self.phase == "downloading" and self.rate > 0 and not self.is_reloading

    @property
    def is_checking(self) -> bool:
        """Whether the client reads what is here, so that its figures are those of the check."""
        return self.is_reloading or self.phase == "checking"

    @property
    def passed_ratio(self) -> float:
        """Of what is here, the share that the client shows: while it checks, what it has passed."""
        if self.is_reloading:
            return 0.0
        return self.check_progress if self.phase == "checking" else 1.0

    @property
    def shown_bytes(self) -> int:
        """Wanted bytes that the client reports as here."""
        return int(self.done_bytes * self.passed_ratio)

    @property
    def shown_left_bytes(self) -> int:
        """Wanted bytes that the client reports as missing."""
        return max(0, self.wanted_bytes - self.shown_bytes)

    def shown_file_progress(self, file: TorrentFile) -> float:
        """Progress as reported of a file; a single file that is checked has the check's."""
        if self.phase == "checking" and not self.is_reloading and len(self.files) == 1:
            return self.check_progress
        return file.progress * self.passed_ratio

    @property
    def progress(self) -> float:
        """Progress as reported: of the wanted bytes, or of the check while checking."""
        if self.is_checking:
            return 0.0 if self.is_reloading else self.check_progress
        return min(1.0, self.done_bytes / self.wanted_bytes) if self.wanted_bytes else 0.0

    @property
    def eta_seconds(self) -> int:
        """Seconds to completion, qBittorrent's 100 days when it is unknown."""
        if not self.moving_bytes or not self.left_bytes:
            return UNKNOWN_ETA_SECONDS
        return min(UNKNOWN_ETA_SECONDS, int(self.left_bytes / self.rate) + 1)

    @property
    def root_folder(self) -> str:
        """The folder that all files share, or nothing for a single file at the top."""
        first = self.files[0].name.partition("/") if self.files else ("", "", "")
        if not first[1] or any(not file.name.startswith(f"{first[0]}/") for file in self.files):
            return ""
        return first[0]

    @property
    def content_path(self) -> str:
        """Where the content lies as qBittorrent sees it; nothing before the metadata is known."""
        if not self.has_metadata:
            return ""
        if self.root_folder:
            return f"{self.save_path}/{self.root_folder}"
        if len(self.files) == 1:
            return f"{self.save_path}/{self.files[0].name}"
        return self.save_path

    def receive(self, amount_bytes: float, started_at: datetime, seconds: float) -> None:
        """Lets bytes arrive, spread over the wanted files by their weights.

        Args:
            amount_bytes: How many arrive, if that many are missing.
            started_at: The wall-clock time at which they began to arrive.
            seconds: How long they took on the wall clock.
        """
        short = min(amount_bytes, self.wanted_bytes - self.done_bytes)
        taken = seconds if amount_bytes <= short else seconds * short / amount_bytes
        self.last_activity_at = started_at + timedelta(seconds=taken)
        if len(self.files) == 1:
            self.files[0].done_bytes += short
        else:
            self._spread(short)
        self.done_bytes += short
        if self.left_bytes == 0:
            self.finish(self.last_activity_at)

    def _spread(self, amount_bytes: float) -> None:
        open_files = [f for f in self.files if f.priority > 0 and f.done_bytes < f.size_bytes]
        while open_files and amount_bytes > 0.5:
            total = sum(file.weight for file in open_files)
            share = amount_bytes / total
            for file in open_files:
                part = min(share * file.weight, file.size_bytes - file.done_bytes)
                file.done_bytes += part
                amount_bytes -= part
            open_files = [file for file in open_files if file.size_bytes - file.done_bytes > 0.5]

    def finish(self, at: datetime) -> None:
        """Makes every wanted file complete."""
        for file in self.files:
            if file.priority > 0:
                file.done_bytes = float(file.size_bytes)
        self.recount()
        self.phase = "seeding"
        self.completed_at = at


class TorrentClient:
    """One qBittorrent: its torrents, and what changed since when."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.torrents: dict[str, Torrent] = {}
        self.revision = 1
        self.reachable = True
        self.starts = 1

    def touch(self, torrent: Torrent) -> None:
        """Notes that the torrent changed."""
        self.revision += 1
        torrent.revision = self.revision

    def begin_reload(self) -> None:
        """The program has started again: its sessions are gone, and it reads what it has."""
        self.starts += 1
        for torrent in self.torrents.values():
            torrent.is_reloading = True
            self.touch(torrent)

    def end_reload(self) -> None:
        """Every torrent is shown as it is."""
        for torrent in self.torrents.values():
            torrent.is_reloading = False
            self.touch(torrent)

    def begin_check(self, torrent: Torrent) -> None:
        """Reads all that is here of a torrent anew."""
        torrent.phase_after_check = torrent.phase
        torrent.phase, torrent.check_progress = "checking", 0.0
        self.touch(torrent)

    def check(self, torrent: Torrent, progress: float) -> None:
        """The check has come so far; at 1 it has found everything as it was."""
        if torrent.phase == "checking":
            torrent.check_progress = progress
            if progress >= 1.0:
                torrent.phase = torrent.phase_after_check
            self.touch(torrent)

    def add(self, torrent: Torrent) -> None:
        """Takes a torrent in."""
        self.torrents[torrent.hash] = torrent
        self.touch(torrent)

    def remove(self, torrent_hash: str) -> None:
        """Drops a torrent; an unknown hash changes nothing, as in qBittorrent."""
        if self.torrents.pop(torrent_hash, None) is not None:
            self.revision += 1

    def advance(self, started_at: datetime, wall_seconds: float, script_seconds: float) -> None:
        """Lets every moving torrent receive what its rate gives in that time."""
        for torrent in self.torrents.values():
            if torrent.moving_bytes:
                torrent.receive(torrent.rate * script_seconds, started_at, wall_seconds)
                self.touch(torrent)
