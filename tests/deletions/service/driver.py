"""Drives verification through time against the small world."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from episodarr.deletions.policy import Policy
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.reports import Reports
from episodarr.deletions.service.verification import Verification
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.model.deletion import DeletionView
from episodarr.model.download import DeleteReason
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrSeriesId, TvdbId
from episodarr.model.inventory import LibraryFile
from episodarr.model.library import EpisodeFile
from episodarr.model.notice import (
    EpisodesRead,
    FileDeleted,
    FileImported,
    LibraryPoll,
    SeriesDeleted,
)
from episodarr.store.connection import Checkpoint, no_checkpoint
from episodarr.store.store import Store
from tests.deletions.service.world import CHARLOTTE, START, TV, World, a_world, witnesses_of


@dataclass
class Driver:
    """Verification with its clock; restarting it keeps nothing but the file."""

    path: Path
    world: World = field(default_factory=a_world)
    policy: Policy = field(default_factory=Policy)
    without: frozenset[System] = frozenset()
    now: datetime = START
    checkpoint: Checkpoint = no_checkpoint
    record_id: int = 0
    """The newest record of Sonarr's history."""
    wall_ahead: timedelta = timedelta()
    """How far the machine's clock was set forward since the program began, which it does not see."""

    def __post_init__(self) -> None:
        self.world.clock = self.clock
        self.start()

    def clock(self) -> datetime:
        """The time of the program, and of every system."""
        return self.now

    def witnesses(self) -> Witnesses:
        """The systems as they are after a start: nothing of them was read yet."""
        return witnesses_of(
            self.world,
            self.path.with_name(f"{self.path.name} media"),
            policy=self.policy,
            without=self.without,
            clock=self.clock,
        )

    def start(self) -> None:
        self.store = Store.open(self.path, self.now, self.checkpoint)
        self.follow(self.witnesses())

    def follow(self, witnesses: Witnesses) -> None:
        """Read the log, and have these systems checked."""
        bugs = Bugs()
        self.verification = Verification.read(self.store, witnesses, self.policy, bugs)
        self.reports = Reports(self.store, (TV,), clock=self.clock, bugs=bugs)
        self.reports.log = self.verification.log

    def restart(self) -> None:
        """As after a kill: what was not written is lost, and the clock is the machine's again."""
        self.store.close()
        self.now += self.wall_ahead
        self.wall_ahead = timedelta()
        self.start()

    async def take_inventories(self) -> None:
        await self.verification.inventories.keep(
            [show.series() for show in self.world.shows.values()], self.now
        )
        self.now += timedelta(minutes=1)

    async def poll(self) -> None:
        """One good and complete poll of Sonarr's library."""
        listed: dict[TvdbId, SonarrSeriesId] = {
            t: show.sonarr_id for t, show in self.world.shows.items()
        }
        await self.verification.notices.take(
            LibraryPoll(
                sonarr=TV,
                at=self.now,
                sonarr_id_by_tvdb_id=listed,
                path_by_tvdb_id={t: show.folder for t, show in self.world.shows.items()},
            ),
            self.now,
        )

    async def hook_series(
        self, tvdb_id: TvdbId = CHARLOTTE, *, files: bool = True, polled: bool = True
    ) -> None:
        """Sonarr's webhook and, unless `polled` is false, the list that it makes due at once."""
        await self.verification.notices.take(
            SeriesDeleted(
                key=SeriesKey(TV, tvdb_id),
                title="Charlotte",
                year=2015,
                has_deleted_files=files,
                was_listed=True,
            ),
            self.now,
        )
        if polled:
            await self.poll()

    async def hook_file(
        self,
        number: EpisodeNumber,
        path: str,
        reason: DeleteReason = DeleteReason.MANUAL,
        *,
        is_webhook: bool = True,
        record_id: int | None = None,
        tvdb_id: TvdbId = CHARLOTTE,
    ) -> None:
        """A record of history, as a webhook announced it or not; another one unless its id is given."""
        if record_id is None:
            self.record_id += 1
            record_id = self.record_id
        await self.verification.notices.take(
            FileDeleted(
                key=SeriesKey(TV, tvdb_id),
                title="Charlotte",
                number=number,
                path=path,
                reason=reason,
                record_id=record_id,
                is_webhook=is_webhook,
            ),
            self.now,
        )

    async def read_episodes(self, tvdb_id: TvdbId = CHARLOTTE) -> None:
        """A good answer about all episodes of a series."""
        files = self.world.shows[tvdb_id].files
        await self.verification.notices.take(
            EpisodesRead(
                key=SeriesKey(TV, tvdb_id),
                file_id_by_episode={n: f.file_id for n, f in files.items()},
                file_by_id={
                    f.file_id: EpisodeFile(file_id=f.file_id, path=f.path, size_bytes=f.size_bytes)
                    for f in files.values()
                },
            ),
            self.now,
        )

    async def import_file(self, number: EpisodeNumber) -> LibraryFile:
        """An episode gets a file, and history tells of it."""
        file = self.world.add_file(self.world.shows[CHARLOTTE], number)
        self.record_id += 1
        await self.verification.notices.take(
            FileImported(
                key=SeriesKey(TV, CHARLOTTE),
                number=number,
                record_id=self.record_id,
                file_id=file.file_id,
            ),
            self.now,
        )
        return file

    async def run(self, length: timedelta, step: timedelta = timedelta(seconds=30)) -> None:
        """Passes, one step apart."""
        end = self.now + length
        while self.now < end:
            self.now += step
            await self.verification.passes.run(self.now)
            await self.verification.passes.rescans.settled()

    def views(self) -> tuple[DeletionView, ...]:
        return self.reports.views()

    def view(self) -> DeletionView:
        (view,) = self.views()
        return view
