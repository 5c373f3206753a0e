"""State of one simulated Sonarr: its tables, its queue as last read, its commands."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from episodarr.simulator.state.library import Episode, Series
from episodarr.simulator.state.torrents import UNKNOWN_ETA_SECONDS, Torrent, TorrentClient

HISTORY_EVENTS = {
    "unknown": 0,
    "grabbed": 1,
    "seriesFolderImported": 2,
    "downloadFolderImported": 3,
    "downloadFailed": 4,
    "episodeFileDeleted": 5,
    "episodeFileRenamed": 6,
    "downloadIgnored": 7,
}
"""Sonarr's history events with the numbers that its filter takes."""

TITLE_MISMATCH = "Series title mismatch; automatic import is not possible."
"""Why Sonarr does not import what it can give to no series."""

COMMAND_SECONDS_KEPT = 300
"""How long a finished command stays in the list."""


@dataclass(slots=True, kw_only=True)
class SonarrOptions:
    """How one Sonarr is set up; ``name`` is the exporter's name for it."""

    name: str
    api_key: str
    root_folders: tuple[str, ...]
    recycle_bin: str = ""
    """Where deleted files go; empty: they are gone."""
    client: str = "main"
    client_name: str = "qBittorrent"
    category: str = "tv-sonarr"
    url_base: str = ""
    version: str = "4.0.19.2979"
    is_4k: bool = False
    webhook_url: str | None = None
    webhook_username: str | None = None
    webhook_password: str | None = None


def sonarr_options(name: str, **changes: object) -> SonarrOptions:
    """The usual options of a simulated Sonarr, with changes."""
    options = SonarrOptions(
        name=name, api_key="demo-sonarr-key", root_folders=("/tv", "/anime"), category="tv-sonarr"
    )
    return replace(options, **changes)  # type: ignore[arg-type] # checked by replace itself


@dataclass(slots=True, kw_only=True)
class HistoryRow:
    """One row of history: one event of one episode."""

    id: int
    series_id: int
    episode_id: int
    event: str
    at: datetime
    source_title: str
    quality: str
    download_id: str | None
    data: dict[str, str | None]


@dataclass(slots=True, kw_only=True)
class Tracked:
    """A download that Sonarr follows in its client, and what it saw there last."""

    download_id: str
    history_id: str
    series_id: int | None
    episode_ids: tuple[int, ...]
    title: str
    indexer: str
    added_at: datetime
    quality: str
    release_group: str
    release_type: str
    client: TorrentClient
    torrent: Torrent
    protocol: str = "torrent"
    state: str = "downloading"
    health: str = "ok"
    messages: list[tuple[str, list[str]]] = field(default_factory=list)
    error: str | None = None
    blocked_by: tuple[str, ...] = ()
    automatic: bool = True
    by_hand: bool = False
    seen: bool = False
    seen_status: str = "queued"
    seen_size_bytes: int = 0
    seen_left_bytes: int = 0
    seen_eta_seconds: int = UNKNOWN_ETA_SECONDS

    @property
    def is_gone(self) -> bool:
        """Whether its client answers and has it no more."""
        return self.client.reachable and self.torrent.hash not in self.client.torrents

    @property
    def hybrid(self) -> bool:
        """Whether queue and history name it by different hashes."""
        return self.download_id != self.history_id


@dataclass(slots=True, kw_only=True)
class Pending:
    """A release that waits before it is given to a client: delay profile, client unavailable."""

    series_id: int
    episode_ids: tuple[int, ...]
    title: str
    indexer: str
    added_at: datetime
    quality: str
    size_bytes: int
    status: str = "delay"
    protocol: str = "torrent"
    until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Command:
    """One command; ``until`` script seconds it runs."""

    id: int
    name: str
    body: dict[str, object]
    queued_at: datetime
    status: str = "queued"
    result: str = "unknown"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    trigger: str = "manual"


_CLIENT_STATUS = {
    "metadata": "queued",
    "queued": "queued",
    "downloading": "downloading",
    "stalled": "warning",
    "stopped": "paused",
    "checking": "queued",
    "moving": "downloading",
    "error": "warning",
    "missing": "warning",
    "seeding": "completed",
}


def client_status(torrent: Torrent) -> str:
    """The status in Sonarr's queue for a state of the client."""
    if torrent.is_checking:
        return _CLIENT_STATUS["checking"]
    if torrent.complete and torrent.phase in {"stopped", "queued", "stalled"}:
        return "completed"
    return _CLIENT_STATUS[torrent.phase]


class SonarrDatabase:
    """One Sonarr. Its numeric ids start at 1, so two instances use the same ones."""

    def __init__(self, options: SonarrOptions, started_at: datetime) -> None:
        self.options = options
        self.started_at = started_at
        self.series: dict[int, Series] = {}
        self.by_tvdb: dict[int, Series] = {}
        self.by_episode: dict[int, tuple[Series, Episode]] = {}
        self.history: list[HistoryRow] = []
        self.tracked: dict[str, Tracked] = {}
        self.pending: list[Pending] = []
        self.commands: dict[int, Command] = {}
        self.health: list[dict[str, object]] = []
        self.queue_revision = 1
        self.imported: dict[str, Tracked] = {}
        """Downloads that were imported and still lie in their client."""
        self.is_starting = False
        """It has not read its clients since it started."""
        self.starts = 0
        self.refresh_waits = False
        self.changed: set[int] = set()
        self.list_revision = 1
        self._last_ids = {"series": 0, "episode": 0, "file": 0, "history": 0, "command": 0}

    @property
    def name(self) -> str:
        """The exporter's name for this instance."""
        return self.options.name

    def next_id(self, kind: str) -> int:
        """A new id; ids are never used twice, so what is added again has others."""
        self._last_ids[kind] += 1
        return self._last_ids[kind]

    def touch(self, series: Series) -> None:
        """Notes that the series' row in ``/series`` changed."""
        self.changed.add(series.id)
        self.list_revision += 1

    def add_series(self, series: Series) -> None:
        """Takes a series in with the episodes it has so far."""
        self.series[series.id] = series
        self.by_tvdb[series.tvdb_id] = series
        for episode in series.episodes:
            self.by_episode[episode.id] = (series, episode)
        self.touch(series)

    def drop_series(self, series: Series) -> None:
        """Removes a series with its history; its downloads lose their series but stay.

        What had been imported and is still in the client is in the queue again, as unknown.
        """
        del self.series[series.id]
        del self.by_tvdb[series.tvdb_id]
        for episode in series.episodes:
            self.by_episode.pop(episode.id, None)
        self.history = [row for row in self.history if row.series_id != series.id]
        self.pending = [row for row in self.pending if row.series_id != series.id]
        for tracked in self.tracked.values():
            if tracked.series_id == series.id:
                self._lose_series(tracked)
        for history_id, tracked in list(self.imported.items()):
            if tracked.series_id == series.id:
                self.tracked[history_id] = self.imported.pop(history_id)
                self._lose_series(tracked)
        self.queue_revision += 1
        self.touch(series)

    def _lose_series(self, tracked: Tracked) -> None:
        tracked.series_id = None
        tracked.episode_ids = ()
        if tracked.torrent.complete:
            tracked.state = "importBlocked"
            tracked.health = "warning"
            tracked.messages = [(tracked.title, [TITLE_MISMATCH])]

    def record(self, row: HistoryRow) -> None:
        """Adds a history row and keeps the table in the order of time."""
        if not self.history or self.history[-1].at <= row.at:
            self.history.append(row)
        else:
            place = bisect_left(self.history, (row.at, row.id), key=lambda r: (r.at, r.id))
            self.history.insert(place, row)

    def history_since(self, at: datetime) -> Iterable[HistoryRow]:
        """The rows from that time on, oldest first."""
        return self.history[bisect_left(self.history, at, key=lambda row: row.at) :]

    def read_clients(self) -> list[Tracked]:
        """Reads the download clients as the minutely task does; returns what has newly completed.

        The downloads of a client that does not answer disappear from the queue meanwhile; those
        that it has no more are forgotten.
        """
        completed = []
        for followed in (self.tracked, self.imported):
            for history_id in [i for i, t in followed.items() if t.is_gone]:
                del followed[history_id]
        for tracked in self.tracked.values():
            torrent = tracked.torrent
            tracked.seen = tracked.client.reachable
            if not tracked.seen:
                continue
            tracked.seen_status = client_status(torrent)
            tracked.seen_size_bytes = torrent.wanted_bytes
            tracked.seen_left_bytes = torrent.shown_left_bytes
            tracked.seen_eta_seconds = torrent.eta_seconds
            if torrent.complete and not torrent.is_checking and tracked.state == "downloading":
                completed.append(tracked)
        self.queue_revision += 1
        return completed

    def forget_old_commands(self, now: datetime) -> None:
        """Drops commands that ended a while ago."""
        oldest = now - timedelta(seconds=COMMAND_SECONDS_KEPT)
        for command in list(self.commands.values()):
            if command.ended_at is not None and command.ended_at < oldest:
                del self.commands[command.id]
