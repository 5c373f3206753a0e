from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.stage import Hold, Stage
from episodarr.model.view import SeriesView
from episodarr.views.documents import series_document
from episodarr.views.tree import (
    Picture,
    Row,
    episodes_words,
    request_line,
    safe_links,
    series_picture,
    short_counts,
    shown_hold,
    shown_stage,
)
from episodarr.views.words import Tone
from tests.builders import (
    NOW,
    a_release_view,
    a_request_view,
    a_series_view,
    an_episode_view,
    spy_x_family,
)


def a_picture(view: SeriesView) -> Picture:
    return series_picture(series_document(view, [], []), NOW)


def rows_of(view: SeriesView) -> list[tuple[str, str]]:
    return [
        (row.label, f"{row.mark} {row.words}")
        for branch in a_picture(view).branches
        for row in branch.rows
    ]


def test_the_first_picture_of_the_design() -> None:
    view = spy_x_family()
    document = series_document(view, [a_request_view(series=view)], [])
    picture = series_picture(document, NOW)
    assert (picture.heading, picture.state) == ("SPY x FAMILY", "Downloading")
    assert picture.summary == "Overall: 12/24 episodes (50 %)"
    assert picture.remarks == ("requested: seasons 1–2, 3 days ago",)
    assert [branch.heading for branch in picture.branches] == ["Season 1", "Season 2"]
    assert rows_of(view) == [
        ("E01–E12", "✓ Available"),
        ("E01", "↓ Downloading 45 %"),
        ("E02", "↓ Downloading 12 %"),
        ("E03", "⌕ Searching"),
        ("E04–E12", "⏳ Queued"),
    ]
    first, second = picture.branches[1].rows[:2]
    assert (first.detail, first.tail) == ("[Group] SPY x FAMILY S02E01 1080p", "ETA 12 min")
    assert (second.tail, second.tail_tone) == ("stalled: no seeds", Tone.WARNING)
    assert (first.ratio, second.ratio) == (0.45, 0.12)


def test_a_gap_in_the_numbers_parts_a_run() -> None:
    view = a_series_view(episodes=[an_episode_view(1, n) for n in (1, 2, 4, 5, 9)])
    assert [label for label, _ in rows_of(view)] == ["E01–E02", "E04–E05", "E09"]


def test_what_downloads_has_a_line_each_even_when_alike() -> None:
    episodes = [
        an_episode_view(1, n, Stage.DOWNLOADING, progress_ratio=0.5, release=a_release_view("Pack"))
        for n in (1, 2, 3)
    ]
    rows = a_picture(a_series_view(episodes=episodes)).branches[0].rows
    assert [row.label for row in rows] == ["E01", "E02", "E03"]
    assert [row.is_same_detail for row in rows] == [False, True, True]


@pytest.mark.parametrize("field", ["hold", "release", "messages"])
def test_a_run_ends_where_anything_that_is_shown_differs(field: str) -> None:
    one = an_episode_view(1, 1, Stage.FOUND)
    values = {
        "hold": an_episode_view(1, 2, Stage.FOUND, hold=Hold.DELAY_PROFILE),
        "release": an_episode_view(1, 2, Stage.FOUND, release=a_release_view("other")),
        "messages": an_episode_view(1, 2, Stage.FOUND, messages=["a word"]),
    }
    rows = a_picture(a_series_view(episodes=[one, values[field]])).branches[0].rows
    assert [row.label for row in rows] == ["E01", "E02"]


def test_what_has_not_aired_is_distinguished() -> None:
    episodes = [an_episode_view(1, n) for n in (1, 2, 3)]
    episodes += [
        an_episode_view(1, n, Stage.UNAIRED, air_at=NOW + timedelta(days=n, hours=1))
        for n in range(4, 13)
    ]
    picture = a_picture(a_series_view(episodes=episodes))
    assert picture.summary == "Overall: 3/12 episodes (25 %), 9 not aired"
    assert picture.branches[0].summary == "3/12, 9 not aired"
    last = picture.branches[0].rows[-1]
    assert (last.label, last.words, last.tail) == (
        "E04–E12",
        "Not aired",
        "the first airs in 4 days",
    )


def test_nothing_monitored_has_no_percentage() -> None:
    picture = a_picture(a_series_view(episodes=[an_episode_view(1, 1, Stage.UNMONITORED)]))
    assert picture.summary == "Overall: nothing monitored"
    assert picture.ratio is None


def test_unread_episodes_are_shown_as_such() -> None:
    picture = a_picture(a_series_view(unread_seasons=[2]))
    assert (picture.state, picture.tone) == ("Not read yet", Tone.QUIET)
    assert picture.summary == "Overall: episodes not read yet"
    row = picture.branches[1].rows[0]
    assert (row.mark, row.words) == ("?", "episodes not read yet, 7 available by Sonarr's count")


def test_nearly_all_is_not_all() -> None:
    episodes = [an_episode_view(1, n) for n in range(1, 400)] + [
        an_episode_view(1, 400, Stage.QUEUED)
    ]
    assert a_picture(a_series_view(episodes=episodes)).summary == "Overall: 399/400 episodes (99 %)"


def test_seasons_that_nobody_asked_for_are_left_out_unless_there_is_nothing_else() -> None:
    unasked = [an_episode_view(0, 1, Stage.UNMONITORED), an_episode_view(2, 1, Stage.UNMONITORED)]
    picture = a_picture(a_series_view(episodes=[*unasked, an_episode_view(1, 1)]))
    assert [branch.heading for branch in picture.branches] == ["Season 1"]
    alone = a_picture(a_series_view(episodes=unasked))
    assert [branch.heading for branch in alone.branches] == ["Specials", "Season 2"]


def test_a_season_that_was_requested_and_is_not_monitored_is_reported() -> None:
    waited_for = an_episode_view(2, 1, Stage.UNMONITORED, hold=Hold.NOT_MONITORED)
    picture = a_picture(a_series_view(episodes=[an_episode_view(1, 1), waited_for]))
    assert picture.branches[1].rows[0].tail == "requested, but not monitored in Sonarr"


def test_specials_have_their_name() -> None:
    picture = a_picture(a_series_view(episodes=[an_episode_view(0, 1), an_episode_view(1, 1)]))
    assert [branch.heading for branch in picture.branches] == ["Specials", "Season 1"]


def test_the_upstreams_own_words_are_notes_and_safe() -> None:
    episode = an_episode_view(
        1, 1, Stage.IMPORTING, hold=Hold.IMPORT_BLOCKED, messages=["No files\x1b[2J\nfound", "b"]
    )
    row = a_picture(a_series_view(episodes=[episode])).branches[0].rows[0]
    assert row.tail == "import blocked: Sonarr needs a hand"
    assert row.notes == ("No files[2J found", "b")


def test_requests_say_who_waits_for_what() -> None:
    view = spy_x_family()
    document = series_document(view, [a_request_view(series=view)], []).requests[0]
    assert request_line(document, NOW) == "SPY x FAMILY, seasons 1–2, requested 3 days ago, 12/24"
    named = series_document(view, [a_request_view(series=view, requested_by="Anna")], [])
    assert series_picture(named, NOW).remarks == ("requested by Anna: seasons 1–2, 3 days ago",)


def test_a_request_in_no_sonarr_says_so() -> None:
    view = spy_x_family()
    document = series_document(view, [a_request_view(title="Dungeon Meshi", is_4k=True)], [])
    line = request_line(document.requests[0], NOW)
    assert line == "Dungeon Meshi, seasons 1–2 in 4K, requested 3 days ago, in no Sonarr yet"


def test_only_web_addresses_are_links() -> None:
    links = {"sonarr": "https://tv.example/x", "jellyfin": "javascript:alert(1)", "b": "data:x"}
    assert safe_links(links) == (("sonarr", "https://tv.example/x"),)


def test_words_of_a_newer_server_are_shown_as_they_are() -> None:
    assert shown_stage("transcoding")[1] == "transcoding"
    assert shown_hold("disk_full") == ("disk full", Tone.PLAIN)
    assert shown_stage(None)[1] == "Not read yet"


def test_counts_in_short() -> None:
    summary = series_document(spy_x_family(), [], [])
    assert short_counts(summary) == "12/24"
    assert episodes_words(summary) == "12/24 episodes (50 %)"


_episodes = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(1, 40)),
    st.tuples(st.sampled_from(Stage), st.none() | st.sampled_from(Hold), st.booleans()),
    max_size=60,
)


@given(_episodes)
def test_every_episode_is_in_exactly_one_row(
    cells: dict[tuple[int, int], tuple[Stage, Hold | None, bool]],
) -> None:
    view = a_series_view(
        episodes=[
            an_episode_view(
                season, number, stage, hold=hold, release=a_release_view() if has_release else None
            )
            for (season, number), (stage, hold, has_release) in cells.items()
        ]
    )
    asked_for = {
        season
        for (season, _), (stage, hold, _) in cells.items()
        if stage is not Stage.UNMONITORED or hold is not None
    }
    cells = {key: cell for key, cell in cells.items() if not asked_for or key[0] in asked_for}
    shown = [
        (int(branch.key.removeprefix("S")), number, row.words)
        for branch in a_picture(view).branches
        for row in branch.rows
        for number in _numbers(row)
    ]
    assert sorted((season, number) for season, number, _ in shown) == sorted(cells)
    for season, number, words in shown:
        assert words.startswith(shown_stage(cells[season, number][0].label)[1])
    keys = [row.key for branch in a_picture(view).branches for row in branch.rows]
    assert len(set(keys)) == len(keys)


def _numbers(row: Row) -> range:
    first, _, last = row.label.replace("E", "").partition("–")
    return range(int(first), int(last or first) + 1)
