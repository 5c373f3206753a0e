"""What the dashboards show where there is nothing, and where nothing is known."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.stack.panel_answers import shows
from tests.stack.test_dashboards import PANELS, each_panel

UNKNOWN = -1
SNAPSHOT = "episodarr_snapshot_timestamp_seconds"
STAGE = 'episodarr_series_stage{sonarr="tv",tvdb_id="405920",series="A",episode_stage="available"}'


@each_panel
def test_a_row_that_names_nothing_shows_no_number(case: tuple[str, dict[str, Any]]) -> None:
    """A time of 0 would read "57 years ago", and a state of 0 "down"."""
    _, panel = case
    if panel["type"] != "table":
        return
    targets, options = panel["targets"], panel["transformations"][1]["options"]
    value = f"Value #{targets[0]['refId']}" if len(targets) > 1 else "Value"
    if value in options["excludeByName"]:
        return
    (shown,) = [
        entry["value"][-1]["options"]
        for rule in panel["fieldConfig"]["overrides"]
        if rule["matcher"]["options"] == options["renameByName"][value]
        for entry in rule["properties"]
        if entry["id"] == "mappings"
    ]
    is_zero = targets[0]["expr"].endswith('"", ""))')
    assert shown["0" if is_zero else "-1"]["text"] == "–"
    assert is_zero or targets[0]["expr"].endswith('"", "") + -1)')
    # Where 0 stands for nothing, it is no count of anything.
    assert not is_zero or " > 0)" in targets[0]["expr"]


@pytest.mark.parametrize("title", ["Systems", "Stages over time"])
def test_an_empty_timeline_says_so_itself(title: str) -> None:
    """Grafana would say that its data have no time field."""
    (panel,) = [panel for _, panel in PANELS if panel["title"] == title]
    (target,) = panel["targets"]
    assert "[$__range] @ end()" in target["expr"]
    (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
    assert mapping["options"]["-1"]["text"] == "? unknown"


@each_panel
def test_where_all_is_zero_the_axis_does_not_reach_to_a_hundred(
    case: tuple[str, dict[str, Any]],
) -> None:
    _, panel = case
    defaults = panel["fieldConfig"]["defaults"]
    if panel["type"] == "timeseries" and defaults["unit"] == "none":
        assert defaults["custom"]["axisSoftMax"] == 1


@each_panel
def test_a_graph_without_lines_claims_nothing(case: tuple[str, dict[str, Any]]) -> None:
    """Its text stands there too when Prometheus has nothing at all."""
    _, panel = case
    if panel["type"] == "timeseries":
        text = panel["fieldConfig"]["defaults"]["noValue"]
        assert re.search(r"\bseen\b|does not|[Nn]o .*read", text), text


def test_how_old_the_facts_are_is_told_while_the_exporter_is_down(tmp_path: Path) -> None:
    gone = "150 stale _x5"
    for where in ("overview/As of/A", "exporter/As of/A"):
        shows(tmp_path, where, {SNAPSHOT: 170}, {"{}": 10.0})
        shows(tmp_path, where, {SNAPSHOT: gone}, {"{}": 30.0})


def test_what_is_left_out_of_answers_is_not_listed_for_systems_that_are_gone(
    tmp_path: Path,
) -> None:
    of = 'upstream="jellyfin",system="jellyfin"'
    given: dict[str, float | str] = {
        f"episodarr_upstream_dropped_records_total{{{of}}}": 3,
        f"episodarr_upstream_up{{{of}}}": 1,
    }
    where = "exporter/Systems in detail/E"
    shows(tmp_path, where, given, {f"{{{of}}}": 0.0})
    given[f"episodarr_upstream_up{{{of}}}"] = "1 stale _x5"
    shows(tmp_path, where, given, {})


def test_durations_are_unknown_where_nothing_was_read_and_else_nothing_came(
    tmp_path: Path,
) -> None:
    for title in ("Half playable within", "Nine of ten within"):
        shows(tmp_path, f"overview/{title}/A", {}, {"{}": UNKNOWN})
        shows(tmp_path, f"overview/{title}/A", {SNAPSHOT: 1}, {})
    for title in ("Next here in", "Next airs"):
        shows(tmp_path, f"series/{title}/A", {}, {"{}": UNKNOWN})
        shows(tmp_path, f"series/{title}/A", {STAGE: 1}, {})


def test_a_text_that_is_not_known_is_told_as_a_number_is(tmp_path: Path) -> None:
    shows(tmp_path, "exporter/Version/A", {}, {'{version="? unknown"}': UNKNOWN})
    shows(tmp_path, "series/Playable/A", {}, {'{episodes="? unknown"}': UNKNOWN})


def test_no_grab_is_none_once_history_was_read(tmp_path: Path) -> None:
    shows(tmp_path, "overview/Grabbed/A", {}, {"{}": UNKNOWN})
    shows(tmp_path, "overview/Grabbed/A", {'episodarr_imports_total{sonarr="tv"}': 2}, {"{}": 0})


def test_a_library_that_is_all_here_is_not_one_that_was_not_read(tmp_path: Path) -> None:
    record = "sonarr_stage:episodarr_season_episodes:sum"
    where = "overview/Not here yet, by stage/A"
    here = f'{record}{{sonarr="tv",episode_stage="available"}}'
    shows(tmp_path, where, {}, {})
    shows(tmp_path, where, {here: 12}, {'{episode_stage="all are here"}': 0})
    queued = f'{record}{{sonarr="tv",episode_stage="queued"}}'
    shows(tmp_path, where, {here: 12, queued: 3}, {'{episode_stage="queued"}': 3})


def test_a_timeline_of_nothing_is_unknown_all_the_time(tmp_path: Path) -> None:
    shows(tmp_path, "exporter/Systems/A", {}, {'{name="systems"}': UNKNOWN})
    shows(tmp_path, "series/Stages over time/A", {}, {'{episode_code="episodes"}': UNKNOWN})
