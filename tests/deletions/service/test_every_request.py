"""Every request of every check, failing in every way, with the real clients: nothing is ever removed.

The series is really gone from everywhere, so that code that took an error for an empty answer would be
right by chance, and would be seen here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from episodarr.deletions.machine import settle, weigh
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.checks.checking import check_all
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.deletions.shown.advice import advice_of
from episodarr.model.deletion import Answer, DeletionStatus, Verdict
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.health import System
from episodarr.simulator import Scenario, SeasonPlan, ShokoOptions, Simulation
from tests.deletion_e2e.following import others_catch_up
from tests.deletions.service.test_against_simulation import CHARLOTTE, Following, a_scenario, follow
from tests.replacing import replace
from tests.simulator.drive import Stage

pytestmark = pytest.mark.e2e

FAULTS: dict[str, dict[str, object]] = {
    **{str(n): {"kind": "status", "status": n} for n in (401, 403, 404, 418, 429, 500, 502)},
    **{
        kind: {"kind": kind}
        for kind in (
            "half_body",
            "truncated_json",
            "html",
            "empty_body",
            "wrong_type",
            "login_redirect",
        )
    },
}
SYSTEMS = {
    System.SONARR: "sonarr.tv",
    System.SHOKO: "shoko",
    System.JELLYFIN: "jellyfin",
    System.JELLYSEERR: "jellyseerr",
}
OWN_WORDS = {"shoko": ("/api/v3/File/", "/api/v3/Series/")}
"""Where a 404 is Shoko's own way to say that a record is gone, and has no body that could be cut."""
OWN_FAULTS = frozenset({"404", "half_body", "truncated_json"})
POLICY = Policy()


@dataclass
class Table:
    """One deletion of which everything is proven but what one system says."""

    following: Following
    system: System
    record: DeletionRecord

    @classmethod
    async def of(cls, following: Following, system: System) -> "Table":
        """Charlotte, gone from everywhere and checked by all others."""
        world = following.stage.world
        world.delete_series("tv", CHARLOTTE)
        following.stage.wait(5)
        others_catch_up(world)
        following.stage.wait(120)
        await following.hook()
        (record,) = following.verification.log.records.values()
        table = cls(following, system, record)
        others = frozenset({System.DISK, *SYSTEMS}) - {system}
        table.record = await table.check(others)
        return table

    async def check(
        self, systems: frozenset[System], witnesses: Witnesses | None = None
    ) -> DeletionRecord:
        """The deletion after one check; the evidence of the other systems stays."""
        stage, verification = self.following.stage, self.following.verification
        stage.wait(601)  # Sonarr's identity is asked for again after ten minutes.
        one = self.record.deletion_id
        checks = await check_all(
            {one: systems},
            {one: self.record},
            witnesses or verification.passes._witnesses,
            verification.log.control_source,
            stage.now,
        )
        return weigh(self.record, checks[one], stage.now, POLICY).record

    async def assert_unknown(self, witnesses: Witnesses | None = None) -> None:
        """The system's answer is unknown, and the verdict in the end unverified, with a reason."""
        seen = await self.check(frozenset({self.system}), witnesses)
        late = settle(seen, self.following.stage.now + timedelta(hours=30), POLICY).record
        if self.system is System.JELLYSEERR:
            assert late.answer_by_system[self.system] is Answer.UNKNOWN
            assert late.count(Verdict.DELETED) == len(late.expected)
        else:
            assert {e.answer_by_system[self.system] for e in late.expected} == {Answer.UNKNOWN}
            assert late.count(Verdict.UNVERIFIED) == 13
        assert late.status is DeletionStatus.UNVERIFIED
        assert any(line.startswith(self.system.value.capitalize()) for line in advice_of(late))

    async def assert_removed(self) -> list[str]:
        """Without a fault it is removed; gives the paths that were asked for."""
        requests = self.following.stage.simulation.requests
        requests.journal = []
        good = await self.check(frozenset({self.system}))
        assert good.answer_by_system[self.system] is Answer.REMOVED
        if self.system is not System.JELLYSEERR:
            assert {e.answer_by_system[self.system] for e in good.expected} == {Answer.REMOVED}
        name = SYSTEMS[self.system]
        paths = sorted({line.path for line in requests.journal if line.system == name})
        files = [path for path in paths if path.startswith("/api/v3/File/")]
        return [path for path in paths if path not in files[1:]]


@asynccontextmanager
async def tabulate(tmp_path: Path, system: System) -> AsyncIterator[Table]:
    async with follow(tmp_path, a_scenario()) as following:
        yield await Table.of(following, system)


@pytest.mark.parametrize("system", SYSTEMS)
async def test_each_request_of_a_check_fails_in_each_way(tmp_path: Path, system: System) -> None:
    async with tabulate(tmp_path, system) as table:
        name, simulation = SYSTEMS[system], table.following.stage.simulation
        paths = await table.assert_removed()
        assert len(paths) >= 2
        wrong: list[tuple[str, str, str]] = []
        for path in ("/", *paths):
            for fault, details in FAULTS.items():
                if fault in OWN_FAULTS and path.startswith(OWN_WORDS.get(name, "\0")):
                    continue
                simulation.fault(name, path_prefix=path, **details)  # type: ignore[arg-type]
                try:
                    await table.assert_unknown()
                except AssertionError as error:
                    wrong.append((path, fault, str(error).splitlines()[0]))
                simulation.clear_faults()
        assert not wrong
        await table.assert_removed()


@pytest.mark.parametrize("system", SYSTEMS)
async def test_nobody_or_another_and_empty_one_is_at_the_address(
    tmp_path: Path, system: System
) -> None:
    async with tabulate(tmp_path, system) as table:
        for kind in ("refused", "empty_server"):
            table.following.stage.simulation.fault(SYSTEMS[system], kind)
            await table.assert_unknown()
            table.following.stage.simulation.clear_faults()
        await table.assert_removed()


async def test_shoko_that_goes_away_behind_its_proxy_during_a_check(tmp_path: Path) -> None:
    """From some request on everything is 404: the records, and the control that comes last."""
    async with tabulate(tmp_path, System.SHOKO) as table:
        simulation = table.following.stage.simulation
        simulation.fault("shoko", "status", status=404, path_prefix="/api/v3/File/")
        simulation.fault("shoko", "status", status=404, path_prefix="/api/v3/Series/")
        await table.assert_unknown()
        simulation.clear_faults()


@pytest.mark.parametrize("system", [System.SONARR, System.SHOKO, System.JELLYFIN])
async def test_another_healthy_system_with_other_shows_is_at_the_address(
    tmp_path: Path, system: System
) -> None:
    async with tabulate(tmp_path, system) as table:
        folder = tmp_path / "other"
        folder.mkdir()

        def clock() -> datetime:
            return table.following.stage.now

        stranger = Scenario.empty(seed=2)
        stranger.sonarrs = [replace(s, root_folders=("/elsewhere",)) for s in stranger.sonarrs]
        stranger.shoko = ShokoOptions(roots=("/elsewhere",))
        stranger.add_series(
            5,
            "Another",
            {1: SeasonPlan(episodes=2, files=2)},
            root="/elsewhere",
            series_type="anime",
        )
        async with Simulation(stranger, clock=clock, media_root=str(folder)) as other:
            stage = Stage(other, table.following.stage.client)
            elsewhere = Following(stage, folder, POLICY)
            try:
                witnesses = elsewhere.verification.passes._witnesses
                await table.assert_unknown(witnesses)
            finally:
                await elsewhere.close()
