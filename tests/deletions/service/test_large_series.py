"""1,500 episodes on a real file system: few requests, and nothing else is held up meanwhile."""

import asyncio
import gc
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest

from episodarr.model.deletion import DeletionStatus, Verdict
from episodarr.model.health import System
from episodarr.systems.disk.client import DiskClient
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, World, a_world
from tests.replacing import replace

STALL_LIMIT_SECONDS = 0.25
"""Between two turns of the event loop, with nothing else on the machine; the work takes a fraction of it."""


async def _longest_stall(stop: asyncio.Event) -> float:
    longest = 0.0
    while not stop.is_set():
        before = perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, perf_counter() - before)
    return longest


def _real(world: World, tmp_path: Path) -> DiskClient:
    """The world's files as real ones, sparse, under a mapped root."""
    root = tmp_path / "media"
    for show in world.shows.values():
        for file in show.files.values():
            path = root / file.path.removeprefix("/tv/")
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as handle:
                handle.truncate(file.size_bytes)
    return DiskClient({"/tv": str(root)})


@pytest.fixture
def _small_heap() -> Iterator[None]:
    """Keep the collector off the test runner's own objects: the exporter has none of them."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.alone
@pytest.mark.usefixtures("_small_heap")
async def test_1500_episodes(tmp_path: Path) -> None:
    world = a_world()
    show = world.shows[CHARLOTTE]
    for season in range(2, 32):
        for episode in range(1, 51):
            world.add_file(show, (season, episode))
    driver = Driver(tmp_path / "store", world=world)
    disk = _real(world, tmp_path)
    driver.follow(replace(driver.witnesses(), disk=disk))
    stop = asyncio.Event()
    stall = asyncio.create_task(_longest_stall(stop))
    await driver.take_inventories()
    world.delete_files(world.drop_row(CHARLOTTE))
    shutil.rmtree(tmp_path / "media/Charlotte")
    world.others_catch_up()
    world.calls.clear()
    await driver.hook_series()
    begun = perf_counter()
    await driver.run(timedelta(minutes=2))
    took = perf_counter() - begun
    stop.set()

    view = driver.view()
    assert view.status is DeletionStatus.COMPLETE
    assert view.count(Verdict.DELETED) == 1513
    assert sum(world.calls.values()) <= 20
    longest = await stall
    assert longest < STALL_LIMIT_SECONDS, longest
    assert took < 5
    controls = {x.detail for e in view.episodes for x in e.evidence if x.system is System.DISK}
    assert all("control:" in detail for detail in controls)
