"""`python -m tests.specs`: write the facts of all specifications anew, and say how many they are."""

import sys
from pathlib import Path

from tests.specs import FOLDER
from tests.specs.extract import FILES, facts, text_of

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "specs"

if __name__ == "__main__":
    for name in FILES:
        found = facts(name, REFERENCE)
        (FOLDER / f"{name}.json").write_text(text_of(found), encoding="utf-8")
        sys.stdout.write(f"{name}: {len(found['components']['schemas'])} schemas\n")
