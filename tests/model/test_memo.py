"""A result holds for the very same inputs, and only until its time is over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.memo import Memo, MemoByKey, are_same

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
POOL = tuple([n // 2] for n in range(6))
"""Objects of which each is equal to another one."""
INPUTS = st.lists(st.sampled_from(range(len(POOL))), max_size=4)


def objects(numbers: list[int]) -> list[object]:
    return [POOL[number] for number in numbers]


def counting() -> tuple[list[int], Callable[[], int]]:
    """How often it was computed, and a computation that gives another number each time."""
    runs: list[int] = []

    def compute() -> int:
        runs.append(len(runs))
        return len(runs)

    return runs, compute


@given(INPUTS, INPUTS)
def test_the_same_objects_in_the_same_order_and_nothing_else(
    first: list[int], second: list[int]
) -> None:
    assert are_same(objects(first), tuple(objects(second))) == (first == second)


@given(st.lists(INPUTS, min_size=1))
def test_it_is_computed_once_for_each_change_of_an_input(story: list[list[int]]) -> None:
    memo: Memo[int] = Memo()
    runs, compute = counting()
    last: list[int] | None = None
    changes = 0
    for numbers in story:
        changes += numbers != last
        last = numbers
        assert memo.of(objects(numbers), compute) == changes == len(runs)
        assert memo.holds(objects(numbers))
        assert memo.get(objects(numbers)) == changes


@given(st.lists(st.tuples(st.integers(0, 2), INPUTS)))
def test_each_key_has_a_result_of_its_own(story: list[tuple[int, list[int]]]) -> None:
    several: MemoByKey[int, int] = MemoByKey()
    alone = {key: Memo[int]() for key in range(3)}
    runs, compute = counting()
    single_runs, single_compute = counting()
    for key, numbers in story:
        known = several.get(key, objects(numbers))
        assert known == alone[key].get(objects(numbers))
        assert several.of(key, objects(numbers), compute) == alone[key].of(
            objects(numbers), single_compute
        )
        assert len(runs) == len(single_runs)


@given(st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_only_the_wanted_keys_are_kept(known: set[int], wanted: set[int]) -> None:
    memo: MemoByKey[int, int] = MemoByKey()
    for key in known:
        memo.put(key, (), key)
    memo.keep_only(wanted)
    assert {key for key in range(6) if memo.get(key, ()) is not None} == known & wanted


@given(st.timedeltas(timedelta(days=-1), timedelta(days=1)))
def test_it_holds_until_its_time_is_over(later: timedelta) -> None:
    memo: Memo[str] = Memo()
    by_key: MemoByKey[str, str] = MemoByKey()
    memo.put(POOL, "known", until=NOW)
    by_key.put("one", POOL, "known", until=NOW)
    expected = "known" if later < timedelta() else None
    assert memo.get(POOL, NOW + later) == by_key.get("one", POOL, NOW + later) == expected
    assert memo.holds(POOL, NOW + later) == (expected is not None)


def test_what_expires_has_expired_where_no_time_is_given() -> None:
    memo: Memo[int] = Memo()
    by_key: MemoByKey[str, int] = MemoByKey()
    runs, compute = counting()
    memo.put(POOL, 0, until=NOW)
    by_key.put("one", POOL, 0, until=NOW)
    assert not memo.holds(POOL)
    assert memo.of(POOL, compute) == 1
    assert by_key.of("one", POOL, compute) == 2
    assert len(runs) == 2


def test_nothing_is_known_before_it_was_computed_or_once_it_is_forgotten() -> None:
    memo: Memo[int] = Memo()
    assert memo.get(()) is None
    memo.put((), 0)
    assert memo.get(()) == 0
    memo.forget()
    assert memo.get(()) is None
    assert not memo.holds(())


def test_a_result_of_none_is_a_result() -> None:
    memo: Memo[None] = Memo()
    memo.put(POOL, None)
    assert memo.holds(POOL)


def test_a_computation_that_fails_leaves_what_was_known() -> None:
    def fail() -> int:
        raise ZeroDivisionError

    memo: Memo[int] = Memo()
    memo.put(POOL, 1)
    with pytest.raises(ZeroDivisionError):
        memo.of((), fail)
    assert memo.get(POOL) == 1
    assert memo.get(()) is None


def test_inputs_that_change_in_place_are_those_of_the_moment() -> None:
    inputs: list[object] = [POOL[0]]
    memo: Memo[int] = Memo()
    memo.put(inputs, 1)
    inputs.append(POOL[1])
    assert not memo.holds(inputs)
