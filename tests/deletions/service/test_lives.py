"""Whole deletions from beginning to end, against the small world."""

from datetime import timedelta
from pathlib import Path

import pytest

from episodarr.deletions.policy import Policy
from episodarr.errors import TimedOut
from episodarr.model.deletion import (
    Answer,
    DeletionScope,
    DeletionStatus,
    NoticedBy,
    Verdict,
    is_shown,
)
from episodarr.model.download import DeleteReason
from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.model.notice import LibraryPoll
from tests.deletions.service.driver import Driver
from tests.deletions.service.world import CHARLOTTE, FRIEREN, Sample

RESCANS = Policy(rescan_shoko=True, rescan_jellyfin=True)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "episodarr.sqlite"


async def test_charlotte_with_rescans_becomes_complete(path: Path) -> None:
    driver = Driver(path, policy=RESCANS)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.run(MINUTE)
    assert driver.view().status is DeletionStatus.VERIFYING
    assert driver.view().count(Verdict.PENDING) == 13

    driver.world.delete_files(show)
    await driver.run(2 * MINUTE)
    driver.world.sync_requests()
    await driver.run(5 * MINUTE)

    view = driver.view()
    assert view.status is DeletionStatus.COMPLETE
    assert view.count(Verdict.DELETED) == view.expected == 13
    assert {a for s, a in view.record_by_system.items() if s is not System.QBITTORRENT} == {
        Answer.REMOVED
    }
    assert view.record_by_system[System.QBITTORRENT] is Answer.REMAINING
    assert view.lingering_bytes == 1000
    assert [system for system, _ in driver.world.rescans] == [System.SHOKO, System.JELLYFIN]
    counters = driver.verification.log.counters
    assert counters.rescans_by_result == {"shoko/finished": 1, "jellyfin/finished": 1}
    assert counters.deletions_by_status[DeletionStatus.COMPLETE] == 1
    assert (counters.episodes_expected, counters.episodes_deleted) == (13, 13)


async def test_by_default_records_stay_and_the_advice_names_what_to_do(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.run(12 * HOUR, step=5 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.VERIFYING
    assert view.count(Verdict.DELETED) == 13
    assert not view.advice

    driver.world.scan_jellyfin()
    await driver.run(13 * HOUR, step=5 * MINUTE)
    assert driver.view().status is DeletionStatus.VERIFYING
    await driver.run(2 * HOUR, step=5 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.LEFTOVERS
    assert {e.answer_by_system[System.SHOKO] for e in view.episodes} == {Answer.STALE}
    assert [line.split()[0] for line in view.advice] == ["Shoko", "Jellyseerr"]
    assert not driver.world.rescans

    driver.world.clean_shoko()
    driver.world.sync_requests()
    await driver.run(3 * HOUR, step=5 * MINUTE)
    assert driver.view().status is DeletionStatus.COMPLETE
    assert driver.verification.log.counters.deletions_by_status[DeletionStatus.LEFTOVERS] == 1
    assert driver.verification.log.counters.healed == 0


async def test_jellyfin_that_never_scans_fails_at_its_deadline(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.run(12 * HOUR, step=5 * MINUTE)
    assert driver.view().status is DeletionStatus.VERIFYING
    await driver.run(2 * HOUR, step=5 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.FAILED
    assert view.episodes[0].holders == (System.JELLYFIN,)


async def test_two_files_that_cannot_be_deleted_are_named_and_heal_later(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    stuck = ((1, 11), (1, 12))
    show = driver.world.drop_row(CHARLOTTE)
    driver.world.delete_files(show, keep=stuck)
    driver.world.scan_jellyfin()
    driver.world.clean_shoko()
    await driver.hook_series()
    await driver.run(14 * MINUTE)
    assert driver.view().status is DeletionStatus.VERIFYING
    await driver.run(20 * MINUTE)

    view = driver.view()
    assert view.status is DeletionStatus.PARTIAL
    failed = [(e.episode, e.holders) for e in view.episodes if e.verdict is Verdict.FAILED]
    assert [episode for episode, _ in failed] == [11, 12]
    assert all(System.DISK in holders for _, holders in failed)
    assert view.leftover_bytes == sum(show.files[n].size_bytes for n in stuck)

    driver.world.delete_files(show)
    driver.world.others_catch_up()
    await driver.run(3 * HOUR, step=MINUTE)
    healed = driver.view()
    assert healed.status is DeletionStatus.COMPLETE
    assert healed.deletion_id == view.deletion_id
    counters = driver.verification.log.counters
    assert (counters.partial, counters.healed) == (1, 1)
    assert (counters.episodes_deleted, counters.episodes_failed) == (11, 2)
    assert counters.deletions_by_status[DeletionStatus.PARTIAL] == 1
    assert counters.deletions_by_status[DeletionStatus.COMPLETE] == 0


async def test_a_partial_deletion_still_rescans_for_what_did_go(path: Path) -> None:
    driver = Driver(path, policy=RESCANS)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    driver.world.delete_files(show, keep=[(1, 3)])
    await driver.hook_series()
    await driver.run(2 * HOUR)
    view = driver.view()
    assert view.status is DeletionStatus.PARTIAL
    assert [e.episode for e in view.episodes if e.verdict is Verdict.FAILED] == [3]
    (paths,) = (paths for system, paths in driver.world.rescans if system is System.JELLYFIN)
    assert show.files[(1, 3)].path not in paths


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_unmounted_share_proves_nothing(path: Path, when: str) -> None:
    driver = Driver(path, policy=RESCANS)
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    if when == "before":
        driver.world.is_mounted = False
    await driver.hook_series()
    await driver.run(MINUTE)
    driver.world.is_mounted = False
    await driver.run(2 * HOUR)
    view = driver.view()
    assert {e.answer_by_system[System.DISK] for e in view.episodes} <= {
        Answer.UNKNOWN,
        Answer.REMAINING,
    }
    assert view.count(Verdict.DELETED) == 0
    assert not driver.world.rescans


async def test_from_its_version_6_on_shoko_is_asked_about_the_deleted_files_alone(
    path: Path,
) -> None:
    driver = Driver(path, policy=Policy(rescan_shoko=True))
    driver.world.shoko_version = 6
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    driver.world.delete_files(show)
    await driver.hook_series()
    await driver.run(10 * MINUTE)
    paths = [path for _, paths in driver.world.rescans for path in paths]
    assert sorted(paths) == sorted(f"/media{file.path}" for file in show.files.values())


@pytest.mark.parametrize(
    ("version", "folders", "result"),
    [
        (4, {"tv": Sample(5, 5)}, "refused_version"),
        (5, {"tv": Sample(5, 5), "films": Sample(0, 5)}, "refused_folders"),
        (5, {}, "refused_folders"),
        (5, {"tv": Sample(1_000, 1_000), "half": Sample(1, 1_000)}, "refused_folders"),
        (6, {"tv": Sample(949, 1_000)}, "refused_folders"),
    ],
)
async def test_shokos_rescan_is_refused(
    path: Path, version: int, folders: dict[str, Sample | None], result: str
) -> None:
    driver = Driver(path, policy=RESCANS)
    driver.world.shoko_version = version
    driver.world.shoko_folders = folders
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    driver.world.sync_requests()
    await driver.hook_series()
    await driver.run(20 * MINUTE)
    assert [system for system, _ in driver.world.rescans] == [System.JELLYFIN]
    assert driver.verification.log.counters.rescans_by_result[f"shoko/{result}"] >= 1
    await driver.run(60 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.LEFTOVERS
    assert any("refused" in line for line in view.advice)


async def test_keeping_the_files_when_only_a_poll_saw_it(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    await driver.poll()
    assert not driver.views()
    driver.now += 5 * MINUTE
    await driver.poll()
    assert driver.view().noticed_by is NoticedBy.POLL
    await driver.run(20 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.FILES_KEPT
    assert view.expected == 0
    assert driver.verification.log.counters.episodes_expected == 0
    assert driver.verification.log.counters.deletions_by_status[DeletionStatus.FILES_KEPT] == 1


async def test_sonarr_saying_that_it_kept_the_files_closes_it(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    await driver.hook_series(files=False)
    assert driver.view().status is DeletionStatus.FILES_KEPT
    await driver.poll()
    driver.now += MINUTE
    await driver.poll()
    assert len(driver.views()) == 1


async def test_a_season_of_24_file_events_is_one_deletion(path: Path) -> None:
    driver = Driver(path)
    show = driver.world.shows[CHARLOTTE]
    for episode in range(1, 12):
        driver.world.add_file(show, (2, episode))
    await driver.take_inventories()
    for number in [n for n in show.files if n[0] == 1]:
        file = show.files.pop(number)
        driver.world.disk.pop("/media" + file.path)
        await driver.hook_file(number, file.path)
        await driver.hook_file(number, file.path, record_id=driver.record_id)
        driver.now += timedelta(seconds=5)
    driver.world.scan_jellyfin()
    driver.world.clean_shoko()
    await driver.run(10 * MINUTE)
    view = driver.view()
    assert view.scope is DeletionScope.SEASON
    assert view.expected == 13
    assert view.status is DeletionStatus.COMPLETE
    assert view.record_by_system[System.SONARR] is Answer.NOT_APPLICABLE


async def test_files_that_are_proven_gone_one_by_one_are_still_one_deletion(path: Path) -> None:
    without = frozenset({System.SHOKO, System.JELLYFIN, System.JELLYSEERR, System.QBITTORRENT})
    driver = Driver(path, without=without)
    await driver.take_inventories()
    show = driver.world.shows[CHARLOTTE]
    for number in list(show.files):
        file = show.files.pop(number)
        driver.world.disk.pop("/media" + file.path)
        await driver.hook_file(number, file.path)
        await driver.run(MINUTE)
        assert driver.view().status is DeletionStatus.VERIFYING
    await driver.run(2 * MINUTE)
    view = driver.view()
    assert (view.status, view.expected) == (DeletionStatus.COMPLETE, 13)
    assert driver.verification.log.counters.episodes_deleted == 13


async def test_a_file_deleted_and_grabbed_again_is_superseded(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.shows[CHARLOTTE]
    number = (1, 4)
    await driver.hook_file(number, show.files.pop(number).path)
    driver.now += MINUTE
    await driver.import_file(number)
    assert driver.view().status is DeletionStatus.SUPERSEDED
    await driver.run(20 * MINUTE)
    assert driver.view().status is DeletionStatus.SUPERSEDED


@pytest.mark.parametrize("reason", [DeleteReason.UPGRADE, DeleteReason.MANUAL_OVERRIDE])
async def test_an_upgrade_is_no_deletion(path: Path, reason: DeleteReason) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    number = (1, 4)
    old = driver.world.shows[CHARLOTTE].files[number]
    await driver.hook_file(number, old.path, reason)
    assert not driver.views()


async def test_a_file_missing_from_disk_opens_a_deletion(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    number = (1, 4)
    old = driver.world.shows[CHARLOTTE].files.pop(number)
    driver.world.disk.pop("/media" + old.path)
    await driver.hook_file(number, old.path, DeleteReason.MISSING_FROM_DISK)
    driver.world.scan_jellyfin()
    driver.world.clean_shoko()
    await driver.run(10 * MINUTE)
    view = driver.view()
    assert view.noticed_by is NoticedBy.MISSING
    assert view.status is DeletionStatus.COMPLETE


async def test_a_series_added_again_supersedes_its_deletion(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.run(MINUTE)
    await driver.poll()
    assert driver.view().status is DeletionStatus.VERIFYING
    show.sonarr_id = type(show.sonarr_id)(show.sonarr_id + 500)
    driver.world.shows[CHARLOTTE] = show
    driver.now += MINUTE
    await driver.poll()
    view = driver.view()
    assert view.status is DeletionStatus.SUPERSEDED
    assert "The series was added again." in view.notes


async def test_a_list_that_shows_the_series_again_undoes_nothing_that_sonarr_reported(
    path: Path,
) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    driver.world.shows[CHARLOTTE] = show
    await driver.poll()
    driver.now += MINUTE
    await driver.poll()
    assert driver.view().status is DeletionStatus.VERIFYING
    await driver.run(20 * MINUTE)
    assert driver.view().status is DeletionStatus.FAILED
    assert System.SONARR in driver.view().episodes[0].holders


async def test_a_series_that_list_after_list_shows_again_came_back_whatever_sonarr_reported(
    path: Path,
) -> None:
    """Its deletion ended failed: "Sonarr still lists it"."""
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    driver.world.shows[CHARLOTTE] = show
    await driver.poll()
    assert driver.verification.log.doubtful == {show.series().key}, "the next list is due at once"
    del driver.world.shows[CHARLOTTE]
    await driver.poll()
    assert driver.verification.log.doubtful == set()
    driver.world.shows[CHARLOTTE] = show
    await driver.poll()
    driver.restart()
    await driver.poll()
    assert driver.view().status is DeletionStatus.VERIFYING
    await driver.poll()
    assert driver.view().status is DeletionStatus.SUPERSEDED
    assert "The series came back." in driver.view().notes
    assert show.series().key in driver.verification.log.inventoried


async def test_a_series_that_two_lists_missed_and_that_never_went_can_still_be_verified(
    path: Path,
) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.poll()
    await driver.poll()
    assert driver.view().noticed_by is NoticedBy.POLL
    driver.world.shows[CHARLOTTE] = show
    await driver.poll()
    assert driver.view().status is DeletionStatus.SUPERSEDED
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    driver.now += timedelta(seconds=1)
    await driver.hook_series()
    assert sorted(v.expected for v in driver.views()) == [0, 13]
    driver.world.others_catch_up()
    await driver.run(10 * MINUTE)
    assert {v.status for v in driver.views()} == {
        DeletionStatus.SUPERSEDED,
        DeletionStatus.COMPLETE,
    }


async def test_an_announced_series_is_noticed_as_such_and_a_dry_run_changes_nothing(
    path: Path,
) -> None:
    driver = Driver(path)
    series = driver.world.shows[CHARLOTTE].series()
    report = await driver.verification.commands.announce(series, driver.now, is_dry_run=True)
    assert len(report.inventory.files) == 13
    assert [w.system for w in report.witnesses if w.is_witness] == [
        System.SONARR,
        System.DISK,
        System.SHOKO,
        System.JELLYFIN,
        System.JELLYSEERR,
        System.QBITTORRENT,
    ]
    driver.restart()
    await driver.verification.commands.announce(series, driver.now, is_dry_run=False)
    driver.restart()
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    await driver.poll()
    driver.now += MINUTE
    await driver.poll()
    assert driver.view().noticed_by is NoticedBy.ANNOUNCED


async def test_a_bad_verdict_is_acknowledged_and_then_leaves_after_a_week(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.run(20 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.FAILED
    assert not view.is_acknowledged
    driver.now += timedelta(days=200)
    await driver.verification.passes.run(driver.now)
    assert driver.view().status is DeletionStatus.FAILED
    assert await driver.verification.commands.acknowledge(view.deletion_id, driver.now)
    assert driver.view().is_acknowledged
    driver.now += timedelta(days=8)
    assert not driver.views()
    assert view.deletion_id in driver.verification.log.records
    await driver.verification.passes.run(driver.now)
    assert view.deletion_id not in driver.verification.log.records


async def test_checking_again_now_checks_now(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.run(3 * HOUR)
    assert driver.view().status is DeletionStatus.FAILED
    driver.world.delete_files(show)
    driver.world.others_catch_up()
    await driver.verification.commands.recheck(driver.view().deletion_id, driver.now)
    driver.now += timedelta(seconds=1)
    await driver.verification.passes.run(driver.now)
    assert driver.view().status is DeletionStatus.COMPLETE


async def test_a_view_that_did_not_change_is_the_same_object(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.run(20 * MINUTE)
    first = driver.view()
    driver.now += timedelta(seconds=1)
    await driver.verification.passes.run(driver.now)
    assert driver.view() is first


async def test_without_any_witness_besides_sonarr_nothing_is_proven(path: Path) -> None:
    without = frozenset({System.DISK, System.SHOKO, System.JELLYFIN})
    driver = Driver(path, without=without)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.run(14 * MINUTE)
    assert driver.view().status is DeletionStatus.VERIFYING
    await driver.run(5 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.UNVERIFIED
    assert view.count(Verdict.UNVERIFIED) == 13
    assert any("No system besides Sonarr" in line for line in view.advice)


async def test_a_series_nobody_inventoried_is_unverified(path: Path) -> None:
    driver = Driver(path)
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.run(20 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.UNVERIFIED
    assert view.series == "Charlotte"
    assert view.notes


async def test_another_sonarr_with_the_same_series_is_untouched(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.verification.notices.take(
        LibraryPoll(
            sonarr=SonarrName("anime"),
            at=driver.now + MINUTE,
            sonarr_id_by_tvdb_id={CHARLOTTE: driver.world.shows[FRIEREN].sonarr_id},
        ),
        driver.now + MINUTE,
    )
    assert driver.view().status is DeletionStatus.VERIFYING
    assert driver.view().sonarr == "tv"


async def test_partial_and_healed_count_while_other_checks_are_pending(path: Path) -> None:
    """Four of six went; it was alerted and cleaned up while Jellyfin was still pending."""
    driver = Driver(path)
    await driver.take_inventories()
    show = driver.world.drop_row(CHARLOTTE)
    driver.world.delete_files(show, keep=((1, 11), (1, 12)))
    driver.world.clean_shoko()
    driver.world.faults[System.JELLYFIN] = TimedOut("Items", "no answer")
    await driver.hook_series()
    await driver.run(20 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.PARTIAL
    assert view.count(Verdict.PENDING) == 11
    assert view.finished_at is None
    counters = driver.verification.log.counters
    assert (counters.partial, counters.healed, counters.episodes_expected) == (1, 0, 0)

    driver.world.delete_files(show)
    driver.world.clean_shoko()
    await driver.run(2 * HOUR, step=5 * MINUTE)
    driver.world.faults.clear()
    driver.world.scan_jellyfin()
    await driver.run(2 * HOUR, step=5 * MINUTE)
    assert driver.view().status is DeletionStatus.VERIFYING
    assert driver.verification.log.counters.healed == 0
    driver.world.sync_requests()
    await driver.run(2 * HOUR, step=5 * MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.COMPLETE
    assert view.finished_at is not None
    counters = driver.verification.log.counters
    assert (counters.partial, counters.healed) == (1, 1)
    assert counters.deletions_by_status[DeletionStatus.COMPLETE] == 1


async def test_the_first_verdict_ends_it_whatever_it_is_and_it_stays_shown(path: Path) -> None:
    driver = Driver(path)
    await driver.take_inventories()
    driver.world.drop_row(CHARLOTTE)
    await driver.hook_series()
    await driver.run(14 * HOUR, step=10 * MINUTE)
    first = driver.view()
    assert first.status is DeletionStatus.FAILED
    assert first.finished_at is not None
    driver.now += timedelta(days=30)
    driver.restart()
    await driver.run(MINUTE)
    view = driver.view()
    assert view.status is DeletionStatus.FAILED
    assert view.finished_at == first.finished_at
    assert is_shown(view, driver.now)


async def test_the_log_tells_in_sentences_with_title_and_figures(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="episodarr.deletions.service"):
        driver = Driver(path)
        await driver.take_inventories()
        show = driver.world.drop_row(CHARLOTTE)
        driver.world.delete_files(show, keep=((1, 11), (1, 12)))
        driver.world.scan_jellyfin()
        driver.world.clean_shoko()
        await driver.hook_series()
        await driver.run(20 * MINUTE)
        driver.world.delete_files(show)
        driver.world.others_catch_up()
        await driver.run(3 * HOUR, step=10 * MINUTE)
    messages = [record.getMessage() for record in caplog.records]
    name = "The deletion of Charlotte (tv-299963-20260301T120100)"
    assert messages == [
        f"{name} is opened, noticed by webhook: 13 episodes should be gone.",
        f"{name} is partly done: 11/13 episodes deleted, 2 failed: S01E11, S01E12.",
        f"{name} is complete: 13/13 episodes deleted.",
        f"{name} has healed: 13/13 episodes deleted.",
    ]
