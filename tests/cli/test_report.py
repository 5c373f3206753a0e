"""`episodarr report`: enough to reproduce a match, and nothing private that it can do without."""

import json
from collections.abc import Iterator

import msgspec
import pytest
from click.testing import CliRunner, Result

from episodarr.cli import main
from episodarr.cli.matching.match import AskedTorrent
from episodarr.cli.matching.private import private_words, without
from episodarr.server.contract import ServerOptions
from episodarr.views.matching import NoQuestion, WhyNone
from tests.server.served import Served


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    server = Served(ServerOptions())
    yield server
    server.stop()


@pytest.fixture
def url(server: Served) -> str:
    return server.url


def report(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["report", *arguments, "--url", url])


def test_what_it_writes_is_what_match_reads(url: str) -> None:
    result = report(url, "aa")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["id"] == "report", "the id names the torrent"
    assert document["files"] == [{"path": "AA show/[Xxxxx] Show - 01.mkv", "size": 900}]
    assert "1 private words were replaced" in result.stderr
    matched = CliRunner().invoke(main, ["match", "-"], input=result.stdout)
    assert json.loads(matched.stdout)["files"] == {"AA show/[Xxxxx] Show - 01.mkv": [[1, 1]]}


def test_a_part_of_the_name_is_enough_if_one_has_it(url: str) -> None:
    assert report(url, "BB").exit_code == 0
    several, none = report(url, "show"), report(url, "nothing")
    for result in (several, none):
        assert result.exit_code == 1
        assert result.stdout == ""
        assert "aa AA show" in result.stderr
    assert "give the id of one" in several.stderr


@pytest.mark.parametrize(
    ("why", "code"), [(WhyNone.NO_FILES, 1), (WhyNone.NOT_WANTED, 1), (WhyNone.NOT_ANSWERED, 3)]
)
def test_why_there_is_no_list_is_shown_as_the_exporter_answers_it(
    server: Served, why: WhyNone, code: int
) -> None:
    server.published.no_question = NoQuestion(why=why, sentence="The client is silent.")
    try:
        result = report(server.url, "aa")
    finally:
        server.published.no_question = None
    assert (result.exit_code, result.stdout) == (code, "")
    assert "The client is silent." in result.stderr


def a_torrent(*paths: str, name: str = "Show S01") -> AskedTorrent:
    return msgspec.convert(
        {
            "id": "0123abcd",
            "series": {"titles": ["Show"]},
            "torrent_name": name,
            "files": [{"path": path, "size": 900_000_000} for path in paths],
            "candidates": [{"season": 1, "episode": number} for number in (1, 2)],
        },
        AskedTorrent,
    )


def test_sites_addresses_and_groups_are_replaced_and_titles_stay() -> None:
    asked = a_torrent(
        "www.Tracker-Site.org/[Fans] Show S01E01 me@home.example.org.mkv",
        "www.Tracker-Site.org/Show.S01E02.1080p.WEB-Crew.mkv",
        name="Show S01 1080p-Crew",
    )
    shown, kept = without(asked, private_words(asked, ["1080P"]))
    text = msgspec.json.encode(shown).decode()
    assert kept == ()
    for private in ("Tracker", "Fans", "home.example", "Crew", "1080p", "0123abcd"):
        assert private not in text, private
    assert text.count("Show") == 4
    assert len(shown.files[0].path) == len(asked.files[0].path)
    by_path = shown.match().episodes_by_path()
    assert [by_path[file.path] for file in shown.files] == [((1, 1),), ((1, 2),)]


def test_a_word_that_decides_stays_and_is_named() -> None:
    asked = a_torrent("Show S01E01.mkv", "Show S01E02.mkv")
    shown, kept = without(asked, private_words(asked, ["S01E02", ""]))
    assert kept == ("S01E02",)
    assert [f.path for f in shown.files] == ["Show S01E01.mkv", "Show S01E02.mkv"]
