"""What is in the wheel and in the source distribution, and what `episodarr files` writes of it."""

import os
import re
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from episodarr import __version__
from episodarr.cli import main
from episodarr.cli.files import SHIPPED, shipped
from tests.packaging.built import build, done, offline
from tests.stack.shipped import ROOT

GOLDEN = ROOT / "tests/golden/wheel.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build(folder, sdist=True)
    return folder


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    (found,) = distributions.glob("*.whl")
    return found


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_one_package_and_the_listed_files(wheel: Path) -> None:
    """Modules are those of the source; everything else is in the golden list."""
    package = ROOT / "exporter"
    modules = {str(path.relative_to(package)) for path in package.rglob("*.py")}
    found = names(wheel)
    assert {name.split("/")[0] for name in found} == {
        "episodarr",
        f"episodarr-{__version__}.dist-info",
    }
    assert {name for name in found if name.endswith(".py")} == modules
    others = "".join(
        f"{name.replace(__version__, 'VERSION')}\n"
        for name in sorted(found)
        if not name.endswith(".py")
    )
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(others, encoding="utf-8")
    assert others == GOLDEN.read_text(encoding="utf-8")


def test_no_secret_and_no_leftover_is_packed(wheel: Path) -> None:
    kept = ("alertmanager/secrets/.gitignore", ".env.example")
    for name in names(wheel):
        assert name.endswith(kept) or not re.search(r"secrets/|\.env|\.sqlite|__pycache__", name)


def test_the_description_is_one_that_an_index_takes(distributions: Path) -> None:
    packages = sorted(distributions.iterdir())
    assert len(packages) == 2
    done(
        [sys.executable, "-m", "twine", "check", "--strict", *packages],
        offline(distributions),
        distributions,
    )


def test_the_metadata_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = f"episodarr-{__version__}.dist-info"
        metadata = HeaderParser().parsestr(archive.read(f"{info}/METADATA").decode())
        assert "MIT License" in archive.read(f"{info}/licenses/LICENSE").decode()
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Author"] == "Episodarr contributors"
    assert {url.split(",")[0] for url in metadata.get_all("Project-URL", [])} == {
        "Homepage",
        "Documentation",
        "Changelog",
        "Issues",
    }
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])


def test_the_version_is_in_one_place() -> None:
    """What has to repeat it says the same."""
    assert PROJECT["project"]["dynamic"] == ["version"]
    repeated = {
        "docker-compose.yml": r"image: episodarr:(\S+)",
        "Dockerfile": r"--tag episodarr:(\S+)",
        "deploy/kubernetes/kustomization.yaml": r"newTag: (\S+)",
        "deploy/unraid/episodarr.xml": r"<Repository>episodarr:([^<]+)",
        "CHANGELOG.md": r"^## (\d\S*)",
    }
    for name, pattern in repeated.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        found = re.findall(pattern, text, re.MULTILINE)
        assert found, name
        assert found[0] == __version__, name


def test_what_the_command_writes_is_what_the_wheel_holds(wheel: Path) -> None:
    forced = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {f"episodarr/files/{name}" for name in SHIPPED} == set(forced.values())
    assert set(forced) == set(SHIPPED)
    inside = {n.removeprefix("episodarr/files/") for n in names(wheel) if "/files/" in n}
    assert inside == {name for name, _ in shipped()}


def test_the_files_make_a_stack(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["files", str(tmp_path / "stack")])
    assert result.exit_code == 0
    assert f"of version {__version__}" in result.output
    stack = tmp_path / "stack"
    compose = yaml.safe_load((stack / "docker-compose.yml").read_text(encoding="utf-8"))
    for service in compose["services"].values():
        assert "build" not in service, "there is no source to build from"
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert (stack / volume.split(":")[0]).exists(), volume
    assert compose["services"]["episodarr"]["image"] == f"episodarr:{__version__}"
    assert (stack / "alertmanager/start.sh").stat().st_mode & 0o111
    for rules in (ROOT / "prometheus/rules").glob("*.yml"):
        assert (stack / "prometheus/rules" / rules.name).read_bytes() == rules.read_bytes()


def test_files_that_differ_are_kept(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["files", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(main, ["files", str(tmp_path)]).exit_code == 0, "nothing differs"
    mine = tmp_path / "prometheus/prometheus.yml"
    mine.write_text("mine")
    (tmp_path / "docker-compose.yml").unlink()
    refused = CliRunner().invoke(main, ["files", str(tmp_path)])
    assert refused.exit_code == 1
    assert f"{mine} is there and differs" in refused.output
    assert mine.read_text() == "mine"
    assert not (tmp_path / "docker-compose.yml").exists(), "nothing is written"
    assert CliRunner().invoke(main, ["files", "--force", str(tmp_path)]).exit_code == 0
    assert mine.read_text() != "mine"


def test_a_directory_that_cannot_be_written_is_shown(tmp_path: Path) -> None:
    (tmp_path / "prometheus").write_text("a file")
    result = CliRunner().invoke(main, ["files", str(tmp_path)])
    assert result.exit_code == 1
    assert "cannot be written" in result.output
