"""Whatever comes again, late, or after a jump of our clock: each loss is one deletion, once."""

import asyncio
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import override

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from episodarr.model.download import DeleteReason
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, FRIEREN, World, local

NUMBERS = st.integers(1, 3).map(lambda n: (1, n))
REASONS = st.sampled_from([DeleteReason.MANUAL, DeleteReason.MISSING_FROM_DISK])


class Losses(RuleBasedStateMachine):
    """Episodes of one series lose files and get others, while the program comes and goes."""

    def __init__(self) -> None:
        super().__init__()
        self.left = ExitStack()
        self.runner = self.left.enter_context(asyncio.Runner())
        folder = self.left.enter_context(TemporaryDirectory())
        world = World()
        self.show = world.add_show(CHARLOTTE, "Charlotte", {1: 3})
        world.add_show(FRIEREN, "Frieren", {1: 1})
        self.driver = Driver(Path(folder) / "store", world=world)
        self.left.callback(self._close)
        self.reported: list[tuple[tuple[int, int], str, DeleteReason, int]] = []

    def _close(self) -> None:
        self.driver.store.close()  # Another one after each restart.

    @override
    def teardown(self) -> None:
        self.left.close()

    @initialize()
    def begin(self) -> None:
        self.runner.run(self.driver.take_inventories())

    @rule(number=NUMBERS, reason=REASONS)
    def a_file_goes(self, number: tuple[int, int], reason: DeleteReason) -> None:
        file = self.show.files.pop(number, None)
        if file is None:
            return
        self.driver.world.disk.pop(local(file.path), None)
        self.driver.record_id += 1
        self.reported.append((number, file.path, reason, self.driver.record_id))
        self._report(self.reported[-1])

    def _report(self, one: tuple[tuple[int, int], str, DeleteReason, int]) -> None:
        number, path, reason, record_id = one
        self.runner.run(self.driver.hook_file(number, path, reason, record_id=record_id))

    @rule(number=NUMBERS)
    def a_file_is_imported(self, number: tuple[int, int]) -> None:
        if number not in self.show.files:
            self.runner.run(self.driver.import_file(number))

    @rule(number=NUMBERS)
    def a_file_is_found(self, number: tuple[int, int]) -> None:
        """By a rescan, which writes nothing into history."""
        if number not in self.show.files:
            self.driver.world.add_file(self.show, number)

    @rule()
    def the_episodes_are_read(self) -> None:
        self.runner.run(self.driver.read_episodes())
        records = self.driver.verification.log.records.values()
        expected = {e.number for r in records if r.is_open for e in r.expected}
        assert not expected & self.show.files.keys()

    @rule()
    def all_of_history_is_reported_again(self) -> None:
        for one in self.reported:
            self._report(one)

    @rule()
    def the_program_is_killed(self) -> None:
        self.driver.restart()

    @rule(minutes=st.sampled_from([0.1, 1, 3, 16, 60]))
    def time_passes(self, minutes: float) -> None:
        self.driver.now += timedelta(minutes=minutes)
        self.runner.run(self.driver.run(timedelta(seconds=30)))

    @rule(hours=st.sampled_from([-24, -2, 2, 24]))
    def our_clock_jumps(self, hours: int) -> None:
        self.driver.now += timedelta(hours=hours)

    @invariant()
    def each_loss_is_counted_once(self) -> None:
        records = self.driver.verification.log.records.values()
        found = Counter(e.record_id for r in records for e in r.episodes)
        assert found == Counter(record_id for *_, record_id in self.reported)

    @invariant()
    def no_file_is_expected_twice(self) -> None:
        records = self.driver.verification.log.records.values()
        expected = Counter(e.number for r in records if r.is_open for e in r.expected)
        assert set(expected.values()) <= {1}


TestLosses = Losses.TestCase
TestLosses.settings = settings(
    max_examples=max(30, settings().max_examples), stateful_step_count=25, deadline=None
)
