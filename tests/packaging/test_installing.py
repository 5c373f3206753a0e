"""The built wheel in clean environments: each way to install it, and what people try first."""

import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from episodarr import __version__
from tests.cli.test_check import simulated
from tests.packaging.built import HAS_WHEELS, SCRIPTS, build, done, offline
from tests.stack.shipped import ROOT

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("packaging"),
    pytest.mark.skipif(not HAS_WHEELS, reason=".ci/wheels has not kept the wheels"),
]


NEEDED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "dependencies"
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with simulated(tmp_path_factory.mktemp("media")) as environment:
        yield environment


def venv(folder: Path) -> Path:
    """A new virtual environment's commands."""
    done([sys.executable, "-m", "venv", folder / "venv"], offline(folder), folder)
    return folder / "venv/bin"


def by_pip(wheel: Path, home: Path) -> Path:
    commands = venv(home)
    done([commands / "pip", "install", wheel], offline(home), home)
    return commands


def by_pipx(wheel: Path, home: Path) -> Path:
    done([SCRIPTS / "pipx", "install", wheel], offline(home, PIPX_HOME=str(home / "pipx")), home)
    return home / ".local/bin"


def with_needed(environment: Path, home: Path) -> None:
    """Put what the program needs into the environment, with uv: pip has shown that it can."""
    done([SCRIPTS / "uv", "pip", "install", "--python", environment, *NEEDED], offline(home), home)


def by_uv(wheel: Path, home: Path) -> Path:
    done([SCRIPTS / "uv", "tool", "install", wheel], offline(home), home)
    return home / ".local/bin"


def by_the_image(home: Path) -> Path:
    """As the Dockerfile does it: from what .dockerignore lets through, and nothing else."""
    source = home / "src"
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line.startswith("!"):
            place, target = ROOT / line[1:], source / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                shutil.copytree(place, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(place, target)
    commands = venv(home)
    done(
        [commands / "pip", "install", "--no-deps", "--constraint", "constraints.txt", "."],
        offline(home),
        source,
    )
    with_needed(home / "venv", home)
    return commands


@pytest.mark.parametrize("way", [by_pip, by_pipx, by_uv])
def test_a_way_to_install(
    way: Callable[[Path, Path], Path], wheel: Path, systems: dict[str, str], tmp_path: Path
) -> None:
    command = way(wheel, tmp_path) / "episodarr"
    env = offline(tmp_path)
    demo = subprocess.Popen(
        [command, "demo", "--port=0", "--seconds=5"], env=env, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert done([command, "--version"], env, tmp_path).split()[-1] == __version__
    checked = done([command, "check", "--json"], {**env, **systems}, tmp_path)
    assert all(one["is_good"] for one in json.loads(checked)["checks"])
    out, err = demo.communicate(timeout=60)
    assert demo.returncode == 0, err
    assert "The metrics:" in out
    assert "Traceback" not in err


def test_what_the_image_is_built_of_is_enough(tmp_path: Path) -> None:
    command = by_the_image(tmp_path) / "episodarr"
    env = offline(tmp_path)
    assert f"of version {__version__}" in done([command, "files", "stack"], env, tmp_path)
    assert (tmp_path / "stack/prometheus/rules").is_dir()
    started = subprocess.run(
        [command, "serve"], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert started.returncode == 2
    assert "No Sonarr is configured yet" in started.stderr


def test_beside_another_package_that_is_named_exporter(wheel: Path, tmp_path: Path) -> None:
    """The folder here is called exporter, too; the wheel installs nothing of that name."""
    other = tmp_path / "other-1.0-py3-none-any.whl"
    info = "other-1.0.dist-info"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("exporter/__init__.py", "whose = 'other'\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(
            f"{info}/RECORD",
            f"exporter/__init__.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
        )
    site = tmp_path / "site"
    env = offline(tmp_path)
    done(
        [sys.executable, "-m", "pip", "install", "--no-deps", "--target", site, other, wheel],
        env,
        tmp_path,
    )
    code = "import exporter, episodarr; print(exporter.whose, episodarr.__file__)"
    output = done([sys.executable, "-c", code], {**env, "PYTHONPATH": str(site)}, tmp_path)
    assert output.split() == ["other", str(site / "episodarr/__init__.py")]
