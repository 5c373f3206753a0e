"""Notices wait in their order; of equal lists no more are kept than can decide anything."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.deletions.detection.reports import LISTS_AGAINST_REPORT
from episodarr.deletions.service.waiting import WaitingNotices
from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.notice import LibraryPoll, Notice, SeriesDeleted
from tests.builders import NOW

TV, UHD = SonarrName("tv"), SonarrName("uhd")


def a_poll(minute: int, *series: int, sonarr: SonarrName = TV) -> LibraryPoll:
    return LibraryPoll(
        sonarr=sonarr,
        at=NOW + timedelta(minutes=minute),
        sonarr_id_by_tvdb_id={TvdbId(one): SonarrSeriesId(one) for one in series},
    )


def an_event(tvdb_id: int = 1) -> SeriesDeleted:
    key = SeriesKey(TV, TvdbId(tvdb_id))
    return SeriesDeleted(key=key, title="", year=0, has_deleted_files=True)


def waiting(*notices: Notice, limit: int = 100) -> list[Notice]:
    """What is left of these, in the order in which it is taken."""
    queue = WaitingNotices(limit)
    for notice in notices:
        queue.put(notice)
    return [queue.take() for _ in range(len(queue))]


def test_a_thousand_equal_lists_wait_as_the_first_and_the_newest_of_them() -> None:
    polls = [a_poll(minute, 1, 2) for minute in range(1_000)]
    left = waiting(*polls)
    assert left == [*polls[: LISTS_AGAINST_REPORT - 1], polls[-1]]


def test_lists_of_two_sonarrs_are_counted_apart() -> None:
    polls = [a_poll(n, 1, sonarr=s) for n in range(50) for s in (TV, UHD)]
    left = waiting(*polls)
    for name in (TV, UHD):
        of_one = [one for one in left if isinstance(one, LibraryPoll) and one.sonarr == name]
        assert len(of_one) == LISTS_AGAINST_REPORT
        assert of_one[-1].at == NOW + timedelta(minutes=49)


def test_a_list_that_shows_something_else_or_follows_an_event_is_kept() -> None:
    notices: list[Notice] = [
        *(a_poll(minute, 1, 2) for minute in range(3)),
        a_poll(3, 1),
        *(a_poll(minute, 1, 2) for minute in range(4, 7)),
        an_event(),
        *(a_poll(minute, 1, 2) for minute in range(8, 11)),
    ]
    assert waiting(*notices) == notices


@given(st.lists(st.sampled_from(["same", "other", "event"]), max_size=60))
def test_no_event_is_lost_and_the_order_stays(kinds: list[str]) -> None:
    made: list[Notice] = []
    for minute, kind in enumerate(kinds):
        if kind == "event":
            made.append(an_event(minute))
        else:
            made.append(a_poll(minute, *((1, 2) if kind == "same" else (1,))))
    left = waiting(*made)
    places = [made.index(one) for one in left]
    assert places == sorted(places)
    assert [one for one in left if isinstance(one, SeriesDeleted)] == [
        one for one in made if isinstance(one, SeriesDeleted)
    ]
    assert left[-1:] == made[-1:]


def test_beyond_the_limit_the_oldest_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    events = [an_event(number) for number in range(12)]
    assert waiting(*events, limit=10) == events[2:]
    assert "the oldest is forgotten" in caplog.text
