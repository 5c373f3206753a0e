"""Whatever happens to one system: the others' facts stand, nothing appears, nothing goes missing."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from episodarr.app import build
from episodarr.model.ids import EpisodeKey
from episodarr.model.stage import Hold, Stage
from episodarr.simulator import Scenario
from episodarr.simulator.state.jellyfin import JellyfinOptions
from episodarr.simulator.state.seerr import SeerrOptions
from tests.rig import Rig, rig

SPY, LYCORIS, SEVERANCE = 405920, 414057, 371980
WAITS_FOR_JELLYFIN = (SPY, 2, 5)
WAITS_FOR_SHOKO = (SPY, 2, 6)

SYSTEMS = {
    "sonarr.tv": ("tv", "sonarr"),
    "qbittorrent.main": ("main", "qbittorrent"),
    "jellyfin": ("jellyfin", "jellyfin"),
    "shoko": ("shoko", "shoko"),
    "jellyseerr": ("jellyseerr", "jellyseerr"),
}
FAULTS: Mapping[str, Mapping[str, float]] = {
    "refused": {},
    "status": {"status": 401},
    "slow": {"seconds": 2.5},
    "half_body": {},
    "truncated_json": {},
    "empty_server": {},
}

type Stages = dict[EpisodeKey, Stage]


def stages(running: Rig) -> Stages:
    return {
        episode.key: episode.stage
        for view in running.snapshot.series_by_key.values()
        for season in view.seasons
        for episode in season.episodes or ()
    }


def requests_shown(running: Rig) -> set[tuple[int, str, str | None]]:
    return {(r.request_id, r.series, r.sonarr) for r in running.snapshot.requests}


def up(running: Rig) -> dict[str, float]:
    found = running.samples().get("episodarr_upstream_up", {})
    return {dict(labels)["upstream"]: sample for labels, sample in found.items()}


def still_library() -> Scenario:
    """The demo's library, in which nothing happens by itself."""
    library = Scenario.default()
    library.jellyfin = JellyfinOptions(realtime_seconds=None)
    library.jellyseerr = SeerrOptions()
    return library


def bring(running: Rig, tvdb_id: int, season: int, number: int) -> None:
    """Sonarr grabs and imports an episode at once."""
    world = running.simulation.world
    grab = world.grab("tv", tvdb_id, [(season, number)])
    world.finish_download("tv", grab)
    world.sonarr("tv").tracked[grab].automatic = False
    world.import_download("tv", grab)
    world.refresh_queue("tv")


def shoko_takes(running: Rig, tvdb_id: int, season: int, number: int) -> None:
    """Shoko has matched an episode's file."""
    shoko = running.simulation.world.shoko
    assert shoko is not None
    _, series = running.simulation.world.find_series("tv", tvdb_id)
    path = series.file_path(series.files[series.numbered[season, number].file_id])
    shoko.record(path)
    shoko.match(path)


async def pass_time(running: Rig, seconds: float, step: float = 40.0) -> None:
    """Cycle; the simulated Sonarr reads its client as it does every minute."""
    for _ in range(round(seconds / step)):
        running.clock.push(seconds=step)
        for name in running.simulation.world.sonarrs:
            running.simulation.world.refresh_queue(name)
        await running.cycle()


@asynccontextmanager
async def still_life(**options: object) -> AsyncIterator[Rig]:
    """The library with one episode that waits for Jellyfin and one that waits for Shoko."""
    longest_wait = {"EPISODARR_CYCLE_SECONDS": "1", "EPISODARR_REQUESTS_SECONDS": "60"}
    async with rig(still_library(), environment=longest_wait, speed=0.0, **options) as running:  # type: ignore[arg-type]  # rig's own
        await running.settle()
        bring(running, *WAITS_FOR_JELLYFIN)
        shoko_takes(running, *WAITS_FOR_JELLYFIN)
        bring(running, *WAITS_FOR_SHOKO)
        await pass_time(running, 80)
        yield running


def assert_waiting(running: Rig) -> None:
    jellyfin = running.episode("tv", *WAITS_FOR_JELLYFIN)
    shoko = running.episode("tv", *WAITS_FOR_SHOKO)
    assert (jellyfin.stage, jellyfin.hold) == (Stage.IMPORTING, Hold.JELLYFIN_SCAN)
    assert (shoko.stage, shoko.hold) == (Stage.IMPORTING, Hold.SHOKO_MATCH)


@pytest.mark.parametrize("system", SYSTEMS)
async def test_no_fault_of_a_system_changes_the_stage_of_any_episode(system: str) -> None:
    async with still_life() as running:
        assert_waiting(running)
        before, asked = stages(running), requests_shown(running)
        assert set(up(running).values()) == {1}
        assert {Stage.DOWNLOADING, Stage.FOUND, Stage.SEARCHING, Stage.FAILED} <= set(
            before.values()
        )
        for kind, options in FAULTS.items():
            running.simulation.fault(system, kind, **options)  # type: ignore[arg-type]  # its own
            await pass_time(running, 80)
            name = f"{system}, {kind}"
            assert changed(before, stages(running)) == {}, name
            assert requests_shown(running) == asked, name
            others = {k: v for k, v in up(running).items() if k != SYSTEMS[system][0]}
            assert set(others.values()) == {1}, name
            if kind != "slow":
                assert up(running)[SYSTEMS[system][0]] == 0, name
            running.simulation.clear_faults()
            await let_answers_arrive(running, system)
            await pass_time(running, 80)
            assert changed(before, stages(running)) == {}, f"after {name}"
            assert set(up(running).values()) == {1}, f"after {name}"


def changed(before: Stages, after: Stages) -> dict[EpisodeKey, tuple[Stage, Stage | None]]:
    return {k: (s, after.get(k)) for k, s in before.items() if after.get(k) is not s}


async def let_answers_arrive(running: Rig, system: str) -> None:
    for _ in range(500):
        if not running.simulation.requests.in_flight(system):
            return
        await asyncio.sleep(0.02)


def imported_during(running: Rig) -> EpisodeKey:
    """One more anime episode, imported while something is wrong."""
    bring(running, SPY, 2, 8)
    return running.episode("tv", SPY, 2, 8).key


@pytest.mark.parametrize("kind", [k for k in FAULTS if k != "slow"])
@pytest.mark.parametrize("system", ["jellyfin", "shoko"])
async def test_what_comes_during_an_outage_is_not_available_before_it_was_seen(
    system: str, kind: str
) -> None:
    async with still_life() as running:
        before = stages(running)
        running.simulation.fault(system, kind, **FAULTS[kind])  # type: ignore[arg-type]  # its own
        key = imported_during(running)
        if system == "jellyfin":
            shoko_takes(running, SPY, 2, 8)
        await pass_time(running, 80)
        late = running.episode("tv", SPY, 2, 8)
        wait = Hold.JELLYFIN_UNKNOWN if system == "jellyfin" else Hold.SHOKO_MATCH
        assert late.stage is Stage.IMPORTING
        assert late.hold in {wait, Hold.JELLYFIN_SCAN}
        assert set(changed(before, stages(running))) == {key}
        running.simulation.clear_faults()
        running.simulation.world.shoko_match()
        for number in (5, 6, 8):
            shoko_takes(running, SPY, 2, number)
        running.simulation.world.jellyfin_scan()
        await pass_time(running, 140)
        for number in (5, 6, 8):
            assert running.episode("tv", SPY, 2, number).stage is Stage.AVAILABLE


@pytest.mark.parametrize("kind", ["refused", "empty_server"])
@pytest.mark.parametrize("system", ["jellyfin", "shoko", "jellyseerr", "qbittorrent.main"])
async def test_a_restart_during_an_outage_changes_no_stage(system: str, kind: str) -> None:
    async with still_life() as running:
        running.simulation.fault(system, kind)
        await pass_time(running, 80)
        before = stages(running)
        killed = running.application
        running.application = build(killed.settings, clock=running.clock)
        try:
            await running.settle()
            await pass_time(running, 80)
            assert changed(before, stages(running)) == {}
        finally:
            await running.application.poller.stop()
            await running.application.aclose()
            running.application = killed


@pytest.mark.parametrize(
    "variable",
    ["EPISODARR_QBITTORRENT", "EPISODARR_JELLYFIN", "EPISODARR_SHOKO", "EPISODARR_JELLYSEERR"],
)
async def test_a_system_that_is_not_configured_is_no_failure(variable: str) -> None:
    async with still_life() as whole, still_life(without=(variable,)) as running:
        name = variable.removeprefix("EPISODARR_").lower()
        systems = {upstream for upstream, system in SYSTEMS.values() if system == name}
        assert systems & set(up(whole))
        assert not systems & set(up(running))
        assert set(up(running).values()) == {1}
        waits = {
            key: stage
            for key, stage in changed(stages(whole), stages(running)).items()
            if key.season != 2 or key.episode not in {5, 6}
        }
        assert waits == {}
        assert bool(running.snapshot.requests) is (name != "jellyseerr")
        for place in (WAITS_FOR_JELLYFIN, WAITS_FOR_SHOKO):
            hold = running.episode("tv", *place).hold
            if name == "shoko":
                assert hold is not Hold.SHOKO_MATCH
            if name == "jellyfin":
                assert hold not in {Hold.JELLYFIN_SCAN, Hold.JELLYFIN_UNKNOWN}


async def test_a_server_that_stays_empty_is_believed_in_the_end() -> None:
    async with still_life() as running:
        running.simulation.fault("jellyseerr", "empty_server")
        await pass_time(running, 80)
        assert running.snapshot.requests
        await pass_time(running, 16 * 60, step=60)
        assert running.snapshot.requests == ()
        assert up(running)["jellyseerr"] == 1
