"""Memory that was freed goes back to the system."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it")

STORY = """
from tests.heap import resident_bytes
from episodarr.runtime.heap import keep_heap_small, trim
assert keep_heap_small()
small = [bytes(2000) for _ in range(30_000)]
last = small[-1]
before = resident_bytes()
del small
held = resident_bytes()
assert trim()
print(before - held, held - resident_bytes())
"""

THREADS = """
import threading
from episodarr.runtime.heap import keep_heap_small, trim
from tests.heap import resident_bytes
assert keep_heap_small()
kept = []
def work():
    small = [bytes(2000) for _ in range(20_000)]
    kept.append(small[-1])
for _ in range(3):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    del thread
with open("/proc/self/maps") as maps:
    print(sum(1 for line in maps if int(line.split("-")[0], 16) % 0x4000000 == 0 and "rw-p 00000000 00:00 0" in line))
"""


def test_all_threads_share_one_heap() -> None:
    output = subprocess.run(
        [sys.executable, "-c", THREADS], check=True, capture_output=True, text=True
    ).stdout
    assert int(output) == 0, "a thread's own begins at a multiple of 64 MiB"


def test_what_is_freed_below_something_that_stays_is_given_back() -> None:
    output = subprocess.run(
        [sys.executable, "-c", STORY], check=True, capture_output=True, text=True
    ).stdout
    at_once, by_trimming = map(int, output.split())
    assert by_trimming > 40_000_000
    assert at_once < 10_000_000
