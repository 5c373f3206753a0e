"""The stage table of DESIGN.md section 3, row by row, and its laws."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.download import HistoryEvent, HistoryRecord
from episodarr.model.ids import EpisodeFileId, SonarrEpisodeId
from episodarr.model.library import Episode
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import ReleaseView
from episodarr.stages.classify import Availability, EpisodeFacts, EpisodeHistory, classify, follow
from episodarr.stages.downloads.episode import EpisodeDownload, Failing, Skipped
from tests.replacing import replace
from tests.strategies import NOW, SERIES_ID, facts, history_records

HOUR = timedelta(hours=1)


def an_episode(**changes: object) -> Episode:
    base = Episode(
        sonarr_id=SonarrEpisodeId(201),
        season=2,
        episode=1,
        title="Follow Mama and Papa",
        is_monitored=True,
        file_id=None,
        air_at=NOW - timedelta(days=30),
    )
    return replace(base, **changes)


def some_facts(episode: Episode | None = None, **changes: object) -> EpisodeFacts:
    base = EpisodeFacts(episode=episode or an_episode(), is_series_monitored=True)
    return replace(base, **changes)


def a_release(title: str = "a") -> ReleaseView:
    return ReleaseView(
        title=title,
        quality="",
        release_group="",
        indexer="",
        protocol="torrent",
        client="",
        download_id="x",
    )


def an_episode_download(stage: Stage, progress: float = 0.0, title: str = "a") -> EpisodeDownload:
    return EpisodeDownload(
        stage=stage, progress_ratio=progress, hold=None, release=a_release(title)
    )


def a_record(event: HistoryEvent, at: datetime, record_id: int = 1) -> HistoryRecord:
    return HistoryRecord(
        record_id=record_id,
        series_id=SERIES_ID,
        episode_id=SonarrEpisodeId(201),
        event=event,
        at=at,
        source_title="Release",
        message="why",
    )


def test_a_file_makes_an_episode_available_where_nothing_else_is_asked() -> None:
    classification = classify(some_facts(an_episode(file_id=EpisodeFileId(1))), NOW)
    assert (classification.stage, classification.progress_ratio, classification.hold) == (
        Stage.AVAILABLE,
        1.0,
        None,
    )


@pytest.mark.parametrize(
    ("jellyfin", "shoko", "stage", "hold"),
    [
        (Availability.YES, Availability.NOT_ASKED, Stage.AVAILABLE, None),
        (Availability.NOT_YET, Availability.NOT_ASKED, Stage.IMPORTING, Hold.JELLYFIN_SCAN),
        (
            Availability.UNKNOWN_SINCE_IMPORT,
            Availability.NOT_ASKED,
            Stage.IMPORTING,
            Hold.JELLYFIN_UNKNOWN,
        ),
        (Availability.UNMATCHED, Availability.NOT_ASKED, Stage.AVAILABLE, Hold.JELLYFIN_UNMATCHED),
        (Availability.YES, Availability.NOT_YET, Stage.IMPORTING, Hold.SHOKO_MATCH),
        (Availability.NOT_YET, Availability.NOT_YET, Stage.IMPORTING, Hold.SHOKO_MATCH),
        (Availability.YES, Availability.UNMATCHED, Stage.AVAILABLE, None),
    ],
)
def test_an_imported_file_waits_for_shoko_then_jellyfin(
    jellyfin: Availability, shoko: Availability, stage: Stage, hold: Hold | None
) -> None:
    given_facts = some_facts(an_episode(file_id=EpisodeFileId(1)), jellyfin=jellyfin, shoko=shoko)
    classification = classify(given_facts, NOW)
    assert (stage, hold) == (classification.stage, classification.hold)


@pytest.mark.parametrize(
    "availability",
    [Availability.NOT_YET, Availability.UNKNOWN_SINCE_IMPORT, Availability.UNMATCHED],
)
def test_once_available_stays_available_while_sonarr_has_a_file(availability: Availability) -> None:
    before = some_facts(
        an_episode(file_id=EpisodeFileId(1)),
        was_available=True,
        jellyfin=availability,
        shoko=availability,
    )
    assert classify(before, NOW).stage is Stage.AVAILABLE


def test_an_upgrade_under_way_does_not_take_an_available_episode_away() -> None:
    upgraded = some_facts(
        an_episode(file_id=EpisodeFileId(1)),
        episode_downloads=[an_episode_download(Stage.DOWNLOADING, 0.4)],
    )
    assert classify(upgraded, NOW).stage is Stage.AVAILABLE


def test_the_furthest_of_several_downloads_counts_in_any_order() -> None:
    episode_downloads = [
        an_episode_download(Stage.FOUND),
        an_episode_download(Stage.DOWNLOADING, 0.2, "b"),
        an_episode_download(Stage.DOWNLOADING, 0.7, "c"),
    ]
    for order in permutations(episode_downloads):
        classification = classify(some_facts(episode_downloads=order), NOW)
        assert (classification.stage, classification.progress_ratio) == (Stage.DOWNLOADING, 0.7)
        assert classification.release == a_release("c")


def test_an_import_that_history_tells_and_episodes_do_not_show_yet_is_importing() -> None:
    record = a_record(HistoryEvent.IMPORTED, NOW)
    unread = some_facts(is_import_unread=True, episode_history=follow(None, record))
    classification = classify(unread, NOW)
    assert (
        classification.stage,
        classification.progress_ratio,
        classification.entered_at,
    ) == (Stage.IMPORTING, 1.0, NOW)


def test_a_grab_without_a_queue_row_is_found_until_its_time_is_over() -> None:
    episode_history = follow(None, a_record(HistoryEvent.GRABBED, NOW - timedelta(minutes=2)))
    grabbed = some_facts(
        episode_history=episode_history, grab_counts_until=NOW + timedelta(minutes=8)
    )
    assert classify(grabbed, NOW).stage is Stage.FOUND
    assert classify(grabbed, NOW + timedelta(minutes=8)).stage is Stage.QUEUED
    assert classify(grabbed, NOW).changes_at == NOW + timedelta(minutes=8)


def test_searching_by_command_and_for_fifteen_minutes_after_a_search() -> None:
    assert classify(some_facts(searched_since=NOW), NOW).stage is Stage.SEARCHING
    searched = some_facts(an_episode(last_search_at=NOW - timedelta(minutes=14)))
    assert classify(searched, NOW).stage is Stage.SEARCHING
    assert classify(searched, NOW + timedelta(minutes=1)).stage is Stage.QUEUED


def test_failed_for_seven_days_after_a_failure_that_nothing_followed() -> None:
    failure = a_record(HistoryEvent.FAILED, NOW - timedelta(days=6), 1)
    failed = some_facts(episode_history=follow(None, failure))
    assert classify(failed, NOW).stage is Stage.FAILED
    assert classify(failed, NOW).messages == ("why",)
    assert classify(failed, NOW + timedelta(days=1)).stage is Stage.QUEUED
    grabbed_since = follow(follow(None, failure), a_record(HistoryEvent.GRABBED, NOW - HOUR, 2))
    assert classify(some_facts(episode_history=grabbed_since), NOW).stage is Stage.QUEUED


def test_a_download_that_is_failing_counts_as_failed() -> None:
    failing = some_facts(episode_downloads=[Failing(messages=("missing files",))])
    classification = classify(failing, NOW)
    assert (classification.stage, classification.messages) == (Stage.FAILED, ("missing files",))


@pytest.mark.parametrize(
    ("series_monitored", "monitored", "air_at", "stage"),
    [
        (True, True, NOW - HOUR, Stage.QUEUED),
        (True, True, NOW, Stage.QUEUED),
        (True, True, NOW + HOUR, Stage.UNAIRED),
        (True, True, None, Stage.UNAIRED),
        (True, False, NOW - HOUR, Stage.UNMONITORED),
        (False, True, NOW - HOUR, Stage.UNMONITORED),
        (False, True, NOW + HOUR, Stage.UNMONITORED),
    ],
)
def test_what_nothing_is_under_way_for(
    series_monitored: bool, monitored: bool, air_at: datetime | None, stage: Stage
) -> None:
    episode = an_episode(is_monitored=monitored, air_at=air_at)
    given_facts = some_facts(episode, is_series_monitored=series_monitored)
    assert classify(given_facts, NOW).stage is stage


def test_a_file_deselected_in_the_client_is_not_on_its_way() -> None:
    classification = classify(some_facts(episode_downloads=[Skipped()]), NOW)
    assert (classification.stage, classification.hold) == (Stage.QUEUED, Hold.FILE_SKIPPED)


def test_an_unmonitored_episode_under_a_request_says_so() -> None:
    requested = some_facts(an_episode(is_monitored=False), is_requested=True)
    classification = classify(requested, NOW)
    assert (classification.stage, classification.hold) == (Stage.UNMONITORED, Hold.NOT_MONITORED)


@given(facts(), st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_every_episode_has_one_stage_with_progress_to_match(
    anything: EpisodeFacts, later: timedelta
) -> None:
    classification = classify(anything, NOW + later)
    assert isinstance(classification.stage, Stage)
    assert 0.0 <= classification.progress_ratio <= 1.0
    if classification.stage >= Stage.IMPORTING:
        assert classification.progress_ratio == 1.0
    elif classification.stage is not Stage.DOWNLOADING:
        assert classification.progress_ratio == 0.0
    assert (classification.stage is Stage.AVAILABLE) <= (anything.episode.file_id is not None)
    assert (anything.episode.file_id is not None) <= (classification.stage >= Stage.IMPORTING)


@given(facts())
def test_nothing_changes_by_time_alone_before_it_says(anything: EpisodeFacts) -> None:
    """The joiner sleeps until `changes_at`: nothing else may move a stage by then."""
    classification = classify(anything, NOW)
    if classification.changes_at is not None and classification.changes_at > NOW:
        just_before = classify(anything, classification.changes_at - timedelta(microseconds=1))
        assert (classification.stage, classification.hold) == (just_before.stage, just_before.hold)


@given(st.lists(history_records(SonarrEpisodeId(201)), min_size=1, max_size=6), st.randoms())
def test_a_history_does_not_depend_on_the_order_or_on_repeats(
    records: list[HistoryRecord], random: object
) -> None:
    def episode_history_of(rows: list[HistoryRecord]) -> EpisodeHistory | None:
        episode_history = None
        for row in rows:
            episode_history = follow(episode_history, row)
        return episode_history

    unique = list({(r.at, r.record_id): r for r in records}.values())
    shuffled = [*unique, *unique]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random of hypothesis
    assert episode_history_of(unique) == episode_history_of(shuffled)
