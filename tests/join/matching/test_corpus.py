"""The open corpus of file lists, where the reference folder lies beside the repository."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exporter.join.matching import match_files
from exporter.model.matching import AlternateTitle, Candidate, ListedFile, SeriesNames

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "open" / "torrents.jsonl"
VIDEOS = ("mkv", "mp4", "avi", "ts", "m4v", "wmv", "webm", "mov", "mpg", "ogm", "m2ts")


def load(torrent: dict[str, Any]) -> tuple[SeriesNames, list[Candidate], str, list[ListedFile]]:
    series = torrent["series"]
    names = SeriesNames(
        titles=tuple(series["titles"]),
        alternate_titles=tuple(
            AlternateTitle(title=other["title"], season=other.get("season"))
            for other in series.get("alternate_titles") or ()
        ),
        series_type=series["type"],
    )
    candidates = [
        Candidate(
            season=each["season"],
            episode=each["episode"],
            absolute=each.get("absolute"),
            scene_season=each.get("scene_season"),
            scene_episode=each.get("scene_episode"),
            air_date=date.fromisoformat(each["air_date"]) if each.get("air_date") else None,
            title=each.get("title"),
        )
        for each in torrent["candidates"]
    ]
    files = [ListedFile(path=file["path"], size_bytes=file["size"]) for file in torrent["files"]]
    return names, candidates, torrent["torrent_name"], files


@pytest.mark.skipif(not CORPUS.exists(), reason="the reference folder is not beside the repository")
def test_nearly_every_file_of_the_corpus_is_right_and_hardly_any_wrong() -> None:
    count: Counter[str] = Counter()
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        torrent = json.loads(line)
        got = match_files(*load(torrent)).episodes_by_path()
        for path, pairs in torrent["expected"].items():
            if path.rsplit(".", 1)[-1].lower() in VIDEOS:
                held, said = {tuple(pair) for pair in pairs}, set(got[path])
                count["right" if said == held else "silent" if said < held else "wrong"] += 1
    assert count.total() > 2_000
    assert count["right"] >= 0.995 * count.total()
    assert count["wrong"] <= 0.001 * count.total()


@pytest.mark.skipif(not CORPUS.exists(), reason="the reference folder is not beside the repository")
def test_the_corpus_needs_no_help_from_sizes() -> None:
    """What is not queued is small in the corpus; in life it is as large as the rest."""
    wrong = 0
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        torrent = json.loads(line)
        for file in torrent["files"]:
            file["size"] = 1_000_000_000 if file["size"] > 60_000_000 else file["size"]
        got = match_files(*load(torrent)).episodes_by_path()
        for path, pairs in torrent["expected"].items():
            wrong += not set(got[path]) <= {tuple(pair) for pair in pairs}
    assert wrong <= 2
