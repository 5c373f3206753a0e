"""One file per subject from one snapshot, linted by promtool.

After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/metrics/test_golden.py`, and read the diff.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from episodarr.metrics.catalogue import SUBJECTS
from episodarr.metrics.rendering.exposition import Exposition
from tests.metrics.reading import read_openmetrics, read_text
from tests.metrics.scene import FixedInstruments, everything, some_counters

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "metrics"
FILES = {
    "library": ("Series", "Seasons", "Episodes"),
    "downloads": ("Downloads",),
    "requests": ("Requests",),
    "deletions": ("Deletions",),
    "health": ("Upstreams", "The exporter itself"),
}
VERSIONED = "episodarr_build_info"

BODIES = Exposition(instruments=FixedInstruments()).update(everything(), some_counters())


def families(body: str) -> dict[str, str]:
    """The page cut before each HELP, by the family's name."""
    blocks = ("# HELP " + block for block in body.split("# HELP ")[1:])
    return {block.split(" ", 3)[2]: block for block in blocks}


def rendered(subject: str) -> str:
    blocks = families(b"".join(BODIES.text).decode())
    names = [row.name for head in FILES[subject] for row in SUBJECTS[head]]
    return "".join(blocks[name] for name in names if name != VERSIONED)


@pytest.mark.parametrize("subject", FILES)
def test_the_page_is_the_golden_one(subject: str) -> None:
    path = GOLDEN / f"{subject}.prom"
    if os.environ.get("UPDATE_GOLDEN") and not os.environ.get("CI"):
        path.write_text(rendered(subject))
    assert rendered(subject) == path.read_text()


def test_the_golden_files_hold_every_family() -> None:
    assert sorted(head for heads in FILES.values() for head in heads) == sorted(SUBJECTS)


@pytest.mark.parametrize("subject", FILES)
def test_promtool_finds_nothing_to_say(subject: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: the golden files were NOT linted")
    page = (GOLDEN / f"{subject}.prom").read_bytes()
    done = subprocess.run(
        [promtool, "check", "metrics"], input=page, capture_output=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_both_formats_tell_the_same() -> None:
    text = read_text(b"".join(BODIES.text))
    assert text == read_openmetrics(b"".join(BODIES.openmetrics))
    assert len(text) > 300


def test_counters_lose_their_suffix_in_openmetrics_heads_only() -> None:
    page = b"".join(BODIES.openmetrics).decode()
    assert "# TYPE episodarr_grabs counter\n" in page
    assert '\nepisodarr_grabs_total{sonarr="tv",indexer="Nyaa"} 23\n' in page
    assert page.endswith("# EOF\n")
    assert "# TYPE episodarr_grabs_total counter\n" in b"".join(BODIES.text).decode()
    assert "EOF" not in b"".join(BODIES.text).decode()
