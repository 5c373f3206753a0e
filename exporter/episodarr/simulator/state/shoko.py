"""What one simulated Shoko has recorded: files, their AniDB links, series, and its job queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from episodarr.simulator.names import hex_id, small_hash
from episodarr.simulator.state.engine import Engine
from episodarr.simulator.state.library import Series
from episodarr.simulator.state.shoko_files import ShokoFile, ShokoFiles, ShokoSeries

MYLIST_JOB = "Delete File From MyList"
STATS_JOB = "Refresh Anime Stats"
HASH_JOB = "Hash File"


@dataclass(slots=True, kw_only=True)
class ShokoOptions:
    """How Shoko is set up.

    ``roots`` are the root folders it imports, as Sonarr sees them; without any, those with
    ``anime`` in their name. ``paths`` is where it sees them itself. Real Shoko never removes
    missing files by itself; ``cleanup_seconds`` is for a simulation with a regular cleanup.
    """

    api_key: str = "demo-shoko-key"
    username: str = "Default"
    password: str = ""
    version: str = "5.3.3"
    hash_seconds: float = 4.0
    match_seconds: float = 6.0
    remove_seconds: float = 1.0
    job_seconds: float = 5.0
    cleanup_seconds: float | None = None
    roots: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)

    @property
    def major(self) -> int:
        """4, 5 or 6: they differ in routes and shapes."""
        return int(self.version.split(".")[0])


class ShokoDatabase:
    """One Shoko. Its records stay when files vanish, until a request removes them."""

    def __init__(self, engine: Engine, options: ShokoOptions) -> None:
        self.engine = engine
        self.options = options
        self.files = ShokoFiles()
        self.series: dict[int, ShokoSeries] = {}
        self.jobs: Counter[str] = Counter()
        self.mylist_removals = 0
        self.removal_runs = 0
        self.removing = False
        self.match_paused = False
        self._by_season: dict[tuple[int, int], ShokoSeries] = {}
        self._last_file_id = 0

    @property
    def roots(self) -> tuple[str, ...]:
        """The import folders as Sonarr sees them; their place plus one is their id."""
        chosen = self.options.roots
        every = self.engine.disk.roots
        return chosen or tuple(root for root in every if "anime" in root)

    def shown(self, root: str) -> str:
        """The import folder as this server sees it."""
        return self.options.paths.get(root, root)

    def file_added(self, path: str) -> None:
        """The watcher saw a file come: it is hashed, then resolved at AniDB."""
        if self.engine.disk.root_of(path) not in self.roots:
            return
        self.jobs[HASH_JOB] += 1

        def hashed() -> None:
            self._finish(HASH_JOB)
            if self.engine.disk.exists(path):
                self.record(path)
                self.engine.after(self.options.match_seconds, lambda: self.match(path))

        self.engine.after(self.options.hash_seconds, hashed)

    def file_removed(self, path: str) -> None:
        """The watcher ignores deletions; only a configured cleanup removes the record."""
        if path in self.files and self.options.cleanup_seconds is not None:
            self.engine.after(self.options.cleanup_seconds, lambda: self.forget_if_missing(path))

    def record(self, path: str) -> ShokoFile:
        """Makes the file known, unrecognized."""
        known = self.files.get(path)
        size = self.engine.disk.size(path)
        # Another content at the same path is another file to a server that goes by hashes.
        if known is not None and known.size_bytes == size:
            return known
        self._last_file_id += 1
        root = self.engine.disk.root_of(path)
        folder_id = self.roots.index(root) + 1
        file = ShokoFile(self._last_file_id, path, folder_id, size, self.engine.now)
        self.files.put(file)
        return file

    def match(self, path: str, *, force: bool = False) -> None:
        """AniDB answers: the file belongs to episodes, and its series exists from now on."""
        file = self.files.get(path)
        content = self.engine.contents.get(path)
        if file is None or content is None or (self.match_paused and not force):
            return
        series = self._series_of(content.series, content.episodes[0].season)
        self.files.link(file, series, content.episodes, self.engine.now)

    def _series_of(self, source: Series, season: int) -> ShokoSeries:
        key = (source.tvdb_id, season)
        found = self._by_season.get(key)
        if found is None:
            number = len(self.series) + 1
            anidb_id = small_hash("anidb", *key) % 18_000 + 100
            name = source.title if season == 1 else f"{source.title} Season {season}"
            found = ShokoSeries(number, anidb_id, name, source, season, self.engine.now)
            self.series[number] = found
            self._by_season[key] = found
        found.source = source
        return found

    def take_everything(self) -> None:
        """Records and matches what is on the disk, as for a library that was there before."""
        for root in self.roots:
            for path in self.engine.disk.files(root):
                self.record(path)
                self.match(path, force=True)

    def match_waiting(self) -> int:
        """Matches every unrecognized file now and returns how many there were."""
        self.match_paused = False
        waiting = self.files.unlinked()
        for file in waiting:
            self.match(file.path)
        return len(waiting)

    def accessible(self, file: ShokoFile) -> bool:
        """Whether the path exists at this moment: checked again for every answer."""
        return self.engine.disk.exists(file.path)

    def forget_if_missing(self, path: str) -> None:
        """Drops the record of one file if it is not there."""
        if path in self.files and not self.engine.disk.exists(path):
            self.files.remove(path)

    def remove_missing(self, *, from_mylist: bool) -> int:
        """Drops the records of all missing files, those of an unmounted folder included.

        Returns:
            How many were dropped.
        """
        self.removal_runs += 1
        missing = [file for file in self.files.values() if not self.accessible(file)]
        for file in missing:
            self.files.remove(file.path)
            if from_mylist:
                self.mylist_removals += 1
                self._queue(MYLIST_JOB)
            if file.series is not None:
                self._queue(STATS_JOB)
        return len(missing)

    def start_removal(self) -> bool:
        """4.x: a worker in the background; false when one runs and this request is ignored.

        That version ignores its parameter about MyList: entries always go.
        """
        if self.removing:
            return False
        self.removing = True

        def work() -> None:
            self.removing = False
            self.remove_missing(from_mylist=True)

        self.engine.after(self.options.remove_seconds, work)
        return True

    def notify(self, shown_path: str) -> None:
        """6.x: a request reports a changed path; what is missing there is dropped."""
        for path in list(self.files):
            root = self.engine.disk.root_of(path)
            seen = self.shown(root) + path[len(root) :]
            if seen == shown_path or seen.startswith(f"{shown_path.rstrip('/')}/"):
                self.forget_if_missing(path)

    def _queue(self, job: str) -> None:
        self.jobs[job] += 1
        self.engine.after(self.options.job_seconds, lambda: self._finish(job))

    def _finish(self, job: str) -> None:
        self.jobs[job] -= 1
        if self.jobs[job] <= 0:
            del self.jobs[job]

    def ed2k(self, file: ShokoFile) -> str:
        """The file's hash."""
        return hex_id("ed2k", file.path, length=32).upper()
