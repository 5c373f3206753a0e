"""Every query of every panel and of the cookbook, asked of a Prometheus that scraped the demo."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.live import (
    Prometheus,
    Simulated,
    exporter,
    free_port,
    prometheus,
    simulated,
    until,
)
from tests.stack.shipped import Query, alerts, annotation_queries, cookbook, panel_queries

pytestmark = pytest.mark.e2e

SPY_X_FAMILY = 405920
TORADORA = 84751
CHARLOTTE = 293088
ANDOR = 393189

MAY_BE_EMPTY = {
    "exporter/Left out by limits, by family/A": "the demo is far below every limit",
    "exporter/Webhooks and rescans/B": "rescans are off until somebody turns them on",
    "series/Next one airs/A": "every episode of the series has aired",
}


def _without_number(where: str) -> str:
    """The name of a query without its panel's number."""
    board, _, rest = where.partition("/")
    return f"{board}/{rest.partition(' ')[2]}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulated, Prometheus]]:
    """The demo, looked at for long enough that everything in it can be seen."""
    folder: Path = tmp_path_factory.mktemp("live")
    port = free_port()
    webhooks = f"http://127.0.0.1:{port}/webhooks/sonarr"
    with (
        simulated(folder, webhooks) as systems,
        exporter(folder, port, systems.environment),
        prometheus(folder, port, "evaluation=1s") as server,
    ):
        until(
            lambda: server.now("episodarr_inventory_pending_series == 0"), 30, "all episodes read"
        )
        download = systems.cause("grab", sonarr="tv", tvdb_id=ANDOR, episodes=[[2, 6]])
        systems.cause("fail_download", sonarr="tv", download_id=download)
        systems.cause("delete_series", sonarr="tv", tvdb_id=CHARLOTTE)
        systems.cause("delete_series", sonarr="tv", tvdb_id=TORADORA)
        until(
            lambda: (
                server.now('episodarr_deletion_status{deletion_status="partial"}')
                and server.now('episodarr_deletion_status{deletion_status!~"partial|verifying"}')
            ),
            45,
            "both deletions judged",
        )
        yield systems, server


@pytest.mark.parametrize("query", panel_queries(), ids=lambda query: query.where)
def test_panel_query_has_data(query: Query, world: tuple[Simulated, Prometheus]) -> None:
    found = world[1].answers(query)
    assert found or _without_number(query.where) in MAY_BE_EMPTY


def test_what_may_be_empty_exists() -> None:
    assert set(MAY_BE_EMPTY) <= {_without_number(query.where) for query in panel_queries()}


@pytest.mark.parametrize("query", annotation_queries(), ids=lambda query: query.where)
def test_annotation_has_marks(query: Query, world: tuple[Simulated, Prometheus]) -> None:
    assert world[1].answers(query)


@pytest.mark.parametrize(
    ("query", "reason"), cookbook(), ids=[query.where for query, _ in cookbook()]
)
def test_cookbook_query_has_an_answer(
    query: Query, reason: str, world: tuple[Simulated, Prometheus]
) -> None:
    assert world[1].answers(query) or reason


def _query(where: str) -> Query:
    (found,) = [query for query in panel_queries() if _without_number(query.where) == where]
    return found


def test_the_series_is_half_here(world: tuple[Simulated, Prometheus]) -> None:
    _, server = world
    (playable,) = server.answers(_query("series/Playable/A"))
    assert playable["metric"]["episodes"] == "12/24"
    (stage,) = server.answers(_query("series/Now/A"))
    assert float(stage["value"][1]) == 60
    seasons = {
        sample["metric"]["season"]: float(sample["value"][1])
        for sample in server.answers(_query("series/Seasons/A"))
    }
    assert (seasons["1"], seasons["2"]) == (1, 0)


def test_each_episode_has_its_own_progress(world: tuple[Simulated, Prometheus]) -> None:
    _, server = world
    progress = {
        sample["metric"]["episode_code"]: float(sample["value"][1])
        for sample in server.answers(_query("series/Season $season/B"))
    }
    assert 0.45 <= progress["S02E01"] < 0.6
    assert progress["S02E02"] == pytest.approx(0.12, abs=0.001)
    assert progress["S02E05"] == 0
    assert progress["S01E01"] == 1


def test_the_request_says_how_much_of_it_is_here(world: tuple[Simulated, Prometheus]) -> None:
    _, server = world
    requests = {
        sample["metric"]["series"]: sample["metric"]["episodes"]
        for sample in server.answers(_query("overview/Requests/B"))
    }
    assert requests["SPY x FAMILY"] == "12/24"


def test_the_bad_deletion_is_counted_and_named(world: tuple[Simulated, Prometheus]) -> None:
    _, server = world
    deleted = {
        sample["metric"]["series"]: sample["metric"]["episodes"]
        for sample in server.answers(_query("deletions/Every deletion/B"))
    }
    assert deleted["Toradora!"] == "23/25"
    assert deleted["Charlotte (2015)"] == "13/13"
    left = {
        (sample["metric"]["episode_code"], sample["metric"]["system"])
        for sample in server.answers(_query("deletions/Episodes that are still there/A"))
    }
    assert {("S01E11", "disk"), ("S01E12", "disk")} <= left
    (bad,) = server.answers(_query("overview/Deletions gone wrong/A"))
    assert float(bad["value"][1]) == 1


def test_the_systems_column_marks_what_is_still_there(world: tuple[Simulated, Prometheus]) -> None:
    _, server = world
    disk = {
        sample["metric"]["series"]: float(sample["value"][1])
        for sample in server.answers(_query("deletions/Every deletion/G"))
    }
    assert disk == {"Toradora!": 4, "Charlotte (2015)": 1}


def test_prometheus_can_evaluate_every_rule(world: tuple[Simulated, Prometheus]) -> None:
    _, server = world
    found = until(
        lambda: [r for r in server.rules() if r["health"] != "unknown"], 10, "an evaluation"
    )
    assert {rule["name"] for rule in found} >= set(alerts())
    assert [(rule["name"], rule.get("lastError")) for rule in found if rule["health"] != "ok"] == []


def test_prometheus_takes_every_sample(world: tuple[Simulated, Prometheus]) -> None:
    _, server = world
    (up,) = server.now('min_over_time(up{job="episodarr"}[1m])')
    assert float(up["value"][1]) == 1
    assert "Error on ingesting" not in server.log.read_text(encoding="utf-8")
