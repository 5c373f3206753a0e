from datetime import timedelta

import pytest

from episodarr.model.deletion import DeletionStatus
from episodarr.model.ids import SonarrName
from episodarr.model.request import RequestStatus
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import SeriesView, Snapshot
from episodarr.views.documents import request_document
from episodarr.views.library import LINES_PER_PAGE, PageQuery
from episodarr.views.overview import (
    DELETIONS_LIMIT,
    ROWS_LIMIT,
    STUCK_LIMIT,
    UNDER_WAY_LINES_LIMIT,
    WHOLE_SERIES_LIMIT,
    Overview,
    overview,
)
from episodarr.views.tree import request_line
from episodarr.views.words import Tone
from tests.builders import (
    NOW,
    a_deletion_view,
    a_download_view,
    a_partial_deletion_view,
    a_request_view,
    a_series_key,
    a_series_view,
    a_snapshot,
    an_episode_view,
    spy_x_family,
)


def a_page(snapshot: Snapshot, asked: PageQuery | None = None) -> Overview:
    return overview(snapshot, asked or PageQuery(), NOW)


def a_library(count: int, stage: Stage = Stage.AVAILABLE) -> list[SeriesView]:
    keys = [a_series_key(1000 + number) for number in range(count)]
    return [
        a_series_view(f"Series {n:04d}", [an_episode_view(1, 1, stage, series=key)], key=key)
        for n, key in enumerate(keys)
    ]


def test_only_what_is_under_way_is_drawn_whole() -> None:
    page = a_page(a_snapshot(*a_library(3), spy_x_family()))
    assert [picture.heading for picture in page.under_way] == ["SPY x FAMILY"]
    assert page.library.total == 4


def test_the_most_telling_stage_comes_first() -> None:
    stages = [Stage.FAILED, Stage.SEARCHING, Stage.IMPORTING, Stage.DOWNLOADING]
    library = []
    for number, stage in enumerate(stages):
        key = a_series_key(number + 1)
        library.append(
            a_series_view(stage.label, [an_episode_view(1, 1, stage, series=key)], key=key)
        )
    page = a_page(a_snapshot(*library))
    assert [picture.heading for picture in page.under_way] == [
        "downloading",
        "importing",
        "searching",
        "failed",
    ]


def test_the_page_is_bounded_and_counts_what_it_leaves_out() -> None:
    page = a_page(a_snapshot(*a_library(1700, Stage.DOWNLOADING)))
    assert len(page.under_way) == WHOLE_SERIES_LIMIT
    assert len(page.under_way_lines) == UNDER_WAY_LINES_LIMIT
    assert page.under_way_more == 1700 - WHOLE_SERIES_LIMIT - UNDER_WAY_LINES_LIMIT
    assert len(page.library.lines) == LINES_PER_PAGE
    assert page.library.pages == 34


def test_a_season_of_a_thousand_odd_rows_is_cut_and_counted() -> None:
    stages = (Stage.QUEUED, Stage.SEARCHING)
    episodes = [an_episode_view(1, n, stages[n % 2]) for n in range(1, 1001)]
    rows = a_page(a_snapshot(a_series_view(episodes=episodes))).under_way[0].branches[0].rows
    assert len(rows) == ROWS_LIMIT + 1
    assert rows[-1].words == f"… and {1000 - ROWS_LIMIT} more lines"


def test_what_is_stuck_is_named_with_why_and_the_worst_first() -> None:
    key = a_series_key(7)
    stalled = a_series_view(
        "A stalled one",
        [
            an_episode_view(2, n, Stage.DOWNLOADING, series=key, hold=Hold.NO_SEEDS)
            for n in (2, 4, 5, 6)
        ],
        key=key,
    )
    blocked = a_series_view(
        "Blocked",
        [
            an_episode_view(
                3, 4, Stage.IMPORTING, hold=Hold.IMPORT_BLOCKED, messages=["Not eligible\x1b[0m"]
            )
        ],
    )
    page = a_page(a_snapshot(stalled, blocked))
    assert [(line.title, line.codes, line.words) for line in page.stuck] == [
        ("Blocked", "S03E04", "import blocked: Sonarr needs a hand"),
        ("A stalled one", "S02E02, S02E04–E06", "stalled: no seeds"),
    ]
    assert page.stuck[0].notes == ("Not eligible[0m",)
    assert page.stuck[0].tone is Tone.BAD


def test_a_blocked_download_that_no_episode_waits_for_is_reported_with_sonarrs_words() -> None:
    series = a_series_view("Complete", [an_episode_view(1, 1)])
    blocked = {"hold": Hold.IMPORT_BLOCKED, "is_awaited": False}
    downloads = [
        a_download_view(None, release="Strange 06", messages=("Series title mismatch",), **blocked),
        a_download_view(series, messages=("Already imported",), **blocked),
        a_download_view(series, release="awaited", **{**blocked, "is_awaited": True}),
        a_download_view(series, release="fine", hold=Hold.CHECKING, is_awaited=False),
        a_download_view(series, release="free", is_awaited=False),
    ]
    page = a_page(a_snapshot(series, downloads=downloads))
    shown = [(line.title, line.series_id, line.codes, line.notes) for line in page.stuck]
    assert shown == [
        (
            "Complete",
            "tv:405920",
            "S02E01",
            ("[Group] SPY x FAMILY S02E01 1080p", "Already imported"),
        ),
        ("Strange 06", None, "of no known series", ("Series title mismatch",)),
    ]
    assert {line.words for line in page.stuck} == {"import blocked: Sonarr needs a hand"}


def test_many_stuck_ones_are_bounded() -> None:
    page = a_page(a_snapshot(*a_library(40, Stage.FAILED)))
    assert len(page.stuck) == STUCK_LIMIT
    assert page.stuck_more == 40 - STUCK_LIMIT


def test_requests_tell_who_waits_the_longest_first() -> None:
    view = spy_x_family()
    page = a_page(
        a_snapshot(
            view,
            requests=[
                a_request_view(1, view),
                a_request_view(
                    2,
                    title="Dungeon Meshi",
                    status=RequestStatus.PENDING,
                    created_at=NOW - timedelta(days=9),
                ),
                a_request_view(3, view, is_finished=True),
            ],
        )
    )
    assert [(line.title, line.state, line.words) for line in page.requests] == [
        (
            "Dungeon Meshi",
            "waits for approval",
            "seasons 1–2, requested 9 days ago, in no Sonarr yet",
        ),
        ("SPY x FAMILY", "Downloading", "seasons 1–2, requested 3 days ago, 12/24"),
    ]
    assert page.requests[0].ratio is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (RequestStatus.PENDING, "waits for approval"),
        (RequestStatus.FAILED, "failed in Jellyseerr"),
    ],
)
def test_a_request_that_needs_someone_in_seerr_says_so_though_its_series_is_in_a_sonarr(
    status: RequestStatus, words: str
) -> None:
    view = spy_x_family()
    request = a_request_view(1, view, status=status)
    page = a_page(a_snapshot(view, requests=[request]))
    assert page.requests[0].state == words
    (picture,) = page.under_way
    assert picture.remarks == (f"requested: seasons 1–2, 3 days ago, {words}",)
    assert request_line(request_document(request), NOW).endswith(f"12/24, {words}")


def test_the_library_is_searched_without_accents_and_by_number() -> None:
    key = a_series_key(76703)
    snapshot = a_snapshot(*a_library(5), a_series_view("Pokémon", key=key, episodes=[]))
    assert [line.title for line in a_page(snapshot, PageQuery(search="pokemon")).library.lines] == [
        "Pokémon"
    ]
    assert [line.id for line in a_page(snapshot, PageQuery(search="76703")).library.lines] == [
        "tv:76703"
    ]
    nothing = a_page(snapshot, PageQuery(search="nothing so")).library
    assert (nothing.lines, nothing.found, nothing.total) == ((), 0, 6)


def test_the_library_is_filtered_by_stage() -> None:
    snapshot = a_snapshot(
        *a_library(5), spy_x_family(), a_series_view(unread_seasons=[1], key=a_series_key(9))
    )
    page = a_page(snapshot, PageQuery(stage="downloading"))
    assert [line.title for line in page.library.lines] == ["SPY x FAMILY"]
    counts = {stage.stage: stage.count for stage in page.library.stages}
    assert counts == {"available": 5, "downloading": 1, "unread": 1}
    assert [stage.stage for stage in page.library.stages if stage.is_chosen] == ["downloading"]


def test_pages_of_the_library_hold_every_series_once_and_never_run_over() -> None:
    snapshot = a_snapshot(*a_library(120))
    pages = [a_page(snapshot, PageQuery(page=n)).library for n in (1, 2, 3)]
    assert [len(page.lines) for page in pages] == [50, 50, 20]
    assert len({line.id for page in pages for line in page.lines}) == 120
    assert a_page(snapshot, PageQuery(page=99)).library.page == 3
    assert a_page(snapshot, PageQuery(page=0)).library.page == 1


def test_any_series_can_be_opened() -> None:
    snapshot = a_snapshot(*a_library(3))
    opened = a_page(snapshot, PageQuery(opened="tv:1001")).opened
    assert opened is not None
    assert opened.heading == "Series 0001"
    assert a_page(snapshot, PageQuery(opened="tv:5")).opened is None


def test_what_is_not_known_is_shown() -> None:
    page = a_page(
        a_snapshot(
            is_complete=False,
            inventory_pending={SonarrName("tv"): 40, SonarrName("anime"): 0},
            held_disappearances={SonarrName("tv"): 60},
            unmatched_series={("jellyfin", "jellyfin"): 2},
        )
    )
    assert [remark.split(".")[0] for remark in page.remarks] == [
        "The first cycle is not complete yet: what is missing here is not known",
        "40 series of tv not read and inventoried yet",
        "60 series vanished from tv at once",
        "2 series not found in Jellyfin",
    ]


def test_deletions_that_need_attention_come_first_and_are_bounded() -> None:
    many = [a_deletion_view(f"d{n}", status=DeletionStatus.COMPLETE) for n in range(40)]
    page = a_page(a_snapshot(deletions=[*many, a_partial_deletion_view("bad")]))
    assert page.deletions[0].key == "bad"
    assert len(page.deletions) == DELETIONS_LIMIT
    assert page.deletions_more == 41 - DELETIONS_LIMIT
