import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.blind import ParsedName, parse_name
from tests.bench.match import KINDS, by_us, is_right

NAMES = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "open" / "names.jsonl"

BEST_LIBRARY_ALONE = {"single": 91.4, "multi": 84.8, "absolute": 95.1, "daily": 89.3}
"""The best of guessit, anitopy and neurelease on each kind, scored as `tests.bench.match` scores."""


def parsed(
    seasons: tuple[int, ...] = (), episodes: tuple[int, ...] = (), air_date: date | None = None
) -> ParsedName:
    return ParsedName(seasons=seasons, episodes=episodes, air_date=air_date)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Some.Show.S01E02.1080p.WEB-DL.DDP5.1.H.264-GRP.mkv", parsed((1,), (2,))),
        ("Some Show - 1x02-1x03 - Title.avi", parsed((1,), (2, 3))),
        ("Some.Show.S01E01E02E03.mkv", parsed((1,), (1, 2, 3))),
        ("Some Show Season 4 Episode 5", parsed((4,), (5,))),
        ("[Group] Some Anime - 05v2 (1080p) [ABCD1234].mkv", parsed((), (5,))),
        ("[Group][Some Anime][05][1080p][GB].mp4", parsed((), (5,))),
        ("[Group] Some Anime 2nd Season - 05 [720p].mkv", parsed((2,), (5,))),
        ("[Group] Some Anime - 01-02 [720p].mkv", parsed((), (1, 2))),
        ("Some Anime 445 VOSTFR par Fansub", parsed((), (445,))),
        ("some.show.105.hdtv-grp.avi", parsed((1,), (5,))),
        ("some.show.2015.0308-grp", parsed((3,), (8,))),
        ("Some.Show.2023.02.13.Guest.1080p.WEB.mkv", parsed(air_date=date(2023, 2, 13))),
        ("Some Show 4th December 2020 WEBRip", parsed(air_date=date(2020, 12, 4))),
        ("Some.Show.S03.1080p.BluRay", parsed((3,))),
        ("Some Show Seasons 1-4 Complete", parsed((1, 2, 3, 4))),
        ("Some Show/Season 2/07 - Title.mkv", parsed((2,), (7,))),
        ("/tv/Some.Show.S04E03.1080p-GRP/f00baa17c0ffee42.mkv", parsed((4,), (3,))),
        ("010E70S.elttiT.emoS.mkv", parsed((7,), (10,))),
        ("Some.Movie.2014.1080p.BluRay.x264-GRP", parsed()),
        ("22 Street Movie (2014) 720p BrRip x264", parsed()),
        ("Some Anime Movie - 09 - Subtitle - 1080p", parsed()),
        ("", parsed()),
    ],
)
def test_a_name_alone_says_its_numbers(name: str, expected: ParsedName) -> None:
    assert parse_name(name) == expected


def test_only_seasons_without_numbers_make_a_pack() -> None:
    assert parse_name("Some.Show.S03.1080p").full_season
    assert not parse_name("Some.Show.S03E01.1080p").full_season
    assert not parse_name("Some.Movie.2014.1080p").full_season


@given(st.text(max_size=300))
def test_no_string_makes_it_raise(name: str) -> None:
    read = parse_name(name)
    assert all(number >= 0 for number in (*read.seasons, *read.episodes))


@pytest.mark.skipif(not NAMES.exists(), reason="the reference folder is not beside the repository")
def test_names_are_read_better_than_by_the_best_library_alone() -> None:
    rows = [json.loads(line) for line in NAMES.read_text(encoding="utf-8").splitlines()]
    totals = Counter(row["kind"] for row in rows)
    right = Counter(row["kind"] for row in rows if is_right(row, by_us(row["name"])))
    assert set(totals) == set(KINDS)
    shares = {kind: 100 * right[kind] / totals[kind] for kind in BEST_LIBRARY_ALONE}
    assert {kind for kind, best in BEST_LIBRARY_ALONE.items() if shares[kind] <= best} == set()
