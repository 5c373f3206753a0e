"""`python -m tests.fuzz [--seconds 60] [--seed N]`: spoiled input for every parser and the web server."""

import argparse
import sys
import time
from collections import Counter

from tests.fuzz.mutating import Mutator
from tests.fuzz.spoiling import spoil, spoil_the_server
from tests.fuzz.targets import targets

ROUND = 50


def main() -> int:
    """Fuzz for a while; exit code 1 where anything but a named error came."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=int(time.time()))
    given = options.parse_args()
    mutator = Mutator(given.seed)
    every = list(targets())
    counts: Counter[str] = Counter()
    faults: list[str] = []
    until = time.monotonic() + given.seconds * 0.8
    while time.monotonic() < until:
        for target in every:
            for _ in range(ROUND):
                outcome, fault = spoil(target, mutator)
                counts[outcome] += 1
                faults += [fault] if fault else []
    asked = spoil_the_server(mutator, given.seconds * 0.2, faults)
    for fault in dict.fromkeys(faults):
        sys.stderr.write(f"{fault}\n")
    sys.stdout.write(
        f"seed {given.seed}: {counts.total()} bodies {dict(counts)}, {asked} requests, {len(faults)} faults\n"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
