"""Verification with the real clients against the simulated systems, on real files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from inspect import isawaitable
from pathlib import Path

import pytest

from episodarr.app.clients import Clients, Watch
from episodarr.app.systems import build_systems
from episodarr.app.witnesses import build_witnesses
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.reports import Reports
from episodarr.deletions.service.verification import Verification
from episodarr.model.deletion import Answer, DeletionStatus, DeletionView, Verdict
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.model.notice import LibraryPoll, SeriesDeleted
from episodarr.simulator import JellyfinOptions, Scenario, SeasonPlan, SeerrOptions, ShokoOptions
from episodarr.store.store import Store
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.sonarr.evidence import SonarrEvidence
from tests.replacing import replace
from tests.rig import settings_of
from tests.simulator.drive import Stage, play

pytestmark = pytest.mark.e2e

TV = SonarrName("tv")
CHARLOTTE, OTHER = TvdbId(299963), TvdbId(424536)
RESCANS = Policy(rescan_shoko=True, rescan_jellyfin=True)


def a_scenario() -> Scenario:
    scenario = Scenario.empty()
    for tvdb_id, title, count in ((CHARLOTTE, "Charlotte (2015)", 13), (OTHER, "Other", 2)):
        seasons = {1: SeasonPlan(episodes=count, files=count)}
        scenario.add_series(tvdb_id, title, seasons, root="/anime", series_type="anime")
        scenario.add_request(tvdb_id, [1])
    return scenario


class Following:
    """Verification with real clients of a simulation."""

    def __init__(self, stage: Stage, folder: Path, policy: Policy) -> None:
        def clock() -> datetime:
            return stage.now

        variables = stage.simulation.environment()
        short = {k.replace("URL", "TIMEOUT_SECONDS"): "10" for k in variables if k.endswith("URL")}
        settings = settings_of({**variables, **short})
        clients = Clients(settings)
        self.stage = stage
        self.systems = build_systems(settings, clients, lambda _name, _system: Watch(), clock)
        state = self.systems.sonarr[TV]
        self.sonarr = state.source
        self.sonarr_evidence = SonarrEvidence(state, clock=clock, settling=policy.settling)
        assert self.systems.shoko is not None
        assert self.systems.jellyseerr is not None
        self.shoko = self.systems.shoko.source
        self.jellyseerr = self.systems.jellyseerr.source
        witnesses = build_witnesses(
            self.systems,
            {TV: self.sonarr_evidence},
            paths=settings.paths,
            freshness=AnswerFreshness(),
            clock=clock,
        )
        self.store = Store.open(folder / "store", stage.now)
        bugs = Bugs()
        self.verification = Verification.read(self.store, witnesses, policy, bugs)
        self.reports = Reports(self.store, (TV,), clock=lambda: stage.now, bugs=bugs)
        self.reports.log = self.verification.log

    async def take_inventories(self) -> None:
        """Everything while all is well."""
        await self.verification.inventories.keep(await self.sonarr.fetch_series(), self.stage.now)
        self.stage.wait(10)

    async def hook(self) -> None:
        """Sonarr's webhook for Charlotte, and the list that it makes due."""
        await self.verification.notices.take(
            SeriesDeleted(
                key=SeriesKey(TV, CHARLOTTE), title="Charlotte", year=2015, has_deleted_files=True
            ),
            self.stage.now,
        )
        await self.poll()

    async def poll(self) -> None:
        """A good and complete poll."""
        listed = {s.key.tvdb_id: s.sonarr_id for s in await self.sonarr.fetch_series()}
        await self.verification.notices.take(
            LibraryPoll(sonarr=TV, at=self.stage.now, sonarr_id_by_tvdb_id=listed), self.stage.now
        )

    async def run(self, length: timedelta, step: timedelta = timedelta(seconds=30)) -> DeletionView:
        """Passes while time goes by everywhere; the one deletion as it then stands."""
        passed = timedelta()
        while passed < length:
            passed += step
            self.stage.wait(step.total_seconds())
            await self.verification.passes.run(self.stage.now)
            await self.verification.passes.rescans.settled()
        (view,) = self.reports.views()
        return view

    async def close(self) -> None:
        """Everything given back."""
        await self.verification.passes.close(self.stage.now)
        self.store.close()
        for close in self.systems.closers():
            closing = close()
            assert isawaitable(closing)
            await closing


@asynccontextmanager
async def follow(
    tmp_path: Path, scenario: Scenario, policy: Policy | None = None
) -> AsyncIterator[Following]:
    """The simulated house with its deletions followed, and inventories taken."""
    async with play(scenario, media_root=tmp_path / "media") as stage:
        following = Following(stage, tmp_path, policy or Policy())
        try:
            await following.take_inventories()
            yield following
        finally:
            await following.close()


def words(view: DeletionView) -> dict[str, str]:
    """The deletion-level answers, for readable failures."""
    return {system.value: answer.value for system, answer in view.record_by_system.items()}


@pytest.mark.parametrize(
    ("shoko", "jellyfin"),
    [
        (ShokoOptions(), JellyfinOptions(realtime_seconds=None)),
        (ShokoOptions(version="6.0.0"), JellyfinOptions(realtime_seconds=None)),
        (
            ShokoOptions(paths={"/anime": "/data/shows"}),
            JellyfinOptions(realtime_seconds=None, paths={"/anime": "/media/anime"}),
        ),
        (ShokoOptions(), JellyfinOptions(realtime_seconds=None, shokofin_roots=("/anime",))),
    ],
    ids=["Shoko 5", "Shoko 6", "other paths everywhere", "Shokofin"],
)
async def test_with_rescans_every_system_is_proven_clean(
    tmp_path: Path, shoko: ShokoOptions, jellyfin: JellyfinOptions
) -> None:
    scenario = a_scenario()
    scenario.shoko, scenario.jellyfin = shoko, jellyfin
    scenario.jellyseerr = SeerrOptions(availability_seconds=120)
    async with follow(tmp_path, scenario, RESCANS) as following:
        following.stage.world.delete_series("tv", CHARLOTTE)
        await following.hook()
        view = await following.run(timedelta(minutes=20))
        assert words(view) == {
            "sonarr": "removed",
            "disk": "removed",
            "shoko": "removed",
            "jellyfin": "removed",
            "jellyseerr": "removed",
            "qbittorrent": "not_applicable",
        }
        assert view.status is DeletionStatus.COMPLETE
        assert view.count(Verdict.DELETED) == view.expected == 13
        assert {a for e in view.episodes for a in e.answer_by_system.values()} == {Answer.REMOVED}
        counts = following.verification.log.counters.rescans_by_result
        assert counts == {"shoko/finished": 1, "jellyfin/finished": 1}


async def test_by_default_it_is_leftovers_until_the_others_catch_up(tmp_path: Path) -> None:
    scenario = a_scenario()
    scenario.jellyfin = JellyfinOptions(realtime_seconds=None)
    async with follow(tmp_path, scenario) as following:
        following.stage.world.delete_series("tv", CHARLOTTE)
        await following.hook()
        view = await following.run(timedelta(minutes=20))
        assert view.status is DeletionStatus.VERIFYING
        assert view.count(Verdict.DELETED) == 13
        assert {e.answer_by_system[System.JELLYFIN] for e in view.episodes} == {Answer.STALE}
        assert {e.answer_by_system[System.SHOKO] for e in view.episodes} == {Answer.STALE}
        assert not view.advice

        await following.shoko.remove_missing_files()
        view = await following.run(timedelta(hours=26), step=timedelta(minutes=20))
        assert view.status is DeletionStatus.COMPLETE, words(view)


async def test_files_that_refuse_are_named_and_heal(tmp_path: Path) -> None:
    scenario = a_scenario()
    async with follow(tmp_path, scenario, replace(RESCANS, rescan_shoko=False)) as following:
        world = following.stage.world
        stuck = world.pin_files("tv", CHARLOTTE, [(1, 11), (1, 12)])
        world.delete_series("tv", CHARLOTTE)
        await following.hook()
        view = await following.run(timedelta(minutes=50))
        assert view.status is DeletionStatus.PARTIAL
        failed = [e for e in view.episodes if e.verdict is Verdict.FAILED]
        assert [e.episode for e in failed] == [11, 12]
        assert all(System.DISK in e.holders for e in failed)
        assert view.leftover_bytes > 0

        world.release_files(stuck)
        await following.shoko.remove_missing_files()
        healed = await following.run(timedelta(hours=27), step=timedelta(minutes=15))
        assert healed.status is DeletionStatus.COMPLETE, words(healed)
        counters = following.verification.log.counters
        assert (counters.partial, counters.healed) == (1, 1)
        assert (counters.episodes_deleted, counters.episodes_failed) == (11, 2)


@pytest.mark.parametrize("state", ["unmounted", "empty"])
async def test_a_share_that_is_away_proves_nothing_and_stops_the_rescan(
    tmp_path: Path, state: str
) -> None:
    scenario = a_scenario()
    async with follow(tmp_path, scenario, RESCANS) as following:
        world = following.stage.world
        world.delete_series("tv", CHARLOTTE, lag_seconds=1e6)
        world.set_mount("/anime", state)
        await following.hook()
        view = await following.run(timedelta(hours=2), step=timedelta(minutes=2))
        assert {e.answer_by_system[System.DISK] for e in view.episodes} == {Answer.UNKNOWN}
        assert view.status is DeletionStatus.VERIFYING
        assert not following.verification.log.counters.rescans_by_result
        world.set_mount("/anime", "mounted")
        view = await following.run(timedelta(hours=2), step=timedelta(minutes=2))
        assert {e.answer_by_system[System.DISK] for e in view.episodes} == {Answer.REMAINING}
        assert view.status is DeletionStatus.FAILED


async def test_renamed_files_were_inventoried_anew_or_prove_nothing(tmp_path: Path) -> None:
    scenario = a_scenario()
    async with follow(tmp_path, scenario) as following:
        world = following.stage.world
        world.rename_files("tv", CHARLOTTE)
        world.delete_series("tv", CHARLOTTE, delete_files=False)
        await following.hook()
        view = await following.run(timedelta(minutes=40))
        assert {e.answer_by_system[System.DISK] for e in view.episodes} == {Answer.UNKNOWN}
        assert view.count(Verdict.DELETED) == 0


async def test_keeping_the_files_noticed_by_poll(tmp_path: Path) -> None:
    scenario = a_scenario()
    async with follow(tmp_path, scenario) as following:
        following.stage.world.delete_series("tv", CHARLOTTE, delete_files=False, webhook=False)
        await following.poll()
        following.stage.wait(60)
        await following.poll()
        view = await following.run(timedelta(minutes=20))
        assert view.status is DeletionStatus.FILES_KEPT
