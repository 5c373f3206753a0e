"""Sonarr's answers as plain data. Properties that are null are left out, as Sonarr leaves them."""

from __future__ import annotations

from datetime import datetime, timedelta

from episodarr.simulator.library import (
    QUALITIES,
    Episode,
    EpisodeFile,
    Series,
    Statistics,
    season_statistics,
)
from episodarr.simulator.names import clean, small_hash
from episodarr.simulator.sonarr_database import (
    Command,
    HistoryRow,
    Pending,
    SonarrDatabase,
    Tracked,
)
from episodarr.simulator.times import dotnet_span, sonarr_time
from episodarr.simulator.torrents import UNKNOWN_ETA_SECONDS

Json = dict[str, object]

LANGUAGES = [{"id": 8, "name": "Japanese"}]


def quality_json(name: str) -> Json:
    """A quality with its revision."""
    number, source, resolution = QUALITIES[name]
    return {
        "quality": {"id": number, "name": name, "source": source, "resolution": resolution},
        "revision": {"version": 1, "real": 0, "isRepack": False},
    }


def _counts(statistics: Statistics) -> Json:
    return {
        "episodeFileCount": statistics.files,
        "episodeCount": statistics.wanted,
        "totalEpisodeCount": statistics.total,
        "sizeOnDisk": statistics.size_bytes,
        "releaseGroups": sorted(statistics.groups),
        "percentOfEpisodes": statistics.percent,
    }


def _season_json(number: int, *, monitored: bool, statistics: Statistics) -> Json:
    counts: Json = {}
    if statistics.next_airing:
        counts["nextAiring"] = sonarr_time(statistics.next_airing)
    if statistics.previous_airing:
        counts["previousAiring"] = sonarr_time(statistics.previous_airing)
    counts.update(_counts(statistics))
    return {"seasonNumber": number, "monitored": monitored, "statistics": counts}


def series_json(series: Series, now: datetime) -> Json:
    """A series with its statistics as they are at that time."""
    seasons = season_statistics(series, now)
    total = Statistics()
    for season in seasons.values():
        total.files += season.files
        total.wanted += season.wanted
        total.total += season.total
        total.size_bytes += season.size_bytes
        total.groups |= season.groups
    body: Json = {
        "title": series.title,
        "alternateTitles": [
            {"title": other.title, "seasonNumber": -1 if other.season is None else other.season}
            for other in series.alternate_titles
        ],
        "sortTitle": series.title.lower(),
        "status": series.status,
        "ended": series.status == "ended",
        "overview": "A simulated series.",
        "network": "Example",
        "airTime": "20:00",
        "images": [{"coverType": "poster", "url": f"/MediaCover/{series.id}/poster.jpg"}],
        "originalLanguage": LANGUAGES[0],
        "seasons": [
            _season_json(number, monitored=series.season_monitored[number], statistics=statistics)
            for number, statistics in seasons.items()
        ],
        "year": series.year,
        "path": series.path,
        "qualityProfileId": 1,
        "seasonFolder": True,
        "monitored": series.monitored,
        "monitorNewItems": "all",
        "useSceneNumbering": False,
        "runtime": series.runtime_minutes,
        "tvdbId": series.tvdb_id,
        "tvRageId": 0,
        "tvMazeId": 0,
        "tmdbId": series.tmdb_id,
        "seriesType": series.series_type,
        "cleanTitle": clean(series.title),
        "titleSlug": series.slug,
        "rootFolderPath": series.root,
        "certification": "TV-14",
        "genres": list(series.genres),
        "tags": list(series.tags),
        "added": sonarr_time(series.added_at),
        "ratings": {"votes": 0, "value": 0},
        "statistics": {
            "seasonCount": sum(number > 0 for number in seasons),
            **_counts(total),
        },
        "languageProfileId": 1,
        "id": series.id,
    }
    upcoming = [season.next_airing for season in seasons.values() if season.next_airing]
    past = [season.previous_airing for season in seasons.values() if season.previous_airing]
    if series.imdb_id:
        body["imdbId"] = series.imdb_id
    if upcoming:
        body["nextAiring"] = sonarr_time(min(upcoming))
    if past:
        body["previousAiring"] = sonarr_time(max(past))
    return body


def episode_json(episode: Episode, series: Series) -> Json:
    """An episode as lists show it: without its series and file."""
    body: Json = {
        "seriesId": episode.series_id,
        "tvdbId": episode.tvdb_id,
        "episodeFileId": episode.file_id,
        "seasonNumber": episode.season,
        "episodeNumber": episode.number,
        "title": episode.title,
    }
    if episode.air_at is not None:
        body["airDate"] = episode.air_at.date().isoformat()
        body["airDateUtc"] = sonarr_time(episode.air_at)
    if episode.last_search_at is not None:
        body["lastSearchTime"] = sonarr_time(episode.last_search_at)
    body |= {
        "runtime": series.runtime_minutes,
        "hasFile": episode.file_id > 0,
        "monitored": episode.monitored,
    }
    if episode.absolute is not None:
        body["absoluteEpisodeNumber"] = episode.absolute
    return {**body, "unverifiedSceneNumbering": False, "id": episode.id}


def file_json(series: Series, file: EpisodeFile) -> Json:
    """An episode file; its path is Sonarr's own view."""
    body: Json = {
        "seriesId": series.id,
        "seasonNumber": file.season,
        "relativePath": file.relative_path,
        "path": series.file_path(file),
        "size": file.size_bytes,
        "dateAdded": sonarr_time(file.added_at),
        "languages": LANGUAGES,
        "quality": quality_json(file.quality),
        "customFormats": [],
        "customFormatScore": 0,
        "indexerFlags": 0,
        "releaseType": file.release_type,
        "qualityCutoffNotMet": False,
        "id": file.id,
    }
    if file.scene_name:
        body["sceneName"] = file.scene_name
    if file.release_group:
        body["releaseGroup"] = file.release_group
    return body


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


def health_json(state: SonarrDatabase) -> list[Json]:
    """Sonarr's own complaints, one more while a download client does not answer."""
    rows = list(state.health)
    clients = {t.client.name for t in state.tracked.values() if not t.client.reachable}
    rows += [
        {
            "source": "DownloadClientCheck",
            "type": "error",
            "message": f"Unable to communicate with {state.options.client_name}.",
            "wikiUrl": "https://wiki.servarr.com/sonarr/system#download-clients",
        }
        for _ in sorted(clients)
    ]
    return rows


def status_json(state: SonarrDatabase) -> Json:
    """``/system/status``."""
    return {
        "appName": "Sonarr",
        "instanceName": f"Sonarr {state.name}",
        "version": state.options.version,
        "buildTime": "2026-06-26T18:00:00Z",
        "isDebug": False,
        "isProduction": True,
        "isAdmin": False,
        "isUserInteractive": False,
        "startupPath": "/app/sonarr/bin",
        "appData": "/config",
        "osName": "alpine",
        "osVersion": "3.21.0",
        "isNetCore": True,
        "isLinux": True,
        "isOsx": False,
        "isWindows": False,
        "isDocker": True,
        "mode": "console",
        "branch": "main",
        "authentication": "forms",
        "sqliteVersion": "3.49.1",
        "migrationVersion": 217,
        "urlBase": state.options.url_base,
        "runtimeVersion": "6.0.36",
        "runtimeName": "netcore",
        "startTime": sonarr_time(state.started_at),
        "packageUpdateMechanism": "docker",
        "databaseVersion": "3.49.1",
        "databaseType": "sqLite",
    }
