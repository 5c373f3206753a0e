"""One anime episode from its request to its first viewer, step by step, with every hold on the way.

Each step says what happens in the simulated systems, how long to wait, and what has to be shown then.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from episodarr.app import Application, build
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import EpisodeView
from episodarr.simulator import Scenario
from episodarr.simulator.events.intake import SeasonPlan, SeriesPlan
from episodarr.simulator.state.jellyfin import JellyfinOptions
from episodarr.simulator.state.library import Series
from episodarr.simulator.state.torrents import TorrentFile
from episodarr.simulator.world import World
from tests.rig import Rig, rig

FRIEREN = 424536
TMDB_ID = 209867
HERO = (1, 3)
"""The episode whose life it is; E01 was on the disk before, E02 comes in the same pack."""
CYCLE_SECONDS = 15.0
SHOWN_AS = "Frieren"

PLAN = SeriesPlan(
    tvdb_id=FRIEREN,
    tmdb_id=TMDB_ID,
    title=SHOWN_AS,
    year=2023,
    series_type="anime",
    root="/anime",
    added_days=0,
    seasons={1: SeasonPlan(episodes=4, aired=2, files=1, next_airing_hours=1)},
)


@dataclass
class Life:
    """The exporter, the world it reads, and what the story has to remember."""

    running: Rig
    pack: str = ""
    marks: dict[str, datetime] = field(default_factory=dict)
    left_open: list[Application] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.running.simulation.world

    def mark(self, name: str) -> None:
        """Remember this moment of the world."""
        self.running.simulation.tick()
        self.marks[name] = self.world.now

    async def wait(self, seconds: float) -> None:
        """Cycle as the program would, until this much time has passed."""
        left = seconds
        while left > 0:
            step = min(left, CYCLE_SECONDS)
            self.running.clock.push(seconds=step)
            await self.running.cycle()
            left -= step

    async def live_through(self, step: "Step") -> None:
        """Let the step happen, and wait as long as it takes."""
        step.act(self)
        await self.wait(step.seconds)

    def hero(self, running: Rig | None = None) -> EpisodeView:
        """The episode as it is shown now."""
        return (running or self.running).episode("tv", FRIEREN, *HERO)

    def restart(self) -> None:
        """A kill -9: nothing is closed or logged; a new program finds what was written."""
        killed = self.running.application
        self.left_open.append(killed)
        self.running.application = build(killed.settings, clock=self.running.clock)

    @asynccontextmanager
    async def newcomer(self) -> AsyncIterator[Rig]:
        """Another exporter that starts at this very moment and has no store."""
        folder = tempfile.mkdtemp(prefix="episodarr-test-")
        settings = self.running.application.settings.model_copy(update={"state_dir": Path(folder)})
        application = build(settings, clock=self.running.clock)
        other = Rig(self.running.simulation, application, self.running.clock)
        try:
            yield other
        finally:
            await application.poller.stop()
            await application.aclose()
            shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def life() -> AsyncIterator[Life]:
    """A library without the series, and a Jellyfin that finds files only when it scans."""
    library = Scenario.empty()
    library.jellyfin = JellyfinOptions(realtime_seconds=None)
    library.add_series(900_001, "Another Show", {1: SeasonPlan(episodes=2, files=2)})
    async with rig(library) as running:
        one = Life(running)
        await running.settle()
        try:
            yield one
        finally:
            for application in one.left_open:
                await application.poller.stop()
                await application.aclose()


type Act = Callable[[Life], object]
type Since = Callable[[Life], datetime | None]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One turn of the story."""

    name: str
    act: Act
    seconds: float = CYCLE_SECONDS
    stage: Stage
    hold: Hold | None = None
    since: Since
    """Since when it is in this stage, as one that watched all along sees it."""
    within_seconds: float = CYCLE_SECONDS
    """How late that time may be, beyond the second to which the systems cut theirs."""
    at_first_sight: tuple[Stage, Hold | None] | None = None
    """What one sees who has just come; the same, where nothing is given."""
    since_at_first_sight: Since | None = None


def since(name: str) -> Since:
    """At a moment that the story marked."""
    return lambda story: story.marks[name]


def unknown(_: Life) -> None:
    """No upstream says."""


def _add(story: Life) -> None:
    story.world.add_series("tv", PLAN, quiet=False)
    for episode in _series(story).episodes:
        episode.monitored = episode.number != HERO[1]
    story.world.seerr_job("sonarr-scan")
    story.mark("added")


def _series(story: Life) -> Series:
    return story.world.find_series("tv", FRIEREN)[1]


def _monitor(story: Life) -> None:
    state, series = story.world.find_series("tv", FRIEREN)
    series.numbered[HERO].monitored = True
    state.touch(series)
    story.world.jellyfin_scan()
    story.mark("monitored")
    air_at = series.numbered[HERO].air_at
    assert air_at is not None
    story.marks["air"] = air_at


def _air(story: Life) -> None:
    story.running.clock.push(hours=1, seconds=-120)


def _search(story: Life) -> None:
    story.mark("search")
    story.world.search("tv", FRIEREN, [HERO], seconds=30)


def _end_of_search(story: Life) -> None:
    story.running.clock.push(minutes=16)
    story.mark("search over")


def _delay(story: Life) -> None:
    story.mark("delayed")
    story.world.delay_release("tv", FRIEREN, [HERO], title="[Group] Frieren S01E03 1080p")


def _grab(story: Life) -> None:
    state = story.world.sonarr("tv")
    state.pending.clear()
    story.mark("grab")
    folder = "[Group] Frieren S01E02-E03 1080p"
    files = [
        TorrentFile(f"{folder}/[Group] Frieren S01E{n:02d} 1080p.mkv", 10**9, episodes=((1, n),))
        for n in (2, 3)
    ]
    story.pack = story.world.grab(
        "tv", FRIEREN, [(1, 2), HERO], title=folder, files=files, rate=0.0, phase="metadata"
    )


def _phase(phase: str, *, rate: float | None = None, seeds: int = 12) -> Act:
    def act(story: Life) -> None:
        story.world.set_phase("tv", story.pack, phase, rate=rate)
        story.world.sonarr("tv").tracked[story.pack].torrent.seeds = seeds

    return act


def _first_byte(story: Life) -> None:
    story.mark("first byte")
    story.world.set_phase("tv", story.pack, "downloading", rate=0.0)
    story.world.set_progress("tv", story.pack, [0.05, 0.25])


def _some_bytes(story: Life) -> None:
    story.world.set_phase("tv", story.pack, "downloading", rate=0.0)
    story.world.set_progress("tv", story.pack, [0.1, 0.5])


def _client(kind: str | None) -> Act:
    def act(story: Life) -> None:
        if kind is None:
            story.running.simulation.clear_faults()
        else:
            story.running.simulation.fault("qbittorrent.main", kind)

    return act


def _own_file_done(story: Life) -> None:
    story.running.simulation.clear_faults()
    story.world.set_phase("tv", story.pack, "downloading", rate=0.0)
    story.world.set_progress("tv", story.pack, [0.4, 1.0])


def _priority(priority: int) -> Act:
    def act(story: Life) -> None:
        # Names and priorities are read again only so often.
        story.running.clock.push(minutes=5)
        story.mark(f"priority {priority}")
        story.world.set_phase("tv", story.pack, "queued")
        story.world.change_file("tv", story.pack, 1, priority=priority)

    return act


def _complete(story: Life) -> None:
    story.world.sonarr("tv").tracked[story.pack].automatic = False
    story.mark("complete")
    story.world.finish_download("tv", story.pack)


def _warn(story: Life) -> None:
    tracked = story.world.sonarr("tv").tracked[story.pack]
    tracked.health = "warning"
    tracked.messages = [(tracked.title, ["Not a quality revision upgrade for existing file"])]
    story.world.refresh_queue("tv")


def _block(story: Life) -> None:
    story.world.block_import("tv", story.pack, reasons=["Found matching series via grab history"])


def _import(story: Life) -> None:
    story.mark("import")
    story.running.simulation.fault("jellyfin", "refused")
    story.world.shoko_pause()
    story.world.import_download("tv", story.pack)


def _scan(story: Life) -> None:
    story.mark("scan")
    story.world.jellyfin_scan()


def _forget_in_jellyfin(story: Life) -> None:
    jellyfin = story.world.jellyfin
    assert jellyfin is not None
    series = _series(story)
    path = series.file_path(series.files[series.numbered[HERO].file_id])
    del jellyfin.series[series.path].episodes[path]


STORY = (
    Step(
        name="in Sonarr, which is not asked for this episode",
        act=_add,
        seconds=330,
        stage=Stage.UNMONITORED,
        hold=Hold.NOT_MONITORED,
        since=unknown,
    ),
    Step(
        name="monitored, and not aired yet",
        act=_monitor,
        seconds=660,
        stage=Stage.UNAIRED,
        since=since("monitored"),
        within_seconds=600 + CYCLE_SECONDS,
        since_at_first_sight=unknown,
    ),
    Step(name="aired", act=_air, stage=Stage.QUEUED, since=since("air")),
    Step(name="a search runs", act=_search, stage=Stage.SEARCHING, since=since("search")),
    Step(
        name="the search found nothing",
        act=_end_of_search,
        stage=Stage.QUEUED,
        since=since("search over"),
        since_at_first_sight=since("air"),
    ),
    Step(
        name="a release waits for its delay profile",
        act=_delay,
        stage=Stage.FOUND,
        hold=Hold.DELAY_PROFILE,
        since=since("delayed"),
    ),
    Step(
        name="grabbed, and the torrent has no metadata",
        act=_grab,
        stage=Stage.FOUND,
        hold=Hold.METADATA,
        since=since("delayed"),
        since_at_first_sight=since("grab"),
    ),
    Step(
        name="its file is deselected in the client",
        act=_priority(0),
        stage=Stage.QUEUED,
        hold=Hold.FILE_SKIPPED,
        since=since("priority 0"),
        since_at_first_sight=since("air"),
    ),
    Step(
        name="selected again, and queued in the client",
        act=_priority(1),
        stage=Stage.FOUND,
        since=since("priority 1"),
        since_at_first_sight=since("grab"),
    ),
    Step(
        name="the client checks what is there",
        act=_phase("checking"),
        stage=Stage.FOUND,
        hold=Hold.CHECKING,
        since=since("priority 1"),
        since_at_first_sight=since("grab"),
    ),
    Step(
        name="the first byte",
        act=_first_byte,
        stage=Stage.DOWNLOADING,
        since=since("first byte"),
        since_at_first_sight=since("grab"),
    ),
    *(
        Step(
            name=name,
            act=act,
            seconds=seconds,
            stage=Stage.DOWNLOADING,
            hold=hold,
            since=since("first byte"),
            since_at_first_sight=since("grab"),
        )
        for name, act, seconds, hold in (
            ("paused in the client", _phase("stopped"), CYCLE_SECONDS, Hold.PAUSED),
            ("resumed", _some_bytes, CYCLE_SECONDS, None),
            ("the client cannot write", _phase("error"), CYCLE_SECONDS, Hold.CLIENT_ERROR),
            ("no byte for five minutes", _phase("downloading", rate=0.0), 315, Hold.STALLED),
            ("no peer has it any more", _phase("stalled", seeds=0), CYCLE_SECONDS, Hold.NO_SEEDS),
        )
    ),
    Step(
        name="the client is down",
        act=_client("refused"),
        seconds=75,
        stage=Stage.DOWNLOADING,
        hold=Hold.CLIENT_UNAVAILABLE,
        since=since("first byte"),
        at_first_sight=(Stage.FOUND, Hold.CLIENT_UNAVAILABLE),
        since_at_first_sight=since("grab"),
    ),
    Step(
        name="the client is back; its file is whole, the pack is not",
        act=_own_file_done,
        seconds=120,
        stage=Stage.DOWNLOADING,
        hold=Hold.PACK_INCOMPLETE,
        since=since("first byte"),
        since_at_first_sight=since("grab"),
    ),
    Step(name="complete", act=_complete, stage=Stage.IMPORTING, since=since("complete")),
    Step(
        name="Sonarr has doubts",
        act=_warn,
        stage=Stage.IMPORTING,
        hold=Hold.IMPORT_WARNING,
        since=since("complete"),
    ),
    Step(
        name="Sonarr wants a hand",
        act=_block,
        stage=Stage.IMPORTING,
        hold=Hold.IMPORT_BLOCKED,
        since=since("complete"),
    ),
    Step(
        name="imported while Jellyfin is down, and AniDB does not answer Shoko",
        act=_import,
        seconds=75,
        stage=Stage.IMPORTING,
        hold=Hold.SHOKO_MATCH,
        since=since("complete"),
        since_at_first_sight=since("import"),
    ),
    Step(
        name="Shoko has matched it",
        act=lambda story: story.world.shoko_match(),
        seconds=75,
        stage=Stage.IMPORTING,
        hold=Hold.JELLYFIN_UNKNOWN,
        since=since("complete"),
        at_first_sight=(Stage.AVAILABLE, Hold.JELLYFIN_UNMATCHED),
        since_at_first_sight=since("import"),
    ),
    Step(
        name="Jellyfin is back, and has not scanned",
        act=_client(None),
        seconds=75,
        stage=Stage.IMPORTING,
        hold=Hold.JELLYFIN_SCAN,
        since=since("complete"),
        since_at_first_sight=since("import"),
    ),
    Step(
        name="playable",
        act=_scan,
        seconds=75,
        stage=Stage.AVAILABLE,
        since=since("scan"),
        within_seconds=60 + CYCLE_SECONDS,
        since_at_first_sight=since("import"),
    ),
    Step(
        name="Jellyfin loses it, Sonarr has it",
        act=_forget_in_jellyfin,
        seconds=135,
        stage=Stage.AVAILABLE,
        since=since("scan"),
        within_seconds=60 + CYCLE_SECONDS,
        # The scan that should have found it has ended, as far as a newcomer can tell.
        at_first_sight=(Stage.AVAILABLE, Hold.JELLYFIN_UNMATCHED),
        since_at_first_sight=since("import"),
    ),
)
