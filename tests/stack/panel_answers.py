"""What promtool says that a query of the dashboards gives for samples made up for it."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.stack.programs import accepted, run
from tests.stack.shipped import panel_queries

TARGET = 'job="episodarr",instance="e"'


def _expr(where: str) -> str:
    """The filled query of "board/Title/Ref"."""
    board, title, ref = where.split("/")
    (found,) = [
        query.filled
        for query in panel_queries()
        if query.where.startswith(f"{board}/") and query.where.endswith(f" {title}/{ref}")
    ]
    return found


def labels_of_first_row(tmp_path: Path, where: str, given: dict[str, float]) -> list[str]:
    """What a query gives, as promtool prints it, for a query that gives one sample."""
    file = _written(tmp_path, where, given, {})
    answer = run("promtool", "test", "rules", file)
    printed = (answer.stdout + answer.stderr).splitlines()
    return [line for line in printed if "got: {" in line][:1]


def shows(
    tmp_path: Path, where: str, given: Mapping[str, float | str], expected: Mapping[str, float]
) -> None:
    """Asserts what the query gives; `given` by selector without the target's labels.

    A text of `given` is values minute by minute, as promtool reads them.
    """
    accepted("promtool", "test", "rules", _written(tmp_path, where, given, expected))


def _written(
    tmp_path: Path, where: str, given: Mapping[str, float | str], expected: Mapping[str, float]
) -> Path:
    series = [
        {"series": _targeted(name), "values": v if isinstance(v, str) else f"{v}x5"}
        for name, v in given.items()
    ]
    case = {
        "expr": _expr(where),
        "eval_time": "3m",
        "exp_samples": [{"labels": labels, "value": value} for labels, value in expected.items()],
    }
    document = {"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": [case]}]}
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def _targeted(name: str) -> str:
    """The selector with the labels of a target, unless it names its own."""
    if "instance=" in name:
        return name
    return f"{name[:-1]},{TARGET}}}" if name[-1] == "}" else f"{name}{{{TARGET}}}"
