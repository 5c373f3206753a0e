"""What is new in an answer of history, and what follows from it."""

from datetime import UTC, datetime, timedelta

from episodarr.model.download import HistoryEvent, HistoryRecord
from episodarr.model.ids import SonarrEpisodeId, SonarrSeriesId
from episodarr.systems.sonarr.histories import (
    HISTORY_OVERLAP,
    HISTORY_SPAN,
    EpisodeHistories,
    NewRecords,
)

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)


def a_record(
    record_id: int,
    series: int,
    event: HistoryEvent = HistoryEvent.IMPORTED,
    seconds_ago: float = 0.0,
) -> HistoryRecord:
    return HistoryRecord(
        record_id=record_id,
        series_id=SonarrSeriesId(series),
        episode_id=SonarrEpisodeId(1000 + series),
        event=event,
        at=NOW - timedelta(seconds=seconds_ago),
        source_title="Show",
    )


def taken(
    episode_histories: EpisodeHistories, *records: HistoryRecord, good: float = 0.0
) -> NewRecords:
    since = episode_histories.asks_since(NOW)
    return episode_histories.take(records, asked_since=since, good_queue_seconds=good, now=NOW)


def test_what_was_there_at_the_first_read_is_followed_but_is_no_news_of_files() -> None:
    episode_histories = EpisodeHistories()
    assert episode_histories.asks_since(NOW) == NOW - HISTORY_SPAN
    new = taken(episode_histories, a_record(1, 7))
    assert (new.is_first, new.series, new.with_other_files) == (True, {7}, [])
    assert episode_histories.by_episode[SonarrEpisodeId(1007)].last.record_id == 1


def test_series_with_other_files_are_given_in_the_order_of_events() -> None:
    episode_histories = EpisodeHistories()
    taken(episode_histories)
    series = (900, 31, 17, 8, 1200, 5)
    records = [a_record(n, s, seconds_ago=60 - n) for n, s in enumerate(series)]
    renamed = a_record(50, 31, HistoryEvent.FILE_RENAMED)
    new = taken(episode_histories, renamed, *reversed(records))
    assert new.with_other_files == list(series)
    assert new.with_other_paths == [31]


def test_a_record_is_news_once_and_the_next_question_begins_a_little_before_the_newest() -> None:
    episode_histories = EpisodeHistories()
    taken(episode_histories)
    record = a_record(3, 7, seconds_ago=10)
    assert taken(episode_histories, record).records == (record,)
    before = episode_histories.version
    assert taken(episode_histories, record).records == ()
    assert episode_histories.version is before
    assert episode_histories.asks_since(NOW) == record.at - HISTORY_OVERLAP


def test_a_number_that_a_restored_database_gives_again_is_another_record() -> None:
    episode_histories = EpisodeHistories()
    taken(episode_histories, a_record(3, 7, seconds_ago=50))
    again = a_record(3, 8, seconds_ago=10)
    assert taken(episode_histories, again).records == (again,)


def test_a_record_from_the_future_does_not_move_the_next_question_beyond_now() -> None:
    episode_histories = EpisodeHistories()
    taken(episode_histories, a_record(1, 7, seconds_ago=-86_400))
    assert episode_histories.asks_since(NOW) == NOW - HISTORY_OVERLAP


def test_a_grab_counts_for_ten_minutes_of_good_answers_and_ends_with_the_next_record() -> None:
    episode_histories = EpisodeHistories()
    taken(episode_histories, a_record(1, 7, HistoryEvent.GRABBED, seconds_ago=120), good=500.0)
    episode = SonarrEpisodeId(1007)

    def until(good: float) -> datetime | None:
        return episode_histories.grab_counts_until(episode, good_queue_seconds=good, now=NOW)

    assert until(500.0) == NOW + timedelta(seconds=480)
    assert until(979.0) == NOW + timedelta(seconds=1)
    assert until(980.0) is None
    taken(episode_histories, a_record(2, 7, HistoryEvent.FAILED))
    assert until(500.0) is None


def test_what_is_older_than_a_week_is_forgotten_unless_it_is_in_the_queue() -> None:
    episode_histories = EpisodeHistories()
    old = [a_record(n, n, seconds_ago=8 * 86_400) for n in (1, 2)]
    taken(episode_histories, *old, a_record(3, 3))
    episode_histories.forget_old([SonarrEpisodeId(1002), None], NOW)
    assert set(episode_histories.by_episode) == {1002, 1003}


def test_what_a_restored_database_has_undone_does_not_hide_what_comes_then() -> None:
    """Numbers go on from those of the backup: what happens is not older for a lower one."""
    episode_histories = EpisodeHistories()
    taken(
        episode_histories,
        a_record(90, 7, HistoryEvent.FAILED, seconds_ago=3_600),
        a_record(80, 8, HistoryEvent.FAILED, seconds_ago=3_700),
        a_record(91, 9, HistoryEvent.GRABBED, seconds_ago=3_500),
    )
    again = a_record(85, 7, HistoryEvent.GRABBED)
    assert taken(episode_histories, again).records == (again,)
    assert episode_histories.by_episode[SonarrEpisodeId(1007)].last == again
    assert episode_histories.by_episode[SonarrEpisodeId(1008)].last.record_id == 80
    assert SonarrEpisodeId(1009) not in episode_histories.by_episode, "it never happened"
    later = a_record(86, 7, HistoryEvent.FAILED)
    taken(episode_histories, again, later)
    assert episode_histories.by_episode[SonarrEpisodeId(1007)].last == later


def test_a_record_that_is_written_after_the_one_that_follows_it_undoes_nothing() -> None:
    episode_histories = EpisodeHistories()
    taken(episode_histories, a_record(91, 7, HistoryEvent.FAILED, seconds_ago=20))
    taken(episode_histories, a_record(90, 7, HistoryEvent.GRABBED, seconds_ago=15))
    assert episode_histories.by_episode[SonarrEpisodeId(1007)].last.record_id == 91
