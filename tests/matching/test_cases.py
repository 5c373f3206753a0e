"""Every file of tests/cases: a torrent that was hard once (README.md there says how to add one)."""

from pathlib import Path

import pytest

from episodarr.matching import match_files
from tests.matching.casefile import CASES, read_case

FILES = sorted(CASES.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_is_matched_to_the_episodes_it_holds(path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))
    matched = match_files(case.series, case.candidates, case.torrent_name, case.files)
    listed = {
        found.path: f"{found.episodes} by {found.rule} {found.tokens}" for found in matched.files
    }
    got = matched.episodes_by_path()
    assert case.expected, "a case without files tests nothing"
    astray = {p: listed[p] for p, held in case.expected.items() if got[p] != held}
    assert astray == {}


def test_the_cases_are_found() -> None:
    assert len(FILES) > 100


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("queued: S01", "queued episodes"),
        ("colour: blue", "unknown key"),
        ("title", "key: value"),
        ("type: movie", "unknown key"),
        ("files:\nepisode 1.mkv", "S01E02 path"),
        ("files:\n- a.mkv\n- a.mkv", "twice"),
    ],
)
def test_a_case_that_cannot_be_read_says_where(line: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as raised:
        read_case("# comment\n\n" + line)
    assert str(raised.value).startswith("line ")
