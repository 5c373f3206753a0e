"""The parsers against what real servers of both kinds answered."""

from pathlib import Path

import pytest

from episodarr.model.steps import in_one_go
from episodarr.systems.jellyfin import wire

RECORDED = Path(__file__).parents[2] / "recorded" / "jellyfin"
VERSIONS = ("10.11.11", "12.0.0")


def body(version: str, name: str) -> bytes:
    return (RECORDED / version / f"{name}.json").read_bytes()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_list_of_everything_names_the_series_of_each_episode(version: str) -> None:
    """As the one that asks by series does, and also where that one shows nothing yet."""
    series = {
        s.item_id for s in in_one_go(wire.series_page_steps("s", body(version, "series"))).entries
    }
    first = in_one_go(wire.episode_page_steps("e", body(version, "episodes-all-first-page")))
    last = in_one_go(wire.episode_page_steps("e", body(version, "episodes-all-last-page")))
    assert first.total == last.total == last.start + len(last.entries)
    listed = [e.episode for e in (*first.entries, *last.entries)]
    assert all(e is not None and e.series_id in series and e.paths for e in listed)
    assert all(e is not None and e.provider_ids.tvdb for e in listed)
    by_series = in_one_go(wire.episode_page_steps("e", body(version, "shows-episodes")))
    assert by_series.total == len(by_series.entries) > 0


@pytest.mark.parametrize(("version", "count"), [("10.11.11", 0), ("12.0.0", 2)])
def test_after_the_first_scan_the_question_by_series_is_answered_with_nothing_before_12(
    version: str, count: int
) -> None:
    page = in_one_go(wire.episode_page_steps("e", body(version, "shows-episodes-after-first-scan")))
    assert (page.total, len(page.entries)) == (count, count)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_its_libraries_its_scan_and_its_items(version: str) -> None:
    server = wire.parse_server("i", body(version, "system-info"))
    assert server.version == version
    (library, *_) = wire.parse_libraries("l", body(version, "virtual-folders"))
    assert library.locations == ("/media/tv",)
    idle = wire.parse_library_scan("t", body(version, "scheduled-tasks"))
    assert (idle.is_running, idle.has_completed) == (False, True)
    assert idle.last_started_at is not None
    assert wire.parse_library_scan("t", body(version, "scheduled-tasks-running")).is_running
    items = in_one_go(wire.item_page_steps("x", body(version, "items-by-ids-one-gone")))
    assert items.total == len(items.entries) == 3
