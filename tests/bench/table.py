"""One table of all sizes, as text and as JSON."""

from collections.abc import Sequence

from tests.bench.figures import Figures
from tests.bench.rows import MIB, ROWS
from tests.bench.targets import leading, misses, ratios, values_of

_HEAVIEST = 12


def document(all_figures: Sequence[Figures]) -> dict[str, object]:
    """The whole table for programs."""
    return {
        "units": {row.name: row.unit for row in ROWS},
        "by_series": {_key(f): values_of(f) for f in all_figures},
        "heaviest": {_key(f): f.memory.heaviest for f in all_figures if f.memory is not None},
        "ratios": ratios(all_figures),
        "misses": misses(all_figures),
    }


def _key(figures: Figures) -> str:
    return f"{figures.size.series}" + (" all active" if figures.size.all_active else "")


def text(all_figures: Sequence[Figures]) -> str:
    """The whole table for people."""
    columns = [values_of(f) for f in all_figures]
    heads = [_key(f) for f in all_figures]
    width = max(len(row.name) + len(row.unit) + 2 for row in ROWS)
    lines = ["series".ljust(width) + "".join(f"{head:>17}" for head in heads)]
    for row in ROWS:
        name = f"{row.name} [{row.unit}]" if row.unit else row.name
        cells = "".join(f"{_shown(column[row.name]):>17}" for column in columns)
        lines.append(f"{name:<{width}}{cells}")
    lines.append("")
    for figures in all_figures:
        lines += _heaviest(figures)
    first, last = all_figures[0], leading(all_figures)
    for name, ratio in ratios(all_figures).items():
        lines.append(f"{name}: {last.size.name} over {first.size.name}: {ratio:.2f}")
    lines += [f"MISSED {sentence}" for sentence in misses(all_figures)] or ["All targets are met."]
    return "\n".join(lines)


def _heaviest(figures: Figures) -> list[str]:
    """The classes that memory goes to, most first."""
    if figures.memory is None:
        return []
    lines = [f"The heaviest in memory at {figures.size.name} [MiB], with what only they lead to:"]
    for part, kind, size in figures.memory.heaviest[:_HEAVIEST]:
        lines.append(f"{size / MIB:>8.1f}  {kind} ({part})")
    return [*lines, ""]


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    if value == int(value) or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
