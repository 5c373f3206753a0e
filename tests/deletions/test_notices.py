"""Webhooks and history as notices."""

from datetime import UTC, datetime

import pytest

from episodarr.deletions.notices import file_reports, history_notice, webhook_notices
from episodarr.model.download import REPLACEMENTS, DeleteReason, HistoryEvent, HistoryRecord
from episodarr.model.ids import (
    SeriesKey,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.notice import FileDeleted, FileImported, SeriesDeleted
from episodarr.model.webhook import (
    SonarrWebhook,
    WebhookEpisode,
    WebhookEvent,
    WebhookFile,
    WebhookSeries,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TV = SonarrName("tv")
KEY = SeriesKey(TV, TvdbId(5))
SERIES = WebhookSeries(sonarr_id=SonarrSeriesId(7), tvdb_id=TvdbId(5), title="A")
EPISODES = (WebhookEpisode(season=1, episode=1), WebhookEpisode(season=1, episode=2))


@pytest.mark.parametrize(("flag", "has_deleted"), [(True, True), (False, False), (None, True)])
def test_a_deleted_series(flag: bool | None, has_deleted: bool) -> None:
    webhook = SonarrWebhook(
        event=WebhookEvent.SERIES_DELETE, event_word="", series=SERIES, are_files_deleted=flag
    )
    (notice,) = webhook_notices(webhook, TV)
    assert notice == SeriesDeleted(
        key=KEY, title="A", year=0, has_deleted_files=has_deleted, sonarr_id=SonarrSeriesId(7)
    )


def test_a_deleted_double_episode_is_a_report_for_each_and_no_notice() -> None:
    """History decides; the webhook only says what it will be about."""
    webhook = SonarrWebhook(
        event=WebhookEvent.EPISODE_FILE_DELETE,
        event_word="",
        series=SERIES,
        episodes=EPISODES,
        file=WebhookFile(path="/tv/A/x.mkv", recycled_path="/bin/x.mkv"),
        delete_reason=DeleteReason.MANUAL,
    )
    assert webhook_notices(webhook, TV) == ()
    reports = file_reports(webhook, TV)
    assert [r.number for r in reports] == [(1, 1), (1, 2)]
    assert {(r.path, r.recycled_to) for r in reports} == {("/tv/A/x.mkv", "/bin/x.mkv")}


@pytest.mark.parametrize("reason", sorted(REPLACEMENTS))
def test_a_file_that_made_room_for_another_is_not_reported(reason: DeleteReason) -> None:
    webhook = SonarrWebhook(
        event=WebhookEvent.EPISODE_FILE_DELETE,
        event_word="",
        series=SERIES,
        episodes=EPISODES,
        delete_reason=reason,
    )
    assert file_reports(webhook, TV) == ()


def test_others_tell_nothing() -> None:
    for event in (WebhookEvent.SERIES_ADD, WebhookEvent.OTHER):
        webhook = SonarrWebhook(event=event, event_word="", series=SERIES, episodes=EPISODES)
        assert webhook_notices(webhook, TV) == ()
        assert file_reports(webhook, TV) == ()
    nameless = WebhookSeries(sonarr_id=SonarrSeriesId(7), tvdb_id=None)
    webhook = SonarrWebhook(event=WebhookEvent.SERIES_DELETE, event_word="", series=nameless)
    assert webhook_notices(webhook, TV) == ()


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (HistoryEvent.FILE_DELETED, FileDeleted),
        (HistoryEvent.IMPORTED, FileImported),
        (HistoryEvent.FOLDER_IMPORTED, FileImported),
        (HistoryEvent.GRABBED, type(None)),
        (HistoryEvent.FILE_RENAMED, type(None)),
    ],
)
def test_history(event: HistoryEvent, kind: type) -> None:
    record = HistoryRecord(
        record_id=1,
        series_id=SonarrSeriesId(7),
        episode_id=SonarrEpisodeId(8),
        event=event,
        at=NOW,
        source_title="/tv/A/x.mkv",
        reason=DeleteReason.MISSING_FROM_DISK,
    )
    notice = history_notice(record, KEY, "A", (1, 1))
    assert isinstance(notice, kind)
    if isinstance(notice, FileDeleted):
        assert (notice.path, notice.reason) == ("/tv/A/x.mkv", DeleteReason.MISSING_FROM_DISK)
        assert not notice.is_webhook
