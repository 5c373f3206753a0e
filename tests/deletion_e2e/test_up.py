"""A system that fails is down, whoever asked it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from episodarr.cycle.kept import Looks
from episodarr.cycle.run import Poller
from tests.deletion_e2e.following import following, small


def _required[T](one: T | None) -> T:
    assert one is not None
    return one


LOOKS: dict[str, Callable[[Poller], Looks]] = {
    "sonarr.tv": lambda poller: poller._sonarrs[0].ledger.looks,
    "qbittorrent.main": lambda poller: poller._clients[0].looks,
    "jellyfin": lambda poller: _required(poller._companions.jellyfin).looks,
    "shoko": lambda poller: _required(poller._companions.shoko).looks,
    "jellyseerr": lambda poller: _required(poller._companions.requests).looks,
}


def is_up(looks: Looks) -> bool | None:
    return looks.is_up


@pytest.mark.parametrize("system", LOOKS)
def test_a_request_that_fails_for_a_deletion_counts(system: str, tmp_path: Path) -> None:
    """Jellyfin was stopped while eight deletions asked it: up stayed 1 until the next cycle asked."""

    async def scenario() -> None:
        async with following(small(episodes=2), tmp_path, webhooks=True) as running:
            await running.ready()
            running.world.delete_series("tv", 1001)
            running.clock.push(seconds=15)
            running.simulation.tick()
            await running.simulation.flush_webhooks()
            await running.rig.cycle(2)
            looks = LOOKS[system](running.application.poller)
            running.simulation.fault(system, "refused")
            running.clock.push(minutes=6)
            assert is_up(looks)
            await running.deletions.settle()
            assert not is_up(looks)
            running.simulation.clear_faults()
            running.clock.push(minutes=12)
            await running.deletions.settle()
            await running.step(minutes=6)
            assert is_up(looks)

    asyncio.run(scenario())
