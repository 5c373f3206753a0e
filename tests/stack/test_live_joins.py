"""Every `_info` family joins in a real Prometheus, with two Sonarrs that use the same ids."""

import pytest

from episodarr.metrics.catalogue import FAMILIES
from tests.stack.conftest import Stack

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("stack"),
    pytest.mark.usefixtures("trouble"),
]

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
        "episodarr_upstream_up * on (job, instance, upstream, system) group_left (version) episodarr_upstream_info"
    ),
    "episodarr_deletion_info": (
        "episodarr_deletion_expected_episodes * on (deletion_id) "
        "group_left (sonarr, tvdb_id, scope, noticed_by) episodarr_deletion_info"
    ),
    "episodarr_request_info": (
        "episodarr_request_tracked_episodes * on (job, instance, request_id) "
        "group_left (sonarr, tvdb_id, series, is_4k) episodarr_request_info"
    ),
    # A season may be in several requests; in the demo it is in one.
    "episodarr_request_season_info": (
        "episodarr_season_tracked_episodes * on (sonarr, tvdb_id, season) "
        "group_left (request_id) max by (sonarr, tvdb_id, season, request_id) "
        "(episodarr_request_season_info)"
    ),
    "episodarr_build_info": (
        "episodarr_cycles_total * on () group_left (version) episodarr_build_info"
    ),
}
PARTLY = {"episodarr_episode_release_info", "episodarr_request_season_info"}
"""Joined to a family of which not every sample has one."""


def test_no_info_family_is_forgotten_here() -> None:
    assert set(JOINS) == {row.name for row in FAMILIES if row.name.endswith("_info")}


@pytest.mark.parametrize("info", JOINS)
def test_an_info_family_joins_without_ambiguity(stack: Stack, info: str) -> None:
    joined = stack.server.now(JOINS[info])
    assert joined
    if info not in PARTLY:
        left = JOINS[info].partition(" * ")[0]
        assert len(joined) == len(stack.server.now(f"{left} and on () {info}"))


@pytest.mark.parametrize(
    "twice",
    [
        "count by (tvdb_id, series) (episodarr_series_info) > 1",
        "count by (sonarr, tvdb_id, season, episode) (episodarr_episode_stage) > 1",
    ],
)
def test_nothing_is_there_twice(stack: Stack, twice: str) -> None:
    assert stack.server.now(twice.partition(" > ")[0])
    assert not stack.server.now(twice)
