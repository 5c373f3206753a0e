"""METRICS.md is what the catalogue says."""

from pathlib import Path

from episodarr.metrics.catalogue import FAMILIES
from episodarr.metrics.reference import reference

COMMITTED = Path(__file__).resolve().parents[2] / "docs/METRICS.md"


def test_the_committed_file_is_current() -> None:
    assert COMMITTED.read_text() == reference(), (
        "run: python -m episodarr.metrics.reference > docs/METRICS.md"
    )


def test_every_family_and_label_is_in_it() -> None:
    text = reference()
    for row in FAMILIES:
        assert f"### `{row.name}`\n" in text
        for name in row.label_names:
            assert f"- `{name}`: " in text
