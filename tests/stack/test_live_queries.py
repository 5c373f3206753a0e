"""Every query of every panel and of the cookbook, asked of a Prometheus that scraped the demo."""

import os
from typing import Any

import pytest

from tests.stack.conftest import Stack, Trouble
from tests.stack.grafana import table_rows
from tests.stack.live import tells, until
from tests.stack.shipped import (
    MAY_BE_EMPTY,
    Query,
    alerts,
    annotation_queries,
    cookbook,
    panel_queries,
    panels,
)

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("stack")]

Samples = list[dict[str, Any]]


@pytest.mark.parametrize("query", panel_queries(), ids=lambda query: query.where)
def test_panel_query_has_data(query: Query, trouble: Trouble) -> None:
    assert tells(trouble.answers[query.where]) is (query.name not in MAY_BE_EMPTY)


def test_one_worker_has_all_tests_of_the_stack(request: pytest.FixtureRequest) -> None:
    """Where the group is lost, each worker starts a stack of its own."""
    assert "PYTEST_XDIST_WORKER" not in os.environ or request.node.nodeid.endswith("@stack")


def test_what_may_be_empty_exists() -> None:
    assert set(MAY_BE_EMPTY) <= {query.name for query in panel_queries()}


@pytest.mark.parametrize("query", annotation_queries(), ids=lambda query: query.where)
def test_annotation_has_marks(query: Query, trouble: Trouble) -> None:
    assert tells(trouble.answers[query.where])


@pytest.mark.parametrize(
    ("query", "reason"), cookbook(), ids=[query.where for query, _ in cookbook()]
)
def test_cookbook_query_has_an_answer(query: Query, reason: str, trouble: Trouble) -> None:
    assert tells(trouble.answers[query.where]) or reason


TABLES = [case for case in panels() if case[1]["type"] == "table"]


@pytest.mark.parametrize("case", TABLES, ids=lambda case: f"{case[0]}/{case[1]['title']}")
def test_a_table_has_one_row_for_each_thing_and_all_its_columns(
    case: tuple[str, dict[str, Any]], trouble: Trouble
) -> None:
    board, panel = case
    samples = {
        target["refId"]: trouble.answers[
            f"{board}/{panel['id']} {panel['title']}/{target['refId']}"
        ]
        for target in panel["targets"]
    }
    rows = table_rows(panel, samples)
    assert len(rows) == len(samples["A"]), "no further column adds rows, none stands beside its own"
    titles = panel["transformations"][1]["options"]["renameByName"]
    wanted = set(titles.values())
    # A query without an answer has no labels, but its value is a column still.
    found = set().union({titles[name] for name in titles if name.startswith("Value")}, *rows)
    assert not samples["A"] or wanted <= found, "a column that nothing fills"
    overridden = {
        rule["matcher"]["options"]
        for rule in panel["fieldConfig"]["overrides"]
        if rule["matcher"]["id"] == "byName"
    }
    assert not samples["A"] or overridden <= found, "an override of a field that is not there"


def _where(name: str) -> str:
    """Of the panel query that is called this."""
    (found,) = [query.where for query in panel_queries() if query.name == name]
    return found


def _numbers(samples: Samples, label: str) -> dict[str, float]:
    return {sample["metric"][label]: float(sample["value"][1]) for sample in samples}


def _words(samples: Samples, key: str, label: str) -> dict[str, str]:
    return {sample["metric"][key]: sample["metric"][label] for sample in samples}


def test_the_series_is_half_here(trouble: Trouble) -> None:
    (playable,) = trouble.answers[_where("series/Playable/A")]
    assert playable["metric"]["episodes"] == "12/24"
    (stage,) = trouble.answers[_where("series/Now/A")]
    assert float(stage["value"][1]) == 60
    seasons = _numbers(trouble.answers[_where("series/Seasons/A")], "season")
    assert (seasons["1"], seasons["2"]) == (1, 0)


def test_each_episode_has_its_own_progress(trouble: Trouble) -> None:
    where = _where("series/Season $season/B")
    progress = _numbers(trouble.at_first[where], "episode_code")
    assert progress["S02E01"] == pytest.approx(0.45, abs=0.001)
    assert progress["S02E02"] == pytest.approx(0.12, abs=0.001)
    assert progress["S02E05"] == 0
    assert progress["S01E01"] == 1
    later = _numbers(trouble.answers[where], "episode_code")
    assert later["S02E01"] > progress["S02E01"]
    assert later["S02E02"] == progress["S02E02"], "stalled"


def test_the_request_says_how_much_of_it_is_here(trouble: Trouble) -> None:
    requests = _words(trouble.answers[_where("overview/Requests/B")], "series", "episodes")
    assert requests["SPY x FAMILY"] == "12/24"


def test_a_system_of_which_there_is_one_is_called_by_its_kind(trouble: Trouble) -> None:
    panels_ = ("overview/Sonarr and downloads/A", "overview/Library and requests/A")
    states = [_numbers(trouble.answers[_where(name)], "name") for name in panels_]
    assert states == [
        dict.fromkeys(("Sonarr anime4k", "Sonarr tv", "qBittorrent main"), 0),
        dict.fromkeys(("Jellyfin", "Jellyseerr", "Shoko"), 0),
    ]


def test_the_bad_deletion_is_counted_and_named(trouble: Trouble) -> None:
    deleted = _words(trouble.answers[_where("deletions/Every deletion/B")], "series", "episodes")
    assert deleted == {"Toradora!": "23/25", "Charlotte (2015)": "13/13"}
    left = {
        (sample["metric"]["episode_code"], sample["metric"]["system"])
        for sample in trouble.answers[_where("deletions/Episodes that are still there/A")]
    }
    assert {("S01E11", "disk"), ("S01E12", "Jellyfin")} <= left
    (bad,) = trouble.answers[_where("overview/Bad deletions/A")]
    assert float(bad["value"][1]) == 1


def test_the_systems_column_marks_what_is_still_there(trouble: Trouble) -> None:
    disk = _numbers(trouble.answers[_where("deletions/Every deletion/E")], "series")
    assert disk == {"Toradora!": 4, "Charlotte (2015)": 1}


def test_prometheus_can_evaluate_every_rule(stack: Stack) -> None:
    def evaluated() -> list[dict[str, Any]]:
        rules = stack.server.rules()
        return [] if any(rule["health"] == "unknown" for rule in rules) else rules

    found = until(evaluated, "an evaluation")
    assert {rule["name"] for rule in found} >= set(alerts())
    assert [(rule["name"], rule.get("lastError")) for rule in found if rule["health"] != "ok"] == []


def test_prometheus_takes_every_sample(stack: Stack) -> None:
    (up,) = stack.server.now('min_over_time(up{job="episodarr"}[10m])')
    assert float(up["value"][1]) == 1
    assert "Error on ingesting" not in stack.server.log.read_text(encoding="utf-8")
