"""Files that a forge, an editor and a bot read: each valid by its schema, and true of this project."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click import Context

from episodarr.cli import main
from tests.stack.shipped import ROOT, read_yaml

GITHUB = ROOT / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")


def schema(name: str) -> Any:
    """One of those that check-jsonschema carries."""
    text = files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{name}.json")
    return json.loads(text.read_text(encoding="utf-8"))


def valid(document: Any, name: str) -> bool:
    """Whether the document has the form."""
    rules = schema(name)
    return jsonschema.validators.validator_for(rules)(rules).is_valid(document)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((path, "github-issue-forms") for path in FORMS),
        (GITHUB / "ISSUE_TEMPLATE/config.yml", "github-issue-config"),
        (GITHUB / "workflows/ci.yml", "github-workflows"),
        (GITHUB / "renovate.json", "renovate"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_the_forge_takes_it(path: Path, name: str) -> None:
    document = read_yaml(path)
    if True in document:
        document["on"] = document.pop(True)  # YAML 1.1 reads the key `on` as a truth.
    assert valid(document, name)
    assert not valid(
        {**document, "blank_issues_enabled": 5, "jobs": 5, "body": 5, "extends": 5}, name
    )


def workflow() -> dict[str, Any]:
    jobs: dict[str, Any] = read_yaml(GITHUB / "workflows/ci.yml")["jobs"]
    return jobs


def test_the_workflow_runs_what_is_run_here_and_builds_for_both() -> None:
    steps = [step for job in workflow().values() for step in job["steps"]]
    run = " ".join(step.get("run", "") for step in steps)
    assert "bash .ci/run" in run
    for script in re.findall(r"(\.ci/\w+)", run):
        assert (ROOT / script).exists()
    (image,) = [step for step in steps if "build-push" in step.get("uses", "")]
    assert image["with"]["platforms"] == "linux/amd64,linux/arm64"
    assert image["with"]["push"] is False
    assert all(job["timeout-minutes"] for job in workflow().values())


def test_the_form_for_a_match_asks_for_what_the_matcher_needs() -> None:
    form = read_yaml(GITHUB / "ISSUE_TEMPLATE/wrong-match.yml")
    required = {e["id"] for e in form["body"] if e.get("validations", {}).get("required")}
    assert required == {"torrent", "expected", "version"}
    assert "episodarr report DOWNLOAD" in (GITHUB / "ISSUE_TEMPLATE/wrong-match.yml").read_text()


def test_every_command_that_the_forms_name_exists() -> None:
    known = set(main.list_commands(Context(main)))
    for path in [*FORMS, GITHUB / "PULL_REQUEST_TEMPLATE.md"]:
        named = re.findall(r"`episodarr ([a-z-]+)", path.read_text(encoding="utf-8"))
        assert set(named) <= known, path.name


def test_hooks_call_what_is_here() -> None:
    (repository,) = read_yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local", "nothing is fetched"
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for hook in repository["hooks"]:
        program, *arguments = hook["entry"].split()
        assert program == "make" or (ROOT / program).exists(), hook
        assert program != "make" or arguments[0] in targets


def test_the_editor_has_the_linters_settings() -> None:
    config = (ROOT / ".editorconfig").read_text(encoding="utf-8")
    ruff = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (length,) = re.findall(r"^line-length = (\d+)", ruff, re.MULTILINE)
    assert f"max_line_length = {length}" in config
