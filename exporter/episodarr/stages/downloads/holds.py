"""What a download waits for: the first hold that applies, and when it would count as stalled."""

from datetime import datetime, timedelta

from episodarr.model.download import (
    QueueRow,
    QueueStatus,
    TorrentState,
    TrackedState,
    TrackedStatus,
)
from episodarr.model.stage import HOLD_ORDER, Hold, Stage
from episodarr.stages.downloads.record import Download, has_failed, stage_of

STALL_AFTER = timedelta(minutes=5)
"""A download without a byte for this long is stalled; anything shorter flaps."""
_PENDING_STATUSES = frozenset(
    {QueueStatus.DELAY, QueueStatus.FALLBACK, QueueStatus.CLIENT_UNAVAILABLE}
)
_HOLD_BY_STATE = {
    TorrentState.ERROR: Hold.CLIENT_ERROR,
    TorrentState.METADATA: Hold.METADATA,
    TorrentState.CHECKING: Hold.CHECKING,
    TorrentState.PAUSED: Hold.PAUSED,
}
_STALLABLE_STATES = frozenset({TorrentState.STALLED, TorrentState.DOWNLOADING})


def download_hold(download: Download, now: datetime) -> tuple[Hold | None, datetime | None]:
    """What a download as a whole waits for, and when it would count as stalled.

    The most pressing hold of its rows; none for a download that has failed.
    """
    holds: list[Hold] = []
    stalls: list[datetime] = []
    rows = {(row.status, row.tracked_state, row.tracked_status): row for row in download.rows}
    for row in rows.values():
        if row.tracked_state is TrackedState.IGNORED or has_failed(row):
            continue
        # The files of a pack wait for each other, the download does not wait for itself.
        hold, stalls_at = hold_of(download, row, stage_of(download, row), 0.0, now)
        holds += [hold] if hold is not None else []
        stalls += [stalls_at] if stalls_at is not None else []
    return min(holds, key=HOLD_ORDER.__getitem__, default=None), min(stalls, default=None)


def hold_of(
    download: Download, row: QueueRow, stage: Stage, progress: float, now: datetime
) -> tuple[Hold | None, datetime | None]:
    """The first hold that applies, and when a stall would begin."""
    if stage is Stage.IMPORTING:
        return _import_hold(download, row), None
    holds: list[Hold] = []
    if row.status is QueueStatus.CLIENT_UNAVAILABLE or download.is_client_unavailable:
        holds.append(Hold.CLIENT_UNAVAILABLE)
    if row.status in _PENDING_STATUSES and row.status is not QueueStatus.CLIENT_UNAVAILABLE:
        holds.append(Hold.DELAY_PROFILE)
    client_hold = _client_hold(download, row)
    if client_hold is not None:
        holds.append(client_hold)
    if stage is Stage.DOWNLOADING and progress >= 1.0:
        holds.append(Hold.PACK_INCOMPLETE)
    stall, stalls_at = _stall(download, row, stage, now)
    if stall is not None:
        holds.append(stall)
    return min(holds, key=HOLD_ORDER.__getitem__, default=None), stalls_at


def _import_hold(download: Download, row: QueueRow) -> Hold | None:
    if row.tracked_state is TrackedState.IMPORT_BLOCKED:
        return Hold.IMPORT_BLOCKED
    if row.tracked_status in {TrackedStatus.WARNING, TrackedStatus.ERROR}:
        return Hold.IMPORT_WARNING
    if download.is_client_unavailable:
        return Hold.CLIENT_UNAVAILABLE
    torrent = download.torrent
    is_in_error = torrent is not None and torrent.state is TorrentState.ERROR
    return Hold.CLIENT_ERROR if is_in_error else None


def _client_hold(download: Download, row: QueueRow) -> Hold | None:
    if download.torrent is not None:
        return _HOLD_BY_STATE.get(download.torrent.state)
    return Hold.PAUSED if row.status is QueueStatus.PAUSED else None


def _stall(
    download: Download, row: QueueRow, stage: Stage, now: datetime
) -> tuple[Hold | None, datetime | None]:
    torrent = download.torrent
    if download.last_progress_at is None or download.is_complete or row.download_id is None:
        return None, None
    if torrent is not None and torrent.state not in _STALLABLE_STATES:
        return None, None
    if torrent is None and (
        stage is not Stage.DOWNLOADING
        or row.status not in {QueueStatus.DOWNLOADING, QueueStatus.WARNING}
    ):
        return None, None
    stalls_at = download.last_progress_at + STALL_AFTER
    if now < stalls_at:
        return None, stalls_at
    if torrent is not None and torrent.connected_seeds == 0 and not torrent.swarm_seeds:
        return Hold.NO_SEEDS, None
    return Hold.STALLED, None
