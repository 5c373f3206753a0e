"""kill -9 at every step of the machine: the same verdicts and counters as without."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.deletions.service.killed import live, outcome

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[3]


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


def _run(folder: Path, step: str, nth: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.deletions.service.killed", str(folder), step, str(nth)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


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
        first = _run(folder, step, nth)
        assert first.returncode == -signal.SIGKILL
        second = _run(folder, "", 0)
        assert second.returncode == 0, second.stderr
        assert json.loads(second.stdout) == expected
        _no_row_is_lost(folder / "store")


def test_killed_again_and_again(tmp_path: Path) -> None:
    expected, _ = _undisturbed()
    for _ in range(60):
        done = _run(tmp_path, "commit:written", 5)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    else:
        pytest.fail("it never came to the end")
    assert json.loads(done.stdout) == expected
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
