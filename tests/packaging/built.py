"""The built wheel, and clean environments to install it into without a network."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.stack.shipped import ROOT

WHEELS = Path(
    os.environ.get("TEST_WHEELS")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "episodarr/wheels"
)
"""Filled by .ci/wheels: tests fetch nothing."""
HAS_WHEELS = (WHEELS / ".complete").exists()
SCRIPTS = Path(sysconfig.get_path("scripts"))


def offline(home: Path, **more: str) -> dict[str, str]:
    """An environment like a new user's, whose installers take what is kept here and nothing else."""
    return {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(WHEELS),
        "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COMPILE": "1",
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(WHEELS),
        "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "copy",
        **more,
    }


def done(arguments: list[str | Path], env: dict[str, str], cwd: Path) -> str:
    """What a command prints; it has to end well."""
    result = subprocess.run(
        arguments, env=env, cwd=cwd, capture_output=True, text=True, timeout=180, check=False
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout


def build(into: Path, *, sdist: bool = False) -> Path:
    """The wheel of this checkout, or its source distribution and the wheel made from that."""
    env = offline(into)
    which = [] if sdist else ["--wheel"]
    done(
        [sys.executable, "-m", "build", "--no-isolation", *which, "--outdir", into, ROOT], env, into
    )
    (wheel,) = into.glob("*.whl")
    return wheel
