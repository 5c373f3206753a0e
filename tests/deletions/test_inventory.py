"""When inventories are due, and what of the old one outlives the new one."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from episodarr.deletions.inventory.due import Trigger, due_inventories, mark_of
from episodarr.deletions.inventory.merging import join_inventories
from episodarr.deletions.inventory.summary import summarize
from episodarr.deletions.policy import Policy
from episodarr.model.ids import EpisodeFileId, SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.inventory import (
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileSighting,
    JellyfinEntry,
    LibraryFile,
    PartMissing,
    SeriesInventory,
    SonarrHolding,
    Taken,
)
from episodarr.model.library import Series
from episodarr.model.reading import FailureReason
from tests import library
from tests.deletions.test_judges import DOUBLE, an_inventory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_series(tvdb_id: int = 1, path: str = "/tv/A", files: int = 2) -> Series:
    return replace(
        library.a_series(7),
        key=SeriesKey(SonarrName("tv"), TvdbId(tvdb_id)),
        path=path,
        seasons=(library.a_season(files=files, total=2, size_bytes=500),),
    )


def a_complete_inventory(series: Series) -> SeriesInventory:
    inventory = an_inventory()
    return replace(
        inventory,
        mark=mark_of(series),
        key=series.key,
        qbittorrent=replace(inventory.jellyseerr, value=None),
    )


@pytest.mark.parametrize(
    ("now_series", "age", "trigger"),
    [
        (a_series(), timedelta(hours=1), None),
        (a_series(), timedelta(hours=25), Trigger.DAILY),
        (a_series(files=1), timedelta(hours=1), Trigger.CHANGED),
        (a_series(path="/tv/A (2015)"), timedelta(hours=1), Trigger.CHANGED),
    ],
)
def test_what_makes_an_inventory_due(
    now_series: Series, age: timedelta, trigger: Trigger | None
) -> None:
    summary = summarize(a_complete_inventory(a_series()), NOW - age)
    due = due_inventories([now_series], {now_series.key: summary}, {}, NOW, Policy())
    assert [d.trigger for d in due] == ([] if trigger is None else [trigger])


def test_a_part_that_could_not_be_taken_is_tried_again_soon_but_not_at_once() -> None:
    series = a_series()
    inventory = replace(a_complete_inventory(series), shoko=PartMissing())
    for minutes, expected in ((5, []), (70, [Trigger.INCOMPLETE])):
        summary = summarize(inventory, NOW - timedelta(minutes=minutes))
        due = due_inventories([series], {series.key: summary}, {}, NOW, Policy())
        assert [d.trigger for d in due] == expected


def test_the_most_urgent_comes_first_and_the_oldest_among_equals() -> None:
    library = [a_series(n) for n in range(1, 7)]
    summaries = {
        s.key: summarize(a_complete_inventory(s), NOW - timedelta(days=n))
        for n, s in enumerate(library[:4], start=2)
    }
    urgent = {library[1].key: Trigger.EVENT, library[5].key: Trigger.ANNOUNCED}
    due = due_inventories(library, summaries, urgent, NOW, Policy())
    assert [(d.key.tvdb_id, d.trigger) for d in due] == [
        (6, Trigger.ANNOUNCED),
        (2, Trigger.EVENT),
        (5, Trigger.NEVER),
        (4, Trigger.DAILY),
        (3, Trigger.DAILY),
        (1, Trigger.DAILY),
    ]


def _with_disk(inventory: SeriesInventory, sighting: FileSeen | FileNotFound) -> SeriesInventory:
    holding = DiskHolding(sighting_by_path={DOUBLE.path: sighting}, roots=(), folder=None)
    return replace(inventory, disk=Taken(value=holding, at=NOW))


def test_a_file_that_vanished_while_sonarr_still_has_it_keeps_its_sighting() -> None:
    old = an_inventory()
    new = _with_disk(an_inventory(), FileNotFound(local_path="/media/tv/A/E01-E02.mkv"))
    joined = join_inventories(old, new)
    assert isinstance(joined.disk, Taken)
    assert isinstance(joined.disk.value.sighting_by_path[DOUBLE.path], FileSeen)
    assert [root.path for root in joined.disk.value.roots] == ["/media"]


def test_what_a_system_lost_while_sonarr_still_has_the_file_is_remembered() -> None:
    old = an_inventory()
    assert isinstance(old.jellyfin, Taken)
    assert isinstance(old.shoko, Taken)
    new = replace(
        an_inventory(),
        jellyfin=replace(old.jellyfin, value=replace(old.jellyfin.value, entries=())),
        shoko=replace(old.shoko, value=replace(old.shoko.value, files=())),
    )
    joined = join_inventories(old, new)
    assert joined.jellyfin == old.jellyfin
    assert joined.shoko == old.shoko


@pytest.mark.parametrize(
    "newer",
    [replace(DOUBLE, file_id=EpisodeFileId(11)), replace(DOUBLE, path="/tv/A/renamed.mkv")],
    ids=["replaced", "renamed"],
)
def test_what_jellyfin_listed_stays_until_it_lists_something_in_its_place(
    newer: LibraryFile,
) -> None:
    """Until its next scan, for hours, it lists a file that Sonarr replaced or renamed as it was."""
    old = an_inventory()
    new = an_inventory(newer)
    assert isinstance(new.jellyfin, Taken)
    bare = replace(new.jellyfin.value, entries=(), series_ids=(), control_folders=())
    new = replace(new, jellyfin=replace(new.jellyfin, value=bare))
    joined = join_inventories(old, new)
    assert isinstance(joined.jellyfin, Taken)
    assert [e.entry_id for e in joined.jellyfin.value.entries] == ["e"]
    assert joined.jellyfin.value.series_ids == ("shell",)
    assert joined.jellyfin.value.control_folders == ("/data",)
    listed = JellyfinEntry(entry_id="new", episodes=newer.episodes, paths=("/data/new.mkv",))
    seen = replace(new, jellyfin=Taken(at=NOW, value=replace(bare, entries=(listed,))))
    joined = join_inventories(joined, seen)
    assert isinstance(joined.jellyfin, Taken)
    assert [e.entry_id for e in joined.jellyfin.value.entries] == ["new"]


def test_a_failed_part_keeps_what_was_taken_before() -> None:
    old = an_inventory()
    missing = PartMissing(reason=FailureReason.TIMEOUT, message="slow")
    new = replace(an_inventory(), disk=missing, jellyfin=missing, shoko=missing, jellyseerr=missing)
    joined = join_inventories(old, new)
    assert (joined.disk, joined.jellyfin, joined.shoko, joined.jellyseerr) == (
        old.disk,
        old.jellyfin,
        old.shoko,
        old.jellyseerr,
    )


def test_without_sonarrs_part_the_old_inventory_stays_whole() -> None:
    old = an_inventory()
    new = replace(an_inventory(), sonarr=PartMissing(reason=FailureReason.TIMEOUT), mark="new")
    assert join_inventories(old, new) == old
    assert join_inventories(None, new) == new


def test_a_server_that_was_exchanged_starts_its_part_anew() -> None:
    old = an_inventory()
    assert isinstance(old.jellyfin, Taken)
    stranger = replace(old.jellyfin.value, server_id="new", entries=())
    new = replace(an_inventory(), jellyfin=replace(old.jellyfin, value=stranger))
    joined = join_inventories(old, new)
    assert isinstance(joined.jellyfin, Taken)
    assert joined.jellyfin.value.entries == ()


def test_a_summary_holds_the_controls_for_others() -> None:
    summary = summarize(an_inventory(), NOW)
    assert [c.mount for c in summary.disk_controls] == ["/media/tv"]
    assert (summary.series_path, summary.jellyfin_folders) == ("/tv/A", ("/data",))
    assert (summary.shoko_server, summary.shoko_control) == ("k", 3)
    assert summary.is_incomplete
    assert isinstance(an_inventory().sonarr, Taken)
    empty = SonarrHolding(server_id="s", sonarr_id=SonarrSeriesId(7), files=())
    bare = replace(an_inventory(), sonarr=Taken(value=empty, at=NOW), disk=PartMissing())
    assert summarize(bare, NOW).disk_controls == ()


def _moved_to(inventory: SeriesInventory, path: str, sighting: FileSighting) -> SeriesInventory:
    """Sonarr gives its file another path, at which the disk saw that."""
    assert isinstance(inventory.sonarr, Taken)
    files = (replace(DOUBLE, path=path),)
    held = replace(inventory.sonarr, value=replace(inventory.sonarr.value, files=files))
    holding = DiskHolding(sighting_by_path={path: sighting}, roots=(), folder=None)
    return replace(inventory, sonarr=held, disk=Taken(value=holding, at=NOW))


def test_former_paths_stay_until_something_is_seen_in_their_place() -> None:
    """An inventory that finds less does not replace what an earlier one had seen."""
    first = an_inventory()
    assert isinstance(first.disk, Taken)
    seen = first.disk.value.sighting_by_path[DOUBLE.path]
    joined = first
    for path in ("/tv/B/E01-E02.mkv", "/tv/C/E01-E02.mkv"):
        joined = join_inventories(joined, _moved_to(first, path, FileNotFound(local_path="x")))
        assert isinstance(joined.disk, Taken)
        assert [one.path for one in joined.disk.value.former] == [DOUBLE.path]
        assert joined.disk.value.sighting_by_path[DOUBLE.path] == seen
    away = replace(_moved_to(first, "/tv/D/E01-E02.mkv", seen), disk=PartMissing())
    joined = join_inventories(joined, away)
    assert isinstance(joined.disk, Taken)
    assert [one.path for one in joined.disk.value.former] == [DOUBLE.path]
    found = join_inventories(joined, _moved_to(first, "/tv/D/E01-E02.mkv", seen))
    assert isinstance(found.disk, Taken)
    assert (found.disk.value.former, list(found.disk.value.sighting_by_path)) == (
        (),
        ["/tv/D/E01-E02.mkv"],
    )


def test_an_inventory_with_unseen_files_is_due_again_within_minutes() -> None:
    series = a_series()
    unseen = _with_disk(a_complete_inventory(series), FileNotFound(local_path="x"))
    for seconds, expected in ((10, []), (60, [Trigger.UNSEEN])):
        summary = summarize(unseen, NOW - timedelta(seconds=seconds))
        assert summary.unseen_count == 1
        due = due_inventories([series], {series.key: summary}, {}, NOW, Policy())
        assert [d.trigger for d in due] == expected
