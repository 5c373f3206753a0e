from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.deletion import Answer, Verdict
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.model.stage import Hold, Stage
from episodarr.views.deletion_documents import (
    FAILURES_LIMIT,
    DeletionDocument,
    DeletionListDocument,
    deletion_document,
    deletion_list_document,
    deletion_summary,
)
from episodarr.views.documents import (
    downloads_by_series,
    is_under_way,
    request_document,
    request_list_document,
    requests_by_series,
    rfc3339,
    series_by_id,
    series_document,
    series_summary,
    upstream_document,
)
from episodarr.views.shapes import (
    Document,
    RequestListDocument,
    SeriesDocument,
    SeriesSummary,
    UpstreamDocument,
)
from tests.builders import (
    NOW,
    a_deleted_episode_view,
    a_deletion_view,
    a_download_view,
    a_partial_deletion_view,
    a_release_view,
    a_request_view,
    a_series_key,
    a_series_view,
    a_snapshot,
    an_episode_view,
    an_upstream_health,
    spy_x_family,
)
from tests.replacing import replace


def as_json(document: Document) -> Any:
    """The document as a reader of the API has it."""
    return msgspec.json.decode(msgspec.json.encode(document))


def test_times_are_rfc3339_in_utc_whatever_zone_they_came_in() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert rfc3339(datetime(2026, 1, 31, 18, 0, 5, 999, tzinfo=tokyo)) == "2026-01-31T09:00:05Z"


def test_a_series_in_a_list_has_its_counts_by_season_and_no_episodes() -> None:
    summary = as_json(series_summary(spy_x_family(), []))
    assert summary["id"] == "tv:405920"
    assert summary["stage"] == "downloading"
    assert (summary["available"], summary["tracked"]) == (12, 24)
    assert summary["available_ratio"] == 0.5
    assert [season["available"] for season in summary["seasons"]] == [12, 0]
    assert "episodes" not in summary["seasons"][0]


def test_counts_by_stage_name_every_stage_and_add_up() -> None:
    summary = as_json(series_summary(spy_x_family(), []))
    by_stage = summary["episodes_by_stage"]
    assert by_stage is not None
    assert list(by_stage) == [stage.label for stage in Stage]
    assert sum(by_stage.values()) == 24


def test_an_episode_tells_everything_that_is_known_of_it() -> None:
    episode = an_episode_view(
        2,
        2,
        Stage.DOWNLOADING,
        progress_ratio=0.12,
        hold=Hold.NO_SEEDS,
        release=a_release_view("a release"),
        eta_seconds=77,
        messages=["the client's words"],
    )
    document = as_json(series_document(a_series_view(episodes=[episode]), [], []))
    episodes = document["seasons"][0]["episodes"]
    assert episodes == [
        {
            "season": 2,
            "episode": 2,
            "code": "S02E02",
            "title": "Part 2",
            "stage": "downloading",
            "stage_code": 60,
            "hold": "no_seeds",
            "progress_ratio": 0.12,
            "eta_seconds": 77,
            "release": {
                "title": "a release",
                "quality": "WEBDL-1080p",
                "release_group": "Group",
                "indexer": "Nyaa",
                "protocol": "torrent",
                "client": "main",
                "download_id": "a" * 40,
            },
            "air_at": "2026-01-01T18:00:00Z",
            "last_search_at": None,
            "stage_entered_at": "2026-01-31T16:00:00Z",
            "messages": ["the client's words"],
        }
    ]


def test_seasons_that_were_not_read_are_unknown_and_not_empty() -> None:
    document = as_json(series_document(a_series_view(unread_seasons=[4]), [], []))
    unread = document["seasons"][1]
    assert unread["season"] == 4
    assert unread["episodes"] is None
    assert unread["tracked"] is None
    assert unread["episodes_by_stage"] is None
    assert unread["available"] == 7
    assert document["tracked"] is None
    assert document["stage"] is None


def test_a_season_without_tracked_episodes_has_no_ratio() -> None:
    view = a_series_view(episodes=[an_episode_view(1, 1, Stage.UNMONITORED)])
    summary = as_json(series_summary(view, []))
    assert summary["tracked"] == 0
    assert summary["available_ratio"] is None
    assert summary["progress_ratio"] is None


@pytest.mark.parametrize(
    "stage", [Stage.FAILED, Stage.SEARCHING, Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING]
)
def test_one_moving_episode_makes_a_series_under_way(stage: Stage) -> None:
    assert is_under_way(a_series_view(episodes=[an_episode_view(1, 1, stage)]), [])


def test_somebody_waiting_makes_a_series_under_way() -> None:
    view = a_series_view(episodes=[an_episode_view(1, 1, Stage.QUEUED)])
    assert not is_under_way(view, [])
    assert is_under_way(view, [a_request_view(series=view)])
    assert not is_under_way(view, [a_request_view(series=view, is_finished=True)])


def test_moving_specials_count_although_totals_leave_them_out() -> None:
    view = a_series_view(episodes=[an_episode_view(0, 1, Stage.DOWNLOADING)])
    assert view.tally is not None
    assert view.tally.tracked == 0
    assert is_under_way(view, [])


def test_requests_and_downloads_join_by_sonarr_and_tvdb_id() -> None:
    mine = a_series_view(key=a_series_key(1, "tv"))
    twin = a_series_view(key=a_series_key(1, "anime"))
    requests = [a_request_view(5, mine), a_request_view(6, twin), a_request_view(7)]
    assert [r.request_id for r in requests_by_series(requests)[mine.key]] == [5]
    downloads = [a_download_view(mine), a_download_view(None)]
    found = downloads_by_series(downloads)
    assert list(found) == [mine.key]
    document = as_json(series_document(mine, [requests[0]], found[mine.key]))
    assert [request["request_id"] for request in document["requests"]] == [5]
    assert [download["episode_codes"] for download in document["downloads"]] == [["S02E01"]]


def test_a_request_in_no_sonarr_has_no_series_and_no_counts() -> None:
    document = as_json(request_document(a_request_view(title="Dungeon Meshi")))
    assert document["series_id"] is None
    assert document["tracked"] is None
    assert document["series"] == "Dungeon Meshi"


def test_unfinished_requests_come_first_then_the_newest() -> None:
    snapshot = a_snapshot(
        requests=[
            a_request_view(1, is_finished=True, created_at=NOW),
            a_request_view(2, created_at=NOW - timedelta(days=9)),
            a_request_view(3, created_at=NOW - timedelta(days=2)),
        ]
    )
    assert [r["request_id"] for r in as_json(request_list_document(snapshot))["requests"]] == [
        3,
        2,
        1,
    ]


def test_a_failing_upstream_says_what_to_do() -> None:
    health = an_upstream_health(
        "jellyfin", System.JELLYFIN, reason=FailureReason.UNAUTHORIZED, message="401"
    )
    document = as_json(upstream_document(health))
    assert document["is_up"] is False
    assert document["reason"] == "unauthorized"
    assert document["remedy"] == "Jellyfin refuses the credentials: check its API key or password."
    assert as_json(upstream_document(an_upstream_health()))["remedy"] is None


@pytest.mark.parametrize(
    "wanted", ["", "tv", "tv:", ":405920", "tv:x", "tv:1", "anime:405920", "tv:²", "tv:" + "9" * 99]
)
def test_odd_ids_find_nothing(wanted: str) -> None:
    assert series_by_id(a_snapshot(spy_x_family()), wanted) is None


def test_an_id_finds_its_series() -> None:
    view = spy_x_family()
    assert series_by_id(a_snapshot(view), "tv:405920") is view


def test_expected_is_the_sum_of_the_verdicts_without_superseded_ones() -> None:
    verdicts = [Verdict.DELETED, Verdict.FAILED, Verdict.UNVERIFIED, Verdict.PENDING]
    verdicts += [Verdict.SUPERSEDED, Verdict.DELETED]
    episodes = [a_deleted_episode_view(1, n, verdict) for n, verdict in enumerate(verdicts, 1)]
    document = as_json(deletion_document(a_deletion_view(episodes=episodes)))
    counts = [document[name] for name in ("deleted", "failed", "unverified", "pending")]
    assert counts == [2, 1, 1, 1]
    assert document["expected"] == sum(counts)
    assert document["is_partial"]
    assert len(document["episodes"]) == 6


def test_each_system_counts_every_expected_episode() -> None:
    document = as_json(deletion_summary(a_partial_deletion_view()))
    counted = {one["system"]: one["episodes_by_answer"] for one in document["systems"]}
    assert list(counted) == ["sonarr", "disk", "shoko", "jellyfin", "jellyseerr"]
    assert counted["disk"]["removed"] == 23
    assert counted["disk"]["remaining"] == 2
    assert counted["jellyfin"]["remaining"] == 1
    assert counted["jellyseerr"] == {}
    assert {sum(by_answer.values()) for by_answer in counted.values() if by_answer} == {25}


def test_failures_name_the_systems_that_still_hold_them() -> None:
    document = as_json(deletion_summary(a_partial_deletion_view()))
    assert [(f["code"], f["systems"]) for f in document["failures"]] == [
        ("S02E11", ["disk"]),
        ("S02E12", ["disk", "jellyfin"]),
    ]


def test_failures_are_bounded_and_their_number_is_not() -> None:
    answers = {System.DISK: Answer.REMAINING}
    episodes = [a_deleted_episode_view(1, n, Verdict.FAILED, answers) for n in range(1, 81)]
    document = as_json(deletion_summary(a_deletion_view(episodes=episodes)))
    assert len(document["failures"]) == FAILURES_LIMIT
    assert document["failed"] == 80
    assert not document["is_partial"]


def test_files_are_counted_by_path_so_a_double_episode_is_one() -> None:
    first = a_deleted_episode_view(1, 1)
    same_file = [first, replace(a_deleted_episode_view(1, 2), disk_path=first.disk_path)]
    disk = as_json(deletion_summary(a_deletion_view(episodes=same_file)))["systems"][1]
    assert (disk["system"], disk["file_count"]) == ("disk", 1)
    without = [a_deleted_episode_view(1, 1, has_evidence=False)]
    assert (
        as_json(deletion_summary(a_deletion_view(episodes=without)))["systems"][1]["file_count"]
        is None
    )


def test_bad_deletions_come_first_until_they_are_acknowledged() -> None:
    good = a_deletion_view("good", started_at=NOW)
    bad = a_partial_deletion_view("bad")
    listed = as_json(deletion_list_document(a_snapshot(deletions=[good, bad])))["deletions"]
    assert [one["id"] for one in listed] == ["bad", "good"]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 30), st.sampled_from(Stage)), max_size=40)
)
def test_any_series_survives_its_own_encoding(cells: list[tuple[int, int, Stage]]) -> None:
    once = {(season, number): stage for season, number, stage in cells}
    view = a_series_view(episodes=[an_episode_view(s, n, stage) for (s, n), stage in once.items()])
    document = series_document(view, [a_request_view(series=view)], [a_download_view(view)])
    assert msgspec.json.decode(msgspec.json.encode(document), type=SeriesDocument) == document
    summary = series_summary(view, [])
    assert msgspec.json.decode(msgspec.json.encode(summary), type=SeriesSummary) == summary


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (deletion_document(a_partial_deletion_view()), DeletionDocument),
        (deletion_list_document(a_snapshot(deletions=[a_deletion_view()])), DeletionListDocument),
        (request_list_document(a_snapshot(requests=[a_request_view()])), RequestListDocument),
        (upstream_document(an_upstream_health()), UpstreamDocument),
    ],
)
def test_documents_are_what_their_types_say(document: object, expected: type) -> None:
    assert msgspec.json.decode(msgspec.json.encode(document), type=expected) == document
