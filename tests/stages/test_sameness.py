"""What was worked out holds for the very same objects, and only until its time is over."""

from datetime import UTC, datetime, timedelta

from episodarr.model.sameness import Basis

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
ONE, OTHER = [1], [1]


def test_nothing_holds_before_anything_was_worked_out() -> None:
    assert not Basis().holds(now=NOW)
    assert not Basis().holds(ONE, now=NOW)


def test_it_holds_for_the_same_objects_only() -> None:
    basis = Basis()
    basis.rest_on(ONE, None, until=None)
    assert basis.holds(ONE, None, now=NOW)
    assert ONE == OTHER
    assert not basis.holds(OTHER, None, now=NOW)
    assert not basis.holds(ONE, now=NOW)
    basis.forget()
    assert not basis.holds(ONE, None, now=NOW)


def test_it_holds_until_its_time_is_over() -> None:
    basis = Basis()
    basis.rest_on(ONE, until=NOW)
    assert basis.holds(ONE, now=NOW - timedelta(microseconds=1))
    assert not basis.holds(ONE, now=NOW)
