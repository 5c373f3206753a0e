"""Events of the systems around Sonarr: Jellyfin, Shoko and Seerr."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from episodarr.simulator.events.handwork import HandworkEvents
from episodarr.simulator.events.intake import SeriesPlan
from episodarr.simulator.names import MIB
from episodarr.simulator.state.jellyfin import JellyfinDatabase
from episodarr.simulator.state.seerr import APPROVED, PENDING, SeerrDatabase
from episodarr.simulator.state.shoko import ShokoDatabase


class ServiceEvents(HandworkEvents):
    """What Jellyfin, Shoko and Seerr do, as far as a simulation has them."""

    jellyfin: JellyfinDatabase | None = None
    shoko: ShokoDatabase | None = None
    seerr: SeerrDatabase | None = None

    def settle(self) -> None:
        """Lets the other systems know all there is, as after years of running."""
        if self.jellyfin is not None:
            self.jellyfin.scan_now()
            self.watchers.append(self.jellyfin)
        if self.shoko is not None:
            self.shoko.take_everything()
            self.watchers.append(self.shoko)
        if self.seerr is not None:
            self.seerr.read_new()

    def request_series(
        self,
        sonarr: str,
        tvdb_id: int,
        seasons: Sequence[int],
        *,
        user: str = "alex",
        age_days: float = 0.0,
        tmdb_id: int | None = None,
        title: str = "",
        pending: bool = False,
        plan: SeriesPlan | None = None,
    ) -> int:
        """A user requests seasons of a show in Seerr; returns the request's id.

        Args:
            sonarr: The instance that would get it; it decides whether this is a 4K request.
            tvdb_id: The show.
            seasons: The requested seasons.
            user: The requesting user.
            age_days: How long ago.
            tmdb_id: The show's TMDB id where it is in no Sonarr.
            title: What TMDB calls it where it is in no Sonarr.
            pending: Whether it still has to be approved.
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
        if title and tmdb_id is not None:
            self.seerr.tmdb_titles[tmdb_id] = title
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

    def restart_jellyfin(self) -> None:
        """Jellyfin starts anew: for a while it answers some paths and refuses the rest."""
        if self.jellyfin is not None:
            self.jellyfin.restart()

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
