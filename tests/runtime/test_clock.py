"""The clock of the process: it only moves on, whatever the machine's wall clock does."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from episodarr.runtime.clock import SLEWED_PER_SECOND, SteadyClock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Machine:
    """A wall clock that can be set, and an uptime that cannot."""

    def __init__(self) -> None:
        self.wall_at = START
        self.uptime = 1000.0
        self.clock = SteadyClock(lambda: self.wall_at, lambda: self.uptime)

    def passes(self, seconds: float) -> datetime:
        self.uptime += seconds
        self.wall_at += timedelta(seconds=seconds)
        return self.clock()


def test_while_nobody_sets_the_wall_clock_both_show_the_same() -> None:
    machine = Machine()
    for _ in range(1000):
        assert abs(machine.passes(1.7) - machine.wall_at) < timedelta(milliseconds=1)
    assert machine.clock.trouble is None


def test_a_day_forward_for_a_minute_and_back_is_seconds() -> None:
    machine = Machine()
    machine.passes(60)
    machine.wall_at += timedelta(days=1)
    at = [machine.passes(10) for _ in range(6)]
    assert timedelta(0) < at[-1] - START - timedelta(minutes=2) <= 60 * SLEWED_PER_SECOND * SECOND
    assert "set forward by 23:59" in (machine.clock.trouble or "")
    machine.wall_at -= timedelta(days=1)
    for _ in range(120):
        machine.passes(1)
    assert abs(machine.clock() - machine.wall_at) < timedelta(milliseconds=1)
    assert machine.clock.trouble is None


def test_a_clock_that_was_put_right_is_caught_up_with_slowly() -> None:
    for hours in (3, -3):
        machine = Machine()
        machine.wall_at += timedelta(hours=hours)
        before = machine.clock()
        for _ in range(70):
            now = machine.passes(3600)
            assert now > before
            before = now
        assert abs(before - machine.wall_at) < timedelta(milliseconds=1)


def test_a_machine_that_did_not_know_the_time_at_its_start_is_believed_once_it_does() -> None:
    machine = Machine()
    machine.wall_at = datetime(1970, 1, 1, tzinfo=UTC)
    machine.clock = SteadyClock(lambda: machine.wall_at, lambda: machine.uptime)
    machine.passes(10)
    machine.wall_at = START
    assert machine.passes(1) == START + SECOND
    assert machine.clock.trouble is None


STEP = st.tuples(st.floats(0, 1e5), st.timedeltas(timedelta(days=-5000), timedelta(days=5000)))


@given(st.lists(STEP, max_size=20))
def test_however_the_wall_clock_is_set_times_never_go_back_and_are_hardly_longer(
    steps: list[tuple[float, timedelta]],
) -> None:
    machine = Machine()
    before = machine.clock()
    for seconds, by in steps:
        machine.wall_at += by
        now = machine.passes(seconds)
        passed = timedelta(seconds=seconds)
        slack = passed * SLEWED_PER_SECOND + timedelta(microseconds=10)
        assert now >= before
        assert abs(now - before - passed) <= slack
        before = now
