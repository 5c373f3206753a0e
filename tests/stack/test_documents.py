"""What documents tell people to type exists, and what they show can be read."""

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from episodarr.cli import main
from episodarr.model.stage import Hold
from episodarr.settings import Settings
from episodarr.views.words import hold_words
from tests.stack.programs import accepted, each_release, python
from tests.stack.shipped import ROOT

DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / ".github").rglob("*.md")),
    ROOT / "deploy/README.md",
    ROOT / "alertmanager/README.md",
    ROOT / "grafana/README.md",
    ROOT / "prometheus/README.md",
    ROOT / ".env.example",
    ROOT / "docker-compose.yml",
]
HISTORY = {"CHANGELOG.md", "DECISIONS.md"}
"""What was so then: names in them need not exist any more."""
PRESENT = [path for path in DOCUMENTS if path.name not in HISTORY]


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "path", paths, ids=[str(path.relative_to(ROOT)) for path in paths]
    )


each_document = each(PRESENT)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(path: Path, *languages: str) -> Iterator[str]:
    for language, text in _BLOCK.findall(path.read_text(encoding="utf-8")):
        if language in languages:
            yield text


def commands(path: Path) -> Iterator[list[str]]:
    """Every call of ours: in shell blocks, and between backquotes."""
    text = path.read_text(encoding="utf-8")
    written = [
        line for block in blocks(path, "sh") for line in block.replace("\\\n", " ").splitlines()
    ]
    written += re.findall(r"`((?:docker compose [\w -]+ )?episodarr [^`]*)`", text)
    for line in written:
        for part in re.split(r"[|;&]+", line):
            _, found, arguments = part.partition("episodarr ")
            is_called = found and re.match(
                r"(sudo |docker compose .*|.*/)?$", part.partition("episodarr ")[0].strip() + " "
            )
            if is_called or part.strip().startswith("episodarr "):
                yield shlex.split(arguments.strip(), comments=True)


@each_document
def test_every_call_of_ours_is_one_that_the_command_takes(path: Path) -> None:
    for arguments in commands(path):
        if arguments[0] in {"ID", "DOWNLOAD", "…"} or arguments[0].startswith("--version"):
            continue
        name, *rest = arguments
        if name == "episodarr":  # docker compose exec episodarr episodarr …
            name, *rest = rest
        command = main.get_command(click.Context(main), name)
        assert command is not None, arguments
        optional = [re.sub(r"[\[\]]", "", argument) for argument in rest]
        command.make_context(name, optional, resilient_parsing=True)


@each_document
def test_shell_can_be_read(path: Path) -> None:
    for block in blocks(path, "sh", "bash"):
        subprocess.run(["sh", "-n"], input=block, text=True, check=True)


@each_document
def test_data_can_be_read(path: Path) -> None:
    for block in blocks(path, "yaml"):
        assert yaml.safe_load(block) is not None
    for block in blocks(path, "json"):
        json.loads(block)
    for block in blocks(path, "toml"):
        tomllib.loads(block)
    for block in blocks(path, "mermaid"):
        assert block.split()[0] in {"sequenceDiagram", "stateDiagram-v2", "flowchart"}


@each_document
def test_targets_of_make_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:\w+=\w+ )?make ([a-z-]+)", text))
    named |= {
        t
        for block in blocks(path, "sh")
        for t in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE)
    }
    assert named <= targets


@each_document
def test_settings_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"EPISODARR_([A-Z]+)(?:__|=)", text):
        assert name.lower() in Settings.model_fields, name


@each([path for path in PRESENT if path.name != "CONTRIBUTING.md"])
def test_files_exist(path: Path) -> None:
    """CONTRIBUTING.md tells of files that are still to be written."""
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:prometheus|alertmanager|grafana|tests)/[\w./-]+)`?", text):
        assert (ROOT / name.rstrip("./")).exists(), name


@each(DOCUMENTS)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for name in re.findall(r"\]\((?!https?:)([^)#\s]+)", text):
        assert (path.parent / name).exists(), name


def anchors(path: Path) -> set[str]:
    """What a link into a document can name: its headings as GitHub writes them, and its own ids."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([^"]+)"', text))


@each(DOCUMENTS)
def test_links_into_a_document_find_their_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", text):
        assert anchor in anchors(path.parent / name if name else path), anchor


@each(DOCUMENTS)
def test_nothing_belongs_to_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/root/|/home/\w+/|(?<![\w.])/work/", text)


def test_every_document_is_in_the_list_of_documents() -> None:
    listed = set(re.findall(r"\]\(([^)/]+\.md)\)", (ROOT / "docs/README.md").read_text()))
    assert listed == {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}


def test_the_widget_reads_fields_that_the_summary_has() -> None:
    (services,) = [
        yaml.safe_load(b) for b in blocks(ROOT / "docs/homepage.md", "yaml") if "customapi" in b
    ]
    (service,) = services[0]["Media"][0].values()
    summary = json.loads((ROOT / "tests/golden/api/summary.json").read_text(encoding="utf-8"))
    assert service["widget"]["url"].endswith("/api/v1/summary")
    assert {mapping["field"] for mapping in service["widget"]["mappings"]} <= set(summary)


def test_alertmanager_takes_the_receiver(tmp_path: Path) -> None:
    (block,) = [b for b in blocks(ROOT / "docs/homepage.md", "yaml") if "receivers" in b]
    (tmp_path / "alertmanager.yml").write_text(block, encoding="utf-8")
    accepted("amtool", "check-config", tmp_path / "alertmanager.yml")


def test_prometheus_takes_the_job_of_the_readme(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "README.md", "yaml")
    (tmp_path / "prometheus.yml").write_text(block, encoding="utf-8")
    accepted("promtool", "check", "config", tmp_path / "prometheus.yml")


def test_the_documented_texts_of_holds_are_the_programs() -> None:
    text = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    tables = re.findall(r"^## An episode .+?(?=^## )", text, re.MULTILINE | re.DOTALL)
    texts = re.findall(r"^\| ([^|]+?) \|", "".join(tables), re.MULTILINE)
    quoted = set(texts) - {"it says", "---", "nothing"}
    words = [hold_words(hold)[0] for hold in Hold]
    assert len(quoted) >= 9
    assert {one for one in quoted if not any(word.startswith(one) for word in words)} == set()


@each_document
def test_what_builds_rules_and_dashboards_runs_as_it_is_written(path: Path, tmp_path: Path) -> None:
    for block in blocks(path, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            program, _, arguments = line.partition("build.py ")
            if arguments:
                given = re.sub(r"--output \S+", f"--output {tmp_path}", arguments)
                assert f"--output {tmp_path}" in given, "it would write into the checkout"
                script = program.removeprefix("python ") + "build.py"
                done = python(ROOT / script, *shlex.split(given))
                assert done.returncode == 0, done.stderr


def test_decisions_are_numbered_once_and_in_order() -> None:
    text = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == len(re.findall(r"^## ", text, re.MULTILINE))


@each_release
def test_alertmanager_takes_the_quiet_night(release: str, tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "alertmanager/README.md", "yaml")
    (tmp_path / "alertmanager.yml").write_text(block, encoding="utf-8")
    accepted("amtool", "check-config", tmp_path / "alertmanager.yml", release=release)
