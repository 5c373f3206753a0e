"""Sonarr's webhooks and history as notices; records unrelated to deletions give none."""

from dataclasses import dataclass

from episodarr.model.download import REPLACEMENTS, HistoryEvent, HistoryRecord
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey, SonarrName
from episodarr.model.notice import FileDeleted, FileImported, SeriesDeleted
from episodarr.model.webhook import SonarrWebhook, WebhookEvent, WebhookFile

IMPORTS = frozenset({HistoryEvent.IMPORTED, HistoryEvent.FOLDER_IMPORTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One episode's file, reported deleted by Sonarr's webhook; its history has to confirm it."""

    key: SeriesKey
    number: EpisodeNumber
    path: str
    """Sonarr's view; empty if the webhook has none."""
    recycled_to: str = ""


def webhook_notices(webhook: SonarrWebhook, sonarr: SonarrName) -> tuple[SeriesDeleted, ...]:
    """The deleted series a webhook reports, to be confirmed by a list of series; else empty."""
    series = webhook.series
    if webhook.event is not WebhookEvent.SERIES_DELETE or series is None or series.tvdb_id is None:
        return ()
    return (
        SeriesDeleted(
            key=SeriesKey(sonarr, series.tvdb_id),
            title=series.title,
            year=0,
            has_deleted_files=webhook.are_files_deleted is not False,
            sonarr_id=series.sonarr_id,
        ),
    )


def file_reports(webhook: SonarrWebhook, sonarr: SonarrName) -> tuple[FileReport, ...]:
    """Deleted files a webhook reports, one per episode, to be confirmed by history."""
    series = webhook.series
    if series is None or series.tvdb_id is None:
        return ()
    if webhook.event is not WebhookEvent.EPISODE_FILE_DELETE or (
        webhook.delete_reason in REPLACEMENTS
    ):
        return ()
    file = webhook.file or WebhookFile(path="")
    return tuple(
        FileReport(
            key=SeriesKey(sonarr, series.tvdb_id),
            number=(episode.season, episode.episode),
            path=file.path,
            recycled_to=file.recycled_path,
        )
        for episode in webhook.episodes
    )


def history_notice(
    record: HistoryRecord,
    key: SeriesKey,
    title: str,
    number: EpisodeNumber,
    *,
    file_id: EpisodeFileId | None = None,
    report: FileReport | None = None,
) -> FileDeleted | FileImported | None:
    """The notice that one history record gives; None if none. Pass each record once.

    `file_id` is the episode's file by earlier history, `report` the webhook's report about it.
    """
    if record.event is HistoryEvent.FILE_DELETED:
        return FileDeleted(
            key=key,
            title=title,
            number=number,
            path=record.source_title,
            reason=record.reason,
            record_id=record.record_id,
            file_id=file_id,
            is_webhook=report is not None,
            recycled_to="" if report is None else report.recycled_to,
        )
    if record.event in IMPORTS:
        return FileImported(
            key=key, number=number, record_id=record.record_id, file_id=record.file_id
        )
    return None
