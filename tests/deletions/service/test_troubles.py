"""Trouble of the program's own: a full disk, failing rescans, restarts in the middle, odd questions."""

import asyncio
import dataclasses
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from episodarr.deletions.inventory.due import Trigger
from episodarr.deletions.policy import Policy
from episodarr.errors import BadStatus, ServerFailed, StoreUnwritable
from episodarr.model.check import DiskQuestion, DiskSeen
from episodarr.model.deletion import Answer, DeletionId, DeletionStatus, Verdict
from episodarr.model.deletion_log import RescanResult
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, TvdbId
from episodarr.systems.disk.client import DiskClient
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, TV, DiskOfWorld, local

MINUTE = timedelta(minutes=1)
RESCANS = Policy(rescan_shoko=True, rescan_jellyfin=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


def _limit(driver: Driver, *, pages: int | None) -> None:
    """A disk that is full, or has room again."""
    connection = driver.store._connection._connection
    assert connection is not None
    (used,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {used + pages if pages is not None else 1 << 30}")


async def test_a_full_disk_stops_the_log_and_nothing_else(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    _limit(driver, pages=0)
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    driver.world.scan_jellyfin()
    driver.world.sync_requests()
    await driver.run(40 * MINUTE)
    assert driver.view().status is DeletionStatus.LEFTOVERS
    assert driver.verification.log.write_failures > 1
    assert driver.verification.log.counters.episodes_deleted == 13

    _limit(driver, pages=None)
    driver.now += MINUTE
    await driver.verification.passes.run(driver.now)
    before, counters = driver.views(), driver.verification.log.counters
    assert "The deletion log is written again" in caplog.text
    driver.restart()
    assert driver.views() == before
    assert driver.verification.log.counters == counters


async def test_a_left_over_file_with_a_name_that_is_no_text_does_not_stop_the_log(
    tmp_path: Path,
) -> None:
    root = tmp_path / "media"
    driver = Driver(tmp_path / "store")
    for path in driver.world.disk:
        file = root / path.removeprefix("/media/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 10)
    disk = DiskClient({"/tv": str(root / "tv")})
    witnesses = dataclasses.replace(driver.witnesses(), disk=disk)
    driver.follow(witnesses)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    for gone in show.files.values():
        (root / gone.path.removeprefix("/")).unlink()
    (root / "tv/Charlotte" / os.fsdecode(b"Caf\xe9.mkv")).write_bytes(b"y")
    await driver.hook_series()
    await driver.run(5 * MINUTE)
    assert driver.verification.log.write_failures == 0
    before = driver.views()
    driver.restart()
    assert driver.views() == before
    assert driver.view().expected == 13
    driver.store.close()


async def test_one_deletion_that_cannot_be_written_is_counted_logged_and_tried_again(
    path: Path,
) -> None:
    """A number that no store takes: the others are written, and so is this once it can be."""
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series(TvdbId(2**64))
    await driver.hook_series()
    await driver.run(MINUTE)
    failures = driver.verification.log.write_failures
    assert failures > 1
    assert "OverflowError" in (driver.verification.log.trouble or "")
    await driver.run(MINUTE)
    assert driver.verification.log.write_failures > failures
    driver.restart()
    assert driver.view().expected == 13
    assert driver.verification.log.write_failures == 0


def test_nobody_follows_deletions_by_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    """An empty memory would be written over the log as soon as that can be opened."""
    blocker = tmp_path / "state"
    blocker.write_text("not a folder")
    with pytest.raises(StoreUnwritable):
        Driver(blocker / "store")


async def test_a_rescan_that_fails_is_counted_logged_and_tried_again(path: Path) -> None:
    driver = Driver(path, policy=RESCANS)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    driver.world.sync_requests()
    await driver.hook_series()
    calls = 0

    async def refuse() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ServerFailed("rescan", "500")
        if calls == 2:
            raise RuntimeError("a bug")
        driver.world.clean_shoko()

    driver.world.instead_of_rescan[System.SHOKO] = refuse
    await driver.run(10 * MINUTE)
    rescan = driver.verification.log.records[driver.view().deletion_id].rescan_by_system
    assert rescan[System.SHOKO].result is RescanResult.FAILED
    assert "500" in rescan[System.SHOKO].message
    await driver.run(40 * MINUTE)
    assert calls == 3
    assert driver.view().status is DeletionStatus.COMPLETE
    assert driver.verification.log.counters.rescans_by_result["shoko/failed"] == 2


@pytest.mark.parametrize("second", ["changes nothing", "fails"])
async def test_a_second_rescan_gives_its_system_a_little_time_and_no_more(
    path: Path, second: str
) -> None:
    """A file goes late, after a first rescan was over and the episode had failed."""
    driver = Driver(path, policy=Policy(rescan_jellyfin=True))
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    driver.world.delete_files(show, keep=[(1, 1)])
    driver.world.clean_shoko()
    await driver.hook_series()
    calls = 0

    async def rescan() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            driver.world.scan_jellyfin()
        elif second == "fails":
            raise ServerFailed("rescan", "500")

    driver.world.instead_of_rescan[System.JELLYFIN] = rescan
    await driver.run(40 * MINUTE)
    assert calls == 1
    assert driver.view().count(Verdict.FAILED) == 1

    driver.world.delete_files(show)
    driver.world.clean_shoko()
    await driver.verification.commands.recheck(driver.view().deletion_id, driver.now)
    await driver.run(MINUTE)
    assert calls == 2
    assert driver.view().count(Verdict.FAILED) == 1, "no check since its end"
    has_time = second == "changes nothing"
    for _ in range(10):
        await driver.run(MINUTE)
        assert driver.view().count(Verdict.FAILED) == (not has_time)
    await driver.run(10 * MINUTE)
    assert driver.view().count(Verdict.FAILED) == 1, "Jellyfin holds it, and had its time"


async def test_what_shoko_kept_after_a_rescan_stays_failed_while_one_more_fails(path: Path) -> None:
    driver = Driver(path, policy=Policy(rescan_shoko=True))
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    driver.world.delete_files(show, keep=[(1, 1)])
    driver.world.scan_jellyfin()
    await driver.hook_series()
    calls = 0

    async def rescan() -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise ServerFailed("rescan", "500")

    driver.world.instead_of_rescan[System.SHOKO] = rescan
    await driver.run(80 * MINUTE)
    assert calls == 1
    assert driver.view().count(Verdict.FAILED) == 13

    driver.world.delete_files(show)
    driver.world.scan_jellyfin()
    await driver.verification.commands.recheck(driver.view().deletion_id, driver.now)
    for _ in range(60):
        await driver.run(MINUTE)
        assert driver.view().count(Verdict.FAILED) >= 12
    assert calls > 1


async def test_a_rescan_lost_in_a_restart_is_asked_for_again_but_not_at_once(path: Path) -> None:
    driver = Driver(path, policy=RESCANS)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    never = asyncio.Event()

    async def hang() -> None:
        await never.wait()

    driver.world.instead_of_rescan[System.SHOKO] = hang
    driver.now += MINUTE
    await driver.verification.passes.run(driver.now)
    driver.now += MINUTE
    await driver.verification.passes.run(driver.now)
    assert not driver.world.rescans
    await driver.verification.passes.close(driver.now)
    driver.world.instead_of_rescan.clear()
    driver.restart()
    await driver.run(20 * MINUTE)
    assert not driver.world.rescans
    await driver.run(20 * MINUTE)
    assert [system for system, _ in driver.world.rescans] == [System.SHOKO, System.JELLYFIN]


async def test_systems_that_are_not_configured_any_more_say_nothing(path: Path) -> None:
    driver = Driver(path, policy=RESCANS)
    await driver.take_inventories()
    driver.without = frozenset(
        {System.DISK, System.SHOKO, System.JELLYFIN, System.JELLYSEERR, System.QBITTORRENT}
    )
    driver.restart()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.run(timedelta(hours=14), step=30 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.UNVERIFIED
    answers = {
        s: {e.answer_by_system[s] for e in view.episodes}
        for s in System
        if s in view.episodes[0].answer_by_system
    }
    assert answers == {
        System.SONARR: {Answer.REMOVED},
        System.DISK: {Answer.UNKNOWN},
        System.SHOKO: {Answer.UNKNOWN},
        System.JELLYFIN: {Answer.UNKNOWN},
    }
    assert any("not configured any more" in line for line in view.advice)


async def test_a_sonarr_that_is_not_configured_any_more(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.follow(driver.verification.passes._witnesses.__class__())
    driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.run(20 * MINUTE)
    assert {e.answer_by_system[System.SONARR] for e in driver.view().episodes} == {Answer.UNKNOWN}


async def test_torrents_that_went_too_are_removed_and_others_linger(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.run(MINUTE)
    assert driver.view().record_by_system[System.QBITTORRENT] is Answer.REMAINING
    driver.world.torrents = {h: t for h, t in driver.world.torrents.items() if t != CHARLOTTE}
    await driver.run(10 * MINUTE)
    assert driver.view().record_by_system[System.QBITTORRENT] is Answer.REMOVED
    assert driver.view().lingering_bytes == 0


async def test_due_inventories_leave_out_what_is_being_deleted(path: Path) -> None:
    driver = Driver(path)
    library = [show.series() for show in driver.world.shows.values()]
    due = driver.verification.inventories.due(library, {}, driver.now)
    assert {d.trigger for d in due} == {Trigger.NEVER}
    await driver.take_inventories()
    assert driver.verification.inventories.due(library, {}, driver.now) == ()
    key = SeriesKey(TV, CHARLOTTE)
    urgent: Mapping[SeriesKey, Trigger] = {key: Trigger.EVENT}
    assert [d.key for d in driver.verification.inventories.due(library, urgent, driver.now)] == [
        key
    ]
    driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    assert driver.verification.inventories.due(library, urgent, driver.now) == ()
    await driver.verification.inventories.keep(library, driver.now)
    assert key not in driver.verification.log.summaries


async def test_a_dry_run_says_who_could_testify_and_why_not(path: Path) -> None:
    driver = Driver(path, without=frozenset({System.SHOKO, System.QBITTORRENT}))
    driver.world.faults[System.JELLYFIN] = BadStatus("items", "418")
    driver.world.faults[System.JELLYSEERR] = BadStatus("request", "418")
    series = driver.world.shows[CHARLOTTE].series()
    report = await driver.verification.commands.announce(series, driver.now, is_dry_run=True)
    assert {w.system.value: (w.is_witness, w.sentence) for w in report.witnesses} == {
        "sonarr": (True, "13 of 13 episodes with a file"),
        "disk": (True, "13 of 13 episodes on disk"),
        "shoko": (False, "not configured"),
        "jellyfin": (False, "could not be asked: Jellyfin: 418"),
        "jellyseerr": (False, "could not be asked: Jellyseerr: 418"),
        "qbittorrent": (False, "not configured"),
    }
    assert report.expires_at is None
    driver.world.faults[System.SONARR] = BadStatus("episodefile", "418")
    blind = await driver.verification.commands.announce(series, driver.now, is_dry_run=True)
    assert [w.is_witness for w in blind.witnesses] == [False] * 6


async def test_an_announcement_ends(path: Path) -> None:
    driver = Driver(path)
    series = driver.world.shows[CHARLOTTE].series()
    await driver.take_inventories()
    report = await driver.verification.commands.announce(series, driver.now, is_dry_run=False)
    assert report.expires_at is not None
    driver.now = report.expires_at + MINUTE
    driver.world.drop_row(CHARLOTTE)
    await driver.poll()
    driver.now += MINUTE
    await driver.poll()
    assert driver.view().noticed_by.value == "poll"


async def test_nobody_of_that_name(path: Path) -> None:
    driver = Driver(path)
    unknown = DeletionId("unknown")
    assert unknown not in driver.verification.log.records
    assert await driver.verification.commands.acknowledge(unknown, driver.now) is False
    assert await driver.verification.commands.recheck(unknown, driver.now) is False


async def test_passes_never_overlap(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    driver.world.calls.clear()
    await asyncio.gather(*(driver.verification.passes.run(driver.now) for _ in range(5)))
    assert driver.world.calls["disk/check"] == 1


async def test_what_joins_a_deletion_during_a_check_is_not_judged_by_it(path: Path) -> None:
    """The check did not ask for it, so its absence from the answer proves nothing."""
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.shows[CHARLOTTE]
    first, second = sorted(show.files)[:2]
    for number in (first, second):
        driver.world.disk.pop(local(show.files[number].path))
    await driver.hook_file(first, show.files[first].path)
    disk = driver.verification.passes._witnesses.disk
    assert isinstance(disk, DiskOfWorld)
    usual = disk.check

    async def check(question: DiskQuestion, now: datetime) -> DiskSeen:
        await driver.hook_file(second, show.files[second].path)
        return await usual(question, now)

    object.__setattr__(disk, "check", check)
    driver.now += timedelta(seconds=1)
    await driver.verification.passes.run(driver.now)
    episodes = {e.episode: e.answer_by_system[System.DISK] for e in driver.view().episodes}
    assert episodes == {1: Answer.UNKNOWN, 2: Answer.UNKNOWN}
    object.__delattr__(disk, "check")
    driver.now += timedelta(seconds=1)
    await driver.verification.passes.run(driver.now)
    episodes = {e.episode: e.answer_by_system[System.DISK] for e in driver.view().episodes}
    assert episodes == {1: Answer.REMOVED, 2: Answer.REMOVED}


async def test_an_inventory_taken_between_two_deletions_keeps_what_the_first_one_rests_on(
    path: Path,
) -> None:
    """One file goes, the rest is announced, and the whole series goes: one deletion, all proven."""
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.shows[CHARLOTTE]
    number = min(show.files)
    file = show.files.pop(number)
    await driver.hook_file(number, file.path)
    await driver.verification.commands.announce(show.series(), driver.now, is_dry_run=False)
    driver.world.disk.pop(local(file.path))
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    driver.world.others_catch_up()
    await driver.run(5 * MINUTE)
    view = driver.view()
    assert (view.expected, view.scope.value) == (13, "series")
    assert {a for e in view.episodes for a in e.answer_by_system.values()} == {Answer.REMOVED}
    assert view.status is DeletionStatus.COMPLETE


@pytest.mark.parametrize("system", [System.SHOKO, System.JELLYFIN])
async def test_no_rescan_while_the_disk_cannot_tell_of_every_file(
    path: Path, system: System
) -> None:
    """Some files were proven gone, then the share went away: the others are unknown."""
    policy = Policy(rescan_shoko=system is System.SHOKO, rescan_jellyfin=system is System.JELLYFIN)
    driver = Driver(path, policy=policy)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    driver.world.delete_files(show, keep=sorted(show.files)[5:])
    del driver.world.disk[local(show.files[max(show.files)].path)]
    await driver.hook_series()
    driver.now += timedelta(seconds=1)
    unclear = local(show.files[sorted(show.files)[6]].path)
    driver.world.disk[unclear.replace("/E", "/e")] = driver.world.disk.pop(unclear)
    await driver.run(40 * MINUTE)
    answers = {e.answer_by_system[System.DISK] for e in driver.view().episodes}
    assert answers == {Answer.REMOVED, Answer.REMAINING, Answer.UNKNOWN}
    assert not driver.world.rescans
