"""Every system, every way to fail, or to answer well and prove nothing: never removed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.errors import (
    BadPayload,
    BadStatus,
    NotFound,
    RateLimited,
    Redirected,
    ServerFailed,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from episodarr.model.deletion import Answer, DeletionStatus, Verdict
from episodarr.model.health import System
from episodarr.model.ids import TvdbId
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, Sample, World, a_world, local
from tests.replacing import replace

FAILURES = {
    "timeout": TimedOut("check", "no answer in 10 s"),
    "refused": Unreachable("check", "connection refused"),
    "401": Unauthorized("check", "401"),
    "403": Unauthorized("check", "403"),
    "404 on the wrong thing": NotFound("check", "404"),
    "429": RateLimited("check", "429"),
    "500": ServerFailed("check", "500"),
    "502": ServerFailed("check", "502 from a proxy"),
    "HTML instead of JSON": BadPayload("check", "HTML"),
    "truncated JSON": BadPayload("check", "truncated"),
    "empty body": BadPayload("check", "empty"),
    "wrong type": BadPayload("check", "expected array", path="$"),
    "redirect to a login page": Redirected("check", "302 to /login"),
    "418": BadStatus("check", "418"),
}

ASKED = (System.SONARR, System.DISK, System.SHOKO, System.JELLYFIN)
NOTHING = {Answer.UNKNOWN, Answer.NOT_APPLICABLE}


def _clean_up(world: World, system: System) -> None:
    """Everything else goes as it should, so that only this system keeps the verdict open."""
    world.delete_files(world.drop_row(CHARLOTTE))
    if system is not System.JELLYFIN:
        world.scan_jellyfin()
    if system is not System.SHOKO:
        world.clean_shoko()
    world.sync_requests()


async def _end(driver: Driver) -> None:
    await driver.hook_series()
    await driver.run(timedelta(hours=27), step=timedelta(minutes=45))


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("system", ASKED)
async def test_a_failed_check_is_unknown_and_the_verdict_unverified(
    tmp_path: Path, system: System, failure: UpstreamError
) -> None:
    driver = Driver(tmp_path / "store")
    await driver.take_inventories()
    _clean_up(driver.world, system)
    driver.world.faults[system] = failure
    await _end(driver)
    view = driver.view()
    assert {e.answer_by_system[system] for e in view.episodes} == {Answer.UNKNOWN}
    assert view.status is DeletionStatus.UNVERIFIED
    assert view.count(Verdict.UNVERIFIED) == 13
    (detail,) = {x.detail for e in view.episodes for x in e.evidence if x.system is system}
    assert failure.message in detail
    assert any(failure.message in line for line in view.advice)
    assert driver.verification.log.counters.episodes_unverified == 13


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("system", [System.JELLYSEERR, System.QBITTORRENT])
async def test_a_failed_list_is_unknown_but_fails_no_episode(
    tmp_path: Path, system: System, failure: UpstreamError
) -> None:
    driver = Driver(tmp_path / "store")
    await driver.take_inventories()
    _clean_up(driver.world, system)
    driver.world.scan_jellyfin()
    driver.world.clean_shoko()
    driver.world.faults[system] = failure
    await _end(driver)
    view = driver.view()
    assert view.record_by_system[system] is Answer.UNKNOWN
    assert view.count(Verdict.DELETED) == 13
    expected = (
        DeletionStatus.COMPLETE if system is System.QBITTORRENT else DeletionStatus.UNVERIFIED
    )
    assert view.status is expected
    if system is System.JELLYSEERR:
        assert any(line.startswith("Jellyseerr: ") for line in view.advice)
        driver.world.faults.clear()
        await driver.run(timedelta(hours=2), step=timedelta(minutes=30))
        assert driver.view().status is DeletionStatus.COMPLETE
        assert driver.verification.log.counters.healed == 1


def _other_server(system: System) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.strangers.add(system)
        world.shows.pop(CHARLOTTE, None)
        world.jellyfin = {k: v for k, v in world.jellyfin.items() if v.tvdb_id != CHARLOTTE}
        world.shoko = {k: v for k, v in world.shoko.items() if v.tvdb_id != CHARLOTTE}

    return change


def _empty(world: World) -> None:
    world.shows.clear()
    world.jellyfin.clear()
    world.shells.clear()
    world.shoko.clear()
    world.shoko_series.clear()


def _restricted(world: World) -> None:
    world.is_restricted = True
    world.jellyfin = {k: v for k, v in world.jellyfin.items() if v.tvdb_id != CHARLOTTE}
    world.shoko = {k: v for k, v in world.shoko.items() if v.tvdb_id != CHARLOTTE}


def _unmounted(world: World) -> None:
    world.is_mounted = False


def _renamed_on_disk(world: World) -> None:
    for path in [p for p in world.disk if "/Charlotte/" in p]:
        world.disk[path.replace("/E", "/Episode ")] = world.disk.pop(path)


def _renamed_in_jellyfin(world: World) -> None:
    for key in [k for k, v in world.jellyfin.items() if v.tvdb_id == CHARLOTTE]:
        entry = world.jellyfin.pop(key)
        renamed = entry.path.replace("/E", "/Episode ")
        world.jellyfin[key + "-renamed"] = entry._replace(path=renamed)


def _renamed_in_shoko(world: World) -> None:
    for key, entry in world.shoko.items():
        if entry.tvdb_id == CHARLOTTE:
            renamed = entry.path.replace("/E", "/Episode ")
            world.shoko[key] = entry._replace(path=renamed)
            world.disk[local(renamed)] = 77


PROVES_NOTHING = {
    ("another server", System.SONARR): _other_server(System.SONARR),
    ("another server", System.SHOKO): _other_server(System.SHOKO),
    ("another server", System.JELLYFIN): _other_server(System.JELLYFIN),
    ("empty", System.SONARR): _empty,
    ("empty", System.SHOKO): _empty,
    ("empty", System.JELLYFIN): _empty,
    ("empty mount point", System.DISK): _unmounted,
    ("unmounted for Shoko", System.SHOKO): _unmounted,
    ("restricted user", System.SHOKO): _restricted,
    ("restricted user", System.JELLYFIN): _restricted,
    ("renamed since", System.DISK): _renamed_on_disk,
    ("renamed since", System.JELLYFIN): _renamed_in_jellyfin,
    ("renamed since", System.SHOKO): _renamed_in_shoko,
}


@pytest.mark.parametrize(
    ("system", "change"),
    [(system, change) for (_, system), change in PROVES_NOTHING.items()],
    ids=[f"{system.value}: {name}" for name, system in PROVES_NOTHING],
)
async def test_a_good_answer_that_proves_nothing_is_unknown(
    tmp_path: Path, system: System, change: Callable[[World], None]
) -> None:
    others = frozenset({System.DISK, System.SHOKO, System.JELLYFIN}) - {system}
    without = others if system is not System.SONARR else frozenset[System]()
    driver = Driver(tmp_path / "store", without=without)
    await driver.take_inventories()
    driver.world.shows.pop(CHARLOTTE)
    change(driver.world)
    await _end(driver)
    view = driver.view()
    assert {e.answer_by_system[system] for e in view.episodes} == {Answer.UNKNOWN}
    assert view.count(Verdict.DELETED) == 0


async def test_a_wrong_path_mapping_saw_nothing_and_proves_nothing(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store")
    files, driver.world.disk = driver.world.disk, {}
    await driver.take_inventories()
    driver.world.disk = files
    _clean_up(driver.world, System.DISK)
    await _end(driver)
    view = driver.view()
    assert {e.answer_by_system[System.DISK] for e in view.episodes} == {Answer.UNKNOWN}
    assert view.status is DeletionStatus.UNVERIFIED
    assert "path mapping" in next(
        x.detail for x in view.episodes[0].evidence if x.system is System.DISK
    )


@pytest.mark.parametrize("system", [System.DISK, System.SHOKO, System.JELLYFIN])
async def test_what_could_not_be_inventoried_stays_unknown(tmp_path: Path, system: System) -> None:
    driver = Driver(tmp_path / "store")
    driver.world.faults[system] = TimedOut("inventory", "too slow")
    await driver.take_inventories()
    del driver.world.faults[system]
    _clean_up(driver.world, system)
    driver.world.scan_jellyfin()
    driver.world.clean_shoko()
    await _end(driver)
    view = driver.view()
    assert {e.answer_by_system[system] for e in view.episodes} == {Answer.UNKNOWN}
    assert view.status is DeletionStatus.UNVERIFIED
    assert "too slow" in next(x.detail for x in view.episodes[0].evidence if x.system is system)


async def test_an_outage_after_the_proof_takes_nothing_back(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store")
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    driver.world.scan_jellyfin()
    await driver.run(timedelta(hours=27), step=timedelta(minutes=20))
    before = driver.view()
    assert before.status is DeletionStatus.LEFTOVERS
    driver.world.faults = {s: replace_message(FAILURES["502"]) for s in System}
    await driver.run(timedelta(hours=3), step=timedelta(minutes=20))
    view = driver.view()
    assert [e.verdict for e in view.episodes] == [e.verdict for e in before.episodes]
    assert view.status is DeletionStatus.LEFTOVERS


def replace_message(error: UpstreamError) -> UpstreamError:
    """The same kind of failure with other words."""
    return type(error)(error.endpoint, "down for the night")


async def test_what_remained_before_an_outage_is_unverified_not_failed(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store")
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.run(timedelta(minutes=5))
    driver.world.faults = dict.fromkeys(System, FAILURES["timeout"])
    await driver.run(timedelta(hours=14), step=timedelta(minutes=10))
    assert driver.view().status is DeletionStatus.UNVERIFIED


async def test_a_bug_in_a_client_proves_as_little_as_an_outage(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store")
    await driver.take_inventories()
    _clean_up(driver.world, System.DISK)
    driver.world.disk = None  # type: ignore[assignment]  # the bug
    await _end(driver)
    view = driver.view()
    assert {e.answer_by_system[System.DISK] for e in view.episodes} == {Answer.UNKNOWN}
    assert view.status is DeletionStatus.UNVERIFIED


async def test_shoko_that_sees_nothing_at_all_is_not_asked_to_remove_anything(
    tmp_path: Path,
) -> None:
    policy = Driver(tmp_path / "one").policy
    driver = Driver(tmp_path / "store", policy=replace(policy, rescan_shoko=True))
    driver.world.shoko_folders = {"a": Sample(0, 9)}
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await _end(driver)
    assert not driver.world.rescans
    assert len(driver.world.shoko) == 13 + 4


def _out_of_sight(world: World) -> dict[str, int]:
    return {p: world.disk.pop(p) for p in list(world.disk) if "/Charlotte/" in p}


@pytest.mark.parametrize("how", ["not seen", "timed out", "seen"])
async def test_what_is_on_disk_remains_whatever_the_inventory_could_tell(
    tmp_path: Path, how: str
) -> None:
    """Presence needs no witness."""
    driver = Driver(tmp_path / "store")
    lost = _out_of_sight(driver.world) if how == "not seen" else {}
    if how == "timed out":
        driver.world.faults[System.DISK] = FAILURES["timeout"]
    await driver.take_inventories()
    driver.world.faults.clear()
    driver.world.disk |= lost
    driver.world.drop_row(CHARLOTTE)
    driver.world.jellyfin = {
        k: v for k, v in driver.world.jellyfin.items() if v.tvdb_id != CHARLOTTE
    }
    driver.world.shoko = {k: v for k, v in driver.world.shoko.items() if v.tvdb_id != CHARLOTTE}
    await _end(driver)
    view = driver.view()
    assert {e.answer_by_system[System.DISK] for e in view.episodes} == {Answer.REMAINING}
    assert view.count(Verdict.FAILED) == 13


async def test_a_disk_that_lost_most_of_its_other_files_too_proves_nothing(tmp_path: Path) -> None:
    """A pool without one of its branches: two of three other series are away with it."""
    driver = Driver(tmp_path / "store", world=a_world(others=2))
    for number in range(3):
        driver.world.add_show(TvdbId(9000 + number), f"Other {number}", {1: 1})
    await driver.take_inventories()
    world = driver.world
    world.disk = {p: size for p, size in world.disk.items() if "/Frieren/" in p}
    world.drop_row(CHARLOTTE)
    await _end(driver)
    view = driver.view()
    assert {e.answer_by_system[System.DISK] for e in view.episodes} == {Answer.UNKNOWN}
    assert view.count(Verdict.DELETED) == 0
