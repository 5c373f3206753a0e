"""What the client shows goes on while Sonarr lost it; what it cannot show yet stays as it was."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from episodarr.model.stage import Hold, Stage
from episodarr.model.view import EpisodeView
from episodarr.simulator import Scenario, SeasonPlan, TorrentFile
from tests.rig import Rig, rig

TVDB_ID = 359274
PACK = "Vinland.Saga.S01.1080p.BluRay-GRP"
FILE_BYTES = 1_000_000
DONE = 4
"""A complete download of one episode."""
SINGLE = 5
"""A torrent of one file, 31 % here."""


class Downloads:
    """A pack of three that stands still at 0.5, 0.1 and 0; one that is complete; a single file."""

    def __init__(self, running: Rig) -> None:
        self.running = running
        self.world = running.simulation.world
        files = [
            TorrentFile(f"{PACK}/Vinland.Saga.S01E{n:02d}.mkv", FILE_BYTES, episodes=((1, n),))
            for n in (1, 2, 3)
        ]
        self.pack = self.world.grab(
            "tv", TVDB_ID, [(1, 1), (1, 2), (1, 3)], title=PACK, files=files, rate=0.0
        )
        self.done = self.world.grab(
            "tv", TVDB_ID, [(1, DONE)], progress=1.0, rate=0.0, phase="seeding", automatic=False
        )
        self.single = self.world.grab("tv", TVDB_ID, [(1, SINGLE)], progress=0.31, rate=0.0)
        self.world.set_progress("tv", self.pack, [0.5, 0.1, 0.0])
        self.world.refresh_queue("tv")

    def hash_of(self, download: str) -> str:
        return self.world.sonarrs["tv"].tracked[download].torrent.hash

    def empty_queue(self) -> None:
        for tracked in self.world.sonarrs["tv"].tracked.values():
            tracked.seen = False
        self.world.sonarrs["tv"].queue_revision += 1

    def restart_sonarr(self) -> None:
        self.world.restart_sonarr("tv", seconds=3600)
        # It reports its time of start in whole seconds, and this world began in the same one.
        self.world.sonarrs["tv"].started_at += timedelta(seconds=2)

    def lose_client(self) -> None:
        """Sonarr cannot reach its client, which answers us."""
        self.world.clients["main"].reachable = False
        self.empty_queue()

    def episode(self, number: int) -> EpisodeView:
        return self.running.episode("tv", TVDB_ID, 1, number)

    def stages(self) -> list[tuple[Stage, float, Hold | None]]:
        views = [self.episode(n) for n in range(1, SINGLE + 1)]
        return [(v.stage, round(v.progress_ratio, 2), v.hold) for v in views]

    def figures(self) -> list[tuple[Stage, float]]:
        return [(stage, progress) for stage, progress, _ in self.stages()]


FIGURES = [
    (Stage.DOWNLOADING, 0.5),
    (Stage.DOWNLOADING, 0.1),
    (Stage.DOWNLOADING, 0.0),
    (Stage.IMPORTING, 1.0),
    (Stage.DOWNLOADING, 0.31),
]


def a_world() -> Scenario:
    scenario = Scenario.empty(seed=3)
    scenario.add_series(TVDB_ID, "Vinland Saga", {1: SeasonPlan(episodes=SINGLE)})
    return scenario


@asynccontextmanager
async def downloading(*, settles: bool = True) -> AsyncIterator[tuple[Rig, Downloads]]:
    """An exporter that has seen the downloads, or has read nothing yet."""
    async with rig(a_world(), environment={"EPISODARR_EPISODES": "all"}) as running:
        downloads = Downloads(running)
        if settles:
            await running.settle()
            assert downloads.figures() == FIGURES
        yield running, downloads


@pytest.mark.parametrize("lose", [Downloads.restart_sonarr, Downloads.lose_client])
async def test_what_only_sonarr_lost_goes_on_as_the_client_reports_it(
    lose: Callable[[Downloads], None],
) -> None:
    """Its queue is empty, the client answers: progress moves, and no hold blames the client."""
    async with downloading() as (running, downloads):
        lose(downloads)
        await running.cycle()
        assert downloads.figures() == FIGURES
        downloads.world.set_progress("tv", downloads.pack, [0.8, 0.4, 0.2])
        downloads.world.set_progress("tv", downloads.single, [0.77])
        await running.cycle(2)
        assert downloads.figures() == [
            (Stage.DOWNLOADING, 0.8),
            (Stage.DOWNLOADING, 0.4),
            (Stage.DOWNLOADING, 0.2),
            (Stage.IMPORTING, 1.0),
            (Stage.DOWNLOADING, 0.77),
        ]
        assert {hold for _, _, hold in downloads.stages()} == {None}


async def test_what_a_new_exporter_saw_in_no_queue_goes_on_when_sonarr_started_with_it() -> None:
    """As after the start of the machine: history says grabbed, the client says how far."""
    async with downloading(settles=False) as (running, downloads):
        downloads.restart_sonarr()
        running.clock.push(minutes=12)  # Longer than a grab counts that no row shows.
        running.simulation.tick()
        downloads.world.restart_client("main", seconds=10)
        await running.cycle()
        running.clock.push(seconds=15)
        await running.settle()
        assert downloads.figures() == FIGURES
        assert {hold for _, _, hold in downloads.stages()} <= {None, Hold.STALLED}
        downloads.world.set_progress("tv", downloads.pack, [0.8, 0.4, 0.2])
        await running.cycle()
        assert [p for _, p in downloads.figures()][:3] == [0.8, 0.4, 0.2]
        running.clock.push(minutes=4)
        await running.cycle()
        assert downloads.episode(2).stage is Stage.QUEUED, "Sonarr has had its time to list it"


async def test_a_pack_that_is_held_after_an_outage_moves_again_before_sonarr_lists_it() -> None:
    async with downloading() as (running, downloads):
        running.simulation.fault("qbittorrent.main", "refused")
        downloads.empty_queue()
        await running.cycle(2)
        assert downloads.episode(2).hold is Hold.CLIENT_UNAVAILABLE
        running.simulation.clear_faults()
        downloads.empty_queue()
        downloads.world.set_progress("tv", downloads.pack, [0.8, 0.4, 0.2])
        await running.cycle(2)
        assert [p for _, p in downloads.figures()][:3] == [0.8, 0.4, 0.2]
        assert downloads.episode(2).hold is None


async def test_what_was_taken_out_of_the_client_while_sonarr_lost_it_is_gone() -> None:
    async with downloading() as (running, downloads):
        downloads.restart_sonarr()
        await running.cycle()
        assert downloads.figures() == FIGURES
        downloads.world.clients["main"].remove(downloads.hash_of(downloads.single))
        await running.cycle(2)
        assert downloads.figures()[:4] == FIGURES[:4]
        assert downloads.episode(SINGLE).stage is Stage.QUEUED


def observations(running: Rig) -> dict[tuple[tuple[str, str], ...], float]:
    return running.samples().get("episodarr_episode_stage_duration_seconds_count", {})


def received(running: Rig) -> list[float]:
    found = running.samples()["episodarr_download_received_bytes_total"]
    return [found[labels] for labels in sorted(found)]


async def test_a_client_that_starts_again_takes_no_byte_away() -> None:
    """For a second or two it lists every torrent as checkingResumeData with 0 bytes."""
    async with downloading() as (running, downloads):
        before, bytes_before = observations(running), received(running)
        downloads.world.restart_client("main", seconds=40)
        for _ in range(3):
            await running.cycle()
            assert downloads.figures() == FIGURES
            assert received(running) == bytes_before
            assert downloads.episode(SINGLE).hold is Hold.CHECKING
            running.clock.push(seconds=15)
        await running.cycle()
        assert downloads.figures() == FIGURES
        assert downloads.episode(SINGLE).hold is not Hold.CHECKING
        assert observations(running) == before


async def test_a_client_that_has_not_listed_all_of_it_yet_takes_nothing_away() -> None:
    async with downloading() as (running, downloads):
        downloads.restart_sonarr()
        home = downloads.world.clients["main"]
        downloads.world.restart_client("main", seconds=5)
        single = home.torrents[downloads.hash_of(downloads.single)]
        home.remove(single.hash)
        await running.cycle(2)
        assert downloads.figures() == FIGURES
        home.add(single)
        running.clock.push(seconds=10)
        await running.cycle()
        assert downloads.figures() == FIGURES


async def test_a_recheck_shows_what_is_here_and_not_how_far_the_check_is() -> None:
    async with downloading() as (running, downloads):
        before = observations(running)
        for download in (downloads.pack, downloads.done, downloads.single):
            downloads.world.recheck("main", downloads.hash_of(download), seconds=60)
        for _ in range(9):
            await running.cycle()
            assert downloads.figures() == FIGURES
            running.clock.push(seconds=7)
        await running.cycle()
        assert downloads.figures() == FIGURES
        assert observations(running) == before


async def test_a_check_that_finds_less_is_believed_when_it_is_over() -> None:
    async with downloading() as (running, downloads):
        downloads.world.recheck("main", downloads.hash_of(downloads.single), seconds=30)
        downloads.world.set_progress("tv", downloads.single, [0.2])
        await running.cycle()
        assert downloads.figures() == FIGURES
        running.clock.push(seconds=31)
        await running.cycle()
        assert downloads.figures()[SINGLE - 1] == (Stage.DOWNLOADING, 0.2)


async def test_what_is_first_seen_while_it_is_checked_is_as_far_as_sonarr_says() -> None:
    """Unknown is not zero: neither the client's 0 bytes nor the progress of its check."""
    async with downloading(settles=False) as (running, downloads):
        home = downloads.world.clients["main"]
        downloads.world.restart_client("main", seconds=30)
        home.touch(home.torrents[downloads.hash_of(downloads.single)])
        await running.settle()
        assert downloads.episode(DONE).stage is Stage.IMPORTING
        assert downloads.figures()[SINGLE - 1] == (Stage.DOWNLOADING, 0.31)
        assert downloads.episode(SINGLE).hold is Hold.CHECKING
        running.clock.push(seconds=31)
        await running.cycle(2)
        assert downloads.figures() == FIGURES


async def test_a_torrent_in_error_says_so_and_has_no_eta() -> None:
    async with downloading() as (running, downloads):
        for phase in ("error", "missing"):
            downloads.world.set_phase("tv", downloads.single, phase, rate=50_000.0)
            downloads.world.set_phase("tv", downloads.done, phase)
            await running.cycle()
            assert downloads.episode(SINGLE).stage is Stage.DOWNLOADING
            assert downloads.episode(SINGLE).hold is Hold.CLIENT_ERROR
            assert downloads.episode(SINGLE).eta_seconds is None
            assert downloads.episode(DONE).stage is Stage.IMPORTING
            assert downloads.episode(DONE).hold is Hold.CLIENT_ERROR
            assert not running.samples().get("episodarr_download_eta_seconds")


async def test_an_eta_is_shown_only_while_the_client_downloads() -> None:
    async with downloading() as (running, downloads):
        for phase in ("stopped", "checking", "queued", "moving", "stalled"):
            downloads.world.set_phase("tv", downloads.single, "downloading", rate=50_000.0)
            await running.cycle()
            assert downloads.episode(SINGLE).eta_seconds is not None
            downloads.world.set_phase("tv", downloads.single, phase)
            await running.cycle()
            assert downloads.episode(SINGLE).eta_seconds is None, phase
            assert not running.samples().get("episodarr_download_eta_seconds")


async def test_a_file_deselected_in_a_torrent_that_stands_still_shows_at_once() -> None:
    async with downloading() as (running, downloads):
        downloads.world.change_file("tv", downloads.pack, 1, priority=0)
        await running.cycle()
        assert downloads.episode(2).hold is Hold.FILE_SKIPPED
        downloads.world.change_file("tv", downloads.pack, 1, priority=1)
        await running.cycle()
        assert downloads.figures() == FIGURES


async def test_a_file_left_out_of_a_torrent_that_is_complete_without_it_is_not_importing() -> None:
    async with downloading() as (running, downloads):
        downloads.world.set_progress("tv", downloads.pack, [1.0, 0.1, 1.0])
        downloads.world.change_file("tv", downloads.pack, 1, priority=0)
        await running.cycle()
        assert downloads.episode(1).stage is Stage.IMPORTING
        assert downloads.episode(2).hold is Hold.FILE_SKIPPED
        downloads.world.change_file("tv", downloads.pack, 1, priority=1)
        await running.cycle()
        assert [p for _, p in downloads.figures()][:3] == [1.0, 0.1, 1.0]


async def test_such_a_torrent_is_distinguished_by_an_exporter_that_starts_later() -> None:
    async with downloading(settles=False) as (running, downloads):
        downloads.world.set_progress("tv", downloads.pack, [1.0, 0.1, 1.0])
        downloads.world.change_file("tv", downloads.pack, 1, priority=0)
        await running.settle()
        assert downloads.episode(1).stage is Stage.IMPORTING
        assert downloads.episode(2).hold is Hold.FILE_SKIPPED
