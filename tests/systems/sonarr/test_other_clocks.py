"""Sonarr's clock may differ from ours by hours, or be set back: no stage rests on comparing them."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from episodarr.model.download import HistoryEvent
from episodarr.model.stage import Stage
from episodarr.stages.classify import follow
from episodarr.stages.inputs import SeriesDetail, SeriesInputs
from episodarr.stages.packed_episodes import PackedEpisodes
from episodarr.systems.sonarr.details import renewed
from episodarr.systems.sonarr.histories import EpisodeHistories
from tests.library import an_episode
from tests.stages.joining import join_series
from tests.systems.sonarr.test_histories import NOW, a_record, taken
from tests.systems.sonarr.test_sonarr_restart import SERIES

AWAY = [timedelta(hours=-3), timedelta(minutes=-6), timedelta(), timedelta(hours=3)]
MINUTE = timedelta(minutes=1)
AIRED = replace(an_episode(1), file_id=None, air_at=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("skew", AWAY)
def test_a_new_grab_without_a_row_counts_for_ten_minutes_whatever_sonarrs_clock_says(
    skew: timedelta,
) -> None:
    episode_histories = EpisodeHistories()
    taken(episode_histories)
    record = replace(a_record(1, 7, HistoryEvent.GRABBED), at=NOW + skew)
    taken(episode_histories, record, good=100.0)
    for good, counts in ((100.0, True), (699.0, True), (701.0, False)):
        until = episode_histories.grab_counts_until(
            record.episode_id, good_queue_seconds=good, now=NOW
        )
        assert (until is not None) is counts


@pytest.mark.parametrize("skew", AWAY)
def test_an_import_that_the_episodes_do_not_show_yet_is_importing_until_they_were_read(
    skew: timedelta,
) -> None:
    record = replace(a_record(1, 7), episode_id=AIRED.sonarr_id, at=NOW + skew)
    episode_history = follow(None, record, NOW)
    for read_at, stage in ((NOW - MINUTE, Stage.IMPORTING), (NOW + MINUTE, Stage.QUEUED)):
        inputs = SeriesInputs(
            series=SERIES,
            detail=SeriesDetail(episodes=PackedEpisodes((AIRED,)), file_by_id={}, read_at=read_at),
            episode_histories={AIRED.sonarr_id: episode_history},
        )
        view = join_series(inputs, NOW + MINUTE).view
        assert view.seasons[0].episodes is not None
        assert view.seasons[0].episodes[0].stage is stage


def test_what_came_last_is_known_by_its_number_when_sonarrs_clock_was_set_back() -> None:
    grab = a_record(5, 7, HistoryEvent.GRABBED)
    failure = replace(a_record(6, 7, HistoryEvent.FAILED), at=NOW - timedelta(hours=2))
    for order in ((grab, failure), (failure, grab)):
        episode_history = None
        for record in order:
            episode_history = follow(episode_history, record)
        assert episode_history is not None
        assert (episode_history.last, episode_history.last_grab) == (failure, grab)


@pytest.mark.parametrize("skew", AWAY)
@pytest.mark.parametrize("is_watched", [True, False])
def test_a_search_counts_for_a_quarter_of_an_hour_whatever_sonarrs_clock_says(
    skew: timedelta, is_watched: bool
) -> None:
    before = renewed(None, episodes=(AIRED,), files=(), read_at=NOW - MINUTE)
    searched = replace(AIRED, last_search_at=NOW + skew)
    detail = renewed(before if is_watched else None, episodes=(searched,), files=(), read_at=NOW)
    again = renewed(detail, episodes=(searched,), files=(), read_at=NOW + 2 * MINUTE)
    stages = []
    for minutes in (1, 13, 16):
        view = join_series(SeriesInputs(series=SERIES, detail=again), NOW + minutes * MINUTE).view
        assert view.seasons[0].episodes is not None
        stages.append(view.seasons[0].episodes[0].stage)
    if is_watched or skew >= timedelta():
        assert stages == [Stage.SEARCHING, Stage.SEARCHING, Stage.QUEUED]
    else:
        # Of a search before the first read there is only Sonarr's own record.
        assert stages[-1] is Stage.QUEUED
    assert detail.searched_at.keys() <= {AIRED.sonarr_id}
