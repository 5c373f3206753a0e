"""Twenty-four hours of grabs, imports, upgrades, deletions and outages leave nothing behind."""

import asyncio
import gc
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from episodarr.simulator import Scenario
from tests.deletion_e2e.following import Following, following
from tests.heap import by_class, every_object, name_of

STEP_SECONDS = 720.0
STEPS_PER_HOUR = 5
EVENT_SECONDS = 400.0
OUTAGES = (
    ("sonarr.tv", "status"),
    ("qbittorrent.main", "refused"),
    ("jellyfin", "half_body"),
    ("shoko", "refused"),
    ("jellyseerr", "html"),
)
"""One an hour, each for a step."""
GROWING = (
    "episodarr.model.deletion",
    "episodarr.deletions.shown.view._EvidenceOf",
    "episodarr.model.evidence",
    "episodarr.model.inventory",
    "episodarr.model.packed_deletion",
    # History is read back for a week.
    "episodarr.model.download.HistoryRecord",
    "episodarr.stages.classify.EpisodeHistory",
    "episodarr.systems.sonarr.histories.GrabMark",
    # As keys of what was deleted.
    "episodarr.model.ids",
)
"""What grows by design: the log of deletions for ninety days, and a week of history."""
BYTES_PER_DELETION = 65_536
KEPT_CONNECTIONS = 16
"""Both ends of connections that are kept open for a while; one lost per outage would be more."""


@dataclass(frozen=True)
class Left:
    """What is there at one moment."""

    descriptors: int
    threads: int
    tasks: int
    objects: Mapping[str, int]
    """Live objects of the exporter's own classes."""
    files: frozenset[str]
    store_bytes: int
    deletions: int
    logins: int


def open_descriptors() -> int:
    """Files and sockets of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def what_is_left(running: Following) -> Left:
    """What is there now, with nothing under way."""
    await running.step(seconds=STEP_SECONDS)
    gc.collect()
    kinds = {name_of(kind): len(ones) for kind, ones in by_class(every_object()).items()}
    state = running.settings.state_dir
    files = [Path(folder) / name for folder, _, names in os.walk(state) for name in names]
    return Left(
        descriptors=open_descriptors(),
        threads=threading.active_count(),
        tasks=len(asyncio.all_tasks()),
        objects={
            k: n for k, n in kinds.items() if k.startswith("episodarr.") and ".simulator." not in k
        },
        files=frozenset(file.name for file in files),
        store_bytes=sum(file.stat().st_size for file in files),
        deletions=len(running.views()),
        logins=running.simulation.requests.count("qbittorrent.main", "/api/v2/auth/login"),
    )


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Kinds of objects of which there are clearly more, and how many there were and are."""
    return {
        kind: (before.get(kind, 0), count)
        for kind, count in after.items()
        if not kind.startswith(GROWING) and count > 1.3 * before.get(kind, 0) + 20
    }


async def hours(running: Following, count: int) -> None:
    """That many hours, each with one outage."""
    for hour in range(count):
        system, kind = OUTAGES[hour % len(OUTAGES)]
        for step in range(STEPS_PER_HOUR):
            if step == 2:
                running.simulation.fault(system, kind)
            await running.step(seconds=STEP_SECONDS)
            if step == 2:
                running.simulation.clear_faults(system)


def scenario() -> Scenario:
    """A library in which something happens every seven minutes."""
    found = Scenario.sized(
        series=12, episodes=240, active=12, torrents=10, requests=4, moving=0.5, seed=7
    )
    found.steps.append(lambda world: world.start_churn("tv", seconds=EVENT_SECONDS))
    return found


@pytest.mark.e2e
async def test_a_day_of_events_leaves_nothing_behind(tmp_path: Path) -> None:
    async with following(scenario(), tmp_path, webhooks=True) as running:
        await running.ready()
        await hours(running, 12)
        noon = await what_is_left(running)
        await hours(running, 12)
        night = await what_is_left(running)
        samples = await running.samples()
    assert sum(samples["episodarr_imports_total"].values()) > 20
    assert night.deletions >= noon.deletions + 10
    assert night.descriptors <= noon.descriptors + KEPT_CONNECTIONS
    assert (night.threads, night.tasks, night.files) == (noon.threads, noon.tasks, noon.files)
    assert night.logins == noon.logins
    added = night.deletions - noon.deletions
    assert night.store_bytes - noon.store_bytes < added * BYTES_PER_DELETION
    assert noon.objects["episodarr.model.view.EpisodeView"] >= 240, "all kinds are counted"
    assert grown(noon.objects, night.objects) == {}
