"""Advice to people reads as sentences."""

import pytest

from episodarr.deletions.shown.advice import sentence_by
from episodarr.model.evidence import Remaining, Unclear
from episodarr.model.health import System


@pytest.mark.parametrize(
    ("finding", "sentence"),
    [
        (
            Unclear(why="/media is not there: is it mounted?"),
            "Disk: /media is not there: is it mounted?",
        ),
        (Unclear(why="the check took too long"), "Disk: the check took too long."),
        (Remaining(what="/media/a.mkv"), "Disk: still there: /media/a.mkv."),
    ],
)
def test_a_question_stays_a_question(finding: Unclear | Remaining, sentence: str) -> None:
    assert sentence_by(System.DISK, finding) == sentence
