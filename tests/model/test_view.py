"""Tallies that count the same are one object: a library has thousands of them."""

from episodarr.model.stage import Stage
from episodarr.model.view import Tally


def test_equal_tallies_are_the_same_object() -> None:
    several = [
        Tally.of({Stage.AVAILABLE: 12, Stage.UNAIRED: unaired}, progress_sum=12.0)
        for unaired in (0, 1, 0)
    ]
    assert several[0] is several[2]
    assert several[0] != several[1]
    assert [tally.count(Stage.UNAIRED) for tally in several] == [0, 1, 0]
