"""Sonarr's queue and history as model records."""

import re
from contextlib import suppress

import msgspec

from episodarr.errors import BadPayload
from episodarr.model.download import (
    DeleteReason,
    HistoryEvent,
    HistoryRecord,
    QueueRow,
    QueueStatus,
    TrackedState,
    TrackedStatus,
)
from episodarr.model.ids import (
    DownloadId,
    EpisodeFileId,
    SonarrEpisodeId,
    SonarrSeriesId,
)
from episodarr.systems.payload import decode, decode_record, utc_moment
from episodarr.systems.sonarr.wire.fields import (
    Body,
    Count,
    Moment,
    Number,
    Positive,
    Wire,
    member,
    optional_member,
    snake_member,
    whole,
)

_TORRENT_HASH = re.compile(r"[0-9a-fA-F]{40}")
_PROTOCOL_BY_NUMBER = {"1": "usenet", "2": "torrent"}


class _QualityName(Wire):
    name: str | None = None


class _Quality(Wire):
    quality: _QualityName | None = None


class _StatusMessage(Wire):
    title: str | None = None
    messages: tuple[str, ...] | None = None


class _QueueRow(Wire):
    id: Number
    status: str
    size: float
    """A whole number, written as a double."""
    sizeleft: float
    """Not sizeLeft, which is v5."""
    series_id: Number | None = None
    episode_id: Number | None = None
    season_number: Number | None = None
    title: str | None = None
    download_id: str | None = None
    tracked_download_state: str | None = None
    tracked_download_status: str | None = None
    status_messages: tuple[_StatusMessage, ...] | None = None
    error_message: str | None = None
    protocol: str | None = None
    download_client: str | None = None
    indexer: str | None = None
    quality: _Quality | None = None
    added: Moment | None = None
    estimated_completion_time: Moment | None = None


class _QueuePage(Wire):
    total_records: Count
    records: tuple[msgspec.Raw, ...]


class _HistoryDetail(Wire):
    """Of `data`; its downloadUrl may hold an indexer's API key and is never decoded."""

    indexer: str | None = None
    download_client: str | None = None
    download_client_name: str | None = None
    release_group: str | None = None
    protocol: str | None = None
    reason: str | None = None
    message: str | None = None
    file_id: str | int | None = None


class _HistoryRecord(Wire):
    id: Positive
    series_id: Positive
    episode_id: Positive
    event_type: str
    date: Moment
    source_title: str | None = None
    download_id: str | None = None
    quality: _Quality | None = None
    data: _HistoryDetail | None = None


_SPARE_OF_ROW = frozenset(
    {
        "statusMessages",
        "errorMessage",
        "protocol",
        "indexer",
        "quality",
        "added",
        "estimatedCompletionTime",
    }
)
_SPARE_OF_RECORD = frozenset({"quality"})
"""Fields without which a record is still usable; an unreadable one is only left out."""

_NO_DETAIL = _HistoryDetail()


def parse_queue_row(body: Body, *, at: str = "$") -> QueueRow:
    """One item of /queue/details: one episode of one tracked or pending release.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode_record("queue", body, _QueueRow, _SPARE_OF_ROW, at=at)
    return QueueRow(
        row_id=wire.id,
        series_id=SonarrSeriesId(wire.series_id) if wire.series_id else None,
        episode_id=SonarrEpisodeId(wire.episode_id) if wire.episode_id else None,
        season=wire.season_number,
        download_id=_download_id(wire.download_id),
        title=wire.title or "",
        status=member(QueueStatus, wire.status, QueueStatus.UNKNOWN),
        tracked_state=optional_member(
            TrackedState, wire.tracked_download_state, TrackedState.UNKNOWN
        ),
        tracked_status=optional_member(
            TrackedStatus, wire.tracked_download_status, TrackedStatus.UNKNOWN
        ),
        size_bytes=whole(wire.size),
        remaining_bytes=whole(wire.sizeleft),
        messages=_messages(wire),
        protocol=wire.protocol or "unknown",
        client=wire.download_client or "",
        indexer=wire.indexer or "",
        quality=_quality_name(wire.quality),
        added_at=utc_moment(wire.added),
        completes_at=utc_moment(wire.estimated_completion_time),
    )


def parse_queue_page(body: Body) -> tuple[tuple[QueueRow, ...], int]:
    """One page of /queue: its rows that are well-formed, and how many there are on all pages.

    Raises:
        BadPayload: it is no page.
    """
    page = decode("queue", body, _QueuePage)
    rows: list[QueueRow] = []
    for record in page.records:
        with suppress(BadPayload):
            rows.append(parse_queue_row(record))
    return tuple(rows), page.total_records


def parse_history_record(body: Body, *, at: str = "$") -> HistoryRecord:
    """One item of /history/since or /history/series.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode_record("history", body, _HistoryRecord, _SPARE_OF_RECORD, at=at)
    detail = wire.data or _NO_DETAIL
    moment = utc_moment(wire.date)
    if moment is None:
        raise BadPayload("history", "unexpected answer: an impossible date", path=f"{at}.date")
    return HistoryRecord(
        record_id=wire.id,
        series_id=SonarrSeriesId(wire.series_id),
        episode_id=SonarrEpisodeId(wire.episode_id),
        event=member(HistoryEvent, wire.event_type, HistoryEvent.UNKNOWN),
        at=moment,
        source_title=wire.source_title or "",
        download_id=_download_id(wire.download_id),
        indexer=detail.indexer or "",
        client=detail.download_client_name or detail.download_client or "",
        release_group=detail.release_group or "",
        quality=_quality_name(wire.quality),
        protocol=_PROTOCOL_BY_NUMBER.get(detail.protocol or "", detail.protocol or ""),
        reason=snake_member(DeleteReason, detail.reason or "", DeleteReason.OTHER),
        message=detail.message or "",
        file_id=_file_id(detail.file_id),
    )


def _file_id(written: str | int | None) -> EpisodeFileId | None:
    """The file id, which history writes as text; None for what cannot be a row's number."""
    text = str(written)
    is_number = text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0
    return EpisodeFileId(int(text)) if is_number else None


def _download_id(raw: str | None) -> DownloadId | None:
    """Torrent hashes in lower case, as qBittorrent writes them; ids of other clients untouched."""
    if not raw:
        return None
    return DownloadId(raw.lower() if _TORRENT_HASH.fullmatch(raw) else raw)


def _messages(row: _QueueRow) -> tuple[str, ...]:
    """Each message once, in order; a title without messages is one itself."""
    messages = [row.error_message or ""]
    for status in row.status_messages or ():
        messages.extend(status.messages or (status.title or "",))
    return tuple(dict.fromkeys(text for text in messages if text))


def _quality_name(wire: _Quality | None) -> str:
    return (wire.quality.name or "") if wire and wire.quality else ""
