"""Joining again costs less than joining, and says the same."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.ids import EpisodeFileId
from episodarr.model.library import Episode
from episodarr.stages.classify import Availability
from episodarr.stages.inputs import SeriesDetail, SeriesInputs
from episodarr.stages.packed_episodes import PackedEpisodes
from episodarr.stages.rejoin import changed_episodes
from episodarr.stages.series import clocks_of
from tests.replacing import replace
from tests.stages.joining import join_series, rejoin_series
from tests.stages.test_classify import an_episode
from tests.strategies import (
    NOW,
    a_series,
    downloads,
    episode_histories,
    episodes,
    search_commands,
    sonarr_words,
)


@st.composite
def parts(draw: st.DrawFn, found: tuple[Episode, ...]) -> dict[str, Any]:
    """What moves between two joins of a series whose episodes were not read again."""
    numbers = st.sampled_from([(e.season, e.episode) for e in found])
    untils = st.datetimes(
        NOW.replace(tzinfo=None), NOW.replace(tzinfo=None) + timedelta(minutes=10)
    ).map(lambda at: at.replace(tzinfo=NOW.tzinfo))
    return {
        "downloads": tuple(
            draw(downloads(found, download_id=f"{i}" * 40)) for i in range(draw(st.integers(0, 3)))
        ),
        "commands": tuple(draw(st.lists(search_commands(), max_size=1))),
        "episode_histories": {
            e.sonarr_id: draw(episode_histories(e.sonarr_id)) for e in found if draw(st.booleans())
        },
        "grab_counts_until": {e.sonarr_id: draw(untils) for e in found if draw(st.booleans())},
        "lost_grabs": draw(st.frozensets(st.sampled_from([e.sonarr_id for e in found]))),
        "jellyfin": draw(st.dictionaries(numbers, sonarr_words)),
        "shoko": draw(st.dictionaries(numbers, sonarr_words)),
    }


@st.composite
def two_moments(draw: st.DrawFn) -> tuple[SeriesInputs, SeriesInputs, timedelta]:
    """Inputs, the inputs of a later join, and how much later; any part may be as it was."""
    found = tuple(
        draw(st.lists(episodes(), min_size=1, max_size=8, unique_by=lambda e: e.sonarr_id))
    )
    first = SeriesInputs(
        series=a_series(is_monitored=draw(st.booleans())),
        detail=SeriesDetail(episodes=PackedEpisodes(found), file_by_id={}, read_at=NOW),
        unfinished_seasons=draw(st.frozensets(st.integers(0, 3))),
        asks_jellyfin=draw(st.booleans()),
        asks_shoko=draw(st.booleans()),
        **draw(parts(found)),
    )
    moved = draw(parts(found))
    kept = draw(st.sets(st.sampled_from(sorted(moved))))
    second = replace(first, **{k: v for k, v in moved.items() if k not in kept})
    later = draw(st.sampled_from([0, 1, 240, 301, 900, 86_400, 8 * 86_400]))
    return first, second, timedelta(seconds=later)


@given(two_moments())
def test_joining_again_says_what_joining_from_scratch_says(
    moments: tuple[SeriesInputs, SeriesInputs, timedelta],
) -> None:
    first, second, later = moments
    last = join_series(first, NOW)
    again = rejoin_series(second, NOW + later, last)
    whole = join_series(replace(second, clocks=clocks_of(last.view.seasons)), NOW + later)
    assert again.view == whole.view
    assert again.changes_at == whole.changes_at
    assert again.alarms == whole.alarms


@given(two_moments())
def test_what_comes_out_equal_is_the_same_object(
    moments: tuple[SeriesInputs, SeriesInputs, timedelta],
) -> None:
    first, second, later = moments
    last = join_series(first, NOW)
    again = rejoin_series(second, NOW + later, last)
    assert (again.view is last.view) == (again.view == last.view)
    for before, after in zip(last.view.seasons, again.view.seasons, strict=True):
        assert (before is after) == (before == after)
        if isinstance(before.episodes, tuple) and isinstance(after.episodes, tuple):
            for old, new in zip(before.episodes, after.episodes, strict=True):
                assert (old is new) == (old == new)


@given(two_moments(), st.data())
def test_one_download_that_moves_is_one_episode_to_evaluate(
    moments: tuple[SeriesInputs, SeriesInputs, timedelta], data: st.DataObject
) -> None:
    first = replace(moments[0], asks_jellyfin=False, asks_shoko=False)
    first = replace(first, grab_counts_until={}, lost_grabs=frozenset())
    assert first.detail is not None
    last = join_series(first, NOW)
    known = changed_episodes(last, first, NOW)
    usenet = {r.episode_id for d in first.downloads if d.torrent is None for r in d.rows}
    assert known is not None
    assert known <= usenet
    moving = data.draw(downloads(tuple(first.detail.episodes), download_id="a" * 40))
    more = changed_episodes(last, replace(first, downloads=(*first.downloads, moving)), NOW)
    assert more == known | {r.episode_id for r in moving.rows if r.episode_id is not None}


def test_a_series_that_was_read_again_is_evaluated_whole() -> None:
    series = a_series()
    unread = join_series(SeriesInputs(series=series, detail=None), NOW)
    detail = SeriesDetail(episodes=PackedEpisodes(()), file_by_id={}, read_at=NOW)
    inputs = SeriesInputs(series=series, detail=detail)
    read = rejoin_series(inputs, NOW, unread)
    assert read.view.tally is not None
    assert changed_episodes(read, inputs, NOW) == set()
    newer = replace(inputs, detail=replace(detail, read_at=NOW + timedelta(minutes=1)))
    assert changed_episodes(read, newer, NOW) is None


def test_what_was_unknown_at_the_first_read_is_a_hold_at_the_second() -> None:
    """No answer of Shoko's yet: at the first read that is no hold, once importing was seen it is."""
    detail = SeriesDetail(
        episodes=PackedEpisodes([an_episode(file_id=EpisodeFileId(1))]), file_by_id={}, read_at=NOW
    )
    inputs = SeriesInputs(
        series=a_series(), detail=detail, jellyfin={(2, 1): Availability.NOT_YET}, asks_shoko=True
    )
    last = join_series(inputs, NOW)
    again = rejoin_series(inputs, NOW, last)
    assert again.view == join_series(replace(inputs, clocks=clocks_of(last.view.seasons)), NOW).view
