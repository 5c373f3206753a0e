"""Webhooks and history as notices."""

from datetime import UTC, datetime

import pytest

from exporter.deletion.notices import delete_reason, history_notice, webhook_notices
from exporter.model.download import HistoryEvent, HistoryRecord
from exporter.model.ids import (
    SeriesKey,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from exporter.model.notice import DeleteReason, FileDeleted, FileImported, SeriesDeleted
from exporter.model.webhook import (
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


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("missingFromDisk", DeleteReason.MISSING_FROM_DISK),
        ("MissingFromDisk", DeleteReason.MISSING_FROM_DISK),
        ("manual", DeleteReason.MANUAL),
        ("Upgrade", DeleteReason.UPGRADE),
        ("noLinkedEpisodes", DeleteReason.NO_LINKED_EPISODES),
        ("manualOverride", DeleteReason.MANUAL_OVERRIDE),
        ("somethingNew", DeleteReason.OTHER),
        ("", DeleteReason.OTHER),
    ],
)
def test_reasons(word: str, reason: DeleteReason) -> None:
    assert delete_reason(word) is reason


@pytest.mark.parametrize(("flag", "has_deleted"), [(True, True), (False, False), (None, True)])
def test_a_deleted_series(flag: bool | None, has_deleted: bool) -> None:
    webhook = SonarrWebhook(
        event=WebhookEvent.SERIES_DELETE, event_word="", series=SERIES, are_files_deleted=flag
    )
    (notice,) = webhook_notices(webhook, TV, NOW)
    assert notice == SeriesDeleted(key=KEY, title="A", year=0, has_deleted_files=has_deleted)


def test_a_deleted_double_episode_is_a_notice_for_each() -> None:
    webhook = SonarrWebhook(
        event=WebhookEvent.EPISODE_FILE_DELETE,
        event_word="",
        series=SERIES,
        episodes=EPISODES,
        files=(WebhookFile(relative_path="x.mkv", path="/tv/A/x.mkv", recycled_path="/bin/x.mkv"),),
        delete_reason="manual",
    )
    notices = webhook_notices(webhook, TV, NOW)
    assert [n.number for n in notices if isinstance(n, FileDeleted)] == [
        (1, 1),
        (1, 2),
    ]
    assert {(n.path, n.recycled_to) for n in notices if isinstance(n, FileDeleted)} == {
        ("/tv/A/x.mkv", "/bin/x.mkv")
    }


def test_an_import_and_others() -> None:
    imported = SonarrWebhook(
        event=WebhookEvent.DOWNLOAD, event_word="", series=SERIES, episodes=EPISODES
    )
    assert [type(n) for n in webhook_notices(imported, TV, NOW)] == [FileImported, FileImported]
    for event in (WebhookEvent.GRAB, WebhookEvent.TEST, WebhookEvent.UNKNOWN):
        webhook = SonarrWebhook(event=event, event_word="", series=SERIES, episodes=EPISODES)
        assert webhook_notices(webhook, TV, NOW) == ()
    nameless = WebhookSeries(sonarr_id=SonarrSeriesId(7), tvdb_id=None)
    webhook = SonarrWebhook(event=WebhookEvent.SERIES_DELETE, event_word="", series=nameless)
    assert webhook_notices(webhook, TV, NOW) == ()


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
        reason="MissingFromDisk",
    )
    notice = history_notice(record, KEY, "A", (1, 1))
    assert isinstance(notice, kind)
    if isinstance(notice, FileDeleted):
        assert (notice.path, notice.reason) == ("/tv/A/x.mkv", DeleteReason.MISSING_FROM_DISK)
        assert not notice.is_webhook
