"""SECURITY.md names a test for each promise, and each of them is there."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
PROMISES = [
    line
    for line in (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "---" not in line
][1:]


def test_every_promise_names_a_test_that_is_there() -> None:
    assert len(PROMISES) >= 10
    for promise in PROMISES:
        holders = re.findall(r"`([^`]+)`", promise.split("|")[2])
        assert holders, promise
        file = ""
        for holder in holders:
            if holder.startswith("make "):
                continue
            path, _, name = holder.partition("::")
            file = path or file
            text = (TESTS / file).read_text(encoding="utf-8")
            assert not name or f"def {name}(" in text, holder
