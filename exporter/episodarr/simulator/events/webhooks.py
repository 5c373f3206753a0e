"""The bodies of Sonarr's webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from episodarr.simulator.state.library import Episode, EpisodeFile, Series
from episodarr.simulator.state.sonarr import SonarrDatabase, Tracked
from episodarr.simulator.times import sonarr_time

Body = dict[str, object]

_JAPANESE = {"id": 8, "name": "Japanese"}
_ENGLISH = {"id": 1, "name": "English"}


def _envelope(state: SonarrDatabase, event: str) -> Body:
    return {
        "eventType": event,
        "instanceName": f"Sonarr {state.name}",
        "applicationUrl": "",
    }


def _series(series: Series) -> Body:
    body: Body = {
        "id": series.id,
        "title": series.title,
        "titleSlug": series.slug,
        "path": series.path,
        "tvdbId": series.tvdb_id,
        "tvMazeId": 0,
        "tmdbId": series.tmdb_id,
        "malIds": [],
        "aniListIds": [],
        "type": series.series_type,
        "year": series.year,
        "genres": list(series.genres),
        "images": [{"coverType": "poster", "url": f"/MediaCover/{series.id}/poster.jpg"}],
        "tags": [],
        "originalLanguage": _JAPANESE if series.series_type == "anime" else _ENGLISH,
        "originalCountry": "jpn" if series.series_type == "anime" else "usa",
    }
    if series.imdb_id:
        body["imdbId"] = series.imdb_id
    return body


def _episode(episode: Episode) -> Body:
    body: Body = {
        "id": episode.id,
        "episodeNumber": episode.number,
        "seasonNumber": episode.season,
        "title": episode.title,
        "overview": "",
        "seriesId": episode.series_id,
        "tvdbId": episode.tvdb_id,
    }
    if episode.air_at is not None:
        body["airDate"] = episode.air_at.date().isoformat()
        body["airDateUtc"] = sonarr_time(episode.air_at)
    return body


def _episodes(series: Series, ids: Sequence[int]) -> list[Body]:
    return [_episode(episode) for episode in series.episodes if episode.id in ids]


def _file(series: Series, file: EpisodeFile) -> Body:
    body: Body = {
        "id": file.id,
        "relativePath": file.relative_path,
        "path": series.file_path(file),
        "quality": file.quality,
        "qualityVersion": 1,
        "size": file.size_bytes,
        "dateAdded": sonarr_time(file.added_at),
        "languages": [_JAPANESE],
        "mediaInfo": {
            "audioChannels": 2.0,
            "audioCodec": "AAC",
            "audioLanguages": ["jpn"],
            "height": 1080,
            "width": 1920,
            "subtitles": [],
            "videoCodec": "x264",
            "videoDynamicRange": "",
            "videoDynamicRangeType": "",
        },
    }
    if file.release_group:
        body["releaseGroup"] = file.release_group
    if file.scene_name:
        body["sceneName"] = file.scene_name
    return body


def _release(tracked: Tracked) -> Body:
    """A release that was just grabbed."""
    return {
        "quality": tracked.quality,
        "qualityVersion": 1,
        "releaseGroup": tracked.release_group,
        "releaseTitle": tracked.title,
        "indexer": tracked.indexer,
        "size": tracked.torrent.wanted_bytes,
        "customFormatScore": 0,
        "customFormats": [],
        "languages": [_JAPANESE],
        "indexerFlags": [],
    }


def _grabbed_release(tracked: Tracked) -> Body:
    """A release that was grabbed before: what history keeps of it."""
    return {
        "releaseTitle": tracked.title,
        "indexer": tracked.indexer,
        "size": tracked.torrent.wanted_bytes,
        "indexerFlags": [],
        "releaseType": tracked.release_type,
    }


def _client(state: SonarrDatabase, tracked: Tracked) -> Body:
    usenet = tracked.protocol == "usenet"
    return {
        "downloadClient": "SABnzbd" if usenet else state.options.client_name,
        "downloadClientType": "SABnzbd" if usenet else "qBittorrent",
        "downloadId": tracked.history_id,
        "customFormatInfo": {"customFormats": [], "customFormatScore": 0},
    }


def grab(
    state: SonarrDatabase, series: Series, episodes: Sequence[Episode], tracked: Tracked
) -> Body:
    """A release was given to a download client; a season pack lists all its episodes."""
    return {
        **_envelope(state, "Grab"),
        "series": _series(series),
        "episodes": [_episode(episode) for episode in episodes],
        "release": _release(tracked),
        **_client(state, tracked),
    }


def imported(
    state: SonarrDatabase,
    series: Series,
    episodes: Sequence[Episode],
    file: EpisodeFile,
    tracked: Tracked,
    replaced: Sequence[EpisodeFile],
) -> Body:
    """One file was imported; a replaced one is named only when there was one."""
    body = {
        **_envelope(state, "Download"),
        "series": _series(series),
        "episodes": [_episode(episode) for episode in episodes],
        "episodeFile": {
            **_file(series, file),
            "sourcePath": f"{tracked.torrent.save_path}/{tracked.title}",
        },
        "isUpgrade": bool(replaced),
        **_client(state, tracked),
        "release": _grabbed_release(tracked),
    }
    if replaced:
        body["deletedFiles"] = [_file(series, old) for old in replaced]
    return body


def import_complete(state: SonarrDatabase, series: Series, tracked: Tracked) -> Body:
    """A whole download was imported: the same event name, distinguished by ``episodeFiles``."""
    files = [
        file for file in series.files.values() if set(file.episode_ids) & set(tracked.episode_ids)
    ]
    return {
        **_envelope(state, "Download"),
        "series": _series(series),
        "episodes": _episodes(series, tracked.episode_ids),
        "episodeFiles": [_file(series, file) for file in files],
        "fileCount": len(files),
        "sourcePath": tracked.torrent.content_path,
        "destinationPath": series.path,
        "release": _grabbed_release(tracked),
        **_client(state, tracked),
    }


def manual_interaction(state: SonarrDatabase, series: Series | None, tracked: Tracked) -> Body:
    """An import must be done by hand; without a series when Sonarr lost it meanwhile."""
    body: Body = {
        **_envelope(state, "ManualInteractionRequired"),
        "episodes": _episodes(series, tracked.episode_ids) if series else [],
        "downloadInfo": {
            "quality": tracked.quality,
            "qualityVersion": 1,
            "title": tracked.title,
            "size": tracked.torrent.wanted_bytes,
        },
        "downloadStatus": tracked.health.capitalize(),
        "downloadStatusMessages": [
            {"title": title, "messages": lines} for title, lines in tracked.messages
        ],
        "release": _grabbed_release(tracked),
        **_client(state, tracked),
    }
    if series is not None:
        body["series"] = _series(series)
    return body


def series_add(state: SonarrDatabase, series: Series) -> Body:
    """A series was added."""
    return {**_envelope(state, "SeriesAdd"), "series": _series(series)}


def series_delete(state: SonarrDatabase, series: Series, *, deleted_files: bool) -> Body:
    """A series was deleted; the flag is the user's choice and proves nothing about the disk."""
    return {
        **_envelope(state, "SeriesDelete"),
        "series": _series(series),
        "deletedFiles": deleted_files,
    }


def file_delete(state: SonarrDatabase, series: Series, file: EpisodeFile, reason: str) -> Body:
    """One file was deleted, with Sonarr's name of the reason."""
    return {
        **_envelope(state, "EpisodeFileDelete"),
        "series": _series(series),
        "episodes": _episodes(series, file.episode_ids),
        "episodeFile": _file(series, file),
        "deleteReason": reason,
    }


def rename(
    state: SonarrDatabase, series: Series, renamed: Sequence[tuple[EpisodeFile, str]]
) -> Body:
    """Files of a series got other names."""
    files = [
        {
            **_file(series, file),
            "previousRelativePath": old,
            "previousPath": f"{series.path}/{old}",
        }
        for file, old in renamed
    ]
    return {
        **_envelope(state, "Rename"),
        "series": _series(series),
        "renamedEpisodeFiles": files,
    }


def health(state: SonarrDatabase, *, restored: bool, message: str) -> Body:
    """A health check failed or recovered; these carry no address of the instance."""
    return {
        "eventType": "HealthRestored" if restored else "Health",
        "instanceName": f"Sonarr {state.name}",
        "level": "warning",
        "message": message,
        "type": "IndexerStatusCheck",
        "wikiUrl": "https://wiki.servarr.com/sonarr/system",
    }


def test_message(state: SonarrDatabase) -> Body:
    """What the Test button sends: a grab of a series that does not exist, without a release."""
    return {
        **_envelope(state, "Test"),
        "series": {
            "id": 1,
            "title": "Test Title",
            "path": "C:\\testpath",
            "tvdbId": 1234,
            "tvMazeId": 0,
            "tmdbId": 0,
            "type": "standard",
            "year": 0,
            "tags": ["test-tag"],
        },
        "episodes": [
            {
                "id": 123,
                "episodeNumber": 1,
                "seasonNumber": 1,
                "title": "Test title",
                "seriesId": 1,
                "tvdbId": 0,
            }
        ],
    }
