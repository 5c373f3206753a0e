"""Single findings: what a check is worth in the cases that whole lives do not reach."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from episodarr.deletions.judge.disk import judge_disk
from episodarr.deletions.judge.jellyfin import judge_jellyfin
from episodarr.deletions.judge.proof import prove
from episodarr.deletions.judge.requests import judge_jellyseerr
from episodarr.deletions.judge.shoko import judge_shoko
from episodarr.deletions.judge.sonarr import judge_sonarr
from episodarr.deletions.opening import GoneFile, open_deletion
from episodarr.deletions.policy import Policy
from episodarr.model.check import (
    DiskSeen,
    FolderSeen,
    JellyfinEntrySeen,
    JellyfinSeen,
    JellyseerrSeen,
    PathAbsent,
    RootState,
    ShokoLocationSeen,
    ShokoSeen,
    SonarrSeen,
    SonarrSeriesFiles,
    VideoLeft,
)
from episodarr.model.deletion import Answer, DeletionId, NoticedBy
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.evidence import Control, Finding, Removed, Sighting, Unclear, answer_of
from episodarr.model.ids import EpisodeFileId, SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.inventory import (
    DiskControl,
    DiskHolding,
    FileNotFound,
    FileSeen,
    FolderIdentity,
    HeldRequest,
    JellyfinEntry,
    JellyfinHolding,
    JellyseerrHolding,
    LibraryFile,
    SeriesInventory,
    ShokoFile,
    ShokoHolding,
    ShokoLocation,
    SonarrHolding,
    Taken,
)
from episodarr.model.request import MediaRequest, MediaStatus, RequestId, RequestStatus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)
LATER = NOW + timedelta(minutes=1)
KEY = SeriesKey(SonarrName("tv"), TvdbId(1))
OTHER = TvdbId(2)
FIRST, SECOND = (1, 1), (1, 2)
DOUBLE = LibraryFile(
    file_id=EpisodeFileId(10), episodes=(FIRST, SECOND), path="/tv/A/E01-E02.mkv", size_bytes=500
)


def an_inventory(file: LibraryFile = DOUBLE) -> SeriesInventory:
    """One double episode that everybody holds, on a mount below the mapped root."""
    return SeriesInventory(
        key=KEY,
        title="A",
        title_slug="a",
        series_type="anime",
        year=2015,
        path="/tv/A",
        sonarr=Taken(
            at=BEFORE,
            value=SonarrHolding(server_id="s", sonarr_id=SonarrSeriesId(7), files=(file,)),
        ),
        disk=Taken(
            at=BEFORE,
            value=DiskHolding(
                sighting_by_path={
                    file.path: FileSeen(
                        local_path="/media/tv/A/E01-E02.mkv",
                        root="/media",
                        mount="/media/tv",
                        device=2,
                        inode=20,
                        link_count=1,
                        size_bytes=500,
                    )
                },
                roots=(FolderIdentity(path="/media", mount="/media", device=1, inode=10),),
                folder=FolderIdentity(path="/media/tv/A", mount="/media/tv", device=2, inode=19),
            ),
        ),
        jellyfin=Taken(
            at=BEFORE,
            value=JellyfinHolding(
                server_id="j",
                library="l",
                series_ids=("shell",),
                season_ids=(),
                entries=(
                    JellyfinEntry(entry_id="e", episodes=file.episodes, paths=("/data/E.mkv",)),
                ),
                other_entry_ids=("copy",),
                control_folders=("/data",),
            ),
        ),
        shoko=Taken(
            at=BEFORE,
            value=ShokoHolding(
                server_id="k",
                series_ids=(3,),
                files=(
                    ShokoFile(
                        file_id=5, episodes=file.episodes, locations=(ShokoLocation(1, "A/E.mkv"),)
                    ),
                ),
            ),
        ),
        jellyseerr=Taken(
            at=BEFORE,
            value=JellyseerrHolding(
                server_id="q",
                tmdb_id=99,
                requests=(
                    HeldRequest(
                        request_id=RequestId(1),
                        status=RequestStatus.APPROVED,
                        seasons=(1,),
                        is_4k=False,
                    ),
                ),
                other_request_ids=(RequestId(2),),
            ),
        ),
    )


def a_deletion(
    gone: tuple[GoneFile, ...] | None = None, inventory: SeriesInventory | None = None
) -> DeletionRecord:
    return open_deletion(
        DeletionId("d"),
        inventory or an_inventory(),
        gone=gone,
        noticed_by=NoticedBy.WEBHOOK,
        now=NOW,
        policy=Policy(),
    )


def test_only_a_check_from_after_the_notice_and_the_sighting_proves_anything() -> None:
    sighting, control = Sighting(what="it", at=BEFORE), Control(what="another")
    early = prove(sighting, control, checked_at=NOW - timedelta(seconds=1), noticed_at=NOW)
    late_sighting = prove(Sighting(what="it", at=LATER), control, checked_at=LATER, noticed_at=NOW)
    assert isinstance(early, Unclear)
    assert isinstance(late_sighting, Unclear)
    assert isinstance(prove(sighting, control, checked_at=NOW, noticed_at=NOW), Removed)


def _sonarr(**changes: object) -> SonarrSeen:
    values: dict[str, object] = {
        "at": LATER,
        "method": "GET",
        "server_id": "s",
        "sonarr_id_by_tvdb_id": {OTHER: SonarrSeriesId(8)},
        "files": None,
    }
    return SonarrSeen(**{**values, **changes})  # type: ignore[arg-type]  # any field may change


def test_sonarr_with_its_neighbor_under_another_number_is_another_sonarr() -> None:
    check = _sonarr(sonarr_id_by_tvdb_id={OTHER: SonarrSeriesId(800)})
    others = {OTHER: SonarrSeriesId(8)}
    assert isinstance(
        judge_sonarr(a_deletion(), dataclasses.replace(check, expected_others=others)).record,
        Unclear,
    )
    good = judge_sonarr(a_deletion(), _sonarr(expected_others=others))
    assert isinstance(good.record, Removed)
    assert {type(f) for f in good.finding_by_episode.values()} == {Removed}


def test_the_last_series_of_a_sonarr_rests_on_its_identity() -> None:
    empty = _sonarr(sonarr_id_by_tvdb_id={})
    itself = {KEY.tvdb_id: SonarrSeriesId(7)}
    assert isinstance(
        judge_sonarr(a_deletion(), dataclasses.replace(empty, expected_others=itself)).record,
        Removed,
    )
    strange = _sonarr(sonarr_id_by_tvdb_id={}, server_id="x")
    assert isinstance(
        judge_sonarr(a_deletion(), dataclasses.replace(strange, expected_others={})).record, Unclear
    )


@pytest.mark.parametrize(
    ("unread", "record_type"),
    [
        ({"unread_ids": frozenset({7})}, Unclear),
        ({"is_whole": False}, Unclear),
        ({"unread_ids": frozenset({9})}, Removed),
    ],
)
def test_a_series_whose_record_cannot_be_read_is_not_gone(
    unread: dict[str, object], record_type: type[Finding]
) -> None:
    others = {OTHER: SonarrSeriesId(8)}
    judged = judge_sonarr(a_deletion(), _sonarr(**unread, expected_others=others))
    assert isinstance(judged.record, record_type)
    assert {type(f) for f in judged.finding_by_episode.values()} == {record_type}


@pytest.mark.parametrize(
    ("file_ids", "answer"),
    [({1: 10, 2: 10}, Answer.REMAINING), ({}, Answer.REMOVED), ({1: 11}, Answer.UNKNOWN)],
)
def test_sonarr_about_single_files(file_ids: dict[int, int], answer: Answer) -> None:
    gone = (GoneFile(number=FIRST, path=DOUBLE.path),)
    by_number = {(1, n): EpisodeFileId(i) for n, i in file_ids.items()}
    check = _sonarr(
        sonarr_id_by_tvdb_id={OTHER: SonarrSeriesId(8), KEY.tvdb_id: SonarrSeriesId(7)},
        files=SonarrSeriesFiles(
            file_ids=frozenset(by_number.values()), file_id_by_episode=by_number
        ),
    )
    others = {OTHER: SonarrSeriesId(8)}
    judgement = judge_sonarr(a_deletion(gone), dataclasses.replace(check, expected_others=others))
    assert {n: answer_of(f) for n, f in judgement.finding_by_episode.items()} == {FIRST: answer}
    assert answer_of(judgement.record) is Answer.NOT_APPLICABLE


def _disk(**changes: object) -> DiskSeen:
    values: dict[str, object] = {
        "at": LATER,
        "method": "lstat",
        "state_by_path": {"/media/tv/A/E01-E02.mkv": PathAbsent()},
        "root_by_path": {"/media": RootState(device=1, inode=10)},
        "controls": (),
        "folder": FolderSeen(exists=False),
    }
    return DiskSeen(**{**values, **changes})  # type: ignore[arg-type]  # any field may change


def _disk_answers(check: DiskSeen) -> set[Answer]:
    return {answer_of(f) for f in judge_disk(a_deletion(), check).finding_by_episode.values()}


def test_the_same_root_proves_nothing_about_a_mount_below_it() -> None:
    assert _disk_answers(_disk()) == {Answer.UNKNOWN}


def test_a_control_on_another_mount_proves_nothing() -> None:
    elsewhere = DiskControl(path="/media/films/x.mkv", root="/media", mount="/media/films")
    assert _disk_answers(_disk(controls=(elsewhere,))) == {Answer.UNKNOWN}
    beside = DiskControl(path="/media/tv/B/x.mkv", root="/media", mount="/media/tv")
    assert _disk_answers(_disk(controls=(beside,))) == {Answer.REMOVED}


def test_a_video_of_the_same_size_in_the_folder_is_a_rename() -> None:
    beside = DiskControl(path="/media/tv/B/x.mkv", root="/media", mount="/media/tv")
    renamed = VideoLeft(path="/media/tv/A/new.mkv", size_bytes=500, device=2, inode=20)
    other = VideoLeft(path="/media/tv/A/new.mkv", size_bytes=501, device=2, inode=20)
    check = _disk(controls=(beside,), folder=FolderSeen(exists=True, videos=(renamed,)))
    assert _disk_answers(check) == {Answer.UNKNOWN}
    check = _disk(controls=(beside,), folder=FolderSeen(exists=True, videos=(other,)))
    assert _disk_answers(check) == {Answer.REMOVED}
    assert answer_of(judge_disk(a_deletion(), check).record) is Answer.REMAINING


def test_a_moved_folder_is_unclear_as_a_whole_and_file_by_file() -> None:
    beside = DiskControl(path="/media/tv/B/x.mkv", root="/media", mount="/media/tv")
    check = _disk(controls=(beside,), folder=FolderSeen(exists=False, moved_to="/media/tv/A2"))
    assert _disk_answers(check) == {Answer.UNKNOWN}
    assert answer_of(judge_disk(a_deletion(), check).record) is Answer.UNKNOWN


def _jellyfin(
    *entries: JellyfinEntrySeen,
    controls: Mapping[str, str] | None = None,
    at_paths: Mapping[str, tuple[str, ...]] | None = None,
) -> JellyfinSeen:
    return JellyfinSeen(
        at=LATER,
        method="GET",
        server_id="j",
        is_unrestricted=True,
        entries=entries,
        entry_ids_by_path=at_paths or {},
        control_by_folder={"/data": "/data/other.mkv"} if controls is None else controls,
    )


def _entry(entry_id: str, *, is_playable: bool = True, episode: int = 1) -> JellyfinEntrySeen:
    return JellyfinEntrySeen(
        entry_id=entry_id, kind="Episode", is_playable=is_playable, season=1, episodes=(episode,)
    )


@pytest.mark.parametrize(
    ("entries", "answers"),
    [
        ((), {Answer.REMOVED}),
        ((_entry("e", is_playable=False),), {Answer.REMOVED}),
        ((_entry("e"),), {Answer.REMAINING}),
        ((_entry("copy"),), {Answer.REMOVED}),
        ((_entry("new"),), {Answer.UNKNOWN, Answer.REMOVED}),
    ],
    ids=["gone", "virtual", "there", "a copy that was there before", "a new one of episode 1"],
)
def test_jellyfins_entries(entries: tuple[JellyfinEntrySeen, ...], answers: set[Answer]) -> None:
    judgement = judge_jellyfin(a_deletion(), _jellyfin(*entries))
    assert {answer_of(f) for f in judgement.finding_by_episode.values()} == answers


def test_what_jellyfin_never_listed_is_not_applicable_a_newer_file_by_a_list_with_a_control() -> (
    None
):
    inventory = an_inventory()
    old = LibraryFile(
        file_id=EpisodeFileId(11),
        episodes=((1, 3),),
        path="/tv/A/E03.mkv",
        size_bytes=1,
        added_at=BEFORE - timedelta(days=1),
    )
    new = LibraryFile(
        file_id=EpisodeFileId(12),
        episodes=((1, 4),),
        path="/tv/A/E04.mkv",
        size_bytes=1,
        added_at=BEFORE + timedelta(seconds=1),
    )
    assert isinstance(inventory.sonarr, Taken)
    held = replace(inventory.sonarr.value, files=(DOUBLE, old, new))
    later = BEFORE + timedelta(minutes=1)  # Than the list of Jellyfin's.
    inventory = replace(inventory, sonarr=replace(inventory.sonarr, at=later, value=held))
    findings = judge_jellyfin(a_deletion(None, inventory), _jellyfin()).finding_by_episode
    assert answer_of(findings[(1, 3)]) is Answer.NOT_APPLICABLE
    assert answer_of(findings[(1, 4)]) is Answer.NOT_APPLICABLE
    blind = judge_jellyfin(a_deletion(None, inventory), _jellyfin(controls={})).finding_by_episode
    assert answer_of(blind[(1, 3)]) is Answer.NOT_APPLICABLE
    assert answer_of(blind[(1, 4)]) is Answer.UNKNOWN
    late = judge_jellyfin(a_deletion(None, inventory), _jellyfin(_entry("x", episode=3)))
    assert answer_of(late.finding_by_episode[(1, 3)]) is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("path", "is_accessible", "answer"),
    [
        ("A/E.mkv", True, Answer.REMAINING),
        ("A/E.mkv", False, Answer.UNKNOWN),
        ("B/E.mkv", True, Answer.UNKNOWN),
        (None, False, Answer.REMOVED),
    ],
)
def test_shokos_locations_without_the_disks_answer(
    path: str | None, is_accessible: bool, answer: Answer
) -> None:
    locations = (
        ()
        if path is None
        else (ShokoLocationSeen(location=ShokoLocation(1, path), is_accessible=is_accessible),)
    )
    check = ShokoSeen(
        at=LATER,
        method="GET",
        server_id="k",
        is_unrestricted=True,
        locations_by_file_id={5: locations},
        file_count_by_series_id={3: 0},
        control_ids=frozenset({4}),
    )
    judgement = judge_shoko(a_deletion(), check)
    assert {answer_of(f) for f in judgement.finding_by_episode.values()} == {answer}
    assert answer_of(judgement.record) is Answer.REMOVED


def _request(**changes: object) -> MediaRequest:
    values: dict[str, object] = {
        "request_id": RequestId(1),
        "status": RequestStatus.COMPLETED,
        "media_status": MediaStatus.DELETED,
        "is_4k": False,
        "tmdb_id": 99,
        "tvdb_id": KEY.tvdb_id,
        "server_id": 0,
        "sonarr_series_id": None,
        "seasons": (1,),
        "created_at": BEFORE,
    }
    return MediaRequest(**{**values, **changes})  # type: ignore[arg-type]  # any field may change


UNRELATED = _request(request_id=RequestId(2), tvdb_id=TvdbId(77), tmdb_id=77)


@pytest.mark.parametrize(
    ("requests", "answer"),
    [
        ((_request(), UNRELATED), Answer.REMOVED),
        ((UNRELATED,), Answer.REMOVED),
        ((_request(),), Answer.REMOVED),
        ((), Answer.UNKNOWN),
        ((_request(status=RequestStatus.APPROVED), UNRELATED), Answer.REMAINING),
        ((_request(status=RequestStatus.PENDING), UNRELATED), Answer.REMAINING),
        ((_request(media_status=MediaStatus.UNKNOWN), UNRELATED), Answer.REMOVED),
        ((_request(media_status=MediaStatus.AVAILABLE), UNRELATED), Answer.REMAINING),
        ((_request(media_status=MediaStatus.OTHER), UNRELATED), Answer.UNKNOWN),
        (
            (_request(request_id=RequestId(5), status=RequestStatus.APPROVED), UNRELATED),
            Answer.REMAINING,
        ),
        (
            (
                _request(request_id=RequestId(5), status=RequestStatus.APPROVED, is_4k=True),
                UNRELATED,
            ),
            Answer.REMOVED,
        ),
        (
            (
                _request(request_id=RequestId(5), status=RequestStatus.PENDING, created_at=LATER),
                UNRELATED,
            ),
            Answer.REMAINING,
        ),
    ],
)
def test_jellyseerrs_requests(requests: tuple[MediaRequest, ...], answer: Answer) -> None:
    check = JellyseerrSeen(
        at=LATER, method="GET", server_id="q", is_unrestricted=True, requests=requests
    )
    assert answer_of(judge_jellyseerr(a_deletion(), check).record) is answer


@pytest.mark.parametrize(
    ("unread", "answer"),
    [
        ({"unread_ids": frozenset({1})}, Answer.UNKNOWN),
        ({"is_whole": False}, Answer.UNKNOWN),
        ({"unread_ids": frozenset({99})}, Answer.REMOVED),
    ],
)
def test_a_request_whose_record_cannot_be_read_is_not_cleared(
    unread: dict[str, Any], answer: Answer
) -> None:
    check = JellyseerrSeen(
        at=LATER, method="GET", server_id="q", is_unrestricted=True, requests=(UNRELATED,), **unread
    )
    assert answer_of(judge_jellyseerr(a_deletion(), check).record) is answer


def test_a_season_may_leave_the_media_partly_available() -> None:
    gone = (GoneFile(number=FIRST, path=DOUBLE.path), GoneFile(number=SECOND, path=DOUBLE.path))
    check = JellyseerrSeen(
        at=LATER,
        method="GET",
        server_id="q",
        is_unrestricted=True,
        requests=(_request(media_status=MediaStatus.PARTIALLY_AVAILABLE), UNRELATED),
    )
    assert answer_of(judge_jellyseerr(a_deletion(gone), check).record) is Answer.REMOVED
    other_season = _request(status=RequestStatus.APPROVED, seasons=(2,))
    check = JellyseerrSeen(
        at=LATER,
        method="GET",
        server_id="q",
        is_unrestricted=True,
        requests=(other_season, UNRELATED),
    )
    assert answer_of(judge_jellyseerr(a_deletion(gone), check).record) is Answer.REMOVED


def test_a_new_entry_without_a_number_could_be_any_episode() -> None:
    bare = JellyfinEntrySeen(entry_id="new", kind="Episode", is_playable=True)
    judgement = judge_jellyfin(a_deletion(), _jellyfin(bare))
    assert {answer_of(f) for f in judgement.finding_by_episode.values()} == {Answer.UNKNOWN}


@pytest.mark.parametrize(
    ("shown", "answer"),
    [
        (("/uhd/E.mkv",), Answer.REMOVED),
        (("/uhd/E.mkv", "/data/E.mkv"), Answer.REMAINING),
        (("/data/renamed.mkv",), Answer.REMAINING),
        ((), Answer.REMAINING),
    ],
)
def test_an_entry_that_shows_only_another_sonarrs_version_is_not_left(
    shown: tuple[str, ...], answer: Answer
) -> None:
    inventory = an_inventory()
    assert isinstance(inventory.jellyfin, Taken)
    entries = (
        JellyfinEntry(
            entry_id="e",
            episodes=DOUBLE.episodes,
            paths=("/data/E.mkv",),
            other_paths=("/uhd/E.mkv",),
        ),
    )
    part = replace(inventory.jellyfin, value=replace(inventory.jellyfin.value, entries=entries))
    seen = JellyfinEntrySeen(entry_id="e", kind="Episode", is_playable=True, paths=shown)
    judgement = judge_jellyfin(a_deletion(None, replace(inventory, jellyfin=part)), _jellyfin(seen))
    assert {answer_of(f) for f in judgement.finding_by_episode.values()} == {answer}


@pytest.mark.parametrize(
    ("places", "answer"),
    [
        (((2, "A/E.mkv"),), Answer.REMOVED),
        (((1, "A/E.mkv"), (2, "A/E.mkv")), Answer.REMAINING),
        (((3, "A/E.mkv"),), Answer.UNKNOWN),
    ],
)
def test_shokos_one_record_of_two_same_files_is_left_only_where_ours_was(
    places: tuple[tuple[int, str], ...], answer: Answer
) -> None:
    inventory = an_inventory()
    assert isinstance(inventory.shoko, Taken)
    (file,) = inventory.shoko.value.files
    shared = replace(file, other_locations=(ShokoLocation(2, "A/E.mkv"),))
    part = replace(inventory.shoko, value=replace(inventory.shoko.value, files=(shared,)))
    check = ShokoSeen(
        at=LATER,
        method="GET",
        server_id="k",
        is_unrestricted=True,
        locations_by_file_id={
            5: tuple(
                ShokoLocationSeen(location=ShokoLocation(*place), is_accessible=True)
                for place in places
            )
        },
        file_count_by_series_id={3: 0},
        control_ids=frozenset({4}),
    )
    judgement = judge_shoko(a_deletion(None, replace(inventory, shoko=part)), check)
    assert {answer_of(f) for f in judgement.finding_by_episode.values()} == {answer}


def test_another_sonarr_with_the_same_shows_under_mostly_other_numbers_is_no_control() -> None:
    """Two instances count their series alike: one of many may agree by chance."""
    others = {TvdbId(n): SonarrSeriesId(n) for n in (2, 3, 4)}
    by_chance = {TvdbId(2): SonarrSeriesId(2)} | {TvdbId(n): SonarrSeriesId(n + 5) for n in (3, 4)}
    check = _sonarr(sonarr_id_by_tvdb_id=by_chance)
    assert isinstance(
        judge_sonarr(a_deletion(), dataclasses.replace(check, expected_others=others)).record,
        Unclear,
    )
    readded = {**{t: s for t, s in others.items() if t != 4}, TvdbId(4): SonarrSeriesId(9)}
    check = _sonarr(sonarr_id_by_tvdb_id=readded)
    assert isinstance(
        judge_sonarr(a_deletion(), dataclasses.replace(check, expected_others=others)).record,
        Removed,
    )


def test_a_path_that_was_never_seen_says_nothing_unless_others_were_seen_beside_it() -> None:
    """A wrong path mapping, or a share that was away when the inventory was taken."""
    inventory = an_inventory()
    assert isinstance(inventory.disk, Taken)
    missing = FileNotFound(local_path="/media/tv/A/E01-E02.mkv")
    alone = replace(inventory.disk.value, sighting_by_path={DOUBLE.path: missing})
    part = replace(inventory.disk, value=alone)
    judged = judge_disk(a_deletion(None, replace(inventory, disk=part)), _disk())
    assert {answer_of(f) for f in judged.finding_by_episode.values()} == {Answer.UNKNOWN}
    sighting = inventory.disk.value.sighting_by_path[DOUBLE.path]
    beside = replace(alone, sighting_by_path={DOUBLE.path: missing, "/tv/A/E03.mkv": sighting})
    part = replace(inventory.disk, value=beside)
    judged = judge_disk(a_deletion(None, replace(inventory, disk=part)), _disk())
    assert {answer_of(f) for f in judged.finding_by_episode.values()} == {Answer.NOT_APPLICABLE}
