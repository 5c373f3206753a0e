"""What the stack ships, read the way its users' programs read it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "prometheus"
ALERTMANAGER = ROOT / "alertmanager"
GRAFANA = ROOT / "grafana"

VARIABLES = {
    "$__rate_interval": "2m",
    "$__interval": "1m",
    "$__range": "1h",
    "$job": ".+",
    "$instance": ".+",
    "$sonarr": "tv",
    "$series": "405920",
    "$season": ".+",
    "$deletion": ".+",
    "${series:text}": "SPY x FAMILY",
}
"""What Grafana would put in: the demo's SPY x FAMILY, all of its seasons."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query, and where it stands."""

    where: str
    expr: str
    is_instant: bool = True

    @property
    def name(self) -> str:
        """Where it stands, without its panel's number."""
        board, _, rest = self.where.partition("/")
        return f"{board}/{rest.partition(' ')[2]}"

    @property
    def filled(self) -> str:
        """The query with its variables filled in; longest names first."""
        expr = self.expr
        for name in sorted(VARIABLES, key=len, reverse=True):
            expr = expr.replace(name, VARIABLES[name])
        return expr


def read_yaml(path: Path) -> Any:
    """A YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rules() -> list[dict[str, Any]]:
    """All rules of all groups."""
    return [
        rule
        for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in read_yaml(path)["groups"]
        for rule in group["rules"]
    ]


def alerts() -> dict[str, dict[str, Any]]:
    """The alerting rules by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def examples() -> dict[str, dict[str, dict[str, str]]]:
    """One alert of each name as promtool was seen to make it: labels, annotations, and the last ones.

    The last annotations of an alert are those that its all-clear has.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    for path in sorted((PROMETHEUS / "tests").glob("*.yml")):
        for scenario in read_yaml(path)["tests"]:
            seen: dict[str, dict[str, dict[str, str]]] = {}
            cases = scenario.get("alert_rule_test", [])
            for name, alert in [
                (c["alertname"], a) for c in cases for a in c.get("exp_alerts") or []
            ]:
                labels, annotations = (
                    {"alertname": name, **alert["exp_labels"]},
                    alert["exp_annotations"],
                )
                first = seen.setdefault(
                    name, {"labels": labels, "annotations": annotations, "last": annotations}
                )
                if first["labels"] == labels:
                    first["last"] = annotations
            found = seen | found
    return found


def dashboards(folder: str = "dashboards") -> dict[str, dict[str, Any]]:
    """The dashboards by file name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((GRAFANA / folder).glob("*.json"))
    }


def panels() -> list[tuple[str, dict[str, Any]]]:
    """Every panel with its dashboard's name."""
    return [(name, panel) for name, board in dashboards().items() for panel in board["panels"]]


def panel_queries() -> list[Query]:
    """Every query of every panel."""
    return [
        Query(
            f"{name}/{panel['id']} {panel['title']}/{target['refId']}",
            target["expr"],
            bool(target.get("instant")),
        )
        for name, panel in panels()
        for target in panel["targets"]
    ]


MAY_BE_EMPTY = {
    "deletions/Every deletion/N": "no deletion of the demo is acknowledged",
    "series/Next airs/A": "every episode of the series has aired",
}
"""Panel queries that the demo gives no answer to, and why."""


def annotation_queries() -> list[Query]:
    """Every query of every annotation."""
    return [
        Query(f"{name}/annotation {entry['name']}", entry["expr"], is_instant=False)
        for name, board in dashboards().items()
        for entry in board["annotations"].get("list", [])
    ]


def rule_queries() -> list[Query]:
    """The expression of every rule, and the queries that its texts ask."""
    found = []
    for rule in rules():
        name = rule.get("alert") or rule["record"]
        found.append(Query(f"rule {name}", rule["expr"]))
        for key, text in rule.get("annotations", {}).items():
            found += [
                Query(f"rule {name}/{key} {number}", asked.replace("%s", "x"))
                for number, asked in enumerate(re.findall(r"printf `([^`]+)`", text), 1)
            ]
    return found


_ENTRY = re.compile(
    r"^### (?P<title>.+?)$(?P<body>.*?)^```promql\n(?P<expr>.+?)^```", re.MULTILINE | re.DOTALL
)


def cookbook() -> list[tuple[Query, str]]:
    """The cookbook's queries, each with the reason why it may be empty, or nothing."""
    text = (ROOT / "docs/PROMQL.md").read_text(encoding="utf-8")
    entries = []
    for match in _ENTRY.finditer(text):
        reason = re.search(r"<!-- may be empty: (.+?) -->", match["body"])
        query = Query(f"cookbook: {match['title']}", match["expr"])
        entries.append((query, reason[1] if reason else ""))
    return entries


def all_queries() -> list[Query]:
    """Everything that is ever asked of Prometheus."""
    return [
        *panel_queries(),
        *annotation_queries(),
        *rule_queries(),
        *(query for query, _ in cookbook()),
    ]


def nodes(expr: str) -> Iterator[Any]:
    """Every node of a parsed query."""
    found: list[Any] = []

    def note(node: Any) -> bool:
        found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expr), pre_visit=note)
    return iter(found)


def selectors(expr: str) -> list[promql_parser.VectorSelector]:
    """Every selector of a query, those under ranges too."""
    found = []
    for node in nodes(expr):
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        elif isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)
    return list({id(selector): selector for selector in found}.values())
