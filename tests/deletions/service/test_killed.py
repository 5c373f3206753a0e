"""kill -9 at every step of the machine: the same verdicts and counters as without."""

import asyncio
import json
import multiprocessing
import signal
import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.deletions.service.killed import live, live_on, outcome, outcome_of

pytestmark = pytest.mark.e2e


@cache
def _undisturbed() -> tuple[dict[str, object], dict[str, int]]:
    """The outcome without any kill, and how often each step was passed."""
    passed: dict[str, int] = {}

    def count(name: str) -> None:
        passed[name] = passed.get(name, 0) + 1

    with TemporaryDirectory() as folder:
        # A loop of its own: one life serves all tests of this file.
        driver = asyncio.run(live(Path(folder), count))
        driver.store.close()
        result = outcome(driver)
    return result, passed


# Each life is a process of its own; what they import is imported once.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.deletions.service.killed"])
LONGEST_SECONDS = 120


def _run(folder: Path, step: str = "", nth: int = 0) -> int:
    """How the process of a life in this folder ended: 0, or the negative number of a signal."""
    process = _PROCESSES.Process(target=live_on, args=(folder, step, nth), daemon=True)
    process.start()
    process.join(LONGEST_SECONDS)
    assert process.exitcode is not None
    return process.exitcode


def _outcome(folder: Path) -> object:
    return json.loads(outcome_of(folder).read_text(encoding="utf-8"))


def test_undisturbed_it_is_partial_and_heals() -> None:
    result, passed = _undisturbed()
    assert result["statuses"] == {"partial": 1}
    assert result["episodes"] == [13, 11, 2, 0]
    assert (result["partial"], result["healed"]) == (1, 1)
    assert result["deletions"] == [["complete", "series", [[n, "deleted"] for n in range(1, 14)]]]
    assert {"migration-1:before", "commit:before", "commit:deletion-row"} <= set(passed)


STEPS = (
    "migration-1:before",
    "migration-1:written",
    "migration-1:committed",
    "commit:before",
    "commit:deletion-row",
    "commit:episode-rows",
    "commit:deletions",
    "commit:counters",
    "commit:written",
    "commit:committed",
)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(tmp_path: Path, step: str) -> None:
    expected, passed = _undisturbed()
    assert passed[step] >= 1
    # Alone, at each of its first passages, and then again and again until it comes through.
    for number, nth in enumerate(sorted({1, 2, passed[step] // 2, passed[step]} - {0})):
        if nth > passed[step]:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        assert _run(folder, step, nth) == -signal.SIGKILL
        assert _run(folder) == 0
        assert _outcome(folder) == expected
        _no_row_is_lost(folder / "store")


def test_killed_again_and_again(tmp_path: Path) -> None:
    expected, _ = _undisturbed()
    for _ in range(60):
        ended = _run(tmp_path, "commit:written", 5)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    else:
        pytest.fail("it never came to the end")
    assert _outcome(tmp_path) == expected
    _no_row_is_lost(tmp_path / "store")


def _no_row_is_lost(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        deletions = connection.execute("SELECT deletion_id FROM deletion").fetchall()
        episodes = connection.execute("SELECT count(*) FROM deletion_episode").fetchone()
        evidence = connection.execute(
            "SELECT system, count(*) FROM deletion_evidence WHERE season >= 0 GROUP BY system"
        ).fetchall()
    finally:
        connection.close()
    assert len(deletions) == 1
    assert episodes == (13,)
    assert dict(evidence) == dict.fromkeys(["disk", "jellyfin", "shoko", "sonarr"], 13)
