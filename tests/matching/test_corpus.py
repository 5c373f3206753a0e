"""The open corpus of file lists, where the reference folder lies beside the repository."""

import json
from collections import Counter

import pytest

from episodarr.cli.matching.match import AskedTorrent, read_torrents
from tests.bench.match import (
    CORPUS,
    LEAST_RIGHT,
    MOST_WRONG,
    MOST_WRONG_WITH_NOISE,
    rows_of,
    verdicts,
)
from tests.bench.mutations import judged

SOURCE = CORPUS / "torrents.jsonl"
IS_THERE = pytest.mark.skipif(
    not SOURCE.exists(), reason="the reference folder is not beside the repository"
)
NOT_SMALL = 60_000_000


def counted(*, same_size: bool = False) -> Counter[str]:
    count: Counter[str] = Counter()
    for row in rows_of(SOURCE):
        for file in row["files"]:
            if same_size and file["size"] > NOT_SMALL:
                file["size"] = 10**9
        ((_, torrent),) = read_torrents([json.dumps(row).encode()])
        assert isinstance(torrent, AskedTorrent), torrent
        answer = {"files": torrent.match().episodes_by_path(), "reasons": {}}
        count.update(verdict for verdict, _ in verdicts(row, answer))
    return count


@IS_THERE
def test_nearly_every_file_of_the_corpus_is_right_and_hardly_any_wrong() -> None:
    count = counted()
    assert count.total() > 2_000
    assert count["right"] >= LEAST_RIGHT * count.total()
    assert count["wrong"] <= MOST_WRONG * count.total()


@IS_THERE
def test_the_corpus_needs_no_help_from_sizes() -> None:
    """What is not queued is small in the corpus; in life it is as large as the rest."""
    assert counted(same_size=True)["wrong"] <= 2


@IS_THERE
def test_noise_in_names_makes_hardly_any_answer_wrong() -> None:
    """`make bench-match` does the same with 100,000 files."""
    count, wrong = judged(rows_of(SOURCE), 1_500, seed=3)
    assert len(wrong) <= MOST_WRONG_WITH_NOISE * count.total(), wrong
    assert count["right"] >= 0.97 * count.total()
