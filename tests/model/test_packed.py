"""Packed records are what was packed."""

from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.library import AlternateTitle
from episodarr.model.packed import Packed, Packing

TITLES = Packing(AlternateTitle, kept=1)
titles = st.lists(
    st.builds(AlternateTitle, title=st.text(), season=st.none() | st.integers(0, 2**63 - 1)),
    max_size=20,
)


@given(titles)
def test_packed_records_are_the_sequence_that_was_packed(given_: list[AlternateTitle]) -> None:
    packed = Packed(given_, TITLES)
    assert list(packed) == given_
    assert packed == tuple(given_)
    assert len(packed) == len(given_)
    assert bool(packed) == bool(given_)
    assert [packed[place] for place in range(len(packed))] == given_
    assert packed[1:] == tuple(given_[1:])


@given(titles, titles)
def test_packed_records_are_equal_where_the_records_are(
    first: list[AlternateTitle], second: list[AlternateTitle]
) -> None:
    assert Packed(first, TITLES) == Packed(list(first), TITLES)
    assert (Packed(first, TITLES) == Packed(second, TITLES)) == (first == second)
    assert (Packed(first, TITLES) == tuple(second)) == (first == second)
    assert Packed(first, TITLES) != first
