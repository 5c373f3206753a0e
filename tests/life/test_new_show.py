"""The life of a new show from its request to its deletion, on both kinds of Jellyfin.

After each step: every episode's stage, progress and hold, what is alike once; and the deletion.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.model.deletion import DeletionStatus, Verdict
from episodarr.model.ids import TvdbId
from episodarr.simulator import JellyfinOptions, SeasonPlan, SeriesPlan
from episodarr.simulator.state.torrents import TorrentFile
from tests.deletion_e2e.following import Following, following, small

NEW = TvdbId(2001)
CODES = [(1, n) for n in range(1, 5)]
PINNED = CODES[2:]

GOLDEN = [
    ("requested, and not approved yet", "in no Sonarr; 1 request"),
    ("added", "queued 0.00"),
    ("searched for", "searching 0.00"),
    ("grabbed as a pack", "found 0.00"),
    (
        "its files come one by one",
        "downloading 1.00 pack_incomplete | downloading 0.50 | downloading 0.00",
    ),
    ("imported", "importing 1.00 jellyfin_scan"),
    ("after the first scan", "available 1.00"),
    ("after the second scan", "available 1.00"),
    ("renamed", "available 1.00"),
    ("one of them upgraded", "available 1.00"),
    ("deleted, and two files stay", "queued 0.00; partial 2/4, 2 failed"),
    ("the two are cleaned up", "queued 0.00; verifying 4/4, 0 failed"),
    ("its request is deleted", "queued 0.00; complete 4/4, 0 failed"),
]


def shown(running: Following) -> str:
    views = {key.tvdb_id: view for key, view in running.rig.snapshot.series_by_key.items()}
    if NEW not in views:
        requests = [r for r in running.rig.snapshot.requests if r.tvdb_id == NEW]
        return f"in no Sonarr; {len(requests)} request"
    words = [
        f"{e.stage.name.lower()} {e.progress_ratio:.2f}" + (f" {e.hold}" if e.hold else "")
        for season in views[NEW].seasons
        for e in season.episodes or ()
    ]
    parts = [" | ".join(dict.fromkeys(words))]
    for view in running.views():
        if view.tvdb_id == NEW and view.status is not DeletionStatus.SUPERSEDED:
            deleted, failed = view.count(Verdict.DELETED), view.count(Verdict.FAILED)
            parts.append(f"{view.status} {deleted}/{view.expected}, {failed} failed")
    return "; ".join(parts)


class Life:
    def __init__(self, running: Following) -> None:
        self.running = running
        self.world = running.world
        self.shown: list[tuple[str, str]] = []
        self.pack = ""
        self.pinned: list[str] = []

    async def step(
        self, name: str, act: Callable[[], object] = lambda: None, minutes: float = 3
    ) -> None:
        act()
        every = 20 if minutes < 10 else 150
        await self.running.last(timedelta(minutes=minutes), every=every)
        self.shown.append((name, shown(self.running)))

    def request(self) -> None:
        self.world.request_series("tv", NEW, [1], pending=True, title="New Show", tmdb_id=3001)

    def add(self) -> None:
        plan = SeriesPlan(
            tvdb_id=NEW,
            title="New Show",
            seasons={1: SeasonPlan(episodes=4)},
            root="/anime",
            tmdb_id=3001,
        )
        self.world.add_series("tv", plan, quiet=False)

    def grab(self) -> None:
        files = [
            TorrentFile(f"New.Show.S01E{n:02d}.1080p.WEB-DL-NTb.mkv", 10**9, episodes=((1, n),))
            for n in range(1, 5)
        ]
        self.pack = self.world.grab(
            "tv", NEW, CODES, files=files, automatic=False, phase="queued", rate=0.0
        )

    def receive(self) -> None:
        self.world.set_phase("tv", self.pack, "downloading", rate=0.0)
        self.world.set_progress("tv", self.pack, [1.0, 0.5, 0.0, 0.0])

    def take_in(self) -> None:
        self.world.finish_download("tv", self.pack)
        self.world.import_download("tv", self.pack)

    def delete(self) -> None:
        self.pinned = self.world.pin_files("tv", NEW, PINNED)
        self.world.delete_season("tv", NEW, 1)

    def clean_up(self) -> None:
        self.world.release_files(self.pinned)
        self.world.jellyfin_scan()

    def forget_request(self) -> None:
        seerr = self.world.seerr
        assert seerr is not None
        for request_id, request in list(seerr.requests.items()):
            if request.media.tvdb_id == NEW:
                seerr.delete_media(request.media.id)
                seerr.delete_request(request_id)


async def live(life: Life) -> None:
    world = life.world
    await life.step(GOLDEN[0][0], life.request, minutes=6)
    await life.step(GOLDEN[1][0], life.add, minutes=6)
    await life.step(GOLDEN[2][0], lambda: world.search("tv", NEW, CODES, seconds=600), minutes=1)
    await life.step(GOLDEN[3][0], life.grab, minutes=1)
    await life.step(GOLDEN[4][0], life.receive, minutes=1)
    await life.step(GOLDEN[5][0], life.take_in)
    await life.step(GOLDEN[6][0], world.jellyfin_scan)
    await life.step(GOLDEN[7][0], world.jellyfin_scan)
    await life.step(GOLDEN[8][0], lambda: world.rename_files("tv", NEW))
    await life.step(GOLDEN[9][0], lambda: world.upgrade("tv", NEW, CODES[:1]))
    await life.step(GOLDEN[10][0], life.delete, minutes=25)
    await life.step(GOLDEN[11][0], life.clean_up, minutes=70)
    await life.step(GOLDEN[12][0], life.forget_request, minutes=70)


@pytest.mark.parametrize("version", ["10.11.11", "12.0.0"])
async def test_the_life_of_a_new_show(version: str, tmp_path: Path) -> None:
    scenario = small(episodes=3, shows=2)
    scenario.jellyfin = JellyfinOptions(version=version, realtime_seconds=None)
    async with following(
        scenario, tmp_path, webhooks=True, without=("EPISODARR_SHOKO",)
    ) as running:
        await running.ready()
        life = Life(running)
        await live(life)
        assert life.shown == GOLDEN
