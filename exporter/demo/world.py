"""The shared state of all simulated systems, with every event that can happen to it."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import msgspec

from exporter.demo.intake import SeriesPlan
from exporter.demo.jellyfin_state import JellyfinState
from exporter.demo.names import MIB
from exporter.demo.removal import RemovalEvents
from exporter.demo.seerr_state import APPROVED, PENDING, SeerrState
from exporter.demo.shoko_state import ShokoState
from exporter.demo.sonarr_state import SonarrOptions, SonarrState
from exporter.demo.torrents import TorrentClient

EVENTS = (
    "add_series",
    "add_unlinked_file",
    "age_history",
    "block_import",
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
    "move_torrents",
    "pin_files",
    "readd_series",
    "refresh_queue",
    "release_files",
    "remove_missing_files",
    "rename_files",
    "request_series",
    "search",
    "seerr_job",
    "set_client",
    "set_mount",
    "set_phase",
    "set_progress",
    "shoko_match",
    "shoko_pause",
    "upgrade",
)
"""The events that may be triggered by name; each is a method of the world."""


class World(RemovalEvents):
    """Everything there is. Its events are methods; ``trigger`` runs one by its name."""

    jellyfin: JellyfinState | None = None
    shoko: ShokoState | None = None
    seerr: SeerrState | None = None

    def add_sonarr(self, options: SonarrOptions) -> SonarrState:
        """Sets up a Sonarr; its queue is read from its client at its usual interval."""
        state = SonarrState(options, self.now)
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

    def settle(self) -> None:
        """Lets the other systems know all there is, as after years of running."""
        if self.jellyfin is not None:
            self.jellyfin.scan_now()
            self.watchers.append(self.jellyfin)
        if self.shoko is not None:
            self.shoko.take_everything()
            self.watchers.append(self.shoko)
        if self.seerr is not None:
            self.seerr.look_for_new()

    def request_series(
        self,
        sonarr: str,
        tvdb_id: int,
        seasons: Sequence[int],
        *,
        user: str = "alex",
        age_days: float = 0.0,
        tmdb_id: int | None = None,
        pending: bool = False,
        plan: SeriesPlan | None = None,
    ) -> int:
        """Somebody asks for seasons of a show in Seerr.

        Args:
            sonarr: The instance that would get it; it decides whether this is a 4K request.
            tvdb_id: The show.
            seasons: The seasons asked for.
            user: Who asks.
            age_days: How long ago.
            tmdb_id: The show's TMDB id where it is in no Sonarr.
            pending: Whether nobody has approved it yet.
            plan: The series to add to Sonarr on approval, unless it is there.

        Returns:
            The request's id.

        Raises:
            LookupError: There is no Seerr here.
        """
        if self.seerr is None:
            msg = "this simulation has no Seerr"
            raise LookupError(msg)
        state = self.sonarrs[sonarr]
        if plan is not None and not pending and tvdb_id not in state.by_tvdb:
            self.add_series(sonarr, plan, quiet=False)
        series = state.by_tvdb.get(tvdb_id)
        known = series.tmdb_id if series is not None else tvdb_id % 99_991 + 1_000
        request = self.seerr.request(
            tvdb_id=tvdb_id,
            tmdb_id=known if tmdb_id is None else tmdb_id,
            seasons=list(seasons),
            user=user,
            status=PENDING if pending else APPROVED,
            is_4k=state.options.is_4k,
            age=timedelta(days=age_days),
        )
        return request.id

    def seerr_job(self, job: str = "availability-sync") -> None:
        """Seerr's job does its work now."""
        if self.seerr is not None:
            self.seerr.jobs[job].run()

    def jellyfin_scan(self) -> None:
        """Jellyfin compares its libraries with the disk now."""
        if self.jellyfin is not None:
            self.jellyfin.scan_now()

    def shoko_pause(self) -> None:
        """AniDB does not answer: new files stay unrecognized until ``shoko_match``."""
        if self.shoko is not None:
            self.shoko.match_paused = True

    def shoko_match(self) -> int:
        """AniDB answers for every file that waits; returns how many there were."""
        return 0 if self.shoko is None else self.shoko.match_waiting()

    def remove_missing_files(self, *, from_mylist: bool = False) -> int:
        """Shoko drops its records of missing files; returns how many there were."""
        return 0 if self.shoko is None else self.shoko.remove_missing(from_mylist=from_mylist)

    def add_unlinked_file(self, sonarr: str, tvdb_id: int, name: str) -> str:
        """A video that no Sonarr knows lies in a series' folder; returns its path."""
        _, series = self.find_series(sonarr, tvdb_id)
        path = f"{series.path}/{name}"
        self.disk.write(path, MIB)
        return path

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
"""Something done to the world before anybody looks at it."""
