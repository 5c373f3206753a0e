import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from episodarr.cli.matching.match import as_text, match
from episodarr.model.matching import FileMatch, TorrentMatch


def a_torrent(**changes: object) -> dict[str, object]:
    torrent: dict[str, object] = {
        "id": "t1",
        "series": {"titles": ["Some Show"], "type": "standard", "alternate_titles": None},
        "torrent_name": "Some.Show.S02.1080p",
        "files": [
            {"path": "Some.Show.S02.1080p/Some.Show.S02E01.mkv", "size": 900_000_000},
            {"path": "Some.Show.S02.1080p/Sample/sample.mkv", "size": 9_000_000},
        ],
        "candidates": [
            {"season": 2, "episode": 1, "air_date": "2020-01-05", "title": "Start"},
            {"season": 2, "episode": 2},
        ],
    }
    return {**torrent, **changes}


def run(source: str, *options: str, lines: bytes | None = None) -> Result:
    return CliRunner().invoke(match, [source, *options], input=lines)


def as_lines(*torrents: object) -> bytes:
    return "".join(json.dumps(torrent) + "\n" for torrent in torrents).encode()


def test_each_good_line_gets_an_answer_line_with_every_file() -> None:
    result = run("-", lines=as_lines(a_torrent(), a_torrent(id=7)))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == ["t1", 7]
    assert answers[0]["files"] == {
        "Some.Show.S02.1080p/Some.Show.S02E01.mkv": [[2, 1]],
        "Some.Show.S02.1080p/Sample/sample.mkv": [],
    }
    assert set(answers[0]) == {"id", "files"}


def test_a_file_is_read_like_standard_input(tmp_path: Path) -> None:
    source = tmp_path / "torrents.jsonl"
    source.write_bytes(as_lines(a_torrent()) + b"\n  \n")
    assert run(str(source)).stdout == run("-", lines=as_lines(a_torrent())).stdout


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b"{not json", "malformed"),
        (b'["a", "list"]', "Expected `object`"),
        (b'{"id": "x"}', "missing required field `series`"),
        (b'{"id": "x", "deep": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "recursion"),
        (as_lines(a_torrent(files=[{"path": "a.mkv", "size": "big"}])).strip(), "$.files[0].size"),
        (as_lines(a_torrent(candidates=[{"season": 1}])).strip(), "`episode`"),
        (b'{"id": "\xff\xfe"}', "utf-8"),
    ],
)
def test_a_malformed_line_is_named_and_the_rest_goes_on(line: bytes, named: str) -> None:
    result = run("-", lines=as_lines(a_torrent()) + line + b"\n" + as_lines(a_torrent(id="t3")))
    assert result.exit_code == 1
    assert [json.loads(text)["id"] for text in result.stdout.splitlines()] == ["t1", "t3"]
    assert "line 2" in result.stderr
    assert named.lower() in result.stderr.lower()
    assert "Traceback" not in result.output


def test_a_file_that_cannot_be_read_is_distinguished_from_malformed_lines(tmp_path: Path) -> None:
    result = run(str(tmp_path / "nowhere.jsonl"))
    assert result.exit_code == 2
    assert "cannot read" in result.stderr
    assert result.stdout == ""
    assert run(str(tmp_path)).exit_code == 2


def test_missing_argument_is_a_usage_error() -> None:
    assert CliRunner().invoke(match, []).exit_code == 2


def test_reasons_are_printed_on_request() -> None:
    result = run("-", "--explain", lines=as_lines(a_torrent()))
    reasons = json.loads(result.stdout)["reasons"]
    assert reasons["Some.Show.S02.1080p/Some.Show.S02E01.mkv"].startswith("S02E01: ")
    assert "“S02E01”" in reasons["Some.Show.S02.1080p/Some.Show.S02E01.mkv"]
    assert reasons["Some.Show.S02.1080p/Sample/sample.mkv"].startswith("none: an extra")


def test_on_a_terminal_the_reasons_are_text_and_hostile_names_do_nothing() -> None:
    held = FileMatch(
        path="a/\x1b[2Jb.mkv",
        episodes=((1, 2), (1, 3)),
        rule="scene",
        tokens=("S01E02",),
        confidence=0.9,
    )
    silent = FileMatch(path="c.mkv", episodes=(), rule="no-evidence", tokens=(), confidence=0.0)
    text = as_text("t1", "Some\nTorrent", TorrentMatch(files=(held, silent)))
    lines = text.splitlines()
    assert len(lines) == 3
    assert "\x1b" not in text
    assert lines[1].strip().startswith("S01E02 S01E03: the scene's numbering (“S01E02”)")
    assert lines[2].strip().startswith("none: ")
