"""Sonarr's queue, history and commands as it answers them."""

from datetime import datetime, timedelta

from episodarr.simulator.names import small_hash
from episodarr.simulator.servers.sonarr.wire.fields import LANGUAGES, Json, quality_json
from episodarr.simulator.state.library import Episode
from episodarr.simulator.state.sonarr import Command, HistoryRow, Pending, SonarrDatabase, Tracked
from episodarr.simulator.state.torrents import UNKNOWN_ETA_SECONDS
from episodarr.simulator.times import dotnet_span, sonarr_time


def queue_rows(state: SonarrDatabase, now: datetime) -> list[Json]:
    """The whole queue, one row per episode of a download, as the clients were last read."""
    rows: list[Json] = []
    for tracked in state.tracked.values():
        if tracked.seen:
            held: list[Episode | None] = [state.by_episode[i][1] for i in tracked.episode_ids]
            rows += [_tracked_row(state, tracked, episode, now) for episode in held or [None]]
    return [*rows, *_pending_rows(state, now)]


def detail_rows(state: SonarrDatabase, now: datetime) -> list[Json]:
    """The whole queue as its details have it: Sonarr 5 names no episode of a pending release."""
    if int(state.options.version.split(".")[0]) < 5:
        return queue_rows(state, now)
    rows = [row for row in queue_rows(state, now) if "trackedDownloadState" in row]
    return [*rows, *(_pending_row(pending, None, now) for pending in state.pending)]


def _pending_rows(state: SonarrDatabase, now: datetime) -> list[Json]:
    rows: list[Json] = []
    for pending in state.pending:
        waiting = [state.by_episode[i][1] for i in pending.episode_ids]
        rows += [_pending_row(pending, episode, now) for episode in waiting]
    return rows


def _whose(series_id: int | None, episode: Episode | None) -> Json:
    row: Json = {}
    if series_id is not None:
        row["seriesId"] = series_id
    if episode is not None:
        row["episodeId"] = episode.id
        row["seasonNumber"] = episode.season
    return row


def _tracked_row(
    state: SonarrDatabase,
    tracked: Tracked,
    episode: Episode | None,
    now: datetime,
) -> Json:
    client = "SABnzbd" if tracked.protocol == "usenet" else state.options.client_name
    row = {
        **_whose(tracked.series_id, episode),
        "languages": LANGUAGES,
        "quality": quality_json(tracked.quality),
        "customFormats": [],
        "customFormatScore": 0,
        # The whole download's size stands in the row of every episode.
        "size": tracked.seen_size_bytes,
        "title": tracked.title,
        "sizeleft": tracked.seen_left_bytes,
    }
    if tracked.seen_eta_seconds < UNKNOWN_ETA_SECONDS and tracked.seen_left_bytes:
        left = timedelta(seconds=tracked.seen_eta_seconds)
        row["timeleft"] = dotnet_span(left)
        row["estimatedCompletionTime"] = sonarr_time(now + left)
    if not (tracked.hybrid or tracked.by_hand):
        row["added"] = sonarr_time(tracked.added_at)
        row["indexer"] = tracked.indexer
    row |= {
        "status": tracked.seen_status,
        "trackedDownloadStatus": tracked.health,
        "trackedDownloadState": tracked.state,
        "statusMessages": [
            {"title": title, "messages": lines} for title, lines in tracked.messages
        ],
        "downloadId": tracked.download_id,
        "protocol": tracked.protocol,
        "downloadClient": client,
        "downloadClientHasPostImportCategory": False,
        "outputPath": tracked.torrent.content_path or tracked.torrent.save_path,
        "episodeHasFile": episode is not None and episode.file_id > 0,
        "id": small_hash(client, tracked.download_id, episode.id if episode else 0),
    }
    if tracked.error or tracked.seen_status == "warning":
        row["errorMessage"] = tracked.error or "The download is stalled with no connections"
    return row


def _pending_row(pending: Pending, episode: Episode | None, now: datetime) -> Json:
    row: Json = {
        **_whose(pending.series_id, episode),
        "languages": LANGUAGES,
        "quality": quality_json(pending.quality),
        "customFormats": [],
        "customFormatScore": 0,
        "size": pending.size_bytes,
        "title": pending.title,
        "sizeleft": pending.size_bytes,
        "added": sonarr_time(pending.added_at),
        "status": pending.status,
        "statusMessages": [],
        "protocol": pending.protocol,
        "downloadClientHasPostImportCategory": False,
        "indexer": pending.indexer,
        "episodeHasFile": episode is not None and episode.file_id > 0,
        "id": small_hash("pending", pending.title, episode.id if episode else 0),
    }
    if pending.until is not None:
        row["timeleft"] = dotnet_span(pending.until - now)
        row["estimatedCompletionTime"] = sonarr_time(pending.until)
    return row


def history_json(row: HistoryRow) -> Json:
    """A row of history; nulls inside ``data`` are kept."""
    body: Json = {
        "episodeId": row.episode_id,
        "seriesId": row.series_id,
        "sourceTitle": row.source_title,
        "languages": LANGUAGES,
        "quality": quality_json(row.quality),
        "customFormats": [],
        "customFormatScore": 0,
        "qualityCutoffNotMet": False,
        "date": sonarr_time(row.at),
        "eventType": row.event,
        "data": row.data,
        "id": row.id,
    }
    if row.download_id is not None:
        body["downloadId"] = row.download_id
    return body


def command_json(command: Command) -> Json:
    """A command; its body repeats the parameters that it was given."""
    words = "".join(f" {c}" if c.isupper() else c for c in command.name).strip()
    body: Json = {
        "name": command.name,
        "commandName": words,
        "message": "Completed" if command.ended_at else "Searching",
        "body": {
            **command.body,
            "sendUpdatesToClient": True,
            "updateScheduledTask": True,
            "requiresDiskAccess": False,
            "isExclusive": False,
            "isLongRunning": False,
            "name": command.name,
            "trigger": command.trigger,
            "suppressMessages": False,
        },
        "priority": "normal",
        "status": command.status,
        "result": command.result,
        "queued": sonarr_time(command.queued_at),
        "trigger": command.trigger,
        "stateChangeTime": sonarr_time(command.started_at or command.queued_at),
        "sendUpdatesToClient": True,
        "updateScheduledTask": True,
        "id": command.id,
    }
    if command.started_at:
        body["started"] = sonarr_time(command.started_at)
    if command.ended_at and command.started_at:
        body["ended"] = sonarr_time(command.ended_at)
        body["duration"] = dotnet_span(command.ended_at - command.started_at)
    return body
