"""Two exporters, each with a Sonarr of its own, behind an agent that writes to one Prometheus."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.processes import free_port
from tests.stack.live import (
    HOST,
    Prometheus,
    exporter,
    program,
    prometheus_command,
    simulated,
    until,
)
from tests.stack.programs import accepted, need
from tests.stack.shipped import (
    PROMETHEUS,
    annotation_queries,
    cookbook,
    panel_queries,
    read_yaml,
    rule_queries,
)
from tests.stack.test_live_joins import JOINS

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("scale")]

SONARRS = ("TV", "ANIME4K")
TARGET_LABELS = {"instance", "job", "site", "cluster", "replica", "__name__"}


def of_one_sonarr(environment: dict[str, str], name: str) -> dict[str, str]:
    """The configuration without the other Sonarr; both share what is there once, Jellyseerr too."""
    others = [f"EPISODARR_SONARR__{other}__" for other in SONARRS if other != name]
    return {k: v for k, v in environment.items() if not k.startswith(tuple(others))}


@contextlib.contextmanager
def receiver(folder: Path) -> Iterator[Prometheus]:
    """A Prometheus that scrapes nothing and takes what is written to it."""
    port = free_port()
    folder.mkdir()
    configuration = {
        "global": {"evaluation_interval": "1s"},
        "rule_files": [str(PROMETHEUS / "rules/*.yml")],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    command = [
        *prometheus_command(folder, port), f"--storage.tsdb.path={folder}/data",
        "--web.enable-remote-write-receiver",
    ]  # fmt: skip
    address = f"http://{HOST}:{port}"
    with program(command, folder / "log"):
        until(lambda: httpx.get(f"{address}/-/ready").status_code == 200, "the receiver")
        yield Prometheus(address, folder / "log")


@contextlib.contextmanager
def agent(folder: Path, exporters: list[int], writes_to: str) -> Iterator[None]:
    """The shipped agent's configuration; addresses and times are the test's."""
    port = free_port()
    folder.mkdir()
    configuration = read_yaml(PROMETHEUS / "agent.yml")
    configuration["global"]["scrape_interval"] = "1s"
    (job,) = configuration["scrape_configs"]
    job["scrape_timeout"] = "1s"
    for target, scraped in zip(job["static_configs"], exporters, strict=True):
        target["targets"] = [f"{HOST}:{scraped}"]
    (remote,) = configuration["remote_write"]
    remote["url"] = f"{writes_to}/api/v1/write"
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    accepted("promtool", "check", "config", "--agent", folder / "prometheus.yml")
    is_new = re.search(r"version [3-9]", accepted("prometheus", "--version")) is not None
    command = [
        *prometheus_command(folder, port), f"--storage.agent.path={folder}/data",
        "--agent" if is_new else "--enable-feature=agent",
    ]  # fmt: skip
    with program(command, folder / "log"):
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    need("prometheus")
    folder = tmp_path_factory.mktemp("scale")
    ports = [free_port() for _ in SONARRS]
    for name in SONARRS:
        (folder / name).mkdir()
    with contextlib.ExitStack() as stack:
        systems = stack.enter_context(
            simulated(folder, f"http://{HOST}:{ports[0]}/webhooks/sonarr")
        )
        for name, port in zip(SONARRS, ports, strict=True):
            own = of_one_sonarr(systems.environment, name)
            stack.enter_context(exporter(folder / name, port, own))
        written = stack.enter_context(receiver(folder / "receiver"))
        stack.enter_context(agent(folder / "agent", ports, written.address))
        pending = (
            "sum(episodarr_inventory_pending_series) == 0 and count(episodarr_build_info) == 2"
        )
        until(lambda: written.now(pending), "both exporters have written")
        yield written


def twice(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Things of one Sonarr that have more than one row, apart from what else the rows differ in."""
    counted: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        labels = row["metric"]
        if labels.get("sonarr") and labels.get("tvdb_id"):
            counted[
                tuple(f"{k}={v}" for k, v in sorted(labels.items()) if k not in TARGET_LABELS)
            ] += 1
    return [thing for thing, count in counted.items() if count > 1]


def test_both_arrive_with_labels_of_their_own(server: Prometheus) -> None:
    found = {row["metric"]["site"]: row["metric"] for row in server.now("episodarr_build_info")}
    assert set(found) == {"house", "attic"}
    assert {labels["cluster"] for labels in found.values()} == {"home"}
    sonarrs = {
        row["metric"]["sonarr"] for row in server.now("count by (sonarr) (episodarr_series_info)")
    }
    assert sonarrs == {"tv", "anime4k"}


def test_every_rule_is_evaluated_without_an_error(server: Prometheus) -> None:
    def evaluated() -> list[dict[str, Any]]:
        found = server.rules()
        return found if all(rule["health"] != "unknown" for rule in found) else []

    rules = until(evaluated, "every rule")
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    records = [rule["name"] for rule in rules if rule["type"] == "recording"]
    assert records
    for name in records:
        rows = until(partial(server.now, name), name)
        assert rows
        assert not twice(rows)


def test_every_query_answers_with_one_row_for_a_thing(server: Prometheus) -> None:
    """An error would be a join that finds two on a side that may hold one."""
    asked = [*panel_queries(), *annotation_queries(), *rule_queries(), *(q for q, _ in cookbook())]
    doubled = {query.where: twice(server.answers(query)) for query in asked}
    assert {where: things for where, things in doubled.items() if things} == {}


@pytest.mark.parametrize(
    "info",
    [
        i
        for i in JOINS
        if re.search(r"on \([^)]*(tvdb_id|download_id|request_id|upstream)", JOINS[i])
    ],
)
def test_joins_by_the_keys_of_a_thing_stay_unambiguous(server: Prometheus, info: str) -> None:
    rows = server.now(JOINS[info])
    assert rows
    assert not twice(rows)


def test_a_request_that_both_see_is_one_row_with_what_its_sonarr_knows(server: Prometheus) -> None:
    """Jellyseerr is shared: to one of the two exporters each request is for no Sonarr."""
    requests = "count by (request_id) (episodarr_request_info)"
    until(
        lambda: server.now(f"{requests} == 2") and not server.now(f"{requests} == 1"),
        "both have asked",
    )
    columns = {
        query.name.rpartition("/")[2]: server.answers(query)
        for query in panel_queries()
        if query.name.startswith("overview/Requests/")
    }
    seen = {ref: [row["metric"]["request_id"] for row in rows] for ref, rows in columns.items()}
    is_open = 'episodarr_request_status{request_status=~"unknown|pending|approved|failed"}'
    is_open_of = server.now(f"count by (request_id) ({is_open})")
    wanted = {row["metric"]["request_id"] for row in is_open_of}
    assert wanted
    assert len(seen["A"]) == len(set(seen["A"]))
    assert set(seen["A"]) == wanted
    placed = server.now('count by (request_id) (episodarr_request_info{sonarr!=""})')
    known = {row["metric"]["request_id"] for row in placed} & wanted
    assert known
    assert known == {
        row["metric"]["request_id"] for row in columns["A"] if row["metric"].get("sonarr")
    }
    for ref, ids in seen.items():
        assert len(ids) == len(set(ids)), ref
        assert set(ids) <= wanted, ref


def test_no_series_has_alerts_of_both(server: Prometheus) -> None:
    assert not server.now("count by (sonarr, tvdb_id) (episodarr_series_info) > 1")
