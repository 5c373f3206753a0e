"""Prometheus' own programs, run on what is shipped."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.shipped import ROOT


def need(program: str) -> None:
    """Skips the test, and says why, where a program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: what it would judge was NOT tested")


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The finished program; its output is text."""
    need(str(command[0]))
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def accepted(*command: str | Path, cwd: Path = ROOT) -> str:
    """The output of a program that must succeed."""
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A script of the project under this interpreter."""
    return run(sys.executable, *arguments)
