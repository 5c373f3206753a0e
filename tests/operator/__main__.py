"""`python -m tests.operator SEED OPERATIONS [RUNS]`: longer runs, each with the next seed."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.operator.run import operate


def main() -> None:
    first, operations = int(sys.argv[1]), int(sys.argv[2])
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    for seed in range(first, first + runs):
        with tempfile.TemporaryDirectory() as folder:
            log = asyncio.run(operate(seed, operations, Path(folder)))
        lines = len(log)
        print(f"seed {seed}: {operations} operations, {lines} lines of log, no verdict was false")  # noqa: T201 -- a command


if __name__ == "__main__":
    main()
