"""Every `_info` family joins in a real Prometheus, with two Sonarrs that use the same ids."""

import asyncio
import time
from pathlib import Path

import pytest

from exporter.demo import Scenario, Simulation
from tests.e2e.servers import Prometheus, exporter, prometheus

pytestmark = pytest.mark.e2e

JOINS = {
    "episodarr_series_info": (
        "episodarr_series_tracked_episodes * on (sonarr, tvdb_id) "
        "group_left (title_slug, series_type, year) episodarr_series_info"
    ),
    "episodarr_episode_release_info": (
        "episodarr_episode_progress_ratio * on (sonarr, tvdb_id, season, episode) "
        "group_left (release, quality, release_group, indexer, protocol, download_client, download_id) "
        "episodarr_episode_release_info"
    ),
    "episodarr_download_info": (
        "episodarr_download_remaining_bytes * on (sonarr, download_id) "
        "group_left (tvdb_id, series, seasons, release, download_client) episodarr_download_info"
    ),
    "episodarr_upstream_info": (
        "episodarr_upstream_up * on (upstream, system) group_left (version) episodarr_upstream_info"
    ),
}


def test_every_info_family_joins_without_ambiguity(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Simulation(Scenario.default(seed=1)) as simulation:
            environment = {**simulation.environment(), "EPISODARR_CYCLE_SECONDS": "1"}
            with exporter(tmp_path, environment) as target, prometheus(tmp_path, target) as server:
                await asyncio.to_thread(wait_until_read, server)
                for info, query in JOINS.items():
                    joined = await asyncio.to_thread(server.query, query)
                    left = query.partition(" * ")[0]
                    there = await asyncio.to_thread(server.query, f"{left} and on () {info}")
                    assert joined, info
                    if not info.endswith("release_info"):
                        assert len(joined) == len(there), info
                twice = await asyncio.to_thread(
                    server.query, "count by (tvdb_id, series) (episodarr_series_info) > 1"
                )
                assert not twice
                episodes = await asyncio.to_thread(
                    server.query,
                    "count by (sonarr, tvdb_id, season, episode) (episodarr_episode_stage) > 1",
                )
                assert not episodes
                up = await asyncio.to_thread(server.query, "up")
                assert [row["value"][1] for row in up] == ["1"]  # type: ignore[index]  # [time, "value"]

    asyncio.run(scenario())


def wait_until_read(server: Prometheus) -> None:

    deadline = time.monotonic() + 40
    wanted = (
        "sum(episodarr_inventory_pending_series) == 0 and on () count(episodarr_download_info) > 1"
    )
    while not server.query(wanted):
        assert time.monotonic() < deadline, server.targets()
        time.sleep(0.3)
