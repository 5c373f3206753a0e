import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.views.find import Found, Named, NotFound, find_series, folded

LIBRARY = (
    Named(id="tv:1", title="SPY x FAMILY", title_slug="spy-x-family", tvdb_id=405920, year=2022),
    Named(id="tv:2", title="Frieren: Beyond Journey's End", title_slug="frieren", tvdb_id=2, year=2023),
    Named(id="tv:3", title="The Office", title_slug="the-office", tvdb_id=3, year=2001),
    Named(id="tv:4", title="The Office", title_slug="the-office-us", tvdb_id=4, year=2005),
    Named(id="tv:5", title="The Office Diaries", title_slug="diaries", tvdb_id=5, year=2010),
    Named(id="tv:6", title="Pokémon", title_slug="pokemon", tvdb_id=6, year=1997),
    Named(id="tv:7", title="24", title_slug="24", tvdb_id=76290, year=2001),
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "id_"),
    [
        ("tv:3", "tv:3"),
        ("405920", "tv:1"),
        ("spy", "tv:1"),
        ("SPY×FAMILY", None),
        ("spy-x-family", "tv:1"),
        ("journeys end", "tv:2"),
        ("Beyond Journey’s End", "tv:2"),
        ("the office us", "tv:4"),
        ("The Office (2001)", "tv:3"),
        ("office diaries", "tv:5"),
        ("POKEMON", "tv:6"),
        ("24", "tv:7"),
    ],
)
def test_a_series_is_found_as_people_name_it(query: str, id_: str | None) -> None:
    answer = find_series(query, LIBRARY)
    assert (answer.series.id if isinstance(answer, Found) else None) == id_


def test_several_are_ambiguous_and_named() -> None:
    answer = find_series("office", LIBRARY)
    assert isinstance(answer, NotFound)
    assert answer.is_ambiguous
    assert [one.id for one in answer.suggestions] == ["tv:3", "tv:4", "tv:5"]
    assert answer.sentence == "3 series match “office”."


def test_misspelled_words_are_suggested() -> None:
    answer = find_series("frierin", LIBRARY)
    assert isinstance(answer, NotFound)
    assert not answer.is_ambiguous
    assert [one.id for one in answer.suggestions] == ["tv:2"]


@pytest.mark.parametrize("query", ["", "  ", "!?"])
def test_nothing_named_is_nothing_found(query: str) -> None:
    answer = find_series(query, LIBRARY)
    assert answer == NotFound("No series was named.", (), is_ambiguous=False)


@given(st.text(max_size=60))
def test_any_words_get_an_answer(query: str) -> None:
    answer = find_series(query, LIBRARY)
    assert isinstance(answer, Found) or answer.sentence
    assert folded(folded(query)) == folded(query)
