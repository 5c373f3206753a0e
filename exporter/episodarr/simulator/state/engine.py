"""The engine below `World`: time, due events, the outbox of webhooks."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from episodarr.simulator.names import seeded
from episodarr.simulator.state.disk import Disk
from episodarr.simulator.state.library import Episode, Series
from episodarr.simulator.state.sonarr import SonarrDatabase
from episodarr.simulator.state.torrents import TorrentClient


@dataclass(slots=True, kw_only=True)
class Lags:
    """How long things take, in seconds at speed 1.

    The defaults are those of real installations where these have a fixed value (queue, Jellyfin's
    scan interval), and short but visible otherwise.
    """

    queue_after_event: float = 5.0
    queue_interval: float = 60.0
    queue_after_start: float = 62.0
    import_pending: float = 4.0
    importing: float = 3.0
    search: float = 20.0
    delete_files: float = 2.0


@dataclass(frozen=True, slots=True)
class Content:
    """What a media file holds; other systems read this from its name."""

    series: Series
    episodes: tuple[Episode, ...]


class DiskWatcher(Protocol):
    """A system that is notified of files that come and go, as by a file watcher."""

    def file_added(self, path: str) -> None:
        """A file appeared."""

    def file_removed(self, path: str) -> None:
        """A file vanished."""


@dataclass(frozen=True, slots=True)
class OutgoingWebhook:
    """A message that a Sonarr wants to send, in the order in which it happened."""

    sonarr: str
    body: Mapping[str, object]


class Engine:
    """State of everything, moved forward by ``advance``.

    Delays are counted in *script seconds*, which pass ``speed`` times as fast as the wall clock.
    Every time in an answer or a webhook is wall-clock time.
    """

    def __init__(
        self,
        *,
        now: datetime,
        seed: int = 1,
        speed: float = 1.0,
        media_root: Path | None = None,
        lags: Lags | None = None,
    ) -> None:
        self.now = now
        self.started_at = now
        self.seed = seed
        self.speed = speed
        self.lags = lags or Lags()
        self.disk = Disk(media_root)
        self.random = seeded(seed, "events")
        self.sonarrs: dict[str, SonarrDatabase] = {}
        self.clients: dict[str, TorrentClient] = {}
        self.contents: dict[str, Content] = {}
        self.unreachable: set[str] = set()
        self.watchers: list[DiskWatcher] = []
        self.outbox: deque[OutgoingWebhook] = deque()
        self._script_seconds = 0.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._airings: list[tuple[datetime, int, SonarrDatabase, Series]] = []
        self._sequence = itertools.count()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Lets the action happen that many script seconds from now."""
        due = self._script_seconds + seconds
        heapq.heappush(self._due, (due, next(self._sequence), action))

    def every(self, seconds: float, action: Callable[[], object]) -> None:
        """Lets the action happen again and again, first after one interval."""

        def again() -> None:
            action()
            self.after(seconds, again)

        self.after(seconds, again)

    def expect_airing(self, state: SonarrDatabase, series: Series, at: datetime) -> None:
        """Has the series counted anew when an episode of it airs."""
        heapq.heappush(self._airings, (at, next(self._sequence), state, series))

    def advance(self, now: datetime) -> None:
        """Moves the world to that time, through every event on the way in its order.

        Args:
            now: The wall-clock time to go to; an earlier one than the world's changes nothing.
        """
        while now >= self.now:
            event_at = self._next_event_at()
            if event_at is None or event_at > now:
                self._pass_until(now)
                return
            self._pass_until(max(event_at, self.now))
            self._fire()

    def _next_event_at(self) -> datetime | None:
        moments = [entry[0] for entry in self._airings[:1]]
        if self._due and self.speed > 0:
            wait = (self._due[0][0] - self._script_seconds) / self.speed
            moments.append(self.now + timedelta(seconds=min(max(wait, 0.0), 1e9)))
        return min(moments, default=None)

    def _pass_until(self, at: datetime) -> None:
        wall_seconds = (at - self.now).total_seconds()
        script_seconds = wall_seconds * self.speed
        if wall_seconds > 0:
            for client in self.clients.values():
                client.advance(self.now, wall_seconds, script_seconds)
        self._script_seconds += script_seconds
        self.now = at

    def _fire(self) -> None:
        if self._airings and self._airings[0][0] <= self.now:
            _, _, state, series = heapq.heappop(self._airings)
            state.touch(series)
            return
        # A microsecond of slack: the wall clock rounds what the script counts exactly.
        slack = 2e-6 * max(self.speed, 1.0)
        if self._due and self._due[0][0] <= self._script_seconds + slack:
            heapq.heappop(self._due)[2]()

    def write_file(self, path: str, size_bytes: int, content: Content) -> None:
        """Puts a file on the disk and lets the watchers know."""
        self.disk.write(path, size_bytes)
        self.contents[path] = content
        for watcher in self.watchers:
            watcher.file_added(path)

    def move_file(self, old: str, new: str) -> None:
        """Renames a file, also into another root folder, and lets the watchers know."""
        self.disk.move(old, new)
        self.contents[new] = self.contents.pop(old)
        for watcher in self.watchers:
            watcher.file_removed(old)
            watcher.file_added(new)

    def remove_file(self, path: str) -> bool:
        """Deletes a file and lets the watchers know; false when it refuses to go."""
        if not self.disk.remove(path):
            return False
        for watcher in self.watchers:
            watcher.file_removed(path)
        return True

    def sonarr(self, name: str) -> SonarrDatabase:
        """The Sonarr of that name.

        Raises:
            KeyError: There is none.
        """
        return self.sonarrs[name]

    def find_series(self, sonarr: str, tvdb_id: int) -> tuple[SonarrDatabase, Series]:
        """The instance and the series in it.

        Raises:
            KeyError: There is no such instance, or it has no such series.
        """
        state = self.sonarrs[sonarr]
        return state, state.by_tvdb[tvdb_id]

    def send(self, state: SonarrDatabase, body: Mapping[str, object]) -> None:
        """Puts a webhook into the outbox, if this Sonarr has an address to send it to."""
        if state.options.webhook_url:
            self.outbox.append(OutgoingWebhook(state.name, body))
