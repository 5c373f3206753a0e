"""`python -m tests.bench`: measure, print the table, and end with 1 if a target is missed."""

import argparse
import json
import sys
from pathlib import Path

from tests.bench.figures import LEAN, LONG, SHORT
from tests.bench.phases import measure
from tests.bench.scenes import LARGEST_SERIES, size_of
from tests.bench.table import document, text
from tests.bench.targets import misses


def main() -> None:
    """Measure every size, smallest first, then those with every season active."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--series", default="100,1000,1700,3400", help="sizes, with commas; empty for none"
    )
    parser.add_argument(
        "--all-active", default="1700", help="sizes to measure with every season active, too"
    )
    parser.add_argument("--short", action="store_true", help="fewer cycles; for CI")
    parser.add_argument("--lean", action="store_true", help="the start and memory only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    options = parser.parse_args()
    sizes = [size_of(series) for series in _numbers(options.series)]
    sizes += [size_of(series, all_active=True) for series in _numbers(options.all_active)]
    if not sizes:
        parser.error("no size is given: name some with --series or --all-active")
    figures = []
    for size in sizes:
        sys.stderr.write(f"measuring {size.name} …\n")
        is_lean = options.lean or size.all_active or size.series > LARGEST_SERIES
        figures.append(measure(size, LEAN if is_lean else SHORT if options.short else LONG))
    if options.json is not None:
        options.json.write_text(json.dumps(document(figures), indent=2) + "\n")
    sys.stdout.write(text(figures) + "\n")
    sys.exit(1 if misses(figures) else 0)


def _numbers(words: str) -> list[int]:
    return sorted(int(word) for word in words.split(",") if word)


if __name__ == "__main__":
    main()
