"""A system that fails is down, whichever part asked it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from episodarr.cycle.run import Poller
from episodarr.systems.health import Health
from tests.deletion_e2e.following import following, small


def _required[T](one: T | None) -> T:
    assert one is not None
    return one


HEALTHS: dict[str, Callable[[Poller], Health]] = {
    "sonarr.tv": lambda poller: poller._sonarrs[0].state.health,
    "qbittorrent.main": lambda poller: poller._clients[0].health,
    "jellyfin": lambda poller: _required(poller._library_servers.jellyfin).health,
    "shoko": lambda poller: _required(poller._library_servers.shoko).health,
    "jellyseerr": lambda poller: _required(poller._library_servers.requests).health,
}


def is_up(health: Health) -> bool | None:
    return health.is_up


@pytest.mark.parametrize("system", HEALTHS)
async def test_a_request_that_fails_for_a_deletion_counts(system: str, tmp_path: Path) -> None:
    """Jellyfin was stopped while eight deletions asked it: up stayed 1 until the next cycle asked."""
    async with following(small(episodes=2), tmp_path, webhooks=True) as running:
        await running.ready()
        running.world.delete_series("tv", 1001)
        running.clock.push(seconds=15)
        running.simulation.tick()
        await running.simulation.flush_webhooks()
        await running.rig.cycle(2)
        health = HEALTHS[system](running.application.poller)
        running.simulation.fault(system, "refused")
        running.clock.push(minutes=6)
        assert is_up(health)
        await running.settle_deletions()
        assert not is_up(health)
        running.simulation.clear_faults()
        running.clock.push(minutes=12)
        await running.settle_deletions()
        await running.step(minutes=6)
        assert is_up(health)
