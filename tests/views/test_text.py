# ruff: noqa: RUF001 - what people are shown has en dashes, and titles in any script
import unicodedata
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.views.text import (
    TITLE_LIMIT_CHARACTERS,
    age,
    counted,
    duration,
    percent,
    plain,
    runs,
    seasons,
    sentence_list,
    size,
)
from tests.builders import NOW


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.0, "0 %"),
        (1e-9, "<1 %"),
        (0.0049, "<1 %"),
        (0.0051, "1 %"),
        (0.29, "29 %"),
        (0.45, "45 %"),
        (0.994, "99 %"),
        (0.99999, "99 %"),
        (1.0, "100 %"),
    ],
)
def test_percent_reaches_its_ends_only_when_it_is_true(ratio: float, words: str) -> None:
    assert percent(ratio) == words


@given(st.integers(1, 100_000), st.data())
def test_a_part_of_a_whole_is_never_none_or_all_of_it(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    words = percent(part / whole)
    assert (words == "0 %") is (part == 0)
    assert (words == "100 %") is (part == whole)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "<1 min"),
        (59, "<1 min"),
        (725, "12 min"),
        (3600, "1 h"),
        (12_000, "3 h 20 min"),
        (40_000, "11 h"),
        (172_800, "2 days"),
        (8_640_000, "100 days"),
    ],
)
def test_durations_are_as_exact_as_people_need(seconds: int, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(days=-4), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=1, minutes=50), "1 hour ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=3, hours=23), "3 days ago"),
    ],
)
def test_ages(ago: timedelta, words: str) -> None:
    assert age(NOW - ago, NOW) == words


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((), ""),
        ((2,), "season 2"),
        ((2, 1), "seasons 1–2"),
        ((1, 2, 4, 5, 7), "seasons 1–2, 4–5, 7"),
        ((0,), "specials"),
        ((0, 1), "season 1 and specials"),
    ],
)
def test_seasons_are_named_as_people_do(numbers: tuple[int, ...], words: str) -> None:
    assert seasons(numbers) == words


@given(st.sets(st.integers(0, 60)))
def test_runs_hold_every_number_once(numbers: set[int]) -> None:
    found = runs(numbers)
    assert [n for first, last in found for n in range(first, last + 1)] == sorted(numbers)
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x9b2Jgone", "2Jgone"),
        ("\x1b]0;title\x07", "]0;title"),
        ("abc\u202egpj.exe", "abcgpj.exe"),
        ("a\u2066b\u2069\u200e\u061cc", "abc"),
        ("one\ntwo\r\nthree\tfour\u2028five", "one two three four five"),
        ("  much   room  ", "much room"),
        ("half \ud800 a character", "half a character"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("SPY×FAMILY スパイ", "SPY×FAMILY スパイ"),
    ],
)
def test_titles_lose_what_moves_a_terminal(hostile: str, shown: str) -> None:
    assert plain(hostile) == shown


@given(st.text(max_size=400))
def test_plain_text_is_one_bounded_line_of_visible_characters(text: str) -> None:
    shown = plain(text)
    assert len(shown) <= TITLE_LIMIT_CHARACTERS
    kept = set(shown) - {"\u200c", "\u200d"}
    assert not {unicodedata.category(letter) for letter in kept} & {
        "Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp",
    }  # fmt: skip
    assert plain(shown) == shown


def test_a_title_of_a_megabyte_ends_early() -> None:
    assert plain("x" * 1_000_000) == "x" * (TITLE_LIMIT_CHARACTERS - 1) + "…"


def test_counts_lists_and_sizes() -> None:
    assert (counted(1, "file"), counted(13, "file")) == ("1 file", "13 files")
    assert counted(2, "series", "series") == "2 series"
    assert sentence_list(["a", "b", "c"], limit=2) == "a, b and 1 more"
    assert (size(900), size(1_500_000), size(5 << 30), size(7 << 50)) == (
        "900 B",
        "1.4 MiB",
        "5.0 GiB",
        "7168.0 TiB",
    )
