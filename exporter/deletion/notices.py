"""Sonarr's webhooks and history as notices; what can be no sign of a deletion gives none."""

import re
from datetime import datetime

from exporter.model.download import HistoryEvent, HistoryRecord
from exporter.model.ids import EpisodeNumber, SeriesKey, SonarrName
from exporter.model.notice import (
    DeleteReason,
    FileDeleted,
    FileImported,
    Notice,
    SeriesDeleted,
)
from exporter.model.webhook import SonarrWebhook, WebhookEvent

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IMPORTS = frozenset({HistoryEvent.IMPORTED, HistoryEvent.FOLDER_IMPORTED})


def delete_reason(word: str) -> DeleteReason:
    """Sonarr's reason: PascalCase in history, camelCase in webhooks; a new word is OTHER."""
    try:
        return DeleteReason(_WORD_START.sub("_", word).lower())
    except ValueError:
        return DeleteReason.OTHER


def webhook_notices(
    webhook: SonarrWebhook, sonarr: SonarrName, now: datetime
) -> tuple[Notice, ...]:
    """What one webhook may be the first sign of; one notice per episode."""
    series = webhook.series
    if series is None or series.tvdb_id is None:
        return ()
    key = SeriesKey(sonarr, series.tvdb_id)
    numbers = [(e.season, e.episode) for e in webhook.episodes]
    match webhook.event:
        case WebhookEvent.SERIES_DELETE:
            has_deleted_files = webhook.are_files_deleted is not False
            return (
                SeriesDeleted(
                    key=key, title=series.title, year=0, has_deleted_files=has_deleted_files
                ),
            )
        case WebhookEvent.EPISODE_FILE_DELETE:
            file = webhook.files[0] if webhook.files else None
            return tuple(
                FileDeleted(
                    key=key,
                    title=series.title,
                    number=number,
                    path="" if file is None else file.path,
                    reason=delete_reason(webhook.delete_reason),
                    at=now,
                    is_webhook=True,
                    recycled_to="" if file is None else file.recycled_path or "",
                )
                for number in numbers
            )
        case WebhookEvent.DOWNLOAD:
            return tuple(FileImported(key=key, number=number, at=now) for number in numbers)
        case _:
            return ()


def history_notice(
    record: HistoryRecord, key: SeriesKey, title: str, number: EpisodeNumber
) -> Notice | None:
    """What one history record may be the first sign of; hand in each record once."""
    if record.event is HistoryEvent.FILE_DELETED:
        return FileDeleted(
            key=key,
            title=title,
            number=number,
            path=record.source_title,
            reason=delete_reason(record.reason),
            at=record.at,
            is_webhook=False,
        )
    if record.event in _IMPORTS:
        return FileImported(key=key, number=number, at=record.at)
    return None
