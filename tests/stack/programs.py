"""Prometheus' own programs, run on what is shipped, of every version that can be had."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.shipped import ROOT

SYSTEM = "system"
RELEASES = (SYSTEM, "trixie", "forky")
"""The system's own programs, then those of newer Debian releases, from old to new."""

each_release = pytest.mark.parametrize("release", RELEASES)


def program_of(name: str, release: str = SYSTEM) -> str:
    """The command of a release's program; skips the test where it is not here, and says why."""
    if release == SYSTEM:
        need(name)
        return name
    command = _unpacked(name, release)
    if not command.exists():
        pytest.skip(f"{name} of {release} is not here: .ci/other-releases gets it, or says why")
    return str(command)


def newest(name: str) -> str:
    """The command of the newest release whose program is here."""
    found = [str(p) for release in RELEASES[1:] if (p := _unpacked(name, release)).exists()]
    return found[-1] if found else program_of(name)


def _unpacked(name: str, release: str) -> Path:
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "episodarr")
    folder = os.environ.get("TEST_PROMETHEUSES") or default / "prometheus"
    return Path(folder, release, name)


def need(program: str) -> None:
    """Skips the test, and says why, where a program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: what it would judge was NOT tested")


def run(
    *command: str | Path, cwd: Path = ROOT, release: str = SYSTEM
) -> subprocess.CompletedProcess[str]:
    """The finished program; its output is text."""
    program = program_of(str(command[0]), release)
    return subprocess.run(
        [program, *(str(part) for part in command[1:])],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def accepted(*command: str | Path, cwd: Path = ROOT, release: str = SYSTEM) -> str:
    """The output of a program that must succeed."""
    done = run(*command, cwd=cwd, release=release)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A script of the project under this interpreter."""
    return run(sys.executable, *arguments)
