"""Everything that asks for a metric asks for one that exists, with labels and values it has."""

import re

import promql_parser
import pytest

from episodarr.metrics.catalogue import FAMILIES
from episodarr.metrics.family import Family, Kind
from tests.stack.shipped import (
    Query,
    all_queries,
    cookbook,
    dashboards,
    nodes,
    panel_queries,
    rules,
    selectors,
)

TARGET_LABELS = {"job", "instance"}
PROMETHEUS_OWN = {
    "up": set[str](),
    "scrape_samples_scraped": set[str](),
    "scrape_duration_seconds": set[str](),
    "ALERTS": {"alertname", "alertstate", "severity"},
    "ALERTS_FOR_STATE": {"alertname", "severity"},
}
QUERIES = all_queries()


def _written(family: Family) -> dict[str, Family]:
    """The names under which Prometheus stores a family."""
    if family.kind is Kind.HISTOGRAM:
        return {family.name + suffix: family for suffix in ("_bucket", "_sum", "_count")}
    return {family.name: family}


STORED = {name: family for row in FAMILIES for name, family in _written(row).items()}
RECORDED = {rule["record"] for rule in rules() if "record" in rule}


def _is_any_of_ours(selector: promql_parser.VectorSelector) -> bool:
    """Whether it selects by a pattern of names, as the panel of the largest families does."""
    patterns = {m.value for m in selector.matchers.matchers if m.name == "__name__"}
    return not selector.name and patterns == {"episodarr_.+"}


def _labels_of(name: str) -> set[str]:
    if name.startswith("ALERTS"):
        # An alert has what its expression has.
        return PROMETHEUS_OWN[name] | TARGET_LABELS | {lb.name for f in FAMILIES for lb in f.labels}
    if name in PROMETHEUS_OWN:
        return PROMETHEUS_OWN[name] | TARGET_LABELS
    own = set(STORED[name].label_names)
    return own | TARGET_LABELS | ({"le"} if name.endswith("_bucket") else set())


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)
def test_query_parses(query: Query) -> None:
    assert promql_parser.parse(query.filled).prettify()


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)
def test_metrics_and_matched_labels_exist(query: Query) -> None:
    for selector in selectors(query.filled):
        if selector.name in RECORDED or _is_any_of_ours(selector):
            continue
        assert selector.name in STORED or selector.name in PROMETHEUS_OWN, selector.name
        unknown = {m.name for m in selector.matchers.matchers} - _labels_of(selector.name)
        assert not unknown, f"{selector.name} has no label {unknown}"


def _closed_values(name: str) -> dict[str, tuple[str, ...]]:
    family = STORED.get(name)
    return {lb.name: lb.values for lb in family.labels if lb.values} if family else {}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)
def test_matched_values_can_occur(query: Query) -> None:
    for selector in selectors(query.expr if "$" not in query.expr else query.filled):
        closed = _closed_values(selector.name or "")
        for matcher in selector.matchers.matchers:
            if matcher.name in closed and matcher.value != "x":
                impossible = set(matcher.value.split("|")) - set(closed[matcher.name])
                assert not impossible, f"{selector.name}: {matcher.name} is never {impossible}"


def _made_labels(expr: str) -> set[str]:
    """Labels that the query itself makes; generous, for it only widens what may be grouped by."""
    made = set(re.findall(r'(?:label_join|label_replace)\([^;]*?,\s*"(\w+)"', expr))
    made |= set(re.findall(r'count_values by \([^)]*\) \("(\w+)"', expr))
    return made | set(re.findall(r',\s*"(\w+)",\s*"', expr))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)
def test_grouped_and_joined_labels_exist(query: Query) -> None:
    expr = query.filled
    names = [selector.name for selector in selectors(expr)]
    if any(name in RECORDED for name in names):
        return
    known = {"__name__"} | _made_labels(expr)
    known |= set().union(*(_labels_of(name) for name in names if name))
    for node in nodes(expr):
        modifier = getattr(node, "modifier", None)
        if modifier is None:
            continue
        asked = set(getattr(modifier, "labels", None) or [])
        matching = getattr(modifier, "matching", None)
        asked |= set(matching.labels) if matching else set()
        asked |= set(getattr(modifier, "group_labels", None) or [])
        assert asked <= known, f"nothing in this query has {asked - known}"


NOT_USED = {
    "episodarr_deletion_episodes_expected_total": "the sum of the other three, which are stacked",
    "process_virtual_memory_bytes": "the process' own; resident memory says more",
    "process_start_time_seconds": "the process' own; restarts show as gaps",
    "process_cpu_seconds_total": "the process' own; a home server's CPU is not this product's story",
    "process_open_fds": "the process' own",
    "process_max_fds": "the process' own",
    "episodarr_webhook_contradictions_total": "the log names each; for people's own panels",
    "episodarr_season_stage": "the season's words are in its episodes; for people's own panels",
    "episodarr_season_progress_ratio": "the season bars show what is playable; for people's own panels",
    "episodarr_series_available_ratio": "shown as 12/24; for people's own panels",
}


def test_every_family_is_used_or_says_why_not() -> None:
    used = {selector.name for query in QUERIES for selector in selectors(query.filled)}
    text = " ".join(_variable_queries())
    for family in FAMILIES:
        names = set(_written(family))
        is_used = bool(names & used) or any(name in text for name in names)
        assert is_used != (family.name in NOT_USED), family.name


def _variable_queries() -> list[str]:
    return [
        str(variable["query"])
        for board in dashboards().values()
        for variable in board["templating"]["list"]
    ]


def test_the_cookbook_answers_at_least_a_dozen_questions_each_once() -> None:
    titles = [query.where for query, _ in cookbook()]
    assert len(titles) == len(set(titles)) >= 12


def test_every_panel_query_stays_within_the_chosen_targets() -> None:
    for query in panel_queries():
        for selector in selectors(
            query.expr.replace("$__rate_interval", "1m")
            .replace("$__range", "1h")
            .replace("$__interval", "1h")
        ):
            if (selector.name or "").startswith("ALERTS"):
                continue  # Of an exporter that is not there no alert has an instance.
            scope = {m.name: m.value for m in selector.matchers.matchers}
            assert scope.get("job") == "$job", query.where
            assert scope.get("instance") == "$instance", query.where
