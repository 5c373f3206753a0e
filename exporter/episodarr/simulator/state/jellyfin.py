"""What one simulated Jellyfin has in its library, and how its scans change that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from episodarr.simulator.names import hex_id, small_hash
from episodarr.simulator.state.engine import Content, Engine
from episodarr.simulator.state.library import Episode, Series

SCAN_TASK_KEY = "RefreshLibrary"


@dataclass(slots=True, kw_only=True)
class JellyfinOptions:
    """How Jellyfin is set up.

    ``realtime_seconds`` is how long its file watcher takes to react; None is one without a
    watcher, which only its scans update. ``paths`` is where it sees Sonarr's root folders.
    Under ``shokofin_roots`` items have the plugin's virtual paths instead of the media's.
    ``hides_new_children`` and ``saves_all``: as its version does, unless set.
    """

    api_key: str = "demo-jellyfin-key"
    version: str = "10.11.11"
    legacy_auth: bool | None = None
    realtime_seconds: float | None = 8.0
    scan_interval_seconds: float = 43_200.0
    scan_seconds: float = 3.0
    monitor_delay_seconds: float = 60.0
    paths: Mapping[str, str] = field(default_factory=dict)
    shokofin_roots: tuple[str, ...] = ()
    hidden_roots: tuple[str, ...] = ()
    hides_new_children: bool | None = None
    saves_all: bool | None = None
    setup_seconds: float = 8.0
    loading_seconds: float = 4.0

    @property
    def takes_legacy_auth(self) -> bool:
        """Whether the old headers are accepted: on by default until 10.11, off from 12."""
        return self._is_before_12 if self.legacy_auth is None else self.legacy_auth

    @property
    def hides_children(self) -> bool:
        """Whether a series hides its children, until the next scan, from all requests by series."""
        return self._is_before_12 if self.hides_new_children is None else self.hides_new_children

    @property
    def saves_everything(self) -> bool:
        """Whether each scan saves every item anew, or only what changed."""
        return self._is_before_12 if self.saves_all is None else self.saves_all

    @property
    def _is_before_12(self) -> bool:
        return int(self.version.split(".")[0]) < 12


class Phase(Enum):
    """How far Jellyfin's start is."""

    SETUP = "setup"
    """A small server answers for it: 503 but for two paths."""
    LOADING = "loading"
    """503, or 401, or 200 already, as the path has it."""
    READY = "ready"


@dataclass(slots=True)
class JellyfinEpisode:
    """A playable item; ``path`` is Sonarr's view of the file behind it."""

    id: str
    path: str
    shown_path: str
    content: Content
    created_at: datetime
    saved_at: datetime
    size_bytes: int

    @property
    def first(self) -> Episode:
        """The first episode that the file holds."""
        return self.content.episodes[0]


@dataclass(slots=True)
class JellyfinSeries:
    """A series item: one folder below a library's root."""

    id: str
    folder: str
    shown_path: str
    source: Series
    created_at: datetime
    saved_at: datetime
    has_hidden_children: bool = False
    episodes: dict[str, JellyfinEpisode] = field(default_factory=dict)


@dataclass(slots=True)
class ScanResult:
    """How a library scan ended."""

    started_at: datetime
    ended_at: datetime
    status: str


class JellyfinDatabase:
    """One Jellyfin. It knows the disk only from its scans and its watcher."""

    def __init__(self, engine: Engine, options: JellyfinOptions) -> None:
        self._engine = engine
        self.options = options
        self.server_id = hex_id("jellyfin", engine.seed, length=32)
        self.series: dict[str, JellyfinSeries] = {}
        self.scan_started_at: datetime | None = None
        self.last_scan: ScanResult | None = None
        self.phase = Phase.READY
        self._scan_serial = 0
        self._waiting: set[str] = set()
        self._reported: set[str] = set()
        self._report_serial = 0
        engine.every(options.scan_interval_seconds, self.start_scan)

    def restart(self) -> None:
        """Starts anew: the set-up server first, then the loading one; a scan that ran is lost."""
        self.stop_scan()
        self.phase = Phase.SETUP
        self._engine.after(self.options.setup_seconds, self._load)

    def _load(self) -> None:
        self.phase = Phase.LOADING
        self._engine.after(self.options.loading_seconds, self._be_ready)

    def _be_ready(self) -> None:
        self.phase = Phase.READY

    @property
    def roots(self) -> tuple[str, ...]:
        """The libraries' root folders as Sonarr sees them; hidden ones are another user's."""
        return tuple(r for r in self._engine.disk.roots if r not in self.options.hidden_roots)

    def shown(self, path: str) -> str:
        """The path as this server sees it, without the virtual paths of a plugin."""
        for ours, theirs in self.options.paths.items():
            if path == ours or path.startswith(f"{ours}/"):
                return theirs + path[len(ours) :]
        return path

    def _item_path(self, path: str, source: Series) -> str:
        root = self._engine.disk.root_of(path)
        if root not in self.options.shokofin_roots:
            return self.shown(path)
        library = hex_id("library", root, length=32)
        show = f"{source.title} [shoko-series={small_hash(source.tvdb_id) % 10_000}]"
        rest = path.removeprefix(source.path).lstrip("/")
        base = f"/config/data/Shokofin/VFS/{library}/{show}"
        return f"{base}/{rest}" if rest else base

    def file_added(self, path: str) -> None:
        """The watcher saw a file come."""
        self._notice(path)

    def file_removed(self, path: str) -> None:
        """The watcher saw a file go."""
        self._notice(path)

    def _notice(self, path: str) -> None:
        if self.options.realtime_seconds is None:
            return
        if not self._waiting:
            self._engine.after(self.options.realtime_seconds, self._catch_up)
        self._waiting.add(path)

    def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting, set()
        self._update(waiting)

    def report(self, shown_path: str) -> None:
        """A request reports a changed path; it is scanned when no report came for a while."""
        self._reported.add(shown_path)
        self._report_serial += 1
        serial = self._report_serial

        def update() -> None:
            if serial == self._report_serial:
                reported, self._reported = self._reported, set()
                self._update(path for one in reported for path in self._below(one))

        self._engine.after(self.options.monitor_delay_seconds, update)

    def _below(self, shown_path: str) -> list[str]:
        """All known and all present files at or below a path as this server names it."""
        found = [
            item.path
            for series in self.series.values()
            for item in series.episodes.values()
            if _within(item.shown_path, shown_path) or _within(shown_path, item.shown_path)
        ]
        for path, content in self._engine.contents.items():
            if _within(self._item_path(path, content.series), shown_path):
                found.append(path)
        return found

    def _update(self, paths: Iterable[str]) -> None:
        disk = self._engine.disk
        for path in paths:
            root = disk.root_of(path)
            if root not in self.roots or self._protected(root):
                continue
            if disk.exists(path):
                self._add(path)
            else:
                self._drop(path)

    def _protected(self, root: str) -> bool:
        """Whether a scan leaves the root alone: what it cannot read, or what appears empty."""
        disk = self._engine.disk
        return not disk.accessible(root) or disk.empty(root)

    def start_scan(self) -> None:
        """Starts a library scan; one that runs is cancelled and begun anew."""
        now = self._engine.now
        if self.scan_started_at is not None:
            self.last_scan = ScanResult(self.scan_started_at, now, "Cancelled")
        self._scan_serial += 1
        serial = self._scan_serial
        self.scan_started_at = now
        self._engine.after(self.options.scan_seconds, lambda: self._end_scan(serial))

    def _end_scan(self, serial: int) -> None:
        if serial != self._scan_serial or self.scan_started_at is None:
            return
        started_at, self.scan_started_at = self.scan_started_at, None
        self.scan_now()
        self.last_scan = ScanResult(started_at, self._engine.now, "Completed")

    def stop_scan(self) -> None:
        """Cancels the scan that runs."""
        if self.scan_started_at is not None:
            self.last_scan = ScanResult(self.scan_started_at, self._engine.now, "Cancelled")
            self.scan_started_at = None
            self._scan_serial += 1

    def scan_now(self) -> None:
        """Compares every library with the disk at once."""
        self._save_and_show()
        disk = self._engine.disk
        for root in self.roots:
            if self._protected(root):
                continue
            present = set(disk.files(root))
            for path in sorted(self._known(root) - present):
                self._drop(path)
            for path in sorted(present):
                self._add(path)
        now = self._engine.now
        self.last_scan = ScanResult(now, now, "Completed")

    def _save_and_show(self) -> None:
        """What a scan does to all that an earlier one had found."""
        now = self._engine.now
        for series in self.series.values():
            series.has_hidden_children = False
            if self.options.saves_everything:
                series.saved_at = now
                for item in series.episodes.values():
                    item.saved_at = now

    def _known(self, root: str) -> set[str]:
        return {
            path
            for series in self.series.values()
            if _within(series.folder, root)
            for path in series.episodes
        }

    def _add(self, path: str) -> None:
        content = self._engine.contents.get(path)
        if content is None:
            return
        source = content.series
        series = self.series.get(source.path)
        now = self._engine.now
        if series is None:
            shown = self._item_path(source.path, source)
            series = JellyfinSeries(
                hex_id("series", shown, length=32), source.path, shown, source, now, now
            )
            # What is there when the world begins was scanned before.
            is_new = now > self._engine.started_at
            series.has_hidden_children = is_new and self.options.hides_children
            self.series[source.path] = series
        series.source = source
        known = series.episodes.get(path)
        size = self._engine.disk.size(path)
        if known is None:
            shown = self._item_path(path, source)
            series.episodes[path] = JellyfinEpisode(
                hex_id("episode", shown, length=32), path, shown, content, now, now, size
            )
        elif known.content is not content:
            # The item goes by its path and stays; what it plays was replaced.
            known.content, known.size_bytes = content, size
            known.created_at = known.saved_at = now

    def _drop(self, path: str) -> None:
        content = self._engine.contents.get(path)
        folders = [content.series.path] if content else list(self.series)
        for folder in folders:
            series = self.series.get(folder)
            if series is None or path not in series.episodes:
                continue
            del series.episodes[path]
            if not series.episodes:
                del self.series[folder]


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
