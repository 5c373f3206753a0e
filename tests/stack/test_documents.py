"""What the stack's documents tell people to type exists."""

import re
from pathlib import Path

import click
import pytest

from episodarr.cli import main
from episodarr.settings import Settings
from tests.stack.shipped import ROOT

DOCUMENTS = [
    ROOT / "RUNBOOK.md",
    ROOT / "PROMQL.md",
    ROOT / "alertmanager/README.md",
    ROOT / "grafana/README.md",
    ROOT / "prometheus/README.md",
    ROOT / ".env.example",
    ROOT / "docker-compose.yml",
]
each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS]
)


@each_document
def test_commands_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:docker compose run --rm )?episodarr (?!ID)([a-z-]+)", text))
    assert named <= set(main.list_commands(click.Context(main)))


@each_document
def test_settings_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"EPISODARR_([A-Z]+)(?:__|=)", text):
        assert name.lower() in Settings.model_fields, name


@each_document
def test_files_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:prometheus|alertmanager|grafana|tests)/[\w./-]+)`?", text):
        assert (ROOT / name.rstrip("./")).exists(), name
    for name in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (path.parent / name).exists(), name


@each_document
def test_nothing_belongs_to_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/root/|/home/\w+/|(?<![\w.])/work/", text)


def test_decisions_are_numbered_once_and_in_order() -> None:
    text = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == len(re.findall(r"^## ", text, re.MULTILINE))
