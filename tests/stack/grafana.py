"""What Grafana makes of a table's queries: frames, then `merge`, then `organize`."""

from collections.abc import Mapping, Sequence
from typing import Any

Cell = str | float
Row = dict[str, Cell]
Samples = Sequence[Mapping[str, Any]]


def table_rows(panel: Mapping[str, Any], samples_by_ref: Mapping[str, Samples]) -> list[Row]:
    """The rows people see, by the titles of the columns; hidden columns are among them."""
    merge, organize = panel["transformations"]
    assert (merge["id"], organize["id"]) == ("merge", "organize")
    refs = [target["refId"] for target in panel["targets"]]
    rows: list[Row] = []
    for ref in refs:
        value = f"Value #{ref}" if len(refs) > 1 else "Value"
        for line in _frame(samples_by_ref[ref], value):
            _merge_into(rows, line)
    options = organize["options"]
    return [
        {
            options["renameByName"].get(name, name): cell
            for name, cell in row.items()
            if not options["excludeByName"].get(name)
        }
        for row in rows
    ]


def _frame(samples: Samples, value: str) -> list[Row]:
    """One line for each sample; a label that only others have is empty, not absent."""
    labels = sorted({label for sample in samples for label in sample["metric"]})
    return [
        {
            **{label: sample["metric"].get(label, "") for label in labels},
            value: float(sample["value"][1]),
        }
        for sample in samples
    ]


def _merge_into(rows: list[Row], line: Row) -> None:
    """A line joins every row that it does not contradict; else it is a row of its own."""
    partners = [
        row for row in rows if all(row.get(name, cell) == cell for name, cell in line.items())
    ]
    for row in partners:
        row.update(line)
    if not partners:
        rows.append(line)
