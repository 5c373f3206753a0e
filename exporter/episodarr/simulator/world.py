"""The shared state of all simulated systems, with every event that can happen to it."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from episodarr.simulator.events.stories import StoryEvents
from episodarr.simulator.state.sonarr import SonarrDatabase, SonarrOptions
from episodarr.simulator.state.torrents import TorrentClient

EVENTS = (
    "add_series",
    "add_torrent",
    "add_unlinked_file",
    "age_history",
    "block_import",
    "change_file",
    "delay_release",
    "delete_files",
    "delete_season",
    "delete_series",
    "fail_download",
    "finish_download",
    "grab",
    "import_download",
    "jellyfin_scan",
    "lose_files",
    "manual_import",
    "move_series",
    "move_torrents",
    "pin_files",
    "readd_series",
    "recheck",
    "refresh_queue",
    "refresh_series",
    "release_files",
    "remove_download",
    "remove_missing_files",
    "rename_files",
    "request_and_download",
    "request_series",
    "restart_client",
    "restart_jellyfin",
    "restart_sonarr",
    "search",
    "seerr_job",
    "send_test",
    "set_client",
    "set_health",
    "set_mount",
    "set_phase",
    "set_progress",
    "shoko_match",
    "shoko_pause",
    "start_churn",
    "upgrade",
)
"""The events that may be triggered by name; each is a method of the world."""


CHECK_STEPS = 8
"""In how many steps the check of a torrent comes to its end."""


class World(StoryEvents):
    """The state of all systems. Its events are methods; ``trigger`` runs one by its name."""

    def add_sonarr(self, options: SonarrOptions) -> SonarrDatabase:
        """Sets up a Sonarr; its queue is read from its client at its usual interval."""
        state = SonarrDatabase(options, self.now)
        self.sonarrs[options.name] = state
        for root in options.root_folders:
            self.disk.add_root(root)
        self.clients.setdefault("usenet", TorrentClient("usenet"))
        self.every(self.lags.queue_interval, lambda: self.refresh_queue(options.name))
        return state

    def add_client(self, name: str) -> TorrentClient:
        """Sets up a qBittorrent."""
        client = TorrentClient(name)
        self.clients[name] = client
        return client

    def restart_client(self, client: str, *, seconds: float = 1.5) -> None:
        """A qBittorrent starts again: for so long it shows no byte of any torrent."""
        self.clients[client].begin_reload()
        self.after(seconds, self.clients[client].end_reload)

    def recheck(self, client: str, info_hash: str, *, seconds: float = 8.0) -> None:
        """A qBittorrent checks what it has of a torrent, which takes so long."""
        home = self.clients[client]
        torrent = home.torrents[info_hash.lower()]
        home.begin_check(torrent)
        for step in range(1, CHECK_STEPS + 1):
            progress = step / CHECK_STEPS
            self.after(seconds * progress, partial(home.check, torrent, progress))

    def move_torrents(self, client: str, *, ratio: float, rate: float = 500_000.0) -> int:
        """Lets that share of the unfinished torrents move and the others stand still.

        Returns:
            How many move from now on.
        """
        unfinished = [t for t in self.clients[client].torrents.values() if not t.complete]
        count = round(len(unfinished) * ratio)
        for index, torrent in enumerate(unfinished):
            torrent.rate = rate if index < count else 0.0
            self.clients[client].touch(torrent)
        return count

    def summary(self) -> dict[str, object]:
        """Counts of everything, for the control port."""
        return {
            "sonarr": {
                name: {
                    "series": len(state.series),
                    "episodes": len(state.by_episode),
                    "files": sum(len(series.files) for series in state.series.values()),
                    "downloads": sorted(state.tracked),
                    "history": len(state.history),
                }
                for name, state in self.sonarrs.items()
            },
            "jellyfin": None if self.jellyfin is None else len(self.jellyfin.series),
            "shoko": None if self.shoko is None else len(self.shoko.files),
            "jellyseerr": None if self.seerr is None else len(self.seerr.requests),
            "torrents": {name: len(client.torrents) for name, client in self.clients.items()},
        }

    def trigger(self, name: str, arguments: Mapping[str, object]) -> object:
        """Runs an event by its name, with arguments as JSON has them.

        Returns:
            What the event's method returns, if that is plain data, else nothing.

        Raises:
            LookupError: No event has that name, or it names something that does not exist.
            TypeError: An argument is missing, unknown or of the wrong kind.
        """
        if name not in EVENTS:
            msg = f"no event is called {name!r}; there are {', '.join(EVENTS)}"
            raise LookupError(msg)
        method: Callable[..., object] = getattr(self, name)
        result = method(**_converted(method, arguments))
        plain = isinstance(result, str | int | list | types.NoneType)
        return result if plain else None


def _converted(method: Callable[..., object], arguments: Mapping[str, object]) -> dict[str, object]:
    hints = typing.get_type_hints(method)
    inspect.signature(method).bind(**arguments)
    try:
        return {
            key: msgspec.convert(value, hints[key], str_keys=True)
            for key, value in arguments.items()
        }
    except msgspec.ValidationError as error:
        raise TypeError(str(error)) from error


Step = Callable[[World], object]
"""Something done to the world before the simulation starts."""
