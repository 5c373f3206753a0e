"""Anything may happen in any order; what is called deleted was proven, and everything adds up."""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, override

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from episodarr.deletions.policy import Policy
from episodarr.errors import TimedOut
from episodarr.model.deletion import Answer, DeletionStatus, DeletionView, Verdict
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.download import DeleteReason
from episodarr.model.evidence import RecordLeft, Removed
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, SonarrSeriesId
from episodarr.model.inventory import LibraryFile
from episodarr.model.request import RequestId, RequestStatus
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, FRIEREN, Show, World, local
from tests.replacing import replace

EPISODES = 3
WITNESSES = (System.DISK, System.SHOKO, System.JELLYFIN)
SHOWN_LATER = {
    System.SHOKO: {Answer.STALE},
    System.JELLYFIN: {Answer.STALE, Answer.NOT_APPLICABLE},
}
"""Answers of a deleted episode where a system could not be inventoried; Jellyfin lists everything."""
NOT_EXPECTED = {DeletionStatus.SUPERSEDED, DeletionStatus.FILES_KEPT, DeletionStatus.HELD}
FAULTY = st.sampled_from([s for s in System if s is not System.QBITTORRENT])


def _small() -> World:
    world = World()
    world.add_show(CHARLOTTE, "Charlotte", {1: EPISODES})
    world.add_show(FRIEREN, "Frieren", {1: 1})
    return world


class Life(RuleBasedStateMachine):
    """One series, deleted at any time, in a world where anything may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.left = ExitStack()
        """What is to be given back: a life may be given up before anything has begun."""
        self.folder = self.left.enter_context(TemporaryDirectory())
        self.runner = self.left.enter_context(asyncio.Runner())
        self.world = _small()
        self.shown: dict[str, DeletionView] = {}
        self.files: dict[EpisodeNumber, LibraryFile] = dict(self.world.shows[CHARLOTTE].files)
        self.gone = self.world.shows[CHARLOTTE]
        self.is_late = False
        self.was_set_back = False
        """Whether the program ever started with an earlier time than it had before."""
        self.branch: dict[str, int] = {}
        """What a pool does not show while one of its disks is away."""

    def _run(self, work: Coroutine[Any, Any, object]) -> None:
        self.runner.run(work)

    def _close(self) -> None:
        self.driver.store.close()  # Another one after each restart.

    @override
    def teardown(self) -> None:
        self.left.close()

    @initialize(
        shoko=st.booleans(),
        jellyfin=st.booleans(),
        without=st.just(set()) | st.sets(st.sampled_from(WITNESSES)),
        unseen=st.just(set()) | st.sets(st.sampled_from(WITNESSES)),
        with_webhook=st.booleans(),
        away=st.just(set()) | st.sets(st.integers(1, EPISODES)),
        hours_ahead=st.just(0) | st.sampled_from([-72, -2, 24]),
    )
    def begin(
        self,
        shoko: bool,
        jellyfin: bool,
        without: set[System],
        unseen: set[System],
        with_webhook: bool,
        away: set[int],
        hours_ahead: int,
    ) -> None:
        """One inventory, during which some files are away, and then the deletion.

        Between them the program may start again, with the machine's clock set.
        """
        self.driver = Driver(
            Path(self.folder) / "store",
            world=self.world,
            policy=Policy(rescan_shoko=shoko, rescan_jellyfin=jellyfin),
            without=frozenset(without),
        )
        self.left.callback(self._close)
        self.unseen = unseen
        self.world.faults = {s: TimedOut("inventory", "no answer") for s in unseen}
        lost = {p: self.world.disk.pop(p) for p in map(self._place_of, away)}
        self._run(self.driver.take_inventories())
        self.world.faults = {}
        self.world.disk |= lost
        if hours_ahead:
            self.driver.wall_ahead = timedelta(hours=hours_ahead)
            self.driver.restart()
            self.was_set_back = hours_ahead < 0
        self._delete_series(with_webhook=with_webhook)

    def _place_of(self, number: int) -> str:
        return local(self.files[(1, number)].path)

    def _delete_series(self, *, with_webhook: bool) -> None:
        self.gone = self.world.drop_row(CHARLOTTE)
        if with_webhook:
            self._run(self.driver.hook_series())
        else:
            self._run(self.driver.poll())
            self.driver.now += timedelta(minutes=5)
            self._run(self.driver.poll())

    @rule()
    def all_files_go(self) -> None:
        self.world.delete_files(self.gone)

    @rule(number=st.integers(1, EPISODES))
    def a_file_goes(self, number: int) -> None:
        self.world.disk.pop(local(self.files[(1, number)].path), None)

    @rule(numbers=st.sets(st.integers(1, EPISODES), min_size=1))
    def a_pool_loses_a_branch(self, numbers: set[int]) -> None:
        """Some files are away while the root folder and others are there."""
        for place in map(self._place_of, numbers):
            if place in self.world.disk:
                self.branch[place] = self.world.disk.pop(place)

    @rule()
    def the_branch_comes_back(self) -> None:
        self.world.disk |= self.branch
        self.branch.clear()

    @rule(is_4k=st.booleans())
    def it_is_requested(self, is_4k: bool) -> None:
        request_id = RequestId(max(self.world.requests) + 1)
        self.world.requests[request_id] = replace(
            self.world.requests[CHARLOTTE],
            request_id=request_id,
            status=RequestStatus.PENDING,
            is_4k=is_4k,
            created_at=self.driver.now,
        )

    @rule()
    def the_newest_request_is_withdrawn(self) -> None:
        newest = max(self.world.requests)
        if newest not in {CHARLOTTE, FRIEREN}:
            del self.world.requests[newest]

    @precondition(lambda self: self.is_late)
    @rule(
        with_webhook=st.booleans(),
        before=st.just(set()) | st.sets(st.integers(1, EPISODES)),
        reason=st.sampled_from([DeleteReason.MANUAL, DeleteReason.MISSING_FROM_DISK]),
        minutes=st.sampled_from([1, 10]),
    )
    def it_is_added_and_deleted_again(
        self, with_webhook: bool, before: set[int], reason: DeleteReason, minutes: int
    ) -> None:
        """Perhaps some of its files before the rest."""
        self.everything_answers()
        sonarr_id = SonarrSeriesId(self.gone.sonarr_id + 1)
        again = Show(tvdb_id=CHARLOTTE, sonarr_id=sonarr_id, title="Charlotte")
        self.world.shows[CHARLOTTE] = again
        for number in self.files:
            self.world.add_file(again, number)
        self.branch.clear()
        self.files = dict(again.files)
        self.driver.now += timedelta(minutes=5)
        self._run(self.driver.poll())
        self._run(self.driver.take_inventories())
        self.unseen = set()
        for episode in sorted(before):
            file = again.files.pop((1, episode))
            self._run(self.driver.hook_file((1, episode), file.path, reason))
        if before:
            self._run(self.driver.run(timedelta(minutes=minutes), timedelta(minutes=1)))
        self._delete_series(with_webhook=with_webhook)
        self._each_file_is_expected_once(sonarr_id)
        self.is_late = False

    def _each_file_is_expected_once(self, sonarr_id: SonarrSeriesId) -> None:
        ours = [r for r in self._records() if r.sonarr_id == sonarr_id]
        assert sorted(e.number for r in ours for e in r.expected) == sorted(self.files)

    @rule()
    def in_the_end_what_is_there_is_never_called_gone(self) -> None:
        """Once all answer and every deadline has passed, each file that is there remains."""
        self.everything_answers()
        self.is_late = True
        self.driver.now += timedelta(hours=30)
        self._run(self.driver.poll())
        for view in self.driver.views():
            self._run(self.driver.verification.commands.recheck(view.deletion_id, self.driver.now))
        self._run(self.driver.run(timedelta(seconds=30)))
        if System.DISK in self.driver.without:
            return
        records = self.driver.verification.log.records.values()
        overtaken = {r.deletion_id for r in records for o in records if o.started_at > r.started_at}
        for record in records:
            if record.status in NOT_EXPECTED or record.deletion_id in overtaken:
                continue
            for episode in record.expected:
                if local(episode.path) in self.world.disk:
                    assert episode.answer_by_system[System.DISK] is Answer.REMAINING
                    assert episode.verdict is Verdict.FAILED

    @rule(number=st.integers(1, EPISODES))
    def a_file_is_put_back(self, number: int) -> None:
        file = self.files[(1, number)]
        self.world.disk[local(file.path)] = file.size_bytes
        self.branch.pop(local(file.path), None)

    @rule(number=st.integers(1, EPISODES))
    def a_file_is_renamed_by_hand(self, number: int) -> None:
        file = self.files[(1, number)]
        if self.world.disk.pop(local(file.path), None) is not None:
            self.world.disk[local(file.path) + " renamed.mkv"] = file.size_bytes

    @rule(what=st.sampled_from(["fails", "stranger", "unmounted", "restricted"]), system=FAULTY)
    def something_goes_wrong(self, what: str, system: System) -> None:
        match what:
            case "fails":
                self.world.faults[system] = TimedOut("check", "no answer")
            case "stranger":
                self.world.strangers.add(system)
            case "unmounted":
                self.world.is_mounted = False
            case _:
                self.world.is_restricted = True

    @rule()
    def everything_answers(self) -> None:
        self.world.faults = {}
        self.world.is_mounted = True
        self.world.is_restricted = False
        self.world.strangers.clear()

    @rule()
    def others_catch_up(self) -> None:
        self.world.others_catch_up()

    @rule()
    def the_program_is_killed(self) -> None:
        records = {r.deletion_id: r for r in self._records()}
        before, shown = self._verdicts(), {v.deletion_id: v for v in self.driver.views()}
        counters = self.driver.verification.log.counters
        ahead = self.driver.wall_ahead
        self.driver.restart()
        assert self._verdicts() == before
        if not ahead:
            assert {v.deletion_id: v for v in self.driver.views()} == shown
            assert {r.deletion_id: r for r in self._records()} == records
        self.was_set_back = self.was_set_back or ahead < timedelta()
        self.is_late = self.is_late or ahead > timedelta(hours=1)
        assert self.driver.verification.log.counters == counters

    def _records(self) -> tuple[DeletionRecord, ...]:
        return tuple(self.driver.verification.log.records.values())

    def _verdicts(self) -> dict[str, object]:
        return {
            record.deletion_id: (
                record.status,
                record.answer_by_system,
                [(e.number, e.verdict, e.answer_by_system) for e in record.episodes],
            )
            for record in self._records()
        }

    @rule(hours=st.sampled_from([-72, -24, -2, 2, 24, 72]))
    def the_machines_clock_is_set(self, hours: int) -> None:
        """The program counts the time by itself, and sees it when it starts again."""
        self.driver.wall_ahead += timedelta(hours=hours)

    @rule()
    def sonarr_is_polled(self) -> None:
        if System.SONARR not in self.world.faults:
            self._run(self.driver.poll())
        self.driver.now += timedelta(seconds=5)

    @precondition(lambda self: self.is_late)
    @rule()
    def the_series_is_added_again(self) -> None:
        again = Show(
            tvdb_id=CHARLOTTE,
            sonarr_id=SonarrSeriesId(self.gone.sonarr_id + 1),
            title="Charlotte",
        )
        self.world.shows[CHARLOTTE] = again
        self.driver.now += timedelta(seconds=5)
        self._run(self.driver.poll())
        open_ones = [
            v for v in self.driver.views() if v.finished_at is None and v.scope.value == "series"
        ]
        assert open_ones == []
        del self.world.shows[CHARLOTTE]

    @rule(minutes=st.sampled_from([1, 5, 20, 60, 60 * 14]))
    def time_passes(self, minutes: int) -> None:
        self.is_late = self.is_late or minutes > 60
        self.driver.now += timedelta(minutes=minutes)
        before = {v.deletion_id: v for v in self.driver.views()}
        calls = sum(self.world.calls.values())
        self._run(self.driver.run(timedelta(seconds=30)))
        for view in self.driver.views():
            old = before.get(view.deletion_id)
            if old is not None and sum(self.world.calls.values()) == calls:
                _only_time(old, view)

    @rule()
    def it_is_checked_again(self) -> None:
        for view in self.driver.views():
            self._run(self.driver.verification.commands.recheck(view.deletion_id, self.driver.now))
        self._run(self.driver.run(timedelta(seconds=30)))

    @rule()
    def it_is_acknowledged(self) -> None:
        for view in self.driver.views():
            self._run(
                self.driver.verification.commands.acknowledge(view.deletion_id, self.driver.now)
            )

    @invariant()
    def everything_adds_up(self) -> None:
        for view in self.driver.views():
            event(f"reached {view.status.value}")
            parts = (Verdict.DELETED, Verdict.FAILED, Verdict.UNVERIFIED, Verdict.PENDING)
            assert view.expected == sum(view.count(verdict) for verdict in parts)
            if view.status is DeletionStatus.COMPLETE:
                assert view.count(Verdict.DELETED) == view.expected
            if view.status is DeletionStatus.PARTIAL:
                assert 0 < view.count(Verdict.FAILED) < view.expected

    @invariant()
    def what_is_deleted_was_proven(self) -> None:
        for record in self.driver.verification.log.records.values():
            for episode in record.expected:
                if episode.verdict is not Verdict.DELETED:
                    continue
                findings = {s: e.finding for s, e in episode.evidence_by_system.items()}
                witnesses = [s for s in WITNESSES if isinstance(findings[s], Removed)]
                assert witnesses
                for system, finding in findings.items():
                    answer = episode.answer_by_system[system]
                    assert answer in {Answer.REMOVED, Answer.STALE, Answer.NOT_APPLICABLE}
                    if system in self.unseen:
                        # What it shows afterwards counts, though never as removed.
                        is_absent = answer is Answer.NOT_APPLICABLE
                        is_without = is_absent and system in self.driver.without
                        assert is_without or answer in SHOWN_LATER.get(system, set())
                    if isinstance(finding, Removed | RecordLeft):
                        proof = (
                            finding.proof if isinstance(finding, Removed) else finding.disk_proof
                        )
                        assert proof.control.what
                        assert proof.checked_at >= episode.noticed_at
                        assert proof.checked_at > proof.sighting.at or (
                            self.was_set_back and proof.checked_at == proof.sighting.at
                        )

    @invariant()
    def the_disk_is_believed_only_about_what_went(self) -> None:
        """A file that was there all the time was never called removed by the disk."""
        for record in self.driver.verification.log.records.values():
            for episode in record.expected:
                if isinstance(episode.evidence_by_system[System.DISK].finding, Removed):
                    assert episode.path in self._ever_gone

    @invariant()
    def remember_what_went(self) -> None:
        for file in self.files.values():
            if local(file.path) not in self.world.disk:
                self._ever_gone.add(file.path)

    @property
    def _ever_gone(self) -> set[str]:
        if not hasattr(self, "_gone_paths"):
            self._gone_paths: set[str] = set()
        return self._gone_paths

    @invariant()
    def counters_count_every_deletion_once(self) -> None:
        counters = self.driver.verification.log.counters
        records = self.driver.verification.log.records.values()
        first = [r.first_verdict for r in records if r.first_verdict is not None]
        assert sum(counters.deletions_by_status.values()) == len(first)
        assert counters.episodes_expected == sum(v.expected for v in first)
        assert counters.episodes_expected == (
            counters.episodes_deleted + counters.episodes_failed + counters.episodes_unverified
        )
        assert counters.healed == sum(1 for r in records if r.healed_at is not None)


def _only_time(old: DeletionView, new: DeletionView) -> None:
    """Without a single check, a verdict may only go from pending to unverified."""
    for before, after in zip(old.episodes, new.episodes, strict=True):
        if before.verdict is not after.verdict:
            assert (before.verdict, after.verdict) == (Verdict.PENDING, Verdict.UNVERIFIED)


TestLife = Life.TestCase
TestLife.settings = settings(stateful_step_count=40, deadline=None)
