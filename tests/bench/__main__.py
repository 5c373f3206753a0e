"""`python -m tests.bench`: measure, print the table, and end with 1 if a target is missed."""

import argparse
import json
import sys
from pathlib import Path

from tests.bench.phases import LONG, SHORT, measure
from tests.bench.scenes import size_of
from tests.bench.table import document, misses, text


def main() -> None:
    """Measure every size, smallest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", default="100,1000,1700", help="sizes, with commas")
    parser.add_argument("--short", action="store_true", help="fewer cycles; for CI")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    options = parser.parse_args()
    effort = SHORT if options.short else LONG
    figures = []
    for series in sorted(int(word) for word in options.series.split(",")):
        sys.stderr.write(f"measuring {series:,} series …\n")
        figures.append(measure(size_of(series), effort))
    if options.json is not None:
        options.json.write_text(json.dumps(document(figures), indent=2) + "\n")
    sys.stdout.write(text(figures) + "\n")
    sys.exit(1 if misses(figures) else 0)


if __name__ == "__main__":
    main()
