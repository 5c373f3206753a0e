"""Memory that was freed goes back to the system."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it")

STORY = """
from tests.heap import resident_bytes
from episodarr.runtime.heap import map_large_buffers, trim
assert map_large_buffers()
small = [bytes(2000) for _ in range(30_000)]
last = small[-1]
before = resident_bytes()
del small
held = resident_bytes()
assert trim()
print(before - held, held - resident_bytes())
"""


def test_what_is_freed_below_something_that_stays_is_given_back() -> None:
    output = subprocess.run(
        [sys.executable, "-c", STORY], check=True, capture_output=True, text=True
    ).stdout
    at_once, by_trimming = map(int, output.split())
    assert by_trimming > 40_000_000
    assert at_once < 10_000_000
